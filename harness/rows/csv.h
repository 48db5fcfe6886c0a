/*
 * csv: strictly parsable CSV, written and read (RFC 4180 quoting; lines end in LF, and CRLF is
 * read too; UTF-8; the decimal mark is a point whatever the locale: see units_parse_double).
 */
#ifndef IOMODELS_CSV_H
#define IOMODELS_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/failure.h"
#include "rows/foreign.h"

struct csv_writer {
    FILE *file;    /* the caller's, open in binary mode ("wb"), else Windows ends lines in CRLF */
    size_t fields; /* in the line so far */
    bool failed;   /* a write failed; error holds errno */
    int error;
    size_t bytes; /* written so far */
    char *text;   /* of a writer without a file: these bytes; owned */
    size_t capacity;
};
void csv_writer_init(struct csv_writer *writer, FILE *file);
/* The same without a file: it gathers the rows in memory. */
void csv_writer_init_text(struct csv_writer *writer);
/* Drops the rows and keeps the memory for the next ones. */
void csv_writer_clear(struct csv_writer *writer);
void csv_writer_free(struct csv_writer *writer); /* of one without a file */
/* NULL: empty. A text may come from anywhere: bytes that are not UTF-8 are written as U+FFFD. */
void csv_write_text(struct csv_writer *writer, const char *text);
/* True: csv_write_text would keep all bytes of the text, which is UTF-8. */
bool csv_is_text(const char *text);
void csv_write_u64(struct csv_writer *writer, uint64_t value);
/* At most `digits` significant digits, never an exponent; NaN or infinite: empty. */
void csv_write_double(struct csv_writer *writer, double value, int digits);
void csv_write_empty(struct csv_writer *writer);
/* Ends the line and hands it to the system (fflush) where there is a file. 0, or -1 once any write
 * has failed. */
int csv_end_row(struct csv_writer *writer);

/* Most bytes of one row that is read from a file; all that csv_reader keeps in memory. */
#define CSV_ROW_BYTES_MAX (1 << 20)

/* No message of these readers is longer. */

enum csv_result {
    CSV_ROW,
    CSV_END,
    CSV_CUT, /* the end, after a line that was cut off (a killed writer) and is left out */
    CSV_BAD  /* message is one line that names the line number and the cause */
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
/*
 * The file is the caller's, open in binary mode. 0, or -1 without memory (message tells).
 * csv_reader_next: the rules are those of csv_parse. csv_reader_column: the column's index by its
 * name while the header is in hand, or -1.
 */
int csv_reader_open(struct csv_reader *reader, FILE *file);
enum csv_result csv_reader_next(struct csv_reader *reader);
int csv_reader_column(const struct csv_reader *reader, const char *name);
/* Bytes of the file before the row in hand; after CSV_END and CSV_CUT, those of all whole rows. */
uint64_t csv_reader_offset(const struct csv_reader *reader);
void csv_reader_close(struct csv_reader *reader);

/* A whole file in memory: row 0 is the header. */
struct csv_table {
    char *text;    /* owned; fields point into it */
    char **fields; /* rows × columns, owned */
    size_t rows;   /* with the header */
    size_t columns;
    size_t bytes; /* of these rows in what was parsed: a line that was cut off lies behind them */
};
/*
 * Parses size bytes of text (copied). 0, or -1 with message (one line that names the line number
 * and the cause). A last line cut off in the middle (a killed writer) is an error unless
 * `tolerate_cut`, when it is left out; a line without its LF counts as cut off. Every row must have
 * as many fields as the header. A byte order mark (spreadsheets write one) is passed over. Of a
 * file that another program has saved in another form (UTF-16, semicolons, ...) the message tells
 * which, and how to save it again.
 */
int csv_parse(struct csv_table *table, const char *text, size_t size, bool tolerate_cut,
              struct failure *failure);
void csv_table_free(struct csv_table *table);
/* The column's index by its name in the header, or -1. */
int csv_column(const struct csv_table *table, const char *name);
/* row from 1 for data; "" for a column of -1. */
const char *csv_field(const struct csv_table *table, size_t row, int column);

#endif
