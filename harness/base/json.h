/*
 * json: a text as a string of JSON (RFC 8259).
 */
#ifndef IOMODELS_JSON_H
#define IOMODELS_JSON_H

#include <stdbool.h>
#include <stdio.h>

/* Writes it in quotes. Bytes that are not UTF-8 become U+FFFD. False: it could not be written. */
bool json_write_text(FILE *file, const char *text);

#endif
