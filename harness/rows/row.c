#include "rows/row.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "base/units.h"

static const struct column {
    const char *name;
    size_t offset;
    size_t bytes; /* of a text; 0: a number */
    int digits;
} columns[] = {
#define ROW_TEXT(name, bytes)    {#name, offsetof(struct row, name), (bytes), 0},
#define ROW_NUMBER(name, digits) {#name, offsetof(struct row, name), 0, (digits)},
    ROW_COLUMNS(ROW_TEXT, ROW_NUMBER)
#undef ROW_TEXT
#undef ROW_NUMBER
};

enum { COLUMNS = sizeof columns / sizeof columns[0] };

void row_clear(struct row *record)
{
    memset(record, 0, sizeof *record);
    for (size_t i = 0; i < COLUMNS; i++)
        if (columns[i].bytes == 0)
            *(double *)(void *)((char *)record + columns[i].offset) = NAN;
}

void row_set_text(char *field, size_t size, const char *text)
{
    size_t length = strlen(text);
    if (length >= size) {
        length = size - 1;
        while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80)
            length--;
    }
    memcpy(field, text, length);
    field[length] = '\0';
}

bool row_text_has(const char *words, const char *warning)
{
    size_t length = strlen(warning);
    for (const char *at = words; *at != '\0'; at += *at == ';') {
        size_t here = strcspn(at, ";");
        if (here == length && strncmp(at, warning, length) == 0)
            return true;
        at += here;
    }
    return false;
}

void row_warn(struct row *record, const char *warning)
{
    char *warnings = record->warnings;
    size_t used = strlen(warnings);
    if (!row_text_has(warnings, warning))
        snprintf(warnings + used, sizeof record->warnings - used, "%s%s", used == 0 ? "" : ";",
                 warning);
}

void row_round(struct row *record)
{
    char text[360];
    for (size_t i = 0; i < COLUMNS; i++) {
        double *at = (double *)(void *)((char *)record + columns[i].offset);
        if (columns[i].bytes == 0 && number_is_known(*at))
            (void)units_parse_double(units_format_double(*at, columns[i].digits, text, sizeof text),
                                     at);
    }
}

int row_write_header(struct csv_writer *runs)
{
    for (size_t i = 0; i < COLUMNS; i++)
        csv_write_text(runs, columns[i].name);
    return csv_end_row(runs);
}

bool row_has_columns(const struct csv_table *runs)
{
    size_t known = 0;
    for (size_t i = 0; i < COLUMNS && known < runs->columns; i++)
        known += strcmp(csv_field(runs, 0, (int)known), columns[i].name) == 0;
    return known == runs->columns;
}

static void column_write(struct csv_writer *csv, const struct row *record,
                         const struct column *column)
{
    const char *at = (const char *)record + column->offset;
    if (column->bytes != 0)
        csv_write_text(csv, at);
    else
        csv_write_double(csv, *(const double *)(const void *)at, column->digits);
}

int row_write(struct csv_writer *runs, const struct row *record)
{
    for (size_t i = 0; i < COLUMNS; i++)
        column_write(runs, record, &columns[i]);
    return csv_end_row(runs);
}

/* NULL where there is none of that name. */
static const struct column *column_find(const char *name)
{
    for (size_t i = 0; i < COLUMNS; i++)
        if (strcmp(columns[i].name, name) == 0)
            return &columns[i];
    return NULL;
}

int row_write_as(struct csv_writer *runs, const struct row *record, const struct csv_table *header)
{
    for (int i = 0; i < (int)header->columns; i++) {
        const struct column *column = column_find(csv_field(header, 0, i));
        if (column == NULL)
            csv_write_text(runs, "");
        else
            column_write(runs, record, column);
    }
    return csv_end_row(runs);
}

const char *row_text(const struct row *record, const char *column, char *text, size_t size)
{
    const struct column *found = column_find(column);
    if (found != NULL && found->bytes != 0)
        snprintf(text, size, "%s", (const char *)record + found->offset);
    else
        units_format_double(row_number(record, column), found == NULL ? 1 : found->digits, text,
                            size);
    return text;
}

