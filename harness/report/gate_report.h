/*
 * gate_report: what --fail-if has found, cell by cell, and the exit status that follows.
 */
#ifndef IOMODELS_GATE_REPORT_H
#define IOMODELS_GATE_REPORT_H

#include "report/comparison_table.h"
#include "report/gate.h"
#include "report/pairing.h"
#include "rows/cell_values.h"

enum { GATE_CELL_BYTES = 800 };

/* Set condition and slower_than, the rest to 0. */
struct gate_report {
    const char *condition; /* as it was given; NULL: there is no gate, and nothing is kept */
    double slower_than;    /* a share; 0: by whatever is shown */
    /* The rest is its own. */
    struct gate_finding *findings; /* owned */
    size_t count;
    size_t capacity;
    bool incomplete;           /* there was no memory for all of them */
    size_t verdicts;           /* pairs that have one, each metric counted */
    double could_miss;         /* the largest of the smallest changes that could have been shown */
    const char *missed_metric; /* where that is */
    char missed_cell[GATE_CELL_BYTES];
};

/* The lines of one metric that were judged together. */
void gate_report_lines(struct gate_report *report, const struct column *metric,
                       const struct comparison_line *lines, size_t count);
/* Cells as such: too few rows, rows that failed, gaps. Once. */
void gate_report_cells(struct gate_report *report, const struct cell_values *values,
                       const struct pairing *pairing);
/*
 * Says on standard error what was found, each with its cell. The exit status: EXIT_FAILED where a
 * contestant is slower or only fails, else EXIT_INCONCLUSIVE where anything was not shown, else 0.
 */
int gate_report_end(struct gate_report *report);
void gate_report_free(struct gate_report *report);

#endif
