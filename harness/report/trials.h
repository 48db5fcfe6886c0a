/*
 * trials: what the page shows of the rows of its runs: some figures of each, by cells. The rows
 * themselves are read one by one and not kept, so that runs of any size can be shown.
 */
#ifndef IOMODELS_TRIALS_H
#define IOMODELS_TRIALS_H

#include "report/explain.h"
#include "rows/cells.h"
#include "stats/statistics.h"

enum trial_figure {
    TRIAL_CPU_US, /* for a message */
    TRIAL_MESSAGES_PER_S,
    TRIAL_BYTES_PER_S,
    TRIAL_P50_US,
    TRIAL_P99_US, /* infinite where it lies among messages without an answer */
    TRIAL_MEMORY_BYTES,
    TRIAL_FAIRNESS,
    TRIAL_STARVED,
    TRIAL_UNANSWERED,
    TRIAL_USER_US, /* these three are the parts of TRIAL_CPU_US */
    TRIAL_SYSTEM_US,
    TRIAL_WINESERVER_US,
    TRIAL_ORDER,   /* the row's place in its file, from 0 */
    TRIAL_EXPLAIN, /* and on: by enum explain_figure */
    TRIAL_FIGURES = TRIAL_EXPLAIN + EXPLAIN_FIGURES
};

/* All zero is empty. */
struct trials {
    struct cells cells; /* of all files, by their server_threads too */
    size_t ok;          /* rows that are kept */
    /* The rest is its own. */
    double *figures; /* TRIAL_FIGURES for each row; later one figure after the other, by cells */
    double *known;   /* the same without those that were not measured */
    size_t *counts;  /* of these, a number for each cell, for each figure */
    size_t capacity;
    size_t in_file; /* rows of the file so far */
};

/* Adds a row. 0, or -1 without memory. */
int trials_add(struct trials *trials, const struct row *row);
/* The rows that come next are another file's. */
void trials_next_file(struct trials *trials);
/* Once, after the last row. 0, or -1 without memory. */
int trials_gather(struct trials *trials);
void trials_free(struct trials *trials);

/* The measured values of a cell, in the order of its rows; how many. */
const double *trials_values(const struct trials *trials, const struct cell *cell,
                            enum trial_figure figure, size_t *count);
/* NaN where none was measured. */
double trials_median(const struct trials *trials, const struct cell *cell,
                     enum trial_figure figure);
struct interval trials_interval(const struct trials *trials, const struct cell *cell,
                                enum trial_figure figure);
/* Of the cell's row of that index, below cell->rows; NaN where it was not measured. */
double trials_figure(const struct trials *trials, const struct cell *cell, size_t index,
                     enum trial_figure figure);

#endif
