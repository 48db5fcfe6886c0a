#include "rows/drift.h"

#include <math.h>
#include <stdlib.h>

#include "rows/cells.h"
#include "stats/statistics.h"

static const double SIGNIFICANT = 0.01;
static const double NOTABLE_CHANGE = 0.05;

/* changes: room for a number of each cell. */
static struct drift drift_by(const struct drift_source *source, enum column_id metric,
                             double *changes)
{
    struct trend sum = {0, 0};
    size_t counted = 0;
    for (size_t i = 0; i < source->cells; i++) {
        size_t trials;
        const double *values = source->values(source->context, i, metric, &trials);
        size_t third = trials / 3;
        double before = statistics_median(values, third);
        if (trials < STATISTICS_TRIALS_MIN || !(before > 0)) /* a clock too coarse for the cost */
            continue;
        struct trend trend = statistics_trend(values, trials);
        sum.score += trend.score;
        sum.variance += trend.variance;
        changes[counted++] = statistics_median(values + trials - third, third) / before - 1;
    }
    double change = statistics_median(changes, counted);
    if (counted > 0 && statistics_trend_p(sum) < SIGNIFICANT && fabs(change) >= NOTABLE_CHANGE)
        return (struct drift){true, row_columns[metric].name, change};
    return (struct drift){.found = false};
}

struct drift drift_of_source(const struct drift_source *source)
{
    struct drift drift = {.found = false};
    double *changes = malloc((source->cells + 1) * sizeof *changes);
    if (changes != NULL) {
        drift = drift_by(source, COLUMN_server_cpu_us_per_msg, changes);
        if (!drift.found)
            drift = drift_by(source, COLUMN_throughput_msgs_per_s, changes);
    }
    free(changes);
    return drift;
}

struct kept_rows {
    struct cells cells;
    double *values; /* room for one of each row */
};

static const double *rows_values(const void *context, size_t cell, enum column_id metric,
                                 size_t *count)
{
    const struct kept_rows *kept = context;
    *count = cells_values(&kept->cells, &kept->cells.cells[cell], row_number, metric, kept->values);
    return kept->values;
}

struct drift drift_of(const struct row *rows, size_t count)
{
    struct drift drift = {.found = false};
    struct kept_rows kept = {.values = malloc((count + 1) * sizeof *kept.values)};
    if (kept.values != NULL && cells_of_rows(&kept.cells, rows, count) == 0)
        drift = drift_of_source(&(struct drift_source){kept.cells.count, rows_values, &kept});
    cells_free(&kept.cells);
    free(kept.values);
    return drift;
}
