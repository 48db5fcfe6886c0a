#include "rows/median_width.h"

#include <math.h>
#include <stdlib.h>

#include "stats/statistics.h"

static double half_width(const struct cells *cells, const struct cell *cell)
{
    double *values = malloc((cell->rows + 1) * sizeof *values), width = INFINITY;
    if (values == NULL)
        return INFINITY;
    size_t found = cells_values(cells, cell, row_number, COLUMN_server_cpu_us_per_msg, values);
    if (found == 0)
        found = cells_values(cells, cell, row_number, COLUMN_throughput_msgs_per_s, values);
    double median = found < STATISTICS_TRIALS_MIN ? 0 : statistics_median(values, found);
    if (median > 0) {
        struct interval interval = statistics_median_interval(values, found);
        width = (interval.high - interval.low) / 2 / median;
    }
    free(values);
    return width;
}

struct median_width median_width_of(const struct cells *cells, size_t configuration)
{
    struct median_width found = {0, NULL};
    for (size_t i = 0; i < cells->count; i++) {
        const struct cell *cell = &cells->cells[i];
        if (cell->configuration != configuration)
            continue;
        double width = half_width(cells, cell);
        if (found.row == NULL || width > found.worst)
            found = (struct median_width){width, cells_row(cells, cell, 0)};
    }
    return found;
}

struct median_width median_width_of_rows(const struct row *rows, size_t count,
                                         const struct row *row)
{
    struct cells cells = {.count = 0};
    struct median_width found = {INFINITY, row};
    if (cells_of_rows(&cells, rows, count) == 0)
        found = median_width_of(&cells, cells_configuration(&cells, row));
    cells_free(&cells);
    return found;
}
