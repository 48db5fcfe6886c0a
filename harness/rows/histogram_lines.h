/*
 * histogram_lines: the lines of histogram.csv: a row's histograms, a line for each bucket that holds
 * anything. A line names its row by some of the row's columns.
 */
#ifndef IOMODELS_HISTOGRAM_LINES_H
#define IOMODELS_HISTOGRAM_LINES_H

#include "rows/csv_reader.h"
#include "rows/row.h"

/* One of a row's histograms: basis is what it counts, as latency_basis. */
struct row_histogram {
    const char *basis;
    const struct histogram *histogram;
};

/* Those behind the columns of the row. */
enum { HISTOGRAM_LINE_ROW_COLUMNS = 9 };
enum histogram_line_column {
    HISTOGRAM_LINE_BASIS = HISTOGRAM_LINE_ROW_COLUMNS,
    HISTOGRAM_LINE_LOW,
    HISTOGRAM_LINE_HIGH,
    HISTOGRAM_LINE_COUNT,
    HISTOGRAM_LINE_COLUMNS
};

/* The name of a column, in their order. */
const char *histogram_line_name(size_t column);
/* The header, and the lines of one histogram. 0, or -1 once a write has failed (csv->error). */
int histogram_lines_write_header(struct csv_writer *csv);
int histogram_lines_write(struct csv_writer *csv, const struct row *row,
                          const struct row_histogram *kept);
/* True: the line in hand is one of the row's. places: of each column in the file. */
bool histogram_line_is_of(const struct csv_reader *csv, const int places[HISTOGRAM_LINE_COLUMNS],
                          const struct row *row);

#endif
