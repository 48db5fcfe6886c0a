#include "rows/row.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "base/units.h"

void row_clear(struct row *row)
{
    memset(row, 0, sizeof *row);
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        column_clear(row, &row_columns[i]);
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

void row_warn(struct row *row, const char *warning)
{
    char *warnings = row->warnings;
    size_t used = strlen(warnings);
    if (!row_text_has(warnings, warning))
        snprintf(warnings + used, sizeof row->warnings - used, "%s%s", used == 0 ? "" : ";",
                 warning);
}

double row_number(const struct row *row, enum column_id column)
{
    return column_number(row, &row_columns[column]);
}

const char *row_word(const struct row *row, enum column_id column)
{
    return column_word(row, &row_columns[column]);
}

void row_round(struct row *row)
{
    char text[ROW_NUMBER_BYTES];
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        if (row_columns[i].kind == COLUMN_NUMBER &&
            !column_set(row, &row_columns[i], column_text(row, &row_columns[i], text, sizeof text)))
            column_clear(row, &row_columns[i]);
}

int row_write_header(struct csv_writer *runs)
{
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        csv_write_text(runs, row_columns[i].name);
    return csv_end_row(runs);
}

bool row_has_columns(const struct csv_table *runs)
{
    size_t known = 0;
    for (size_t i = 0; i < COLUMN_COUNT && known < runs->columns; i++)
        known += strcmp(csv_field(runs, 0, (int)known), row_columns[i].name) == 0;
    return known == runs->columns;
}

int row_write(struct csv_writer *runs, const struct row *row)
{
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        column_write(runs, row, &row_columns[i]);
    return csv_end_row(runs);
}

int row_write_as(struct csv_writer *runs, const struct row *row, const struct csv_table *header)
{
    for (int i = 0; i < (int)header->columns; i++) {
        const struct column *column = column_find(csv_field(header, 0, i));
        if (column == NULL)
            csv_write_text(runs, "");
        else
            column_write(runs, row, column);
    }
    return csv_end_row(runs);
}

int row_read(struct row *row, const struct csv_table *runs, size_t line, struct failure *failure)
{
    row_clear(row);
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        const struct column *column = &row_columns[i];
        const char *text = csv_field(runs, line, csv_column(runs, column->name));
        if (!column_set(row, column, text))
            return column_fault(column, text, failure);
    }
    row_complete(row);
    return 0;
}

void row_complete(struct row *row)
{
    /* Schema 1 had no workload in which some connections are idle or misbehave. */
    if (row->schema_version < 2) {
        row->connections_active = row->connections;
        row->connections_misbehaving = 0;
    }
}

/* Writes the column's text and its final 0 into the key; returns the bytes used so far. */
static size_t key_add(const struct row *row, const struct column *column, char key[ROW_KEY_BYTES],
                      size_t used)
{
    column_text(row, column, key + used, ROW_KEY_BYTES - used);
    return used + strlen(key + used) + 1;
}

size_t row_cell_key(const struct row *row, char key[ROW_KEY_BYTES])
{
    /* All texts of a key together are shorter than as many numbers can be. */
    _Static_assert(COLUMN_FACTORS * ROW_NUMBER_BYTES <= ROW_KEY_BYTES, "numbers may be long");
    size_t used = key_add(row, &row_columns[COLUMN_target], key, 0);
    used = key_add(row, &row_columns[COLUMN_model], key, used);
    for (size_t i = 0; i < COLUMN_FACTORS; i++)
        used = key_add(row, column_factors[i], key, used);
    return used;
}

bool row_same_configuration(const struct row *a, const struct row *b)
{
    for (size_t i = 0; i < COLUMN_FACTORS; i++)
        if (!column_is_equal(column_factors[i], a, b))
            return false;
    return true;
}

bool row_same_cell(const struct row *a, const struct row *b)
{
    return strcmp(a->target, b->target) == 0 && strcmp(a->model, b->model) == 0 &&
           row_same_configuration(a, b);
}

/* ", cpu 20 us", or "" where the server has no such work. before: what stands for ", ". */
static const char *work_text(const struct row *row, double time_us, const char *name,
                             const char *before, char *text, size_t size)
{
    char number[24];
    text[0] = '\0';
    if (number_is_known(time_us))
        snprintf(text, size, "%s%s %s%s", before, name,
                 strstr(row->work_exponential, name) != NULL ? "exp " : "",
                 units_format_duration((uint64_t)(time_us * 1e3 + 0.5), number, sizeof number));
    return text;
}

