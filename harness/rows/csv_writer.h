/*
 * csv_writer: writes strictly parsable CSV (RFC 4180 quoting; lines end in LF; UTF-8; the decimal
 * mark is a point whatever the locale: see units_format_double); or the same rows as JSON.
 */
#ifndef IOMODELS_CSV_WRITER_H
#define IOMODELS_CSV_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "rows/json_rows.h"

struct csv_writer {
    FILE *file;    /* the caller's, open in binary mode ("wb"), else Windows ends lines in CRLF */
    size_t fields; /* in the line so far */
    bool failed;   /* a write failed; error holds errno */
    int error;
    size_t bytes; /* written so far */
    char *text;   /* of a writer without a file: these bytes; owned */
    size_t capacity;
    struct json_rows *json; /* NULL: CSV */
};
void csv_writer_init(struct csv_writer *writer, FILE *file);
/* The same without a file: it gathers the rows in memory. */
void csv_writer_init_text(struct csv_writer *writer);
/* The rows become those of a JSON document, which the caller begins and ends. */
void csv_writer_init_json(struct csv_writer *writer, struct json_rows *json);
/* Drops the rows and keeps the memory for the next ones. */
void csv_writer_clear(struct csv_writer *writer);
void csv_writer_free(struct csv_writer *writer); /* of one without a file */
/* NULL: empty. A text may come from anywhere: bytes that are not UTF-8 are written as U+FFFD. */
void csv_write_text(struct csv_writer *writer, const char *text);
/* The text of a number, which is a number in JSON; NULL: empty. */
void csv_write_number(struct csv_writer *writer, const char *text);
void csv_write_u64(struct csv_writer *writer, uint64_t value);
/* At most `digits` significant digits, never an exponent; NaN or infinite: empty. */
void csv_write_double(struct csv_writer *writer, double value, int digits);
void csv_write_empty(struct csv_writer *writer);
/* Ends the line and hands it to the system (fflush) where there is a file. 0, or -1 once any write
 * has failed. */
int csv_end_row(struct csv_writer *writer);

#endif
