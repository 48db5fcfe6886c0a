/*
 * table_grid: the measured rows of a run as its tables show them: by target, configuration and
 * model.
 */
#ifndef IOMODELS_TABLE_GRID_H
#define IOMODELS_TABLE_GRID_H

#include <stdio.h>

#include "base/lists.h"
#include "rows/cells.h"

enum { TABLE_GRID_LINES_MAX = ROW_CONFIGURATIONS_MAX, TABLE_GRID_MODELS_MAX = 64 };

struct table_grid {
    struct cells cells;                               /* of the rows with the status ok */
    const struct text_list *targets;                  /* the caller's */
    const char *target;                               /* the one at hand */
    const struct cell *lines[TABLE_GRID_LINES_MAX];   /* one of each configuration */
    const struct cell *models[TABLE_GRID_MODELS_MAX]; /* one of each model, in their order */
    size_t line_count;
    size_t model_count;
};

/*
 * targets: their names in the order in which they are shown; those that it does not have follow by
 * name. Rows and targets stay the caller's. 0, or -1 without memory; to be closed in either case.
 */
int table_grid_open(struct table_grid *grid, const struct row *rows, size_t count,
                    const struct text_list *targets);
void table_grid_close(struct table_grid *grid);
/* Goes on to the next target that has a row with the status ok. False: the last one is past. */
bool table_grid_next(struct table_grid *grid);
/* Its name, and what it runs on; where it has one configuration, that too. before: what the line
 * begins with. */
void table_grid_print_heading(const struct table_grid *grid, FILE *file, const char *before,
                              unsigned width);
/* The first row of a cell, such as a line's. */
const struct row *table_grid_row(const struct table_grid *grid, const struct cell *cell);
/* The target's cell of the line's configuration and the model's model; NULL where it has no rows. */
const struct cell *table_grid_cell(const struct table_grid *grid, const struct cell *line,
                                   const struct cell *model);

#endif
