#include "report/table_grid.h"

#include <string.h>

#include "base/terminal.h"
#include "report/model_order.h"
#include "rows/external_cells.h"
#include "rows/target_order.h"

enum { WORKLOAD_BYTES = 200 };

static bool is_of(const struct cell *cell, const char *target)
{
    return strcmp(cell_shown_target(cell), target) == 0;
}

/* In the order of the models, so that a table does not show the shuffle. */
static void model_insert(struct table_grid *grid, const struct cell *cell)
{
    size_t at = grid->model_count++;
    for (; at > 0 && model_order_compare(grid->targets, grid->models[at - 1], cell) > 0; at--)
        grid->models[at] = grid->models[at - 1];
    grid->models[at] = cell;
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
               strcmp(cell_shown_model(grid->models[model]), cell_shown_model(cell)) != 0)
            model++;
        if (model == grid->model_count && model < TABLE_GRID_MODELS_MAX)
            model_insert(grid, cell);
    }
}

int table_grid_open(struct table_grid *grid, const struct row *rows, size_t count,
                    const struct text_list *targets)
{
    memset(grid, 0, sizeof *grid);
    grid->targets = targets;
    return cells_of_rows(&grid->cells, rows, count) == 0
               ? external_cells_place(&grid->cells, 0, targets)
               : -1;
}

void table_grid_close(struct table_grid *grid)
{
    cells_free(&grid->cells);
}

/* Of two targets, below 0 where a is shown before b. NULL is before all. */
static int target_compare(const struct table_grid *grid, const char *a, const char *b)
{
    if (a == NULL)
        return b == NULL ? 0 : -1;
    size_t a_place = target_order_place(grid->targets, a);
    size_t b_place = target_order_place(grid->targets, b);
    if (a_place != b_place)
        return a_place < b_place ? -1 : 1;
    return strcmp(a, b);
}

bool table_grid_next(struct table_grid *grid)
{
    const char *before = grid->target;
    grid->target = NULL;
    for (size_t i = 0; i < grid->cells.count; i++) {
        const char *target = cell_shown_target(&grid->cells.cells[i]);
        if (target_compare(grid, before, target) < 0 &&
            (grid->target == NULL || target_compare(grid, target, grid->target) < 0))
            grid->target = target;
    }
    if (grid->target == NULL)
        return false;
    collect(grid);
    return true;
}

/* What is known of the system that the server ran on; "" where nothing is. */
static const char *system_text(const struct row *row)
{
    if (row->host_kind == HOST_WINE)
        return "Wine's implementation of these models, not Windows'";
    if (row->server_os[0] == '\0' && row->host_kind == HOST_REMOTE)
        return "remote";
    return row->server_os;
}

void table_grid_print_heading(const struct table_grid *grid, FILE *file, const char *before,
                              unsigned width)
{
    const char *system = system_text(table_grid_row(grid, grid->models[0]));
    char workload[WORKLOAD_BYTES] = "", text[2 * WORKLOAD_BYTES];
    if (grid->line_count == 1)
        row_workload_text(table_grid_row(grid, grid->lines[0]), workload, sizeof workload);
    bool has_system = system[0] != '\0', has_workload = workload[0] != '\0';
    snprintf(text, sizeof text, "%s%s%s%s%s%s", before, grid->target,
             has_system || has_workload ? ": " : "", system, has_system && has_workload ? "; " : "",
             workload);
    terminal_print_wrapped(file, text, 0, width);
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
            strcmp(cell_shown_model(cell), cell_shown_model(model)) == 0)
            return cell;
    }
    return NULL;
}
