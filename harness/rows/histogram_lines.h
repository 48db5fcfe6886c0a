/*
 * histogram_lines: the lines of histogram.csv: a row's histograms, a line for each bucket that holds
 * anything.
 */
#ifndef IOMODELS_HISTOGRAM_LINES_H
#define IOMODELS_HISTOGRAM_LINES_H

#include "rows/row_lines_reader.h"

/* One of a row's histograms: basis is what it counts, as latency_basis. */
struct row_histogram {
    const char *basis;
    const struct histogram *histogram;
};

/* The lines of one histogram. lacks: as row_line_begin. 0, or -1 once a write has failed (csv->error). */
int histogram_lines_write(struct csv_writer *csv, const struct row *row,
                          const struct row_histogram *kept, const bool *lacks);
/*
 * Adds the row's next histogram to `into`. basis, of at least 16 bytes: what it counts. 1, 0 where the
 * row has no more, or -1 with a failure.
 */
int histogram_lines_read(struct row_lines_reader *reader, const struct row *row, char *basis,
                         size_t basis_size, struct histogram *into, struct failure *failure);

#endif
