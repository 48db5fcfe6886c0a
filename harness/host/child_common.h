/*
 * child_common: what is the same of a child on both systems.
 */
#ifndef IOMODELS_CHILD_COMMON_H
#define IOMODELS_CHILD_COMMON_H

#include "host/child.h"
#include "host/child_errors.h"
#include "thread.h"

enum {
    CHILD_OUTPUT_BYTES = 64 * 1024
}; /* the longest line that can be read, whatever the caller's */

struct child_output {
    size_t count;
    char buffer[CHILD_OUTPUT_BYTES]; /* count bytes not yet returned */
};

/* What is kept of standard error: for the thread that reads it, and for who asks. */
struct child_kept {
    thread_mutex lock; /* also held while it is read, so that its pieces stay in order */
    struct child_errors errors;
    char line[CHILD_ERROR_LINE_BYTES];
};
/* Each takes the lock. The line is valid until the next call. */
const char *child_kept_line(struct child_kept *kept);
bool child_kept_is_cut(struct child_kept *kept);

/*
 * Takes the first line; false while it is not complete. A line that does not fit, or a byte 0, which
 * would hide the rest, is CHILD_FAILED, and so is every later call.
 */
bool child_output_take(struct child_output *output, char *line, size_t size,
                       enum child_read *result);

/* CHILD_CANCELLED or CHILD_TIMEOUT where a read by these arguments ends now, else CHILD_LINE. */
enum child_read child_read_stops(uint64_t deadline_ns, bool (*cancelled)(void *context),
                                 void *context);

/* False, with a failure, where nothing can be started by these arguments of child_start. */
bool child_may_start(const char *const *arguments, const char *cpus, struct failure *failure);

/* Until the deadline of clock_now_ns, at most most_ms; in ms, rounded up, so 0 once it has passed. */
int child_slice_ms(uint64_t deadline, int most_ms);

#endif
