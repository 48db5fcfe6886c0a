/*
 * csv_reader: reads CSV row by row, whatever the file's size (RFC 4180 quoting; lines end in LF or
 * CRLF; UTF-8). Fields are texts: what is a number is for the caller to say (units_parse_double).
 */
#ifndef IOMODELS_CSV_READER_H
#define IOMODELS_CSV_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/failure.h"

/* Most bytes of one row that is read from a file; all that csv_reader keeps in memory. */
#ifndef CSV_ROW_BYTES_MAX /* where a fuzzing target shall come to it, it is less */
#define CSV_ROW_BYTES_MAX (1 << 20)
#endif

enum csv_result {
    CSV_ROW,
    CSV_END,
    CSV_CUT, /* the end, after a line that was cut off (a killed writer) and is left out */
    CSV_BAD  /* the failure names the line and the cause */
};

/* Row by row, whatever the file's size. The first row is the header. */
struct csv_reader {
    char **fields;          /* of the row in hand, valid until the next; owned, as its texts */
    size_t columns;         /* fields of each row, as many as the header has */
    size_t row_line;        /* of the file, from 1, where the row in hand begins */
    struct failure failure; /* after CSV_BAD */
    /* The rest is the reader's own. */
    FILE *file;
    char *text; /* what of the file is in memory */
    char *row;  /* within it: where the row in hand begins, how far it was read, its end */
    char *at;
    char *end;
    uint64_t base; /* of the file, before text */
    bool is_whole; /* nothing follows in the file */
    size_t line;
    char **ends; /* of the fields */
    size_t count;
    size_t fields_capacity;
};
/* The file is the caller's, open in binary mode. 0, or -1 without memory, with a failure. */
int csv_reader_open(struct csv_reader *reader, FILE *file);
/* A text of size + 1 bytes, which is the caller's: reading changes it, and the fields point into it. */
void csv_reader_open_text(struct csv_reader *reader, char *text, size_t size);
/*
 * Every row has as many fields as the header. A byte order mark (spreadsheets write one) is passed
 * over. Of a file that another program has saved in another form (UTF-16, semicolons, ...) the failure
 * tells which, and how to save it again.
 */
enum csv_result csv_reader_next(struct csv_reader *reader);
/* The column's index by its name while the header is in hand, or -1. */
int csv_reader_column(const struct csv_reader *reader, const char *name);
/* Bytes of the file before the row in hand; after CSV_END and CSV_CUT, those of all whole rows. */
uint64_t csv_reader_offset(const struct csv_reader *reader);
void csv_reader_close(struct csv_reader *reader);

#endif
