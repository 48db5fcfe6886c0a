/*
 * median_width: tells how wide the 95 % intervals of one configuration's medians are. Pure.
 */
#ifndef IOMODELS_MEDIAN_WIDTH_H
#define IOMODELS_MEDIAN_WIDTH_H

#include "rows/cells.h"

struct median_width {
    /*
     * Half of the 95 % interval divided by the median: the largest of all cells. Infinite where a cell
     * has fewer than STATISTICS_TRIALS_MIN trials, 0 without any cell.
     */
    double worst;
    const struct row *row; /* one of that cell, or NULL */
};

/*
 * Of all cells of that configuration: of server_cpu_us_per_msg, or where a cell has none of that, of
 * throughput_msgs_per_s. cells: by cells_of_rows.
 */
struct median_width median_width_of(const struct cells *cells, size_t configuration);
/* Of the configuration of `row`, by the rows with the status ok. */
struct median_width median_width_of_rows(const struct row *rows, size_t count,
                                         const struct row *row);

#endif
