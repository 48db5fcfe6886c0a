/*
 * precision: how well the medians of one configuration are known. Pure.
 */
#ifndef IOMODELS_PRECISION_H
#define IOMODELS_PRECISION_H

#include "rows/row.h"

struct precision {
    double worst;          /* half of the 95 % interval by the median: the largest of all cells;
                                 infinite where a cell has fewer than
                                 STATISTICS_TRIALS_MIN trials, 0 without any cell */
    const struct row *row; /* one of that cell, or NULL */
};

/*
 * Of all cells of `row`'s configuration that have a row with the status ok: of
 * server_cpu_us_per_msg, or where a cell has none of that, of throughput_msgs_per_s.
 */
struct precision precision_of(const struct row *rows, size_t count, const struct row *row);

#endif
