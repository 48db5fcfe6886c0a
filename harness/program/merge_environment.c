#include "program/merge_environment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rows/results_reader.h"
#include "rows/target_order.h"
#include "run/environment.h"
#include "run/generator.h"

enum { FACTS_MAX = 64 };

/* "" where the part does not tell. */
static const char *fact_of(const struct csv_table *part, const char *name)
{
    const char *value = results_fact_find(part, name);
    return value == NULL ? "" : value;
}

/* The value that all have, else each one's, to free(); NULL without memory. */
static char *fact_merge(const struct csv_table *tables, size_t count, const char *name)
{
    size_t size = 1, used = 0;
    const char *common = NULL;
    bool equal = true;
    for (size_t i = 0; i < count; i++) {
        if (tables[i].rows == 0)
            continue;
        const char *value = fact_of(&tables[i], name);
        equal = equal && (common == NULL || strcmp(common, value) == 0);
        common = value;
        size += strlen(value) + 32;
    }
    char *merged = malloc(size);
    if (merged == NULL || equal) {
        if (merged != NULL)
            snprintf(merged, size, "%s", common == NULL ? "" : common);
        return merged;
    }
    for (size_t i = 0; i < count; i++)
        if (tables[i].rows > 0)
            used += (size_t)snprintf(merged + used, size - used, "%sgenerator %zu: %s",
                                     used == 0 ? "" : "; ", i + 1, fact_of(&tables[i], name));
    return merged;
}

static int facts_write(struct results *results, const struct csv_table *tables, size_t count,
                       struct failure *failure)
{
    const struct csv_table *any = &tables[0];
    struct results_fact facts[FACTS_MAX];
    char *values[FACTS_MAX], generators[24];
    size_t used = 0;
    int error = 0;
    while (any->rows == 0)
        any++;
    for (size_t row = 1; row < any->rows && used + 1 < FACTS_MAX && error == 0; row++) {
        const char *name = csv_field(any, row, csv_column(any, "name"));
        if (strcmp(name, "generator") == 0)
            continue;
        values[used] = fact_merge(tables, count, name);
        if (values[used] == NULL) {
            error = failure_set(failure, "out of memory");
            break;
        }
        facts[used] = (struct results_fact){name, values[used]};
        used++;
    }
    snprintf(generators, sizeof generators, "%zu", count);
    facts[used] = (struct results_fact){"generators", generators};
    if (error == 0)
        error = results_write_environment(results, facts, used + 1, failure);
    for (size_t i = 0; i < used; i++)
        free(values[i]);
    return error;
}

int merge_environment(struct results *results, const char *const *folders, size_t count,
                      struct failure *failure)
{
    struct csv_table tables[GENERATORS_MAX] = {{0}};
    int error = 0;
    for (size_t i = 0; i < count && error == 0; i++)
        if (folders[i] != NULL)
            error = results_read_table(folders[i], "environment.csv", &tables[i], failure);
    if (error == 0)
        error = facts_write(results, tables, count, failure);
    for (size_t i = 0; i < count; i++)
        csv_table_free(&tables[i]);
    return error;
}

void merge_targets_order(const struct results *results, const struct row *rows, size_t count,
                         struct text_list *targets)
{
    struct csv_table environment = {.rows = 0};
    struct failure failure;
    const char *given = NULL;
    if (results_read_table(results->folder.path, "environment.csv", &environment, &failure) == 0)
        given = results_fact_find(&environment, "targets");
    *targets = (struct text_list){.count = 0};
    for (size_t i = 0; i < count; i++)
        target_order_add(targets, given == NULL ? "" : given, rows[i].target);
    csv_table_free(&environment);
}
