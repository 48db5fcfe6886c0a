/*
 * failure: what went wrong, as one line for a person that names the cause and, where there is one,
 * the remedy.
 */
#ifndef IOMODELS_FAILURE_H
#define IOMODELS_FAILURE_H

#include "compiler.h"

enum { FAILURE_BYTES = 2048 }; /* a path and what is wrong with it */

struct failure {
    char text[FAILURE_BYTES]; /* what is longer is cut */
};

/* Writes the line; a NULL failure wants to know nothing. Returns -1, which most callers return too. */
int failure_set(struct failure *failure, const char *format, ...) COMPILER_PRINTF(2, 3);
/* Adds to the line. */
void failure_add(struct failure *failure, const char *format, ...) COMPILER_PRINTF(2, 3);

#endif
