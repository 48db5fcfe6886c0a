#include "precision.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "statistics.h"

static bool is_trial(const struct record *record, const struct record *cell)
{
    return strcmp(record->status, "ok") == 0 && record_same_cell(record, cell);
}

static size_t values_of(const struct record *records, size_t count, const struct record *cell,
                        double (*of)(const struct record *record), double *values)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        if (is_trial(&records[i], cell) && record_has(of(&records[i])))
            values[found++] = of(&records[i]);
    return found;
}

static double half_width(const struct record *records, size_t count, const struct record *cell,
                         double *values)
{
    size_t found = values_of(records, count, cell, record_cost_us, values);
    if (found == 0)
        found = values_of(records, count, cell, record_throughput, values);
    if (found < STATISTICS_TRIALS_MIN)
        return INFINITY;
    double median = statistics_median(values, found);
    struct interval interval = statistics_median_interval(values, found);
    return median > 0 ? (interval.high - interval.low) / 2 / median : INFINITY;
}

struct precision precision_of(const struct record *records, size_t count, const struct record *row)
{
    struct precision precision = {0, NULL};
    double *values = calloc(count + 1, sizeof *values);
    for (size_t i = 0; i < count; i++) {
        bool first =
            strcmp(records[i].status, "ok") == 0 && record_same_configuration(&records[i], row);
        for (size_t j = 0; j < i && first; j++)
            first = !is_trial(&records[j], &records[i]);
        if (!first)
            continue;
        double width = values == NULL ? INFINITY : half_width(records, count, &records[i], values);
        if (precision.row == NULL || width > precision.worst)
            precision = (struct precision){width, &records[i]};
    }
    free(values);
    return precision;
}
