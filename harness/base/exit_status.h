/*
 * exit_status: what the program's commands return to the shell, besides 0.
 */
#ifndef IOMODELS_EXIT_STATUS_H
#define IOMODELS_EXIT_STATUS_H

enum {
    EXIT_FAILED = 1,
    EXIT_USAGE = 2,        /* bad usage, or bad input */
    EXIT_INCONCLUSIVE = 3, /* `compare --fail-if` has shown nothing */
    EXIT_INTERRUPTED = 130 /* Ctrl-C ended it */
};

#endif
