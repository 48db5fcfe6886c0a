#include "rows/summary.h"

#include <math.h>
#include <string.h>

#include "rows/cell_values.h"
#include "stats/statistics.h"

enum { DIGITS = 6 };

static void header_write(struct csv_writer *csv)
{
    static const char *const before[] = {"run_id", "target", "host_kind", "model"};
    static const char *const after[] = {"server_threads", "metric",    "trials", "median",
                                        "ci95_low",       "ci95_high", "spread", "merged"};
    for (size_t i = 0; i < sizeof before / sizeof before[0]; i++)
        csv_write_text(csv, before[i]);
    for (size_t i = 0; i < COLUMN_FACTORS; i++)
        csv_write_text(csv, column_factors[i]->name);
    for (size_t i = 0; i < sizeof after / sizeof after[0]; i++)
        csv_write_text(csv, after[i]);
    csv_end_row(csv);
}

/* NULL where the cell has no such histogram, or none at all. */
static const struct histogram *histogram_of(const struct column *metric,
                                            const struct cell_histogram *cell)
{
    if (cell == NULL)
        return NULL;
    const char *own = cell->row.latency_basis;
    switch (metric->basis) {
    case COLUMN_NO_BASIS:
        return NULL;
    case COLUMN_OWN:
        return cell_histogram_of(cell, own);
    case COLUMN_UNCORRECTED:
        return strcmp(own, "sent") == 0 ? NULL : cell_histogram_of(cell, "sent");
    case COLUMN_CONNECT:
        return cell_histogram_of(cell, "connect");
    }
    return NULL;
}

/* The row's own extreme is exact, while a histogram read from a file has its buckets' ends. */
static double extreme(const double *values, size_t count, double percentile)
{
    double found = values[0];
    for (size_t i = 1; i < count; i++)
        found = percentile > 0 ? fmax(found, values[i]) : fmin(found, values[i]);
    return found;
}

/*
 * Over the samples of all trials, of which `slower` more are longer than all in the histogram; NaN
 * where they can't carry it. values: the trials' own figures.
 */
static double merged_us(const struct column *metric, const struct histogram *histogram,
                        uint64_t slower, const double *values, size_t count)
{
    uint64_t value;
    if (histogram == NULL || histogram->total == 0)
        return NAN;
    if (metric->percentile == 0)
        return extreme(values, count, metric->percentile);
    if (metric->percentile > 0 && metric->percentile < 100)
        return histogram_percentile_of(histogram, slower, metric->percentile, &value)
                   ? (double)value / 1e3
                   : NAN;
    if (slower > 0)
        return NAN;
    return metric->percentile >= 0 ? extreme(values, count, metric->percentile)
                                   : histogram_mean(histogram) / 1e3;
}

/* Messages of all trials of an open loop that have no round trip, since no answer came. */
static uint64_t slower_of(const struct cell_values *all, size_t cell,
                          const struct cell_histogram *merged)
{
    double sum = 0;
    size_t metric = 0, count;
    if (merged == NULL || merged->row.loop != LOOP_OPEN)
        return 0;
    while (all->metrics[metric] != &row_columns[COLUMN_messages_unanswered])
        metric++;
    const double *values = cell_values_of(all, cell, metric, &count);
    for (size_t i = 0; i < count; i++)
        sum += values[i];
    return (uint64_t)fmin(sum, COLUMN_MOST);
}

static double spread_of(const double *values, size_t count, double median)
{
    if (count < 2 || !(median > 0))
        return NAN;
    return (statistics_quantile(values, count, 0.75) - statistics_quantile(values, count, 0.25)) /
           median;
}

static void line_write(struct csv_writer *csv, const char *run_id, const struct cell *cell,
                       const struct column *metric, const double *values, size_t count,
                       const struct cell_histogram *merged, uint64_t slower)
{
    const char *factor = cell_factors(cell);
    double median = statistics_median(values, count);
    struct interval interval = statistics_median_interval(values, count);
    csv_write_text(csv, run_id);
    csv_write_text(csv, cell_target(cell));
    csv_write_text(csv, cell->host_kind);
    csv_write_text(csv, cell_model(cell));
    for (size_t i = 0; i < COLUMN_FACTORS; i++, factor += strlen(factor) + 1)
        column_write_text(csv, column_factors[i], factor);
    csv_write_number(csv, cell_threads(cell));
    csv_write_text(csv, metric->name);
    csv_write_u64(csv, count);
    csv_write_double(csv, median, DIGITS);
    csv_write_double(csv, interval.low, DIGITS);
    csv_write_double(csv, interval.high, DIGITS);
    csv_write_double(csv, spread_of(values, count, median), DIGITS);
    csv_write_double(csv,
                     merged_us(metric, histogram_of(metric, merged),
                               metric->basis == COLUMN_CONNECT ? 0 : slower, values, count),
                     DIGITS);
    csv_end_row(csv);
}

int summary_write(struct csv_writer *csv, const char *run_id, const struct row *rows, size_t count,
                  const struct cell_histograms *histograms)
{
    const struct column *metrics[COLUMN_COUNT];
    size_t metric_count = 0;
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        if (row_columns[i].better != COLUMN_NO_METRIC)
            metrics[metric_count++] = &row_columns[i];
    struct cell_values all;
    cell_values_init(&all, metrics, metric_count);
    int error = 0;
    for (size_t i = 0; i < count && error == 0; i++)
        error = cell_values_add(&all, &rows[i]);
    if (error == 0)
        error = cell_values_gather(&all);
    if (error == 0)
        header_write(csv);
    for (size_t i = 0; i < all.cells.count && error == 0; i++) {
        const struct cell *cell = &all.cells.cells[i];
        struct row row;
        cell_describe(cell, &row);
        const struct cell_histogram *merged = cell_histograms_find(histograms, &row);
        uint64_t slower = slower_of(&all, i, merged);
        for (size_t j = 0; j < metric_count; j++) {
            size_t found;
            const double *values = cell_values_of(&all, i, j, &found);
            if (found > 0)
                line_write(csv, run_id, cell, metrics[j], values, found, merged, slower);
        }
    }
    cell_values_free(&all);
    return csv->failed ? -1 : error;
}
