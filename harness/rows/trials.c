#include "rows/trials.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/failure.h"
#include "base/units.h"
#include "rows/warnings.h"

enum {
    FACTORS_BEGIN = 2, /* after target and model */
    THREADS = FACTORS_BEGIN + ROW_FACTOR_COUNT,
    KEYS, /* the columns that tell a cell: target, model, factors, server_threads */
    TEXTS = KEYS + TRIALS_CONDITION_COUNT
};

const char *const trials_conditions[TRIALS_CONDITION_COUNT] = {
    "tool_version", "server_os", "host_kind", "cpu_model", "cpu_count", "warmup_s", "duration_s"};

/* Where a file has the columns that matter; -1: it has no such column. */
struct places {
    int texts[TEXTS];
    int schema_version, generator, host_kind, status, bound, loop, warnings;
    int *metrics; /* owned */
};

/* Of the columns that are taken as texts: those of a cell, then the conditions. */
static const char *text_name(size_t index)
{
    static const char *const first[FACTORS_BEGIN] = {"target", "model"};
    if (index < FACTORS_BEGIN)
        return first[index];
    if (index < THREADS)
        return row_factors[index - FACTORS_BEGIN];
    return index == THREADS ? "server_threads" : trials_conditions[index - KEYS];
}

static const char *field(const struct csv_reader *reader, int place)
{
    return place < 0 ? "" : reader->fields[place];
}

void trials_init(struct trials *trials, const struct metric *const *metrics_kept,
                 size_t metric_count)
{
    *trials = (struct trials){.metrics = metrics_kept, .metric_count = metric_count};
}

void trials_free(struct trials *trials)
{
    for (size_t i = 0; i < trials->cell_count; i++) {
        free(trials->cells[i].texts);
        for (size_t j = 0; j < TRIALS_CONDITION_COUNT; j++)
            free(trials->cells[i].conditions[j]);
    }
    free(trials->cells);
    key_table_free(&trials->raw);
    key_table_free(&trials->canonical);
    key_table_free(&trials->factors);
    free(trials->row_cells);
    free(trials->row_values);
    free(trials->value_counts);
    *trials = (struct trials){0};
}

static int fail(struct failure *failure, size_t line, const char *cause)
{
    return failure_set(failure, "line %zu: %s", line, cause);
}

static int fail_number(struct failure *failure, const struct csv_reader *reader, int place,
                       const char *column)
{
    return failure_set(failure, "line %zu: %s: %s", reader->row_line, column,
                       foreign_number_fault(field(reader, place)));
}

/* The header is in hand. */
static int places_find(struct places *places, const struct csv_reader *reader,
                       const struct trials *trials, struct failure *failure)
{
    static const char *const needed[] = {"status", "target", "model", "workload", "connections"};
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++)
        if (csv_reader_column(reader, needed[i]) < 0)
            return failure_set(failure, "line 1: no column %s; is this a runs.csv?", needed[i]);
    places->metrics = malloc((trials->metric_count + 1) * sizeof *places->metrics);
    if (places->metrics == NULL)
        return fail(failure, 1, "out of memory");
    for (size_t i = 0; i < trials->metric_count; i++)
        places->metrics[i] = csv_reader_column(reader, trials->metrics[i]->name);
    for (size_t i = 0; i < TEXTS; i++)
        places->texts[i] = csv_reader_column(reader, text_name(i));
    places->schema_version = csv_reader_column(reader, "schema_version");
    places->generator = csv_reader_column(reader, "generator");
    places->host_kind = csv_reader_column(reader, "host_kind");
    places->status = csv_reader_column(reader, "status");
    places->bound = csv_reader_column(reader, "bound");
    places->loop = csv_reader_column(reader, "loop");
    places->warnings = csv_reader_column(reader, "warnings");
    return 0;
}

/* Texts that are joined with their final 0s, so that no two rows have one key by chance. */
struct key {
    char *bytes;
    size_t length;
    size_t capacity;
};

