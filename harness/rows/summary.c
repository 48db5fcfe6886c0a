#include "rows/summary.h"

#include <math.h>
#include <string.h>

#include "rows/metric.h"
#include "rows/trials.h"
#include "stats/statistics.h"

enum { METRICS_MAX = 64, DIGITS = 6 };

static void header_write(struct csv_writer *csv)
{
    static const char *const before[] = {"run_id", "target", "host_kind", "model"};
    static const char *const after[] = {"server_threads", "metric",    "trials", "median",
                                        "ci95_low",       "ci95_high", "spread", "merged"};
    for (size_t i = 0; i < sizeof before / sizeof before[0]; i++)
        csv_write_text(csv, before[i]);
    for (size_t i = 0; i < ROW_FACTOR_COUNT; i++)
        csv_write_text(csv, row_factors[i]);
    for (size_t i = 0; i < sizeof after / sizeof after[0]; i++)
        csv_write_text(csv, after[i]);
    csv_end_row(csv);
}

/* NULL where the cell has no such histogram, or none at all. */
static const struct histogram *histogram_of(const struct metric *metric,
                                            const struct merged_cell *cell)
{
    if (cell == NULL)
        return NULL;
    const char *own = cell->row.latency_basis;
    switch (metric->basis) {
    case METRIC_NO_BASIS:
        return NULL;
    case METRIC_OWN:
        return merged_histogram(cell, own);
    case METRIC_UNCORRECTED:
        return strcmp(own, "sent") == 0 ? NULL : merged_histogram(cell, "sent");
    case METRIC_CONNECT:
        return merged_histogram(cell, "connect");
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
static double merged_us(const struct metric *metric, const struct histogram *histogram,
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
static uint64_t slower_of(const struct trials *trials, size_t cell,
                          const struct merged_cell *merged)
{
    double sum = 0;
    if (merged == NULL || strcmp(merged->row.loop, "open") != 0)
        return 0;
    for (size_t i = 0; i < trials->metric_count; i++) {
        size_t count = 0;
        const double *values = strcmp(trials->metrics[i]->name, "messages_unanswered") == 0
                                   ? trials_values(trials, cell, i, &count)
                                   : NULL;
        for (size_t j = 0; j < count; j++)
            sum += values[j];
    }
    return (uint64_t)sum;
}

static double spread_of(const double *values, size_t count, double median)
{
    if (count < 2 || !(median > 0))
        return NAN;
    return (statistics_quantile(values, count, 0.75) - statistics_quantile(values, count, 0.25)) /
           median;
}

static void line_write(struct csv_writer *csv, const char *run_id, const struct trials_cell *cell,
                       const struct metric *metric, const double *values, size_t count,
                       const struct merged_cell *merged, uint64_t slower)
{
    const char *factor = trials_factors(cell);
    double median = statistics_median(values, count);
    struct interval interval = statistics_median_interval(values, count);
    csv_write_text(csv, run_id);
    csv_write_text(csv, trials_target(cell));
    csv_write_text(csv, cell->host_kind);
    csv_write_text(csv, trials_model(cell));
    for (size_t i = 0; i < ROW_FACTOR_COUNT; i++, factor += strlen(factor) + 1)
        csv_write_text(csv, factor);
    csv_write_text(csv, trials_threads(cell));
    csv_write_text(csv, metric->name);
    csv_write_u64(csv, count);
    csv_write_double(csv, median, DIGITS);
    csv_write_double(csv, interval.low, DIGITS);
    csv_write_double(csv, interval.high, DIGITS);
    csv_write_double(csv, spread_of(values, count, median), DIGITS);
    csv_write_double(csv,
                     merged_us(metric, histogram_of(metric, merged),
                               metric->basis == METRIC_CONNECT ? 0 : slower, values, count),
                     DIGITS);
    csv_end_row(csv);
}

int summary_write(struct csv_writer *csv, const char *run_id, const struct row *rows, size_t count,
                  const struct merged *merged)
{
    const struct metric *kept[METRICS_MAX];
    size_t metric_count = 0;
    for (; metrics[metric_count].name != NULL && metric_count < METRICS_MAX; metric_count++)
        kept[metric_count] = &metrics[metric_count];
    struct trials trials;
    trials_init(&trials, kept, metric_count);
    int error = 0;
    for (size_t i = 0; i < count && error == 0; i++)
        error = trials_add(&trials, &rows[i]);
    if (error == 0)
        error = trials_gather(&trials);
    if (error == 0)
        header_write(csv);
    for (size_t i = 0; i < trials.cell_count && error == 0; i++) {
        struct row cell;
        trials_describe(&trials.cells[i], &cell);
        const struct merged_cell *all = merged_find(merged, &cell);
        uint64_t slower = slower_of(&trials, i, all);
        for (size_t j = 0; j < metric_count; j++) {
            size_t found;
            const double *values = trials_values(&trials, i, j, &found);
            if (found > 0)
                line_write(csv, run_id, &trials.cells[i], kept[j], values, found, all, slower);
        }
    }
    trials_free(&trials);
    return csv->failed ? -1 : error;
}
