/*
 * cell_values: keeps the values of a few metrics of each cell's rows, and nothing else of the
 * rows, so that files of any size can be read.
 */
#ifndef IOMODELS_CELL_VALUES_H
#define IOMODELS_CELL_VALUES_H

#include <stdio.h>

#include "base/failure.h"
#include "rows/cells.h"

struct cell_values {
    const struct column *const *metrics; /* the caller's */
    size_t metric_count;
    struct cells cells; /* by their server_threads too */
    /* The rest is its own. */
    double *values; /* metric_count for each row that is ok; later one metric after the other */
    size_t capacity;
    size_t *counts; /* a number for each cell, for each metric */
};

void cell_values_init(struct cell_values *values, const struct column *const *metrics,
                      size_t metric_count);
/* Adds a row. 0, or -1 without memory. */
int cell_values_add(struct cell_values *values, const struct row *row);
/*
 * The same of a row whose cell is known and that has only the columns of text that are needed here.
 * *numbers: where its metrics belong, which hold what an empty field stands for; NULL: the row is not
 * ok and has no place.
 */
int cell_values_add_to(struct cell_values *values, size_t cell, const struct row *row,
                       double **numbers);
/* Once, after the last row. 0, or -1 without memory. */
int cell_values_gather(struct cell_values *values);
/*
 * The measured values of a cell, in the order of the rows; how many. A percentile that lies among
 * an open loop's unanswered messages is infinite.
 */
const double *cell_values_of(const struct cell_values *values, size_t cell, size_t metric,
                             size_t *count);
/* True: some metric was measured in the cell. */
bool cell_values_any(const struct cell_values *values, size_t cell);
void cell_values_free(struct cell_values *values);

#endif
