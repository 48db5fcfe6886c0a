#include "record.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "units.h"

static const struct column {
    const char *name;
    size_t offset;
    size_t bytes; /* of a text; 0: a number */
    int digits;
} columns[] = {
#define RECORD_TEXT(name, bytes)    {#name, offsetof(struct record, name), (bytes), 0},
#define RECORD_NUMBER(name, digits) {#name, offsetof(struct record, name), 0, (digits)},
    RECORD_COLUMNS(RECORD_TEXT, RECORD_NUMBER)
#undef RECORD_TEXT
#undef RECORD_NUMBER
};

enum { COLUMNS = sizeof columns / sizeof columns[0] };

void record_clear(struct record *record)
{
    memset(record, 0, sizeof *record);
    for (size_t i = 0; i < COLUMNS; i++)
        if (columns[i].bytes == 0)
            *(double *)(void *)((char *)record + columns[i].offset) = NAN;
}

void record_set_text(char *field, size_t size, const char *text)
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

bool record_text_has(const char *words, const char *warning)
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

void record_warn(struct record *record, const char *warning)
{
    char *warnings = record->warnings;
    size_t used = strlen(warnings);
    if (!record_text_has(warnings, warning))
        snprintf(warnings + used, sizeof record->warnings - used, "%s%s", used == 0 ? "" : ";",
                 warning);
}

void record_round(struct record *record)
{
    char text[360];
    for (size_t i = 0; i < COLUMNS; i++) {
        double *at = (double *)(void *)((char *)record + columns[i].offset);
        if (columns[i].bytes == 0 && record_has(*at))
            (void)units_parse_double(units_format_double(*at, columns[i].digits, text, sizeof text),
                                     at);
    }
}

int record_write_header(struct csv_writer *runs)
{
    for (size_t i = 0; i < COLUMNS; i++)
        csv_write_text(runs, columns[i].name);
    return csv_end_row(runs);
}

bool record_has_columns(const struct csv_table *runs)
{
    size_t known = 0;
    for (size_t i = 0; i < COLUMNS && known < runs->columns; i++)
        known += strcmp(csv_field(runs, 0, (int)known), columns[i].name) == 0;
    return known == runs->columns;
}

static void column_write(struct csv_writer *csv, const struct record *record,
                         const struct column *column)
{
    const char *at = (const char *)record + column->offset;
    if (column->bytes != 0)
        csv_write_text(csv, at);
    else
        csv_write_double(csv, *(const double *)(const void *)at, column->digits);
}

int record_write(struct csv_writer *runs, const struct record *record)
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

int record_write_as(struct csv_writer *runs, const struct record *record,
                    const struct csv_table *header)
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

const char *record_text(const struct record *record, const char *column, char *text, size_t size)
{
    const struct column *found = column_find(column);
    if (found != NULL && found->bytes != 0)
        snprintf(text, size, "%s", (const char *)record + found->offset);
    else
        units_format_double(record_number(record, column), found == NULL ? 1 : found->digits, text,
                            size);
    return text;
}

double record_number(const struct record *record, const char *column)
{
    const struct column *found = column_find(column);
    if (found == NULL || found->bytes != 0)
        return NAN;
    return *(const double *)(const void *)((const char *)record + found->offset);
}

static bool column_read(struct record *record, const struct column *column, const char *text)
{
    char *at = (char *)record + column->offset;
    if (column->bytes == 0)
        return text[0] == '\0' || units_parse_double(text, (double *)(void *)at);
    record_set_text(at, column->bytes, text);
    return true;
}

bool record_set(struct record *record, const char *column, const char *text)
{
    const struct column *found = column_find(column);
    return found != NULL && column_read(record, found, text);
}

bool record_read(struct record *record, const struct csv_table *runs, size_t row,
                 const char **column)
{
    record_clear(record);
    for (size_t i = 0; i < COLUMNS; i++)
        if (!column_read(record, &columns[i],
                         csv_field(runs, row, csv_column(runs, columns[i].name)))) {
            *column = columns[i].name;
            return false;
        }
    record_complete(record);
    return true;
}

double record_cost_us(const struct record *record)
{
    return record->server_cpu_us_per_msg;
}

double record_throughput(const struct record *record)
{
    return record->throughput_msgs_per_s;
}

void record_complete(struct record *record)
{
    /* Schema 1 had no workload in which some connections are idle or misbehave. */
    if (record->schema_version < 2) {
        record->connections_active = record->connections;
        record->connections_misbehaving = 0;
    }
}

const char *const record_factors[] = {
#define RECORD_NAME(name) #name,
    RECORD_FACTORS(RECORD_NAME, RECORD_NAME)
#undef RECORD_NAME
};

