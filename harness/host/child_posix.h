/*
 * child_posix: a child on Linux. child_start_posix.c starts it, child_posix.c does the rest.
 */
#ifndef IOMODELS_CHILD_POSIX_H
#define IOMODELS_CHILD_POSIX_H

#include <sys/types.h>
#include <unistd.h>

#include "host/child_common.h"
#include "thread.h"

struct child {
    pid_t pid;
    bool is_program; /* child_start_program has started it */
    int input;       /* the harness's end of its standard input; -1: closed */
    int output;      /* of its standard output; non-blocking */
    int errors;      /* of its standard error; non-blocking */
    int errors_stop; /* an eventfd that ends the thread */
    thread_handle errors_thread;
    struct child_kept kept;
    bool ended;
    int status; /* when ended */
    bool stopped;
    bool was_stopped; /* since child_was_stopped was asked */
    int stop_signal;  /* when stopped */
    struct child_output lines;
};

/*
 * Starts the thread that reads its standard error from a pipe's non-blocking end, which is the
 * child's from then on. 0 or a negative error.
 */
int child_errors_begin(struct child *child, int errors);
/* Ends it, and closes what it has read from. */
void child_errors_end(struct child *child);

/* -1 is none, and becomes so. */
static inline void child_fd_close(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

#endif
