/*
 * child_errors: what is kept of a child's standard error, however much it writes: the beginning and
 * the end. Pure memory; the systems' files fill it.
 */
#ifndef IOMODELS_CHILD_ERRORS_H
#define IOMODELS_CHILD_ERRORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    CHILD_ERRORS_KEPT_BYTES = 32 * 1024, /* of the beginning, and as many of the end */
    CHILD_ERROR_LINE_BYTES = 512
};

/* Begins as zeros. */
struct child_errors {
    uint64_t written; /* all bytes so far */
    char first[CHILD_ERRORS_KEPT_BYTES];
    char
        last[CHILD_ERRORS_KEPT_BYTES]; /* a ring: byte i of all is at i % CHILD_ERRORS_KEPT_BYTES */
};

void child_errors_add(struct child_errors *errors, const char *bytes, size_t size);
/* Whether more was written than is kept. */
bool child_errors_are_cut(const struct child_errors *errors);
/*
 * Its last line that is not empty, or "", into line. Where it is cut: the first such line and the
 * last one, and how much it was. Returns line.
 */
const char *child_errors_line(const struct child_errors *errors, char line[CHILD_ERROR_LINE_BYTES]);

#endif
