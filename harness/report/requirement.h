/*
 * requirement: a limit that the figures of a run have to keep (`bench --require p99:5ms`).
 */
#ifndef IOMODELS_REQUIREMENT_H
#define IOMODELS_REQUIREMENT_H

#include <stddef.h>
#include <stdio.h>

#include "base/failure.h"
#include "rows/row.h"

struct requirement {
    const struct column *metric;
    double limit; /* in the metric's unit; at most, or at least where more is better */
    char text[80];
};

/*
 * "p99:5ms", "p99.9:10ms", "max:20ms", "mean:1ms" of round trips, "throughput:10k" messages a second; or
 * a metric by its column's name and a number, "server_cpu_us_per_msg:20". For the colon also <= or >=,
 * which shells take for themselves. 0, or -1 with a failure.
 */
int requirement_parse(const char *text, struct requirement *requirement, struct failure *failure);

/*
 * Looks at the medians of each model in each configuration, over its rows with status ok; a figure that
 * was not measured keeps no limit, what was only skipped needs none. Prints a line for each that does not
 * keep one, and one line where all do. Returns how many do not, or -1 without memory.
 */
int requirements_check(FILE *file, const struct requirement *requirements, size_t count,
                       const struct row *rows, size_t row_count);

#endif
