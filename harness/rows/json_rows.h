/*
 * json_rows: the rows of a csv_writer as one JSON document (RFC 8259), for other programs:
 *
 *     {"iomodels_json":1,"document":"list","tool_version":"0.1.0","rows":[{"model":"select", ...}, ...]}
 *
 * An object for each row has the columns' names as keys; an empty field is a key that is not there.
 * Numbers are numbers, all else is text. The first member is the version of this form: what a later one
 * adds are keys, which readers pass over.
 */
#ifndef IOMODELS_JSON_ROWS_H
#define IOMODELS_JSON_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct json_rows {
    FILE *file;  /* the caller's, open in binary mode */
    char *names; /* of the columns, one behind the 0 of the other; owned */
    size_t names_size;
    const char *name; /* of the next field */
    bool has_names;   /* the first row, which has them, is over */
    size_t fields;    /* in the object so far */
    size_t rows;
    bool failed;
};

/* Begins the document. */
void json_rows_begin(struct json_rows *json, FILE *file, const char *document);
/* The next field; text: NULL or "": none. A text may come from anywhere: as csv_write_text has it. */
void json_rows_text(struct json_rows *json, const char *text);
/* A number as units_format_double writes it; "": none. */
void json_rows_number(struct json_rows *json, const char *text);
void json_rows_end_row(struct json_rows *json);
/* Ends the document and frees everything. 0, or -1 where something could not be written. */
int json_rows_end(struct json_rows *json);

#endif