double row_number(const struct row *record, const char *column)
{
    const struct column *found = column_find(column);
    if (found == NULL || found->bytes != 0)
        return NAN;
    return *(const double *)(const void *)((const char *)record + found->offset);
}

static bool column_read(struct row *record, const struct column *column, const char *text)
{
    char *at = (char *)record + column->offset;
    if (column->bytes == 0)
        return text[0] == '\0' || units_parse_double(text, (double *)(void *)at);
    row_set_text(at, column->bytes, text);
    return true;
}

bool row_set(struct row *record, const char *column, const char *text)
{
    const struct column *found = column_find(column);
    return found != NULL && column_read(record, found, text);
}

bool row_read(struct row *record, const struct csv_table *runs, size_t row, const char **column)
{
    row_clear(record);
    for (size_t i = 0; i < COLUMNS; i++)
        if (!column_read(record, &columns[i],
                         csv_field(runs, row, csv_column(runs, columns[i].name)))) {
            *column = columns[i].name;
            return false;
        }
    row_complete(record);
    return true;
}

double row_cost_us(const struct row *record)
{
    return record->server_cpu_us_per_msg;
}

double row_throughput(const struct row *record)
{
    return record->throughput_msgs_per_s;
}

void row_complete(struct row *record)
{
    /* Schema 1 had no workload in which some connections are idle or misbehave. */
    if (record->schema_version < 2) {
        record->connections_active = record->connections;
        record->connections_misbehaving = 0;
    }
}

const char *const row_factors[] = {
#define ROW_NAME(name) #name,
    ROW_FACTORS(ROW_NAME, ROW_NAME)
#undef ROW_NAME
};

size_t row_cell_key(const struct row *record, char key[ROW_KEY_BYTES])
{
    enum { TEXT_BYTES = 360 }; /* units_format_double's longest; no text is longer */
    _Static_assert((ROW_FACTOR_COUNT - 1) * TEXT_BYTES <= ROW_KEY_BYTES, "numbers may be long");
    size_t used = 0;
    row_text(record, "target", key, TEXT_BYTES);
    used += strlen(key) + 1;
    row_text(record, "model", key + used, TEXT_BYTES);
    used += strlen(key + used) + 1;
    for (size_t i = 0; i < ROW_FACTOR_COUNT; i++) {
        row_text(record, row_factors[i], key + used, TEXT_BYTES);
        used += strlen(key + used) + 1;
    }
    return used;
}

static bool same_number(double a, double b)
{
    return a == b || (!number_is_known(a) && !number_is_known(b));
}

bool row_same_configuration(const struct row *a, const struct row *b)
{
#define SAME_TEXT(name)   &&strcmp(a->name, b->name) == 0
#define SAME_NUMBER(name) &&same_number(a->name, b->name)
    return true ROW_FACTORS(SAME_TEXT, SAME_NUMBER);
#undef SAME_TEXT
#undef SAME_NUMBER
}

bool row_same_cell(const struct row *a, const struct row *b)
{
    return strcmp(a->target, b->target) == 0 && strcmp(a->model, b->model) == 0 &&
           row_same_configuration(a, b);
}

const char *row_workload_text(const struct row *record, char *text, size_t size)
{
    char bytes[32], rate[32] = "", active[32] = "", misbehaving[32] = "", number[24];
    if (number_is_known(record->target_rate_msgs_per_s))
        snprintf(rate, sizeof rate, " %s/s",
                 units_format_si(record->target_rate_msgs_per_s, number, sizeof number));
    if (number_is_known(record->burst_interval_us))
        snprintf(rate, sizeof rate, " %s",
                 units_format_duration((uint64_t)(record->burst_interval_us * 1e3 + 0.5), number,
                                       sizeof number));
    if (record->connections_active < record->connections)
        snprintf(active, sizeof active, "%.0f of ", record->connections_active);
    if (record->connections_misbehaving > 0)
        snprintf(misbehaving, sizeof misbehaving, "+%.0f", record->connections_misbehaving);
    snprintf(text, size, "%s%s %s x %s%.0f%s", record->workload, rate,
             units_format_size((uint64_t)record->message_bytes, bytes, sizeof bytes), active,
             record->connections, misbehaving);
    return text;
}

