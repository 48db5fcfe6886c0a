/*
 * table_grid: the measured rows of a run as its tables show them: by target, configuration and
 * model.
 */
#ifndef IOMODELS_TABLE_GRID_H
#define IOMODELS_TABLE_GRID_H

#include <stdio.h>

#include "rows/cells.h"

enum { TABLE_GRID_LINES_MAX = ROW_CONFIGURATIONS_MAX, TABLE_GRID_MODELS_MAX = 64 };

struct table_grid {
    struct cells cells;                               /* of the rows with the status ok */
    const char *target;                               /* the one at hand */
    const struct cell *lines[TABLE_GRID_LINES_MAX];   /* one of each configuration */
    const struct cell *models[TABLE_GRID_MODELS_MAX]; /* one of each model, by the registry */
    size_t line_count;
    size_t model_count;
};

/* The rows stay the caller's. 0, or -1 without memory; to be closed in either case. */
int table_grid_open(struct table_grid *grid, const struct row *rows, size_t count);
void table_grid_close(struct table_grid *grid);
/* Goes on to the next target, by name, that has a row with the status ok. False: the last one is past. */
bool table_grid_next(struct table_grid *grid);
/* Its name, and what it runs on. */
void table_grid_print_heading(const struct table_grid *grid, FILE *file);
/* The first row of a cell, such as a line's. */
const struct row *table_grid_row(const struct table_grid *grid, const struct cell *cell);
/* The target's cell of the line's configuration and the model's model; NULL where it has no rows. */
const struct cell *table_grid_cell(const struct table_grid *grid, const struct cell *line,
                                   const struct cell *model);
/* The width of a column, at least `least`, in which each model's name and `around` have room. */
int table_grid_column(const struct table_grid *grid, int least, int around);
/* How many such columns fit behind a label, at least 1. */
size_t table_grid_columns_fit(unsigned width, unsigned label, int column);

#endif
