/*
 * child: a process that the harness starts: a target's server, or its `list --csv`.
 *
 * It runs in a process group of its own, so that Ctrl-C reaches the harness first. Its standard
 * files are pipes, which no other child inherits. A thread reads its standard error all the time, so
 * that a talkative child is not blocked while nobody calls here; kept are its first and its last
 * 32 KiB (child_errors.h). child_start_*.c start it, child_posix.c and child_win32.c do the rest.
 */
#ifndef IOMODELS_CHILD_H
#define IOMODELS_CHILD_H
#include "base/failure.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct child; /* opaque */

enum child_read {
    CHILD_LINE, /* one line, without its line end */
    CHILD_EOF,  /* it closed its standard output, or died */
    CHILD_TIMEOUT,
    CHILD_FAILED,  /* reading failed, or the line is longer than the buffer */
    CHILD_STOPPED, /* a signal has stopped it: see child_waits_for_terminal */
    CHILD_CANCELLED
};

/*
 * Starts arguments[0] (looked up in PATH) with arguments, NULL-terminated, UTF-8, passed without a
 * shell. cpus: the processors it may use ("0", "0,2-3"), NULL: any. NULL on failure, with message:
 * one line that names the program and the cause.
 */
struct child *child_start(const char *const *arguments, const char *cpus, struct failure *failure);
/*
 * The same for any program that serves, and that does not speak with the harness: its standard input
 * stays empty, all that it prints is kept as its standard error is, and child_end ends it by a signal.
 */
struct child *child_start_program(const char *const *arguments, const char *cpus,
                                  struct failure *failure);
unsigned long child_pid(const struct child *child);
/* Writes text to its standard input; false when it is gone. Does not block for a short text. */
bool child_write(struct child *child, const char *text);
/* The moment of clock_now_ns until which a read may take, if it may take timeout_ms from now. */
uint64_t child_deadline_ns(unsigned timeout_ms);
/*
 * Reads one line into line, and returns CHILD_TIMEOUT once deadline_ns has passed, however much the
 * child writes: who reads several lines by one deadline is done by then. cancelled, unless NULL, is
 * asked for each line, for each piece of output that arrives, and at least every 100 ms.
 */
enum child_read child_read_line(struct child *child, char *line, size_t size, uint64_t deadline_ns,
                                bool (*cancelled)(void *context), void *context);
/*
 * The last non-empty line that it wrote to standard error, or ""; where more was written than is
 * kept, the first one too, and how much it was. Valid until the next such call, or child_end.
 */
const char *child_error_line(struct child *child);
/* Whether it wrote more to standard error than is kept. */
bool child_floods_errors(struct child *child);
/* True once it has ended; *status is then its exit status, 128 + signal where a signal ended it. */
bool child_ended(struct child *child, int *status);
/* True: since the last call a signal has stopped it, even if it runs again by now. */
bool child_was_stopped(struct child *child);
/* True: it is stopped because it wants the terminal (for a password), which it does not get. */
bool child_waits_for_terminal(const struct child *child);
/* What a child and the processes that it has started use together; child_usage_*.c. */
struct child_usage {
    uint64_t cpu_user_ns; /* also of those that have ended and that their parent has waited for */
    uint64_t cpu_system_ns;
    uint64_t cpu_resolution_ns; /* the step of both */
    uint64_t memory_peak_bytes; /* the sum of the resident peaks of those that run */
    unsigned threads;
    /* Of the threads that run. Comparable where threads_hash is the same. */
    uint64_t context_switches;
    uint64_t threads_hash; /* of their numbers; 0: the system does not tell the switches */
    bool is_wine;          /* one of them runs under Wine on this Linux */
};
/* False where it has ended, or the system does not tell. */
bool child_usage(struct child *child, struct child_usage *usage);
/*
 * Ends it: closes its standard input, or, for child_start_program, sends SIGTERM to its group (on
 * Windows Ctrl-Break, where the harness has a console). Waits at most grace_ms, not at all for one
 * that is stopped, then kills its group. Frees the child.
 * Returns the exit status as child_ended gives it. *killed (unless NULL): it had to be killed.
 */
int child_end(struct child *child, unsigned grace_ms, bool *killed);

/*
 * Splits a command line into words as a shell would quote them: spaces separate, '...' and "..."
 * keep together, and outside '...' a backslash takes the next character as it is, except on
 * Windows, where it is an ordinary character. words: NULL-terminated, one block to free().
 * NULL with message where a quote is open or there is no word.
 */
char **child_split_command(const char *command, struct failure *failure);
/* The inverse: a command line that splits into these words, to free(); NULL without memory. */
char *child_quote_words(const char *const *words, size_t count);

#endif
