/*
 * row_lines: the files beside runs.csv that have lines of each row: histogram.csv and, where they
 * were asked for, intervals.csv and connections.csv. A line begins with those columns of its row that
 * tell it from the other rows of the run; its own columns follow.
 */
#ifndef IOMODELS_ROW_LINES_H
#define IOMODELS_ROW_LINES_H

#include "rows/csv_reader.h"
#include "rows/row.h"

enum row_file { ROW_FILE_HISTOGRAM, ROW_FILE_INTERVALS, ROW_FILE_CONNECTIONS, ROW_FILES };

/* Columns of the row, and the most that a file has with its own. */
enum { ROW_LINE_KEYS = 13, ROW_LINE_COLUMNS_MAX = 24 };

/* The own columns of intervals.csv and of connections.csv, but for their first one, `generator`. */
enum interval_figure {
    INTERVAL_NUMBER, /* from 1 */
    INTERVAL_START_S,
    INTERVAL_LENGTH_S,
    INTERVAL_MESSAGES,
    INTERVAL_UNANSWERED, /* NaN in a closed loop */
    INTERVAL_P50_US,
    INTERVAL_P99_US,
    INTERVAL_MAX_US,
    INTERVAL_OUTSTANDING,
    INTERVAL_OLDEST_US,
    INTERVAL_FIGURES
};
enum connection_figure {
    CONNECTION_NUMBER, /* from 1 */
    CONNECTION_MESSAGES,
    CONNECTION_BYTES,
    CONNECTION_MEAN_US,
    CONNECTION_MAX_US,
    CONNECTION_OLDEST_US,
    CONNECTION_FIGURES
};

const char *row_file_name(enum row_file file); /* "histogram.csv" */
size_t row_file_columns(enum row_file file);
/* The name of a column, in their order. */
const char *row_file_column(enum row_file file, size_t column);
/* Of intervals.csv and connections.csv: which of the figures is `messages`. */
size_t row_file_messages(enum row_file file);
/* True: the files of older versions do not have the column, and it is empty in their rows. */
bool row_line_is_optional(size_t column);

/* 0, or -1 once a write has failed (csv->error). */
int row_file_write_header(struct csv_writer *csv, enum row_file file);
/*
 * Writes the columns of the row. lacks: by column, the optional ones that are left out, for a file that
 * does not have them; NULL: all are written.
 */
void row_line_begin(struct csv_writer *csv, const struct row *row, const bool *lacks);
/* Writes a whole line of intervals.csv or connections.csv; NaN: empty. As row_file_write_header. */
int row_line_write(struct csv_writer *csv, enum row_file file, const struct row *row,
                   const double *figures);
/* True: the line in hand is one of the row's. places: of each column in the file, -1: it has none. */
bool row_line_is_of(const struct csv_reader *csv, const int *places, const struct row *row);

#endif
