/*
 * row_lines_reader: reads one of a run's files of row_lines.h, line by line, as they were written:
 * those of the first row first. A last line that was cut off (a killed writer) is left out.
 */
#ifndef IOMODELS_ROW_LINES_READER_H
#define IOMODELS_ROW_LINES_READER_H

#include "rows/row_lines.h"

struct row_lines_reader {
    FILE *file;      /* NULL: nothing is open */
    bool is_foreign; /* its columns are not those that are written here, so no lines can be added */
    /* The rest is its own. */
    enum row_file kind;
    const char *folder; /* the caller's, for messages */
    struct csv_reader csv;
    bool has_line; /* csv holds a line that was not taken */
    int columns[ROW_LINE_COLUMNS_MAX];
};

/*
 * The file, open in binary mode, is the reader's from then on. 0, or -1 with a failure; to be closed in
 * either case.
 */
int row_lines_reader_open(struct row_lines_reader *reader, enum row_file kind, const char *folder,
                          FILE *file, struct failure *failure);
void row_lines_reader_close(struct row_lines_reader *reader);
/*
 * Goes on to the row's first line; what lies before it is passed over. Only for rows that have lines,
 * in their order. 0, or -1 with a failure.
 */
int row_lines_reader_seek(struct row_lines_reader *reader, const struct row *row,
                          struct failure *failure);
/* Whether the line in hand is one of the row's. */
bool row_lines_reader_has(const struct row_lines_reader *reader, const struct row *row);
/* A field of the line in hand; column: as row_file_column. */
const char *row_lines_reader_field(const struct row_lines_reader *reader, size_t column);
/* Of a line of intervals.csv or connections.csv: NaN is empty. 0, or -1 with a failure. */
int row_lines_reader_figures(const struct row_lines_reader *reader, double *figures,
                             struct failure *failure);
/* Goes on to the next line, if there is one. 0, or -1 with a failure. */
int row_lines_reader_next(struct row_lines_reader *reader, struct failure *failure);
/*
 * Takes all of the row's lines of intervals.csv or connections.csv, which have its messages together;
 * `to` gets them as lines of the row `as`, unless it is NULL. 0, or -1 with a failure.
 */
int row_lines_reader_take(struct row_lines_reader *reader, const struct row *row,
                          struct csv_writer *to, const struct row *as, struct failure *failure);
/* Bytes of the file up to the end of what was taken. */
uint64_t row_lines_reader_bytes(const struct row_lines_reader *reader);
/* -1, with a failure that names the file. */
int row_lines_reader_fail(const struct row_lines_reader *reader, struct failure *failure,
                          const char *cause);

#endif
