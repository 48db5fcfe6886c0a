/*
 * child: a process that the harness starts: a target's server, or its `list --csv`.
 *
 * It runs in a process group of its own, so that Ctrl-C reaches the harness first, with its
 * standard input and output as pipes that no other child inherits and its standard error
 * collected (the last lines of it explain a death). child_posix.c, child_win32.c.
 */
#ifndef IOMODELS_CHILD_H
#define IOMODELS_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct child; /* opaque */

enum child_read {
    CHILD_LINE, /* one line, without its line end */
    CHILD_EOF,  /* it closed its standard output, or died */
    CHILD_TIMEOUT,
    CHILD_FAILED,  /* reading failed, or the line is longer than the buffer */
    CHILD_STOPPED, /* it does not run any more, by a signal: see child_waits_for_terminal */
    CHILD_CANCELLED
};

/*
 * Starts arguments[0] (looked up in PATH) with arguments, NULL-terminated, UTF-8, passed without a
 * shell. cpus: the processors it may use ("0", "0,2-3"), NULL: any. NULL on failure, with message:
 * one line that names the program and the cause.
 */
struct child *child_start(const char *const *arguments, const char *cpus, char *message,
                          size_t message_size);
unsigned long child_pid(const struct child *child);
/* Writes text to its standard input; false when it is gone. Does not block for a short text. */
bool child_write(struct child *child, const char *text);
/*
 * Reads one line into line; at most timeout_ms. cancelled, unless NULL, is asked at least each
 * 100 ms.
 */
enum child_read child_read_line(struct child *child, char *line, size_t size, unsigned timeout_ms,
                                bool (*cancelled)(void *context), void *context);
/* What it wrote to standard error so far, its last non-empty line; "" for none. Valid until
 * child_end. */
const char *child_error_line(struct child *child);
/* True once it has ended; *status is then its exit status, 128 + signal where a signal ended it. */
bool child_ended(struct child *child, int *status);
/* Whether a signal has stopped it, now or for a while, since the last time this was asked. */
bool child_was_stopped(struct child *child);
/* Whether it is stopped since it has asked for the terminal (a password's, say): it gets none. */
bool child_waits_for_terminal(const struct child *child);
/*
 * Closes its standard input, waits at most grace_ms, not at all for one that is stopped, then kills
 * its group. Frees the child.
 * Returns the exit status as above; *killed (unless NULL) whether it had to be killed.
 */
int child_end(struct child *child, unsigned grace_ms, bool *killed);

/*
 * Splits a command line into words as a shell would quote them: spaces separate, '...' and "..."
 * keep together, and outside '...' a backslash takes the next character as it is, except on
 * Windows, where it is an ordinary character. words: NULL-terminated, one block to free().
 * NULL with message where a quote is open or there is no word.
 */
char **child_split_command(const char *command, char *message, size_t message_size);
/* The other way round: words as a command line that splits into them, to free(); NULL without
 * memory. */
char *child_quote_words(const char *const *words, size_t count);

#endif
