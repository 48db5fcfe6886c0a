/*
 * comparison_line: one pair of cells by one metric, as `compare` found it.
 */
#ifndef IOMODELS_COMPARISON_LINE_H
#define IOMODELS_COMPARISON_LINE_H

#include "rows/cells.h"
#include "stats/comparison.h"

struct comparison_line {
    const struct cell *baseline;
    const struct cell *contestant;
    const struct comparison *comparison;
    bool starved; /* no verdict, since a side's figures are of some clients only */
};

/* Whether most rows of one side were bound by the client. */
bool comparison_line_is_client_bound(const struct comparison_line *line);
/*
 * For people: the workload, and what else tells two configurations apart, as in "pingpong 64 B x 16,
 * placement split", into text; returns text.
 */
const char *comparison_line_configuration(const struct cell *cell, char *text, size_t size);

#endif
