/*
 * child_posix: a child on Linux. child_start_posix.c starts it, child_posix.c does the rest.
 */
#ifndef IOMODELS_CHILD_POSIX_H
#define IOMODELS_CHILD_POSIX_H

#include <sys/types.h>
#include <unistd.h>

#include "host/child_common.h"

struct child {
    pid_t pid;
    int input;  /* the harness's end of its standard input; -1: closed */
    int output; /* of its standard output; non-blocking */
    /*
     * What it writes to standard error: a file in memory, since a pipe would block a talkative
     * server once it is full, and nobody calls here while the load is measured. Whenever somebody
     * calls, all but the tail is given back.
     */
    int errors;
    bool ended;
    int status; /* when ended */
    bool stopped;
    bool was_stopped; /* since child_was_stopped was asked */
    int stop_signal;  /* when stopped */
    struct child_output lines;
    char error_line[CHILD_ERROR_LINE_BYTES];
};

/* -1 is none, and becomes so. */
static inline void child_fd_close(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

#endif
