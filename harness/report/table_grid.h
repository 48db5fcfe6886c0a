/*
 * table_grid: the measured rows of a run as its tables show them: by target, configuration and
 * model.
 */
#ifndef IOMODELS_TABLE_GRID_H
#define IOMODELS_TABLE_GRID_H

#include <stdio.h>

#include "rows/row.h"

enum { TABLE_GRID_LINES_MAX = ROW_CONFIGURATIONS_MAX, TABLE_GRID_MODELS_MAX = 64 };

/* Set rows and count, the rest to 0. */
struct table_grid {
    const struct row *rows; /* the caller's */
    size_t count;
    const char *target;                              /* the one at hand */
    const struct row *lines[TABLE_GRID_LINES_MAX];   /* one of each configuration */
    const struct row *models[TABLE_GRID_MODELS_MAX]; /* one of each model, by the registry */
    size_t line_count;
    size_t model_count;
};

/* The next target, by name, of which a row has the status ok; false where there is none left. */
bool table_grid_next(struct table_grid *groups);
/* Its name, and what it runs on. */
void table_grid_print_heading(const struct table_grid *groups, FILE *file);
/* True: the row is one of the target's, of that configuration and model. */
bool table_grid_has(const struct table_grid *groups, const struct row *line, const char *model,
                    const struct row *row);
/* The measured values of these rows; how many. values has room for all rows. */
size_t table_grid_values(const struct table_grid *groups, const struct row *line, const char *model,
                         double (*of)(const struct row *row), double *values);
/* The width of a column, at least `least`, in which each model's name and `around` have room. */
int table_grid_column(const struct table_grid *groups, int least, int around);
/* How many such columns fit behind a label, at least 1. */
size_t table_grid_columns_fit(unsigned width, unsigned label, int column);

#endif
