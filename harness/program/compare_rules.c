#include "program/compare_rules.h"

#include <stdio.h>
#include <string.h>

#include "names.h"
#include "program/command.h"
#include "program/options.h"
#include "rows/external_cells.h"
#include "rows/results.h"
#include "rows/results_reader.h"
#include "rows/target_order.h"

typedef const char *name_of(const struct cell *cell);

static bool is_there(const struct cells *cells, name_of *of, const char *name)
{
    for (size_t i = 0; i < cells->count; i++)
        if (of == cell_shown_model ? name_equals(of(&cells->cells[i]), name) ||
                                         name_equals(cell_model(&cells->cells[i]), name)
                                   : strcmp(of(&cells->cells[i]), name) == 0)
            return true;
    return false;
}

/* The first name, by strcmp, that comes after `after`; NULL where there is none. */
static const char *next_name(const struct cells *cells, const struct pairing_rules *rules,
                             name_of *of, const char *after)
{
    const char *next = NULL;
    for (size_t i = 0; i < cells->count; i++) {
        const char *name = of(&cells->cells[i]);
        if (pairing_wants(rules, &cells->cells[i]) && strcmp(name, after) > 0 &&
            (next == NULL || strcmp(name, next) < 0))
            next = name;
    }
    return next;
}

/* Each of the words must be there. */
static int names_check(const struct cells *cells, const char *what, name_of *of,
                       const struct text_list *wanted)
{
    const struct text_list none = {.count = 0};
    const struct pairing_rules all = {.models = &none, .targets = &none};
    char name[COMPARE_NAME_BYTES], known[1024] = "";
    size_t used = 0;
    for (size_t i = 0; text_list_word(wanted, i, name, sizeof name); i++) {
        if (is_there(cells, of, name))
            continue;
        const char *next = "";
        while ((next = next_name(cells, &all, of, next)) != NULL && used < sizeof known)
            used += (size_t)snprintf(known + used, sizeof known - used, "%s%s",
                                     used == 0 ? "" : ", ", next);
        return options_fail("compare", "no row of %s %s; there are %s", what, name, known);
    }
    return 0;
}

/* The environment.csv of a run that was given as a folder or as its runs.csv; empty where it has none. */
static void environment_read(const char *run, struct csv_table *table)
{
    char folder[RESULTS_PATH_BYTES];
    struct failure failure;
    *table = (struct csv_table){.rows = 0};
    if (strlen(run) >= sizeof folder ||
        results_read_table(run, "environment.csv", table, &failure) == 0)
        return;
    size_t length = strlen(run);
    while (length > 0 && run[length - 1] != '/' && run[length - 1] != '\\')
        length--;
    snprintf(folder, sizeof folder, "%.*s", (int)length, run);
    if (results_read_table(length == 0 ? "." : folder, "environment.csv", table, &failure) != 0)
        *table = (struct csv_table){.rows = 0};
}

/* Of those that take part; NULL: none does. */
static const char *first_target(const struct cells *cells, const struct pairing_rules *rules)
{
    const char *first = NULL;
    for (size_t i = 0; i < cells->count; i++) {
        const char *target = cell_target(&cells->cells[i]);
        if (pairing_wants(rules, &cells->cells[i]) &&
            (first == NULL ||
             target_order_place(rules->order, target) < target_order_place(rules->order, first)))
            first = target;
    }
    return first;
}

/* The order of the targets; and external servers beside those that take part. 0, or -1 without memory. */
static int targets_order(struct compare_rules *chosen, struct cells *cells, const char *run)
{
    struct csv_table environment;
    struct text_list taking_part = {.count = 0};
    environment_read(run, &environment);
    const char *given = results_fact_find(&environment, "targets");
    for (size_t i = 0; i < cells->count; i++)
        target_order_add(&chosen->order, given == NULL ? "" : given, cell_target(&cells->cells[i]));
    csv_table_free(&environment);
    for (size_t i = 0; i < chosen->order.count; i++) {
        const char *target = chosen->order.items[i];
        if (chosen->pairing.targets->count == 0 || text_list_has(chosen->pairing.targets, target))
            taking_part.items[taking_part.count++] = target;
    }
    return external_cells_place(cells, 0, &taking_part);
}

static size_t names_count(const struct cells *cells, const struct pairing_rules *rules, name_of *of)
{
    size_t count = 0;
    for (const char *name = ""; (name = next_name(cells, rules, of, name)) != NULL;)
        count++;
    return count;
}

int compare_rules_choose(struct compare_rules *chosen, const struct compare_options *given,
                         struct cells *cells)
{
    struct pairing_rules *rules = &chosen->pairing;
    const char *by = given->by;
    *chosen = (struct compare_rules){.order = {.count = 0}};
    *rules = (struct pairing_rules){
        .models = &given->models, .targets = &given->targets, .order = &chosen->order};
    if (targets_order(chosen, cells, given->runs.items[0]) != 0) {
        fprintf(stderr, "iomodels compare: out of memory\n");
        return EXIT_FAILED;
    }
    int status = names_check(cells, "model", cell_shown_model, &given->models);
    if (status == 0)
        status = names_check(cells, "target", cell_target, &given->targets);
    if (status != 0)
        return status;
    if (given->runs.count == 2) {
        rules->by = PAIRING_RUNS;
        return 0;
    }
    size_t models = names_count(cells, rules, cell_shown_model);
    size_t targets = names_count(cells, rules, cell_shown_target);
    if (by == NULL && given->fail_if != NULL && models > 1 && targets > 1)
        return options_fail("compare",
                            "--fail-if with %zu models on %zu targets: which are to be compared? "
                            "Say --by target (two builds) or --by model",
                            models, targets);
    if (by == NULL)
        by = models == 1 && targets > 1 ? "target" : "model";
    rules->by = name_equals("target", by) ? PAIRING_TARGETS : PAIRING_MODELS;
    rules->baseline = given->baseline;
    if (given->baseline != NULL) {
        const struct text_list named = {{given->baseline}, 1};
        return names_check(cells, by, rules->by == PAIRING_TARGETS ? cell_target : cell_shown_model,
                           &named);
    }
    if (rules->by == PAIRING_TARGETS)
        rules->baseline = first_target(cells, rules);
    return 0;
}
