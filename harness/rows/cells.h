/*
 * cells: sorts rows into cells and counts them. A cell is all trials of one model on one target in
 * one configuration. Configurations are numbered too. A cell keeps counts of its rows, not the
 * rows themselves, so that files of any size can be read.
 */
#ifndef IOMODELS_CELLS_H
#define IOMODELS_CELLS_H

#include <stdbool.h>
#include <stddef.h>

#include "rows/key_table.h"
#include "rows/row.h"
#include "rows/warnings.h"

#define CELLS_NONE KEY_TABLE_NONE

struct cell {
    char *
        texts; /* of target, model, factors and, where they tell cells apart, server_threads; owned */
    /* Of an external server beside our models (external_cells.h): the target where it is shown, and what it is
     * called there, which is owned. Else NULL. */
    const char *shown_target;
    char *shown_model;
    size_t file;             /* as cells.file was */
    size_t configuration;    /* equal where all factors are, in all files; from 0 as they came */
    char host_kind[16];      /* of the first row that is ok and tells it, as a file has it */
    enum row_host_kind host; /* the same, typed */
    bool is_wine;
    /* As column_conditions, of the first row that has the column; else NULL; owned. */
    char *conditions[COLUMN_CONDITIONS];
    size_t rows; /* with status ok */
    size_t skipped;
    size_t failed;
    size_t incomplete;   /* ok, but not counted as that: a ramp's rows without all connections */
    size_t client_bound; /* of the rows that are ok, as below */
    size_t latency_bound;
    size_t warned;              /* have a warning */
    size_t warned_by[WARNINGS]; /* have that warning */
    size_t first;               /* in cells.order */
};

struct cells {
    bool by_threads;    /* set before the first row: server_threads tells cells apart too */
    size_t file;        /* of the rows that come next: those of two files share no cell */
    struct cell *cells; /* in the order in which they came; owned; all zero is empty */
    size_t count;
    size_t configurations;
    const struct row *rows; /* those of cells_of_rows, the caller's */
    size_t *order;          /* after cells_sort: the rows' numbers, cell by cell; owned */
    /* The rest is its own. */
    size_t capacity;
    struct key_table keys;
    struct key_table configuration_keys;
    size_t *row_cells; /* of each row that was counted */
    size_t row_count;
    size_t row_capacity;
};

/* The row's cell, a new one where there is none; CELLS_NONE without memory. */
size_t cells_number(struct cells *cells, const struct row *row);
/* The same, but CELLS_NONE where there is none. */
size_t cells_find(const struct cells *cells, const struct row *row);
/* The configuration of the row, whose cell there need not be; CELLS_NONE where no cell has it. */
size_t cells_configuration(const struct cells *cells, const struct row *row);
/*
 * Counts one more row of cell `number`. 1 where its status is ok: the rows that are ok are numbered from 0
 * in their order; 0: it is not ok; -1 without memory.
 */
int cells_count_row(struct cells *cells, size_t number, const struct row *row);
/* Once, after the last row. 0, or -1 without memory. */
int cells_sort(struct cells *cells);
/* Of the rows with the status ok, which the cells keep: 0, or -1 without memory. */
int cells_of_rows(struct cells *cells, const struct row *rows, size_t count);
void cells_free(struct cells *cells);

/* After cells_of_rows: a cell's row of that index, below cell->rows, in their order. */
const struct row *cells_row(const struct cells *cells, const struct cell *cell, size_t index);
/* What is known of these rows, into values, which has room for all; how many. of: row_number, say. */
size_t cells_values(const struct cells *cells, const struct cell *cell,
                    double (*of)(const struct row *row, enum column_id column),
                    enum column_id column, double *values);

const char *cell_target(const struct cell *cell);
const char *cell_model(const struct cell *cell);
/* The same as people see them, who compare models: of external servers see external_cells.h. */
const char *cell_shown_target(const struct cell *cell);
const char *cell_shown_model(const struct cell *cell);
/* The texts of the factors, as column_factors lists them, each behind the 0 of the one before. */
const char *cell_factors(const struct cell *cell);
/* Its server_threads; "" where the file does not tell, and for rows that ended before a server did. */
const char *cell_threads(const struct cell *cell);
/* A row with the cell's target, model, factors and server_threads. */
void cell_describe(const struct cell *cell, struct row *row);

#endif
