/*
 * trials: what runs.csv files hold of a few metrics, gathered by cell: the trials of one model and
 * target in one configuration, with one number of server threads. Only these figures are
 * kept, so that files of any size can be read.
 */
#ifndef IOMODELS_TRIALS_H
#define IOMODELS_TRIALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/failure.h"
#include "rows/key_table.h"
#include "rows/metric.h"
#include "rows/row.h"

/*
 * Columns that say under which conditions rows were measured. They make no other cell, but two runs
 * that differ in them differ by more than what was changed.
 */
enum { TRIALS_CONDITION_COUNT = 7 };
extern const char *const trials_conditions[TRIALS_CONDITION_COUNT];

struct trials_cell {
    char *texts; /* what row_text makes of target, model, the factors, server_threads; owned */
    size_t file; /* which one, in the order of trials_read, from 0 */
    size_t configuration; /* equal where all factors are, in all files; from 0 as they came */
    char host_kind[16];   /* of the first row that is ok and tells it */
    /* As trials_conditions, of the first row that has the column; else NULL. Only trials_read fills
     * them; owned. */
    char *conditions[TRIALS_CONDITION_COUNT];
    size_t rows; /* with status ok */
    size_t skipped;
    size_t failed;
    size_t incomplete;   /* left out by trials_read: a ramp's rows without all their connections */
    size_t client_bound; /* of the rows that are ok, as below */
    size_t starved;      /* left clients without any answer */
    size_t warned;       /* have a warning */
    size_t first;        /* trials' own */
};

struct trials {
    const struct metric *const *metrics; /* the caller's */
    size_t metric_count;
    struct trials_cell *cells; /* in the order in which they came; owned */
    size_t cell_count;
    size_t parts; /* rows that are one's part of what several load generators measured */
    /* The rest is its own. */
    size_t cell_capacity;
    size_t files;
    size_t configurations;
    struct key_table raw;       /* a cell by the texts of a row */
    struct key_table canonical; /* by those that row_text makes of them: 64 for 64.0 */
    struct key_table factors;   /* a configuration */
    size_t *row_cells;          /* of each row with status ok */
    double *row_values;         /* metric_count for each row; later one metric after the other */
    size_t row_count;
    size_t row_capacity;
    size_t *value_counts; /* cell_count for each metric */
};

void trials_init(struct trials *trials, const struct metric *const *metrics, size_t metric_count);
/*
 * Adds a runs.csv, which is open in binary mode; columns are found by their names, those of an
 * older schema may be missing. *cut_line: where a last line was cut off and left out, or 0. 0, or
 * -1 with a failure.
 */
int trials_read(struct trials *trials, FILE *file, size_t *cut_line, struct failure *failure);
/* Adds a row, as if it were of the first file. 0, or -1 without memory. */
int trials_add(struct trials *trials, const struct row *row);
/* Once, after the last file. 0, or -1 without memory. */
int trials_gather(struct trials *trials);
/*
 * The measured values of a cell, in the order of the file; how many. A percentile that lies among
 * an open loop's unanswered messages is infinite.
 */
const double *trials_values(const struct trials *trials, size_t cell, size_t metric, size_t *count);
/* True: some metric was measured in the cell. */
bool trials_has_values(const struct trials *trials, size_t cell);
const char *trials_target(const struct trials_cell *cell);
const char *trials_model(const struct trials_cell *cell);
/* The texts of the factors, as row_factors lists them, each behind the 0 of the one before. */
const char *trials_factors(const struct trials_cell *cell);
/* Its server_threads; "" where the file does not tell, and for rows that ended before a server did. */
const char *trials_threads(const struct trials_cell *cell);
/* A row with the cell's target, model, factors and server_threads. */
void trials_describe(const struct trials_cell *cell, struct row *row);
void trials_free(struct trials *trials);

#endif