/* blank, comma: what stands for the " " before the message's size, and for the ", " before work. */
static const char *workload_text(const struct row *row, const char *blank, const char *comma,
                                 char *text, size_t size)
{
    char bytes[32] = "?", rate[32] = "", active[32] = "", misbehaving[32] = "", number[24];
    char connections[ROW_NUMBER_BYTES] = "?";
    char cpu[48], wait[48], threads[32] = "", clients[32] = "";
    if (number_is_known(row->target_rate_msgs_per_s))
        snprintf(rate, sizeof rate, " %s/s",
                 units_format_si(row->target_rate_msgs_per_s, number, sizeof number));
    if (number_is_known(row->burst_interval_us))
        snprintf(rate, sizeof rate, " %s",
                 units_format_duration((uint64_t)(row->burst_interval_us * 1e3 + 0.5), number,
                                       sizeof number));
    if (row->connections_active < row->connections)
        snprintf(active, sizeof active, "%.0f of ", row->connections_active);
    if (row->connections_misbehaving > 0)
        snprintf(misbehaving, sizeof misbehaving, "+%.0f", row->connections_misbehaving);
    /* Another program's file need not tell them. */
    if (number_is_known(row->message_bytes))
        units_format_size((uint64_t)row->message_bytes, bytes, sizeof bytes);
    if (number_is_known(row->connections))
        units_format_fixed(row->connections, 0, connections, sizeof connections);
    if (number_is_known(row->threads))
        snprintf(threads, sizeof threads, "%s%.0f thread%s", comma, row->threads,
                 row->threads == 1 ? "" : "s");
    if (number_is_known(row->client_threads))
        snprintf(clients, sizeof clients, "%s%.0f client threads", comma, row->client_threads);
    snprintf(text, size, "%s%s%s%s x %s%s%s%s%s%s%s", row->workload, rate, blank, bytes, active,
             connections, misbehaving,
             work_text(row, row->work_cpu_us, "cpu", comma, cpu, sizeof cpu),
             work_text(row, row->work_wait_us, "wait", comma, wait, sizeof wait), threads, clients);
    return text;
}

const char *row_workload_text(const struct row *row, char *text, size_t size)
{
    return workload_text(row, " ", ", ", text, size);
}

const char *row_workload_head(const struct row *row, char *text, size_t size)
{
    return workload_text(row, "\n", "\n", text, size);
}

uint64_t row_slower(const struct row *row)
{
    return row->loop == LOOP_OPEN && number_is_known(row->messages_unanswered)
               ? (uint64_t)row->messages_unanswered
               : 0;
}

double row_percentile_us(const struct histogram *samples, uint64_t slower, double percentile)
{
    uint64_t value_ns;
    if (!histogram_percentile_of(samples, slower, percentile, &value_ns))
        return NAN;
    return (double)value_ns / 1e3;
}

void row_set_round_trips(struct row *row, const struct histogram *rtt, uint64_t slower)
{
    row->rtt_samples = (double)rtt->total;
    if (rtt->total == 0)
        return;
    row->rtt_min_us = (double)rtt->min / 1e3;
    row->rtt_p50_us = row_percentile_us(rtt, slower, 50);
    row->rtt_p90_us = row_percentile_us(rtt, slower, 90);
    row->rtt_p99_us = row_percentile_us(rtt, slower, 99);
    row->rtt_p99_9_us = row_percentile_us(rtt, slower, 99.9);
    if (slower == 0) {
        row->rtt_mean_us = histogram_mean(rtt) / 1e3;
        row->rtt_max_us = (double)rtt->max / 1e3;
    }
}

void row_set_uncorrected(struct row *row, const struct histogram *rtt, uint64_t slower)
{
    row->rtt_uncorrected_p50_us = row_percentile_us(rtt, slower, 50);
    row->rtt_uncorrected_p99_us = row_percentile_us(rtt, slower, 99);
    row->rtt_uncorrected_p99_9_us = row_percentile_us(rtt, slower, 99.9);
}

void row_set_connects(struct row *row, const struct histogram *connects)
{
    row->connect_p50_us = row_percentile_us(connects, 0, 50);
    row->connect_p99_us = row_percentile_us(connects, 0, 99);
    if (connects->total > 0)
        row->connect_max_us = (double)connects->max / 1e3;
}