size_t record_cell_key(const struct record *record, char key[RECORD_KEY_BYTES])
{
    enum { TEXT_BYTES = 360 }; /* units_format_double's longest; no text is longer */
    _Static_assert((RECORD_FACTOR_COUNT - 1) * TEXT_BYTES <= RECORD_KEY_BYTES,
                   "numbers may be long");
    size_t used = 0;
    record_text(record, "target", key, TEXT_BYTES);
    used += strlen(key) + 1;
    record_text(record, "model", key + used, TEXT_BYTES);
    used += strlen(key + used) + 1;
    for (size_t i = 0; i < RECORD_FACTOR_COUNT; i++) {
        record_text(record, record_factors[i], key + used, TEXT_BYTES);
        used += strlen(key + used) + 1;
    }
    return used;
}

static bool same_number(double a, double b)
{
    return a == b || (!record_has(a) && !record_has(b));
}

bool record_same_configuration(const struct record *a, const struct record *b)
{
#define SAME_TEXT(name)   &&strcmp(a->name, b->name) == 0
#define SAME_NUMBER(name) &&same_number(a->name, b->name)
    return true RECORD_FACTORS(SAME_TEXT, SAME_NUMBER);
#undef SAME_TEXT
#undef SAME_NUMBER
}

bool record_same_cell(const struct record *a, const struct record *b)
{
    return strcmp(a->target, b->target) == 0 && strcmp(a->model, b->model) == 0 &&
           record_same_configuration(a, b);
}

const char *record_workload_text(const struct record *record, char *text, size_t size)
{
    char bytes[32], rate[32] = "", active[32] = "", misbehaving[32] = "", number[24];
    if (record_has(record->target_rate_msgs_per_s))
        snprintf(rate, sizeof rate, " %s/s",
                 units_format_si(record->target_rate_msgs_per_s, number, sizeof number));
    if (record_has(record->burst_interval_us))
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

double record_percentile_us(const struct histogram *samples, uint64_t slower, double percentile)
{
    uint64_t value_ns;
    if (!histogram_percentile_of(samples, slower, percentile, &value_ns))
        return NAN;
    return (double)value_ns / 1e3;
}

void record_set_round_trips(struct record *record, const struct histogram *rtt, uint64_t slower)
{
    record->rtt_samples = (double)rtt->total;
    if (rtt->total == 0)
        return;
    record->rtt_min_us = (double)rtt->min / 1e3;
    record->rtt_p50_us = record_percentile_us(rtt, slower, 50);
    record->rtt_p90_us = record_percentile_us(rtt, slower, 90);
    record->rtt_p99_us = record_percentile_us(rtt, slower, 99);
    record->rtt_p99_9_us = record_percentile_us(rtt, slower, 99.9);
    if (slower == 0) {
        record->rtt_mean_us = histogram_mean(rtt) / 1e3;
        record->rtt_max_us = (double)rtt->max / 1e3;
    }
}

void record_set_uncorrected(struct record *record, const struct histogram *rtt, uint64_t slower)
{
    record->rtt_uncorrected_p50_us = record_percentile_us(rtt, slower, 50);
    record->rtt_uncorrected_p99_us = record_percentile_us(rtt, slower, 99);
    record->rtt_uncorrected_p99_9_us = record_percentile_us(rtt, slower, 99.9);
}

void record_set_connects(struct record *record, const struct histogram *connects)
{
    record->connect_p50_us = record_percentile_us(connects, 0, 50);
    record->connect_p99_us = record_percentile_us(connects, 0, 99);
    if (connects->total > 0)
        record->connect_max_us = (double)connects->max / 1e3;
}

const char *const record_histogram_columns[RECORD_HISTOGRAM_COLUMNS] = {
    [RECORD_HISTOGRAM_RUN_ID] = "run_id",
    [RECORD_HISTOGRAM_TARGET] = "target",
    [RECORD_HISTOGRAM_MODEL] = "model",
    [RECORD_HISTOGRAM_WORKLOAD] = "workload",
    [RECORD_HISTOGRAM_CONNECTIONS] = "connections",
    [RECORD_HISTOGRAM_ACTIVE] = "connections_active",
    [RECORD_HISTOGRAM_MESSAGE_BYTES] = "message_bytes",
    [RECORD_HISTOGRAM_RATE] = "target_rate_msgs_per_s",
    [RECORD_HISTOGRAM_TRIAL] = "trial",
    [RECORD_HISTOGRAM_BASIS] = "latency_basis",
    [RECORD_HISTOGRAM_LOW] = "low_ns",
    [RECORD_HISTOGRAM_HIGH] = "high_ns",
    [RECORD_HISTOGRAM_COUNT] = "count"};

int record_write_histogram_header(struct csv_writer *histograms)
{
    for (size_t i = 0; i < RECORD_HISTOGRAM_COLUMNS; i++)
        csv_write_text(histograms, record_histogram_columns[i]);
    return csv_end_row(histograms);
}

int record_write_histogram(struct csv_writer *histograms, const struct record *record,
                           const struct record_histogram *kept)
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
