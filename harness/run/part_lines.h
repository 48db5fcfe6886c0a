/*
 * part_lines: what the load generator has seen of a window's intervals and of each connection, as the
 * lines of intervals.csv and connections.csv.
 */
#ifndef IOMODELS_PART_LINES_H
#define IOMODELS_PART_LINES_H

#include "load/load_result.h"
#include "rows/results.h"

/* Hands over the row's lines of those files that are kept. 0, or -1 without memory. */
int part_lines_write(struct results *results, const struct row *row,
                     const struct load_result *load);

#endif