static bool key_append(struct key *key, const char *text)
{
    size_t length = strlen(text) + 1;
    if (key->length + length > key->capacity) {
        size_t capacity = 2 * (key->length + length);
        char *bytes = realloc(key->bytes, capacity);
        if (bytes == NULL)
            return false;
        key->bytes = bytes;
        key->capacity = capacity;
    }
    memcpy(key->bytes + key->length, text, length);
    key->length += length;
    return true;
}

static bool key_begin(struct key *key, const struct trials *trials)
{
    key->length = 0;
    return key_append(key, trials->files == 0 ? "0" : "1");
}

/* The array with room for one more, twice as large where it was full; NULL without memory. */
static void *array_grown(void *array, size_t item_size, size_t count, size_t *capacity)
{
    if (count < *capacity)
        return array;
    size_t larger = *capacity == 0 ? 64 : *capacity * 2;
    void *grown = larger > SIZE_MAX / item_size ? NULL : realloc(array, larger * item_size);
    if (grown != NULL)
        *capacity = larger;
    return grown;
}

/* A number for the key, the next one where it is new; KEY_TABLE_NONE without memory. */
static size_t number_of(struct key_table *table, const char *bytes, size_t length, size_t next)
{
    size_t number = key_table_find(table, bytes, length);
    if (number == KEY_TABLE_NONE && key_table_add(table, bytes, length, next) == 0)
        return next;
    return number;
}

/* The record's cell in the file that is being read; a new one where there is none. */
static size_t cell_of(struct trials *trials, const struct row *record)
{
    enum { THREADS_BYTES = 360 }; /* units_format_double's longest */
    char key[1 + ROW_KEY_BYTES + THREADS_BYTES];
    key[0] = trials->files == 0 ? '0' : '1';
    char *texts = key + 1;
    size_t next = trials->cell_count, threads = row_cell_key(record, texts);
    size_t length =
        threads + 1 + strlen(row_text(record, "server_threads", texts + threads, THREADS_BYTES));
    size_t cell = number_of(&trials->canonical, key, length + 1, next);
    if (cell != next)
        return cell;
    size_t names = strlen(texts) + 1;
    names += strlen(texts + names) + 1;
    struct trials_cell *cells =
        array_grown(trials->cells, sizeof *cells, next, &trials->cell_capacity);
    if (cells != NULL)
        trials->cells = cells;
    size_t configuration =
        number_of(&trials->factors, texts + names, threads - names, trials->configurations);
    char *copy = malloc(length);
    if (configuration == KEY_TABLE_NONE || cells == NULL || copy == NULL) {
        free(copy);
        return KEY_TABLE_NONE;
    }
    memcpy(copy, texts, length);
    trials->configurations += configuration == trials->configurations;
    trials->cells[trials->cell_count++] =
        (struct trials_cell){.texts = copy, .file = trials->files, .configuration = configuration};
    return next;
}

/* Those that the cell does not have yet; false without memory. */
static bool conditions_keep(struct trials_cell *cell, const struct row *record)
{
    char text[400];
    for (size_t i = 0; i < TRIALS_CONDITION_COUNT; i++) {
        row_text(record, trials_conditions[i], text, sizeof text);
        if (cell->conditions[i] != NULL || text[0] == '\0')
            continue;
        cell->conditions[i] = malloc(strlen(text) + 1);
        if (cell->conditions[i] == NULL)
            return false;
        memcpy(cell->conditions[i], text, strlen(text) + 1);
    }
    return true;
}

/* For texts that came for the first time: reads them as a row's, and finds the cell by that. */
static int cell_find(struct trials *trials, const struct csv_reader *reader,
                     const struct places *places, size_t *cell, struct failure *failure)
{
    struct row record;
    row_clear(&record);
    for (size_t i = 0; i < TEXTS; i++)
        if (!row_set(&record, text_name(i), field(reader, places->texts[i])))
            return fail_number(failure, reader, places->texts[i], text_name(i));
    if (!row_set(&record, "schema_version", field(reader, places->schema_version)))
        return fail_number(failure, reader, places->schema_version, "schema_version");
    row_complete(&record);
    *cell = cell_of(trials, &record);
    if (*cell == KEY_TABLE_NONE || !conditions_keep(&trials->cells[*cell], &record))
        return fail(failure, reader->row_line, "out of memory");
    return 0;
}

