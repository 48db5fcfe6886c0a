#include "rows/precision.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "stats/statistics.h"

static bool is_trial(const struct row *record, const struct row *cell)
{
    return strcmp(record->status, "ok") == 0 && row_same_cell(record, cell);
}

static size_t values_of(const struct row *rows, size_t count, const struct row *cell,
                        double (*of)(const struct row *record), double *values)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        if (is_trial(&rows[i], cell) && number_is_known(of(&rows[i])))
            values[found++] = of(&rows[i]);
    return found;
}

static double half_width(const struct row *rows, size_t count, const struct row *cell,
                         double *values)
{
    size_t found = values_of(rows, count, cell, row_cost_us, values);
    if (found == 0)
        found = values_of(rows, count, cell, row_throughput, values);
    if (found < STATISTICS_TRIALS_MIN)
        return INFINITY;
    double median = statistics_median(values, found);
    struct interval interval = statistics_median_interval(values, found);
    return median > 0 ? (interval.high - interval.low) / 2 / median : INFINITY;
}

struct precision precision_of(const struct row *rows, size_t count, const struct row *row)
{
    struct precision precision = {0, NULL};
    double *values = calloc(count + 1, sizeof *values);
    for (size_t i = 0; i < count; i++) {
        bool first = strcmp(rows[i].status, "ok") == 0 && row_same_configuration(&rows[i], row);
        for (size_t j = 0; j < i && first; j++)
            first = !is_trial(&rows[j], &rows[i]);
        if (!first)
            continue;
        double width = values == NULL ? INFINITY : half_width(rows, count, &rows[i], values);
        if (precision.row == NULL || width > precision.worst)
            precision = (struct precision){width, &rows[i]};
    }
    free(values);
    return precision;
}
