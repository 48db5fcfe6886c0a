/*
 * child_process: child processes that serve. Each counts as a thread (thread_count), and what they use
 * counts as this program's (program_usage_now), also after their end. Linux only. SIGCHLD may not be ignored.
 */
#ifndef IOMODELS_CHILD_PROCESS_H
#define IOMODELS_CHILD_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "program.h"

/* Zeroed at first. It may lie in memory that the child shares; the child doesn't look at it. */
struct process {
    pid_t id; /* 0: it has not begun, or has ended */
    /* private to child_process_linux.c */
    uint64_t system_ns; /* of its time, as it was last said */
    bool seen;          /* its memory was looked at */
    struct process *next;
    struct process *previous;
};

/* After fork, in the parent: id is what fork has returned. Any thread. */
void process_begin(struct process *process, pid_t id);
/* Waits for its end. One thread at a time for each process. */
void process_end(struct process *process);
/*
 * In the child, before anything else. It is killed when the thread that forked it ends, so also by the
 * parent's end, whatever ends that. Of the descriptors it keeps the standard streams and one more, which
 * gets another number: while a child has the socket of a connection, a close by others does not end that.
 * parent: its id, taken before fork. kept: NULL, or that one. 0, or a negative error.
 */
int process_settle(pid_t parent, int *kept);
/* Why this system has no such children, constant, or NULL. */
const char *process_unavailable(void);

/*
 * Adds what all of them have used so far. Memory and switches are not known while more than 64 run. Memory is
 * what was there whenever this was called; it stays unknown once a child came and went between two calls.
 */
void processes_use(struct program_usage *usage);

#endif
