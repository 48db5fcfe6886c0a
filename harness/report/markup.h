/*
 * markup: writes HTML that is well-formed XML too. What comes from outside is escaped; numbers are the
 * same on each system and in each locale.
 */
#ifndef IOMODELS_MARKUP_H
#define IOMODELS_MARKUP_H

#include <stdbool.h>
#include <stdio.h>

#include "compiler.h"

struct markup {
    FILE *file; /* the caller's, open in binary mode */
    int error;  /* errno of the first write that failed, or 0 */
};

/* Text of this program's own, as it is. */
void markup_raw(struct markup *markup, const char *text);
/* The same with numbers in it; at most 2 KiB. */
void markup_put(struct markup *markup, const char *format, ...) COMPILER_PRINTF(2, 3);
/*
 * A text from anywhere, also as an attribute's value. Bytes that are not UTF-8, and characters that
 * XML does not allow, become U+FFFD.
 */
void markup_text(struct markup *markup, const char *text);
/* The same of a text that is put together first; what is longer than 2 KiB is cut. */
void markup_format(struct markup *markup, const char *format, ...) COMPILER_PRINTF(2, 3);
/* <tag>text</tag> */
void markup_element(struct markup *markup, const char *tag, const char *text);
/* With at most that many decimals, without zeros at the end. Nothing where it is not finite. */
void markup_number(struct markup *markup, double value, int decimals);
/* ' name="value"', with as many digits as the CSV files have; nothing where it is not finite. */
void markup_value(struct markup *markup, const char *name, double value);

#endif
