/*
 * utf8: which bytes are UTF-8 (Unicode's table 3-7).
 */
#ifndef IOMODELS_UTF8_H
#define IOMODELS_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of the character at text; 0 where they are not UTF-8, and at the text's end. */
size_t utf8_length(const char *text);
bool utf8_is_valid(const char *text);

#endif
