#include "report/unmeasured_table.h"

#include <string.h>

#include "model.h"

enum { MODELS_MAX = 64 };

static bool same_reason(const struct row *a, const struct row *b)
{
    return strcmp(a->target, b->target) == 0 &&
           column_is_equal(&row_columns[COLUMN_status], a, b) &&
           strcmp(a->status_reason, b->status_reason) == 0;
}

/* The models that have a row with that reason, in the registry's order and then as they came. */
static size_t models_with(const struct row *all, size_t count, const struct row *reason,
                          const char **models, size_t *rows)
{
    size_t found = 0;
    *rows = 0;
    for (size_t i = 0; i < count; i++) {
        size_t place = 0;
        if (!same_reason(&all[i], reason))
            continue;
        (*rows)++;
        while (place < found && strcmp(models[place], all[i].model) != 0)
            place++;
        if (place < found || found == MODELS_MAX)
            continue;
        for (place = found++;
             place > 0 && model_place(all[i].model) < model_place(models[place - 1]); place--)
            models[place] = models[place - 1];
        models[place] = all[i].model;
    }
    return found;
}

void unmeasured_table_print(FILE *file, const struct row *all, size_t count)
{
    const char *models[MODELS_MAX];
    bool first = true;
    for (size_t i = 0; i < count; i++) {
        size_t rows, before = 0;
        if (all[i].status == ROW_OK)
            continue;
        while (before < i && !same_reason(&all[before], &all[i]))
            before++;
        if (before < i)
            continue;
        size_t found = models_with(all, count, &all[i], models, &rows);
        fprintf(file, "%s%s:", first ? "\n" : "", row_word(&all[i], COLUMN_status));
        for (size_t j = 0; j < found; j++)
            fprintf(file, "%s %s", j == 0 ? "" : ",", models[j]);
        fprintf(file, " on %s (%zu row%s): %s\n", all[i].target, rows, rows == 1 ? "" : "s",
                all[i].status_reason);
        first = false;
    }
}