double row_percentile_us(const struct histogram *samples, uint64_t slower, double percentile)
{
    uint64_t value_ns;
    if (!histogram_percentile_of(samples, slower, percentile, &value_ns))
        return NAN;
    return (double)value_ns / 1e3;
}

void row_set_round_trips(struct row *record, const struct histogram *rtt, uint64_t slower)
{
    record->rtt_samples = (double)rtt->total;
    if (rtt->total == 0)
        return;
    record->rtt_min_us = (double)rtt->min / 1e3;
    record->rtt_p50_us = row_percentile_us(rtt, slower, 50);
    record->rtt_p90_us = row_percentile_us(rtt, slower, 90);
    record->rtt_p99_us = row_percentile_us(rtt, slower, 99);
    record->rtt_p99_9_us = row_percentile_us(rtt, slower, 99.9);
    if (slower == 0) {
        record->rtt_mean_us = histogram_mean(rtt) / 1e3;
        record->rtt_max_us = (double)rtt->max / 1e3;
    }
}

void row_set_uncorrected(struct row *record, const struct histogram *rtt, uint64_t slower)
{
    record->rtt_uncorrected_p50_us = row_percentile_us(rtt, slower, 50);
    record->rtt_uncorrected_p99_us = row_percentile_us(rtt, slower, 99);
    record->rtt_uncorrected_p99_9_us = row_percentile_us(rtt, slower, 99.9);
}

void row_set_connects(struct row *record, const struct histogram *connects)
{
    record->connect_p50_us = row_percentile_us(connects, 0, 50);
    record->connect_p99_us = row_percentile_us(connects, 0, 99);
    if (connects->total > 0)
        record->connect_max_us = (double)connects->max / 1e3;
}

const char *const row_histogram_columns[ROW_HISTOGRAM_COLUMNS] = {
    [ROW_HISTOGRAM_RUN_ID] = "run_id",
    [ROW_HISTOGRAM_TARGET] = "target",
    [ROW_HISTOGRAM_MODEL] = "model",
    [ROW_HISTOGRAM_WORKLOAD] = "workload",
    [ROW_HISTOGRAM_CONNECTIONS] = "connections",
    [ROW_HISTOGRAM_ACTIVE] = "connections_active",
    [ROW_HISTOGRAM_MESSAGE_BYTES] = "message_bytes",
    [ROW_HISTOGRAM_RATE] = "target_rate_msgs_per_s",
    [ROW_HISTOGRAM_TRIAL] = "trial",
    [ROW_HISTOGRAM_BASIS] = "latency_basis",
    [ROW_HISTOGRAM_LOW] = "low_ns",
    [ROW_HISTOGRAM_HIGH] = "high_ns",
    [ROW_HISTOGRAM_COUNT] = "count"};

int row_write_histogram_header(struct csv_writer *histograms)
{
    for (size_t i = 0; i < ROW_HISTOGRAM_COLUMNS; i++)
        csv_write_text(histograms, row_histogram_columns[i]);
    return csv_end_row(histograms);
}

int row_write_histogram(struct csv_writer *histograms, const struct row *record,
                        const struct row_histogram *kept)
{
    const struct histogram *histogram = kept->histogram;
    for (size_t i = 0; i < histogram->buckets && !histograms->failed; i++) {
        uint64_t low, high;
        if (histogram->counts[i] == 0)
            continue;
        histogram_bucket_range(i, &low, &high);
        csv_write_text(histograms, record->run_id);
        csv_write_text(histograms, record->target);
        csv_write_text(histograms, record->model);
        csv_write_text(histograms, record->workload);
        csv_write_double(histograms, record->connections, 17);
        csv_write_double(histograms, record->connections_active, 17);
        csv_write_double(histograms, record->message_bytes, 17);
        csv_write_double(histograms, record->target_rate_msgs_per_s, 17);
        csv_write_double(histograms, record->trial, 17);
        csv_write_text(histograms, kept->basis);
        csv_write_u64(histograms, low);
        csv_write_u64(histograms, high);
        csv_write_u64(histograms, histogram->counts[i]);
        csv_end_row(histograms);
    }
    return histograms->failed ? -1 : 0;
}
