#include "rows/drift.h"

#include <math.h>
#include <stdlib.h>

#include "rows/cells.h"
#include "stats/statistics.h"

static const double SIGNIFICANT = 0.01;
static const double NOTABLE_CHANGE = 0.05;

/* values, changes: room for a number of each row, of each cell. */
static struct drift drift_by(const struct cells *cells, enum column_id metric, double *values,
                             double *changes)
{
    struct trend sum = {0, 0};
    size_t counted = 0;
    for (size_t i = 0; i < cells->count; i++) {
        size_t trials = cells_values(cells, &cells->cells[i], row_number, metric, values);
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

struct drift drift_of(const struct row *rows, size_t count)
{
    struct drift drift = {.found = false};
    struct cells cells = {.count = 0};
    double *values = malloc((count + 1) * sizeof *values),
           *changes = malloc((count + 1) * sizeof *changes);
    if (values != NULL && changes != NULL && cells_of_rows(&cells, rows, count) == 0) {
        drift = drift_by(&cells, COLUMN_server_cpu_us_per_msg, values, changes);
        if (!drift.found)
            drift = drift_by(&cells, COLUMN_throughput_msgs_per_s, values, changes);
    }
    cells_free(&cells);
    free(values);
    free(changes);
    return drift;
}