/* What an empty percentile of such a row stands for: longer than any, or not known. */
static double unanswered(const char *loop, const char *warnings)
{
    bool is_open = strcmp(loop, "open") == 0;
    return is_open && warnings_have(warnings, WARNING_UNANSWERED) ? INFINITY : NAN;
}

static bool is_percentile(const struct metric *metric)
{
    return (metric->basis == METRIC_OWN || metric->basis == METRIC_UNCORRECTED) &&
           metric->percentile > 0;
}

/* Where the measured values of one more row belong; NULL without memory. */
static double *row_add(struct trials *trials, size_t number, const char *host_kind,
                       const char *bound, const char *warnings)
{
    size_t capacity = trials->row_capacity;
    size_t *cells = array_grown(trials->row_cells, sizeof *cells, trials->row_count, &capacity);
    trials->row_cells = cells == NULL ? trials->row_cells : cells;
    capacity = trials->row_capacity;
    double *values = array_grown(trials->row_values, trials->metric_count * sizeof *values,
                                 trials->row_count, &capacity);
    trials->row_values = values == NULL ? trials->row_values : values;
    if (cells == NULL || values == NULL)
        return NULL;
    trials->row_capacity = capacity;
    trials->row_cells[trials->row_count] = number;
    struct trials_cell *cell = &trials->cells[number];
    cell->rows++;
    cell->client_bound += strcmp(bound, "client") == 0;
    cell->starved += warnings_have(warnings, WARNING_STARVED);
    cell->warned += warnings[0] != '\0';
    if (cell->host_kind[0] == '\0')
        row_set_text(cell->host_kind, sizeof cell->host_kind, host_kind);
    return values + trials->row_count++ * trials->metric_count;
}

static int row_keep(struct trials *trials, const struct csv_reader *reader,
                    const struct places *places, size_t cell, struct failure *failure)
{
    const char *warnings = field(reader, places->warnings);
    double none = unanswered(field(reader, places->loop), warnings);
    double *values = row_add(trials, cell, field(reader, places->host_kind),
                             field(reader, places->bound), warnings);
    if (values == NULL)
        return fail(failure, reader->row_line, "out of memory");
    for (size_t i = 0; i < trials->metric_count; i++) {
        const char *text = field(reader, places->metrics[i]);
        values[i] = is_percentile(trials->metrics[i]) ? none : NAN;
        if (text[0] != '\0' && !units_parse_double(text, &values[i]))
            return fail_number(failure, reader, places->metrics[i], trials->metrics[i]->name);
    }
    return 0;
}

/* False where it is to be kept. */
static bool is_left_out(struct trials_cell *cell, const char *status)
{
    if (strcmp(status, "ok") == 0)
        return false;
    if (strcmp(status, "skipped") == 0)
        cell->skipped++;
    else
        cell->failed++;
    return true;
}

int trials_add(struct trials *trials, const struct row *record)
{
    size_t cell = cell_of(trials, record);
    if (cell == KEY_TABLE_NONE)
        return -1;
    if (is_left_out(&trials->cells[cell], record->status))
        return 0;
    double none = unanswered(record->loop, record->warnings);
    double *values = row_add(trials, cell, record->host_kind, record->bound, record->warnings);
    for (size_t i = 0; values != NULL && i < trials->metric_count; i++) {
        values[i] = row_number(record, trials->metrics[i]->name);
        if (!number_is_known(values[i]) && is_percentile(trials->metrics[i]))
            values[i] = none;
    }
    return values == NULL ? -1 : 0;
}

/* key: room that is used again and again. */
static int row_take(struct trials *trials, const struct csv_reader *reader,
                    const struct places *places, struct key *key, struct failure *failure)
{
    bool complete = key_begin(key, trials);
    for (size_t i = 0; i < TEXTS && complete; i++)
        complete = key_append(key, field(reader, places->texts[i]));
    size_t cell = complete ? key_table_find(&trials->raw, key->bytes, key->length) : KEY_TABLE_NONE;
    if (cell == KEY_TABLE_NONE) {
        if (cell_find(trials, reader, places, &cell, failure) != 0)
            return -1;
        if (!complete || key_table_add(&trials->raw, key->bytes, key->length, cell) != 0)
            return fail(failure, reader->row_line, "out of memory");
    }
    trials->parts += field(reader, places->generator)[0] != '\0';
    if (is_left_out(&trials->cells[cell], field(reader, places->status)))
        return 0;
    if (warnings_have(field(reader, places->warnings), WARNING_CONNECTIONS_MISSING)) {
        trials->cells[cell].incomplete++;
        return 0;
    }
    return row_keep(trials, reader, places, cell, failure);
}

