#include "rows/cell_values_reader.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "rows/csv_reader.h"
#include "rows/row_reader.h"
#include "rows/warnings.h"

enum {
    KEYS =
        2 + COLUMN_FACTORS + 1, /* the columns that tell a cell: target, model, factors, threads */
    TEXTS = KEYS + COLUMN_CONDITIONS
};

/* Columns that decide what becomes of a row. */
static const enum column_id marks[] = {COLUMN_host_kind, COLUMN_status, COLUMN_bound, COLUMN_loop,
                                       COLUMN_warnings};
enum { MARKS = sizeof marks / sizeof marks[0] };

struct reading {
    struct cell_values *values;
    struct csv_reader csv;
    struct failure *failure;
    /* Where the file has the columns that matter; -1: it has no such column. */
    int texts[TEXTS], marks[MARKS], schema_version, generator;
    int *metrics;         /* owned */
    struct key_table raw; /* a cell by a row's texts, as they are */
    char *key; /* such texts, with their final 0s, so that no two rows have one key by chance */
    size_t key_length, key_capacity;
    struct row row; /* only its marks are set */
};

/* Of the columns that are taken as texts: those of a cell, then the conditions. */
static const struct column *text_column(size_t index)
{
    if (index < 2)
        return &row_columns[index == 0 ? COLUMN_target : COLUMN_model];
    if (index < KEYS - 1)
        return column_factors[index - 2];
    return index < KEYS ? &row_columns[COLUMN_server_threads] : column_conditions[index - KEYS];
}

static const char *field(const struct reading *reading, int place)
{
    return place < 0 ? "" : reading->csv.fields[place];
}

static int place_of(const struct reading *reading, const struct column *column)
{
    return csv_reader_column(&reading->csv, column->name);
}

static int fail(const struct reading *reading, const char *cause)
{
    return failure_set(reading->failure, "line %zu: %s", reading->csv.row_line, cause);
}

static int fail_number(const struct reading *reading, int place, const struct column *column)
{
    struct failure cause = {""};
    column_fault(column, field(reading, place), &cause);
    return fail(reading, cause.text);
}

/* The header is in hand. */
static int places_find(struct reading *reading)
{
    const struct cell_values *values = reading->values;
    if (row_reader_check_header(&reading->csv, reading->failure) != 0)
        return -1;
    reading->metrics = malloc((values->metric_count + 1) * sizeof *reading->metrics);
    if (reading->metrics == NULL)
        return failure_set(reading->failure, "line 1: out of memory");
    for (size_t i = 0; i < values->metric_count; i++)
        reading->metrics[i] = place_of(reading, values->metrics[i]);
    for (size_t i = 0; i < TEXTS; i++)
        reading->texts[i] = place_of(reading, text_column(i));
    for (size_t i = 0; i < MARKS; i++)
        reading->marks[i] = place_of(reading, &row_columns[marks[i]]);
    reading->schema_version = place_of(reading, &row_columns[COLUMN_schema_version]);
    reading->generator = place_of(reading, &row_columns[COLUMN_generator]);
    return 0;
}

static bool key_append(struct reading *reading, const char *text)
{
    size_t length = strlen(text) + 1;
    if (reading->key_length + length > reading->key_capacity) {
        size_t capacity = 2 * (reading->key_length + length);
        char *bytes = realloc(reading->key, capacity);
        if (bytes == NULL)
            return false;
        reading->key = bytes;
        reading->key_capacity = capacity;
    }
    memcpy(reading->key + reading->key_length, text, length);
    reading->key_length += length;
    return true;
}

/* For texts that came for the first time: reads them as a row's, and finds the cell by that. */
static int cell_number(const struct reading *reading, size_t *cell)
{
    struct row row;
    row_clear(&row);
    for (size_t i = 0; i < TEXTS; i++)
        if (!column_set(&row, text_column(i), field(reading, reading->texts[i])))
            return fail_number(reading, reading->texts[i], text_column(i));
    if (!column_set(&row, &row_columns[COLUMN_schema_version],
                    field(reading, reading->schema_version)))
        return fail_number(reading, reading->schema_version, &row_columns[COLUMN_schema_version]);
    row_complete(&row);
    *cell = cells_number(&reading->values->cells, &row);
    return *cell == CELLS_NONE ? fail(reading, "out of memory") : 0;
}

static int cell_find(struct reading *reading, size_t *cell)
{
    bool complete = true;
    reading->key_length = 0;
    for (size_t i = 0; i < TEXTS && complete; i++)
        complete = key_append(reading, field(reading, reading->texts[i]));
    if (!complete)
        return fail(reading, "out of memory");
    *cell = key_table_find(&reading->raw, reading->key, reading->key_length);
    if (*cell != KEY_TABLE_NONE)
        return 0;
    if (cell_number(reading, cell) != 0)
        return -1;
    return key_table_add(&reading->raw, reading->key, reading->key_length, *cell) == 0
               ? 0
               : fail(reading, "out of memory");
}

static int row_take(struct reading *reading)
{
    struct cell_values *values = reading->values;
    double *numbers;
    size_t cell = CELLS_NONE;
    if (cell_find(reading, &cell) != 0)
        return -1;
    for (size_t i = 0; i < MARKS; i++)
        (void)column_set(&reading->row, &row_columns[marks[i]], field(reading, reading->marks[i]));
    if (reading->row.status == ROW_OK && warning_has(&reading->row, WARNING_CONNECTIONS_MISSING)) {
        values->cells.cells[cell].incomplete++;
        return 0;
    }
    if (cell_values_add_to(values, cell, &reading->row, &numbers) != 0)
        return fail(reading, "out of memory");
    for (size_t i = 0; numbers != NULL && i < values->metric_count; i++) {
        const char *text = field(reading, reading->metrics[i]);
        if (text[0] != '\0' && !column_parse(values->metrics[i], text, &numbers[i]))
            return fail_number(reading, reading->metrics[i], values->metrics[i]);
    }
    return 0;
}

static int rows_read(struct reading *reading, size_t *cut_line, size_t *parts)
{
    enum csv_result result = csv_reader_next(&reading->csv);
    int error = 0;
    if (result == CSV_END || result == CSV_CUT)
        return failure_set(reading->failure, "line 1: no header");
    if (result == CSV_ROW)
        error = places_find(reading);
    while (error == 0 && result != CSV_BAD &&
           (result = csv_reader_next(&reading->csv)) == CSV_ROW) {
        *parts += field(reading, reading->generator)[0] != '\0';
        error = row_take(reading);
    }
    if (result == CSV_BAD)
        return failure_set(reading->failure, "%s", reading->csv.failure.text);
    *cut_line = result == CSV_CUT ? reading->csv.row_line : 0;
    return error;
}

int cell_values_read(struct cell_values *values, FILE *file, size_t *cut_line, size_t *parts,
                     struct failure *failure)
{
    struct reading reading = {.values = values, .failure = failure};
    int error = csv_reader_open(&reading.csv, file);
    *parts = 0;
    row_clear(&reading.row);
    if (error != 0)
        failure_set(failure, "%s", reading.csv.failure.text);
    else
        error = rows_read(&reading, cut_line, parts);
    free(reading.metrics);
    free(reading.key);
    key_table_free(&reading.raw);
    csv_reader_close(&reading.csv);
    values->cells.file++;
    return error;
}
