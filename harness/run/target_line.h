/*
 * target_line: reads values from the lines that a server prints, which are words of key=value.
 */
#ifndef IOMODELS_TARGET_LINE_H
#define IOMODELS_TARGET_LINE_H

#include <stdbool.h>
#include <stddef.h>

#define TARGET_LINE_BYTES 4096

/* The text of `key` in a line of key=value words; false where it is not there or does not fit. */
bool target_line_text(const char *line, const char *key, char *text, size_t size);
/* A number of it; NaN where it is not there. */
double target_line_number(const char *line, const char *key);

#endif
