#include "record_groups.h"

#include <stdlib.h>
#include <string.h>

#include "model.h"

static bool is_of_target(const struct record_groups *groups, const struct record *record)
{
    return strcmp(record->status, "ok") == 0 && strcmp(record->target, groups->target) == 0;
}

/* By the registry, so that a table does not show the shuffle; unknown ones come last. */
static int model_compare(const void *left, const void *right)
{
    const struct record *a = *(const struct record *const *)left;
    const struct record *b = *(const struct record *const *)right;
    size_t a_place = model_place(a->model), b_place = model_place(b->model);
    if (a_place != b_place)
        return a_place < b_place ? -1 : 1;
    return strcmp(a->model, b->model);
}

static void collect(struct record_groups *groups)
{
    groups->line_count = groups->model_count = 0;
    for (size_t i = 0; i < groups->count; i++) {
        const struct record *record = &groups->records[i];
        if (!is_of_target(groups, record))
            continue;
        size_t line = 0, model = 0;
        while (line < groups->line_count && !record_same_configuration(groups->lines[line], record))
            line++;
        if (line == groups->line_count && line < RECORD_GROUPS_LINES_MAX)
            groups->lines[groups->line_count++] = record;
        while (model < groups->model_count &&
               strcmp(groups->models[model]->model, record->model) != 0)
            model++;
        if (model == groups->model_count && model < RECORD_GROUPS_MODELS_MAX)
            groups->models[groups->model_count++] = record;
    }
    qsort(groups->models, groups->model_count, sizeof groups->models[0], model_compare);
}

bool record_groups_next(struct record_groups *groups)
{
    const char *before = groups->target == NULL ? "" : groups->target;
    groups->target = NULL;
    /* By name, again because the first rows came in a shuffled order. */
    for (size_t i = 0; i < groups->count; i++) {
        const struct record *record = &groups->records[i];
        if (strcmp(record->status, "ok") == 0 && strcmp(record->target, before) > 0 &&
            (groups->target == NULL || strcmp(record->target, groups->target) < 0))
            groups->target = record->target;
    }
    if (groups->target == NULL)
        return false;
    collect(groups);
    return true;
}

void record_groups_print_heading(const struct record_groups *groups, FILE *file)
{
    const struct record *any = groups->models[0];
    fprintf(file, "%s: %s\n", groups->target,
            strcmp(any->host_kind, "wine") == 0
                ? "Wine's implementation of these models, not Windows'"
                : any->server_os);
}

bool record_groups_has(const struct record_groups *groups, const struct record *line,
                       const char *model, const struct record *record)
{
    return is_of_target(groups, record) && record_same_configuration(record, line) &&
           strcmp(record->model, model) == 0;
}

size_t record_groups_values(const struct record_groups *groups, const struct record *line,
                            const char *model, double (*of)(const struct record *record),
                            double *values)
{
    size_t found = 0;
    for (size_t i = 0; i < groups->count; i++) {
        if (!record_groups_has(groups, line, model, &groups->records[i]))
            continue;
        double value = of(&groups->records[i]);
        if (record_has(value))
            values[found++] = value;
    }
    return found;
}

int record_groups_column(const struct record_groups *groups, int least, int around)
{
    int width = least;
    for (size_t i = 0; i < groups->model_count; i++) {
        int needed = (int)strlen(groups->models[i]->model) + around;
        width = needed > width ? needed : width;
    }
    return width;
}

size_t record_groups_columns_fit(unsigned width, unsigned label, int column)
{
    size_t fit = width > label ? (width - label) / (size_t)column : 1;
    return fit > 0 ? fit : 1;
}
