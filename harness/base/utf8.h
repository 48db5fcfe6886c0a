/*
 * utf8: which bytes are UTF-8 (Unicode's table 3-7), and how wide a text is on a terminal.
 */
#ifndef IOMODELS_UTF8_H
#define IOMODELS_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of the character at text; 0 where they are not UTF-8, and at the text's end. */
size_t utf8_length(const char *text);
bool utf8_is_valid(const char *text);
/*
 * Columns that a terminal takes for the text, or for its first `bytes` bytes: two for a character that Unicode's annex 11 calls wide,
 * none for a mark that stands above or below the one before it, one for any other, and one for a
 * byte that is not UTF-8. By a table of its own, since Windows has no wcwidth().
 */
size_t utf8_columns(const char *text, size_t bytes);

#endif
