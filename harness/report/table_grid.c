#include "report/table_grid.h"

#include <stdlib.h>
#include <string.h>

#include "model.h"

static bool is_of(const struct cell *cell, const char *target)
{
    return strcmp(cell_target(cell), target) == 0;
}

/* By the registry, so that a table does not show the shuffle; unknown ones come last. */
static int model_compare(const void *left, const void *right)
{
    const char *a = cell_model(*(const struct cell *const *)left);
    const char *b = cell_model(*(const struct cell *const *)right);
    size_t a_place = model_place(a), b_place = model_place(b);
    if (a_place != b_place)
        return a_place < b_place ? -1 : 1;
    return strcmp(a, b);
}

static void collect(struct table_grid *grid)
{
    grid->line_count = grid->model_count = 0;
    for (size_t i = 0; i < grid->cells.count; i++) {
        const struct cell *cell = &grid->cells.cells[i];
        if (!is_of(cell, grid->target))
            continue;
        size_t line = 0, model = 0;
        while (line < grid->line_count && grid->lines[line]->configuration != cell->configuration)
            line++;
        if (line == grid->line_count && line < TABLE_GRID_LINES_MAX)
            grid->lines[grid->line_count++] = cell;
        while (model < grid->model_count &&
               strcmp(cell_model(grid->models[model]), cell_model(cell)) != 0)
            model++;
        if (model == grid->model_count && model < TABLE_GRID_MODELS_MAX)
            grid->models[grid->model_count++] = cell;
    }
    qsort(grid->models, grid->model_count, sizeof grid->models[0], model_compare);
}

int table_grid_open(struct table_grid *grid, const struct row *rows, size_t count)
{
    memset(grid, 0, sizeof *grid);
    return cells_of_rows(&grid->cells, rows, count);
}

void table_grid_close(struct table_grid *grid)
{
    cells_free(&grid->cells);
}

bool table_grid_next(struct table_grid *grid)
{
    const char *before = grid->target == NULL ? "" : grid->target;
    grid->target = NULL;
    /* By name, again because the first rows came in a shuffled order. */
    for (size_t i = 0; i < grid->cells.count; i++) {
        const char *target = cell_target(&grid->cells.cells[i]);
        if (strcmp(target, before) > 0 &&
            (grid->target == NULL || strcmp(target, grid->target) < 0))
            grid->target = target;
    }
    if (grid->target == NULL)
        return false;
    collect(grid);
    return true;
}

void table_grid_print_heading(const struct table_grid *grid, FILE *file)
{
    const struct row *any = table_grid_row(grid, grid->models[0]);
    fprintf(file, "%s: %s\n", grid->target,
            any->host_kind == HOST_WINE ? "Wine's implementation of these models, not Windows'"
                                        : any->server_os);
}

const struct row *table_grid_row(const struct table_grid *grid, const struct cell *cell)
{
    return cells_row(&grid->cells, cell, 0);
}

const struct cell *table_grid_cell(const struct table_grid *grid, const struct cell *line,
                                   const struct cell *model)
{
    for (size_t i = 0; i < grid->cells.count; i++) {
        const struct cell *cell = &grid->cells.cells[i];
        if (cell->configuration == line->configuration && is_of(cell, grid->target) &&
            strcmp(cell_model(cell), cell_model(model)) == 0)
            return cell;
    }
    return NULL;
}

int table_grid_column(const struct table_grid *grid, int least, int around)
{
    int width = least;
    for (size_t i = 0; i < grid->model_count; i++) {
        int needed = (int)strlen(cell_model(grid->models[i])) + around;
        width = needed > width ? needed : width;
    }
    return width;
}

size_t table_grid_columns_fit(unsigned width, unsigned label, int column)
{
    size_t fit = width > label ? (width - label) / (size_t)column : 1;
    return fit > 0 ? fit : 1;
}
