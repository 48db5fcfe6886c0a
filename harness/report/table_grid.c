#include "report/table_grid.h"

#include <stdlib.h>
#include <string.h>

#include "model.h"

static bool is_of_target(const struct table_grid *groups, const struct row *row)
{
    return strcmp(row->status, "ok") == 0 && strcmp(row->target, groups->target) == 0;
}

/* By the registry, so that a table does not show the shuffle; unknown ones come last. */
static int model_compare(const void *left, const void *right)
{
    const struct row *a = *(const struct row *const *)left;
    const struct row *b = *(const struct row *const *)right;
    size_t a_place = model_place(a->model), b_place = model_place(b->model);
    if (a_place != b_place)
        return a_place < b_place ? -1 : 1;
    return strcmp(a->model, b->model);
}

static void collect(struct table_grid *groups)
{
    groups->line_count = groups->model_count = 0;
    for (size_t i = 0; i < groups->count; i++) {
        const struct row *row = &groups->rows[i];
        if (!is_of_target(groups, row))
            continue;
        size_t line = 0, model = 0;
        while (line < groups->line_count && !row_same_configuration(groups->lines[line], row))
            line++;
        if (line == groups->line_count && line < TABLE_GRID_LINES_MAX)
            groups->lines[groups->line_count++] = row;
        while (model < groups->model_count && strcmp(groups->models[model]->model, row->model) != 0)
            model++;
        if (model == groups->model_count && model < TABLE_GRID_MODELS_MAX)
            groups->models[groups->model_count++] = row;
    }
    qsort(groups->models, groups->model_count, sizeof groups->models[0], model_compare);
}

bool table_grid_next(struct table_grid *groups)
{
    const char *before = groups->target == NULL ? "" : groups->target;
    groups->target = NULL;
    /* By name, again because the first rows came in a shuffled order. */
    for (size_t i = 0; i < groups->count; i++) {
        const struct row *row = &groups->rows[i];
        if (strcmp(row->status, "ok") == 0 && strcmp(row->target, before) > 0 &&
            (groups->target == NULL || strcmp(row->target, groups->target) < 0))
            groups->target = row->target;
    }
    if (groups->target == NULL)
        return false;
    collect(groups);
    return true;
}

void table_grid_print_heading(const struct table_grid *groups, FILE *file)
{
    const struct row *any = groups->models[0];
    fprintf(file, "%s: %s\n", groups->target,
            strcmp(any->host_kind, "wine") == 0
                ? "Wine's implementation of these models, not Windows'"
                : any->server_os);
}

bool table_grid_has(const struct table_grid *groups, const struct row *line, const char *model,
                    const struct row *row)
{
    return is_of_target(groups, row) && row_same_configuration(row, line) &&
           strcmp(row->model, model) == 0;
}

size_t table_grid_values(const struct table_grid *groups, const struct row *line, const char *model,
                         double (*of)(const struct row *row), double *values)
{
    size_t found = 0;
    for (size_t i = 0; i < groups->count; i++) {
        if (!table_grid_has(groups, line, model, &groups->rows[i]))
            continue;
        double value = of(&groups->rows[i]);
        if (number_is_known(value))
            values[found++] = value;
    }
    return found;
}

int table_grid_column(const struct table_grid *groups, int least, int around)
{
    int width = least;
    for (size_t i = 0; i < groups->model_count; i++) {
        int needed = (int)strlen(groups->models[i]->model) + around;
        width = needed > width ? needed : width;
    }
    return width;
}

size_t table_grid_columns_fit(unsigned width, unsigned label, int column)
{
    size_t fit = width > label ? (width - label) / (size_t)column : 1;
    return fit > 0 ? fit : 1;
}
