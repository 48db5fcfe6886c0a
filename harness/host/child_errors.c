#include "host/child_errors.h"

#include <stdio.h>
#include <string.h>

#include "base/units.h"

enum {
    LOOK_BYTES = 4096, /* so far from either end a line is looked for */
    PART_BYTES = 180   /* most of a line, where two are shown */
};

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

void child_errors_add(struct child_errors *errors, const char *bytes, size_t size)
{
    const size_t kept = CHILD_ERRORS_KEPT_BYTES;
    if (errors->written < kept) {
        size_t at = (size_t)errors->written;
        memcpy(errors->first + at, bytes, smaller(size, kept - at));
    }
    while (size > 0) {
        size_t at = (size_t)(errors->written % kept), part = smaller(size, kept - at);
        memcpy(errors->last + at, bytes, part);
        errors->written += part;
        bytes += part;
        size -= part;
    }
}

bool child_errors_are_cut(const struct child_errors *errors)
{
    return errors->written > 2 * CHILD_ERRORS_KEPT_BYTES;
}

/* A message goes to a terminal and into a CSV: no control characters. */
static void line_copy(const char *begin, const char *end, char *line, size_t size)
{
    size_t used = smaller((size_t)(end - begin), size - 1);
    for (size_t i = 0; i < used; i++)
        line[i] = (unsigned char)begin[i] < ' ' || begin[i] == 127 ? ' ' : begin[i];
    line[used] = '\0';
}

static void last_line(const struct child_errors *errors, char *line, size_t size)
{
    char text[LOOK_BYTES];
    size_t length = errors->written < LOOK_BYTES ? (size_t)errors->written : LOOK_BYTES;
    for (size_t i = 0; i < length; i++)
        text[i] = errors->last[(errors->written - length + i) % CHILD_ERRORS_KEPT_BYTES];
    const char *end = text + length;
    while (end > text && (unsigned char)end[-1] <= ' ')
        end--;
    const char *begin = end;
    while (begin > text && begin[-1] != '\n')
        begin--;
    line_copy(begin, end, line, size);
}

/* Of errors that are cut, so there is more than is looked at. */
static void first_line(const struct child_errors *errors, char *line, size_t size)
{
    const char *begin = errors->first, *most = begin + LOOK_BYTES;
    while (begin < most && (unsigned char)*begin <= ' ')
        begin++;
    const char *end = begin;
    while (end < most && *end != '\n')
        end++;
    while (end > begin && (unsigned char)end[-1] <= ' ')
        end--;
    line_copy(begin, end, line, size);
}

const char *child_errors_line(const struct child_errors *errors, char line[CHILD_ERROR_LINE_BYTES])
{
    char first[PART_BYTES], last[PART_BYTES], all[24];
    if (!child_errors_are_cut(errors)) {
        last_line(errors, line, CHILD_ERROR_LINE_BYTES);
        return line;
    }
    first_line(errors, first, sizeof first);
    last_line(errors, last, sizeof last);
    snprintf(line, CHILD_ERROR_LINE_BYTES,
             "%s ... %s (of %s on standard error the first and the last %d KiB are kept)", first,
             last, units_format_size(errors->written, all, sizeof all),
             CHILD_ERRORS_KEPT_BYTES / 1024);
    return line;
}
