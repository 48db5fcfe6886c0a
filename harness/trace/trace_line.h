/*
 * trace_line: one line of a model's trace, as `serve --trace` prints it: in columns for people, and as
 * a line that `trace` reads (serve --control).
 */
#ifndef IOMODELS_TRACE_LINE_H
#define IOMODELS_TRACE_LINE_H

#include <stdbool.h>

#include "observe.h"

/* Seconds are counted from here on. Prints the columns' heads on standard error where `people` read. */
void trace_line_begin(bool people);

/* These two are what an observer calls: any thread. One line in one write, so that none mixes. */
void trace_line_print(const struct observed_call *call); /* for people, on standard error */
void trace_line_write(const struct observed_call *call); /* to be read, on standard output */

/*
 * What trace_line_write has written. False where the line is of another kind. The line is cut into
 * pieces, and call's texts point into it; its times count from trace_line_begin.
 */
bool trace_line_read(char *line, struct observed_call *call);

#endif
