/*
 * child: a process that the harness starts: a target's server, or its `list --csv`.
 *
 * It runs in a process group of its own, so that Ctrl-C reaches the harness first. Its standard
 * input and output are pipes, which no other child inherits. Its standard error is collected: the
 * last lines explain why it ended. child_start_*.c start it, child_posix.c and child_win32.c do the
 * rest.
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
unsigned long child_pid(const struct child *child);
/* Writes text to its standard input; false when it is gone. Does not block for a short text. */
bool child_write(struct child *child, const char *text);
/*
 * Reads one line into line, waiting at most timeout_ms. cancelled, unless NULL, is called at least
 * every 100 ms.
 */
enum child_read child_read_line(struct child *child, char *line, size_t size, unsigned timeout_ms,
                                bool (*cancelled)(void *context), void *context);
/* The last non-empty line that it wrote to standard error, or "". Valid until child_end. */
const char *child_error_line(struct child *child);
/* True once it has ended; *status is then its exit status, 128 + signal where a signal ended it. */
bool child_ended(struct child *child, int *status);
/* True: since the last call a signal has stopped it, even if it runs again by now. */
bool child_was_stopped(struct child *child);
/* True: it is stopped because it wants the terminal (for a password), which it does not get. */
bool child_waits_for_terminal(const struct child *child);
/*
 * Closes its standard input, waits at most grace_ms, not at all for one that is stopped, then kills
 * its group. Frees the child.
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
