/*
 * child_common: what is the same of a child on both systems.
 */
#ifndef IOMODELS_CHILD_COMMON_H
#define IOMODELS_CHILD_COMMON_H

#include "host/child.h"

enum {
    CHILD_OUTPUT_BYTES = 64 * 1024, /* the longest line that can be read, whatever the caller's */
    CHILD_ERROR_TAIL_BYTES = 4096,
    CHILD_ERROR_LINE_BYTES = 512
};

struct child_output {
    size_t count;
    char buffer[CHILD_OUTPUT_BYTES]; /* count bytes not yet returned */
};

/*
 * Takes the first line; false while it is not complete. A line that does not fit, or a byte 0, which
 * would hide the rest, is CHILD_FAILED, and so is every later call.
 */
bool child_output_take(struct child_output *output, char *line, size_t size,
                       enum child_read *result);

/* False, with a failure, where nothing can be started by these arguments of child_start. */
bool child_may_start(const char *const *arguments, const char *cpus, struct failure *failure);

/* Until the deadline of clock_now_ns, at most most_ms; in ms, rounded up. */
int child_slice_ms(uint64_t deadline, int most_ms);

/* The text's last line that is not empty, or "", into line; returns line. */
const char *child_last_line(const char *text, size_t length, char line[CHILD_ERROR_LINE_BYTES]);

#endif
