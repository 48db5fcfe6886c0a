#include "rows/drift.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "stats/statistics.h"

static const double SIGNIFICANT = 0.01;
static const double NOTABLE_CHANGE = 0.05;

static const struct {
    const char *name;
    double (*of)(const struct row *row);
} metrics[] = {{"server_cpu_us_per_msg", row_cost_us}, {"throughput_msgs_per_s", row_throughput}};

/* The trials of rows[first]'s cell, in their order; none where another row begins it. */
static size_t cell_values(const struct row *rows, size_t count, size_t first,
                          double (*of)(const struct row *row), double *values)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(rows[i].status, "ok") != 0 || !number_is_known(of(&rows[i])) ||
            !row_same_cell(&rows[i], &rows[first]))
            continue;
        if (i < first)
            return 0;
        values[found++] = of(&rows[i]);
    }
    return found;
}

struct drift drift_of(const struct row *rows, size_t count)
{
    struct drift drift = {.found = false};
    double *values = calloc(count + 1, sizeof *values),
           *changes = calloc(count + 1, sizeof *changes);
    for (size_t m = 0; m < sizeof metrics / sizeof metrics[0] && !drift.found; m++) {
        struct trend sum = {0, 0};
        size_t cells = 0;
        for (size_t i = 0; values != NULL && changes != NULL && i < count; i++) {
            if (strcmp(rows[i].status, "ok") != 0 || !number_is_known(metrics[m].of(&rows[i])))
                continue;
            size_t trials = cell_values(rows, count, i, metrics[m].of, values);
            if (trials < STATISTICS_TRIALS_MIN)
                continue;
            size_t third = trials / 3;
            double before = statistics_median(values, third);
            if (!(before > 0)) /* a clock too coarse for the cost */
                continue;
            struct trend trend = statistics_trend(values, trials);
            sum.score += trend.score;
            sum.variance += trend.variance;
            changes[cells++] = statistics_median(values + trials - third, third) / before - 1;
        }
        double change = statistics_median(changes, cells);
        if (cells > 0 && statistics_trend_p(sum) < SIGNIFICANT && fabs(change) >= NOTABLE_CHANGE)
            drift = (struct drift){true, metrics[m].name, change};
    }
    free(values);
    free(changes);
    return drift;
}
