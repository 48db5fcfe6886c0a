/*
 * row_reader: reads a runs.csv row by row, whatever its size and schema.
 */
#ifndef IOMODELS_ROW_READER_H
#define IOMODELS_ROW_READER_H

#include "rows/csv_reader.h"
#include "rows/row.h"

struct row_reader {
    struct row row;  /* the one in hand, valid until the next */
    size_t cut_line; /* of the file, from 1, where a last line was cut off and left out; else 0 */
    /* The rest is its own. */
    struct csv_reader csv;
    int places[COLUMN_COUNT]; /* where the file has the columns; -1: nowhere */
};

/* Whether the header in hand is that of a runs.csv. 0, or -1 with a failure that names what is missing. */
int row_reader_check_header(const struct csv_reader *csv, struct failure *failure);
/* The file is the caller's, open in binary mode. 0, or -1 with a failure; to be closed in either case. */
int row_reader_open(struct row_reader *reader, FILE *file, struct failure *failure);
/* 1: reader->row is the next row; 0: there is no other; -1 with a failure. */
int row_reader_next(struct row_reader *reader, struct failure *failure);
void row_reader_close(struct row_reader *reader);

#endif