static int rows_read(struct trials *trials, struct csv_reader *reader, struct places *places,
                     size_t *cut_line, struct failure *failure)
{
    struct key key = {0};
    enum csv_result result = csv_reader_next(reader);
    int error = 0;
    if (result == CSV_END || result == CSV_CUT)
        return fail(failure, 1, "no header");
    if (result == CSV_ROW)
        error = places_find(places, reader, trials, failure);
    while (error == 0 && result != CSV_BAD && (result = csv_reader_next(reader)) == CSV_ROW)
        error = row_take(trials, reader, places, &key, failure);
    free(key.bytes);
    if (result == CSV_BAD)
        return failure_set(failure, "%s", reader->failure.text);
    *cut_line = result == CSV_CUT ? reader->row_line : 0;
    return error;
}

int trials_read(struct trials *trials, FILE *file, size_t *cut_line, struct failure *failure)
{
    struct csv_reader reader;
    struct places places = {.metrics = NULL};
    int error = csv_reader_open(&reader, file);
    if (error != 0)
        failure_set(failure, "%s", reader.failure.text);
    else
        error = rows_read(trials, &reader, &places, cut_line, failure);
    free(places.metrics);
    csv_reader_close(&reader);
    trials->files++;
    return error;
}

int trials_gather(struct trials *trials)
{
    size_t values = trials->row_count * trials->metric_count, first = 0;
    double *gathered = malloc((values + 1) * sizeof *gathered);
    size_t *counts =
        calloc(trials->cell_count * trials->metric_count + 1, sizeof *trials->value_counts);
    if (gathered == NULL || counts == NULL) {
        free(gathered);
        free(counts);
        return -1;
    }
    for (size_t i = 0; i < trials->cell_count; i++) {
        trials->cells[i].first = first;
        first += trials->cells[i].rows;
    }
    for (size_t row = 0; row < trials->row_count; row++)
        for (size_t metric = 0; metric < trials->metric_count; metric++) {
            size_t cell = trials->row_cells[row];
            double value = trials->row_values[row * trials->metric_count + metric];
            size_t *count = &counts[metric * trials->cell_count + cell];
            if (number_is_known(value))
                gathered[metric * trials->row_count + trials->cells[cell].first + (*count)++] =
                    value;
        }
    free(trials->row_values);
    trials->row_values = gathered;
    trials->value_counts = counts;
    return 0;
}

const double *trials_values(const struct trials *trials, size_t cell, size_t metric, size_t *count)
{
    *count = trials->value_counts[metric * trials->cell_count + cell];
    return trials->row_values + metric * trials->row_count + trials->cells[cell].first;
}

bool trials_has_values(const struct trials *trials, size_t cell)
{
    size_t count = 0;
    for (size_t metric = 0; metric < trials->metric_count && count == 0; metric++)
        trials_values(trials, cell, metric, &count);
    return count > 0;
}

const char *trials_target(const struct trials_cell *cell)
{
    return cell->texts;
}

const char *trials_model(const struct trials_cell *cell)
{
    return cell->texts + strlen(cell->texts) + 1;
}

const char *trials_factors(const struct trials_cell *cell)
{
    const char *model = trials_model(cell);
    return model + strlen(model) + 1;
}

const char *trials_threads(const struct trials_cell *cell)
{
    const char *text = trials_factors(cell);
    for (size_t i = 0; i < ROW_FACTOR_COUNT; i++)
        text += strlen(text) + 1;
    return text;
}

void trials_describe(const struct trials_cell *cell, struct row *record)
{
    const char *text = cell->texts;
    row_clear(record);
    for (size_t i = 0; i < KEYS; i++, text += strlen(text) + 1)
        row_set(record, text_name(i), text);
}
