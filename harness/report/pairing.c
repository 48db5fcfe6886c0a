#include "report/pairing.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "model.h"
#include "names.h"
#include "report/model_order.h"
#include "rows/target_order.h"

/* A cell that takes part, or would if it had trials. */
struct entry {
    const struct cell *cell;
    size_t index;
    const char *model; /* as they are shown where models are compared */
    const char *target;
    size_t model_place; /* in the registry; unknown ones come last */
    size_t target_place;
    const struct pairing_rules *rules;
};

/* As strcmp, and so for numbers. */
static int compare_sizes(size_t a, size_t b)
{
    return (a > b) - (a < b);
}

static int compare_targets(const struct entry *a, const struct entry *b)
{
    int order = compare_sizes(a->target_place, b->target_place);
    return order != 0 ? order : strcmp(a->target, b->target);
}

static int compare_families(const struct entry *a, const struct entry *b)
{
    int order = a->rules->by == PAIRING_MODELS ? compare_targets(a, b) : 0;
    return order != 0 ? order : compare_sizes(a->cell->configuration, b->cell->configuration);
}

/* Within a family: those of one group have one baseline to choose among them. */
static int compare_groups(const struct entry *a, const struct entry *b)
{
    if (a->rules->by == PAIRING_MODELS)
        return 0;
    int order = compare_sizes(a->model_place, b->model_place);
    if (order == 0)
        order = strcmp(a->model, b->model);
    if (order == 0 && a->rules->by == PAIRING_RUNS)
        order = compare_targets(a, b);
    return order;
}

static bool has_trials(const struct entry *entry)
{
    return entry->cell->rows > 0;
}

/* Within a group those without trials come last. */
static int entry_compare(const void *left, const void *right)
{
    const struct entry *a = left, *b = right;
    int order = compare_families(a, b);
    if (order == 0)
        order = compare_groups(a, b);
    if (order == 0)
        order = has_trials(b) - has_trials(a);
    if (order == 0)
        order = model_order_compare(a->rules->order, a->cell, b->cell);
    if (order == 0)
        order = compare_targets(a, b);
    return order != 0 ? order : compare_sizes(a->cell->file, b->cell->file);
}

bool pairing_wants(const struct pairing_rules *rules, const struct cell *cell)
{
    return (rules->models->count == 0 || text_list_names(rules->models, cell_model(cell)) ||
            text_list_names(rules->models, cell_shown_model(cell))) &&
           (rules->targets->count == 0 || text_list_has(rules->targets, cell_target(cell)));
}

/* Whom a group may miss: a model on a target; a target with any model where targets are compared. */
struct side {
    const char *model;
    const char *target;
    bool measured; /* has trials somewhere */
};

struct pairer {
    struct pairing *pairing;
    const struct pairing_rules *rules;
    struct entry *entries;
    size_t count;
    struct side *sides;
    size_t side_count;
    size_t gap_capacity;
};

/* The cells of one group; those without trials come last. */
struct group {
    const struct entry *entries;
    size_t count;
    size_t measured;
};

/* NULL where the group has none with trials. */
static const struct entry *named_find(const struct group *group, const struct pairing_rules *rules,
                                      const char *name)
{
    for (size_t i = 0; i < group->measured; i++) {
        const struct entry *entry = &group->entries[i];
        if (rules->by == PAIRING_TARGETS ? strcmp(entry->target, name) == 0
                                         : name_equals(entry->model, name))
            return entry;
    }
    return NULL;
}

/* A file that has no such column says nothing against it. */
static bool threads_agree(const struct cell *a, const struct cell *b)
{
    const char *of_a = cell_threads(a), *of_b = cell_threads(b);
    return of_a[0] == '\0' || of_b[0] == '\0' || strcmp(of_a, of_b) == 0;
}

/* The cell of that file that is measured with as many threads as `cell`. */
static const struct entry *run_find(const struct group *group, size_t file, const struct cell *cell)
{
    for (size_t i = 0; i < group->measured; i++)
        if (group->entries[i].cell->file == file && threads_agree(group->entries[i].cell, cell))
            return &group->entries[i];
    return NULL;
}

/* Where models or targets are compared: the cell that the model's is compared with, or NULL. */
static const struct entry *named_baseline(const struct group *group,
                                          const struct pairing_rules *rules, const char *name)
{
    if (rules->baseline != NULL)
        return named_find(group, rules, rules->baseline);
    const struct model_entry *model = model_find(name);
    const struct entry *changed = NULL;
    if (model != NULL && model->lesson_of != NULL)
        changed = named_find(group, rules, model->lesson_of);
    if (changed != NULL)
        return changed;
    return group->measured > 0 ? group->entries : NULL;
}

static bool is_of(const struct entry *entry, const char *model, const char *target)
{
    return strcmp(entry->model, model) == 0 && strcmp(entry->target, target) == 0;
}

/* Counts all rows without trials that the group has of the gap's model and target in a file. */
static void rows_count(const struct group *group, size_t file, struct pairing_gap *gap)
{
    for (size_t i = 0; i < group->count; i++) {
        const struct cell *cell = group->entries[i].cell;
        if (cell->file != file || !is_of(&group->entries[i], gap->model, gap->target))
            continue;
        gap->failed += cell->failed;
        gap->skipped += cell->skipped;
        gap->incomplete += cell->incomplete;
    }
}

static size_t failed_of(const struct group *group, const struct entry *entry)
{
    struct pairing_gap rows = {.model = entry->model, .target = entry->target};
    rows_count(group, entry->cell->file, &rows);
    return rows.failed;
}

/* file: the contestant's. False without memory. */
static bool gap_add(struct pairer *pairer, const struct group *group, struct pairing_gap gap,
                    size_t file)
{
    struct pairing *pairing = pairer->pairing;
    rows_count(group, file, &gap);
    struct pairing_gap *grown =
        array_grow(pairing->gaps, sizeof *grown, pairing->gap_count, &pairer->gap_capacity);
    if (grown == NULL)
        return false;
    pairing->gaps = grown;
    pairing->gaps[pairing->gap_count++] = gap;
    return true;
}

/* What the first file has measured and the second one has not; false without memory. */
static bool runs_miss(struct pairer *pairer, const struct group *group)
{
    for (size_t i = 0; i < group->measured; i++) {
        const struct entry *baseline = &group->entries[i];
        if (baseline->cell->file != 0 || run_find(group, 1, baseline->cell) != NULL)
            continue;
        struct pairing_gap gap = {.baseline = baseline->index,
                                  .other_threads = PAIRING_NONE,
                                  .model = baseline->model,
                                  .target = baseline->target};
        for (size_t j = 0; j < group->measured && gap.other_threads == PAIRING_NONE; j++)
            if (group->entries[j].cell->file == 1)
                gap.other_threads = group->entries[j].index;
        if (!gap_add(pairer, group, gap, 1))
            return false;
    }
    return true;
}

static bool is_measured_in(const struct group *group, const char *model, const char *target)
{
    for (size_t i = 0; i < group->measured; i++)
        if (is_of(&group->entries[i], model, target))
            return true;
    return false;
}

/* Whether a model is missed where it has no trials: not where it can't run at all. */
static bool is_expected(const struct pairer *pairer, const struct group *group,
                        const struct side *side)
{
    bool failed = false;
    if (pairer->rules->by == PAIRING_TARGETS)
        return true;
    if (strcmp(side->target, group->entries[0].target) != 0)
        return false;
    for (size_t i = group->measured; i < group->count; i++)
        failed |= group->entries[i].cell->failed > 0 &&
                  is_of(&group->entries[i], side->model, side->target);
    return failed || side->measured || pairer->rules->models->count > 0;
}

/* The same where models or targets are compared. */
static bool sides_miss(struct pairer *pairer, const struct group *group)
{
    for (size_t i = 0; i < pairer->side_count && group->measured > 0; i++) {
        const struct side *side = &pairer->sides[i];
        struct pairing_gap gap = {
            .other_threads = PAIRING_NONE,
            .model = pairer->rules->by == PAIRING_TARGETS ? group->entries[0].model : side->model,
            .target = side->target};
        if (is_measured_in(group, gap.model, gap.target) || !is_expected(pairer, group, side))
            continue;
        const struct entry *baseline = named_baseline(group, pairer->rules, gap.model);
        if (baseline == NULL)
            continue;
        gap.baseline = baseline->index;
        if (!gap_add(pairer, group, gap, 0))
            return false;
    }
    return true;
}

static const struct entry *baseline_of(const struct entry *contestant, const struct group *group,
                                       const struct pairing_rules *rules)
{
    if (rules->by != PAIRING_RUNS)
        return named_baseline(group, rules, contestant->model);
    return contestant->cell->file == 1 ? run_find(group, 0, contestant->cell) : NULL;
}

static bool group_pair(struct pairer *pairer, const struct group *group, size_t family)
{
    struct pairing *pairing = pairer->pairing;
    size_t before = pairing->count;
    for (size_t i = 0; i < group->measured; i++) {
        const struct entry *contestant = &group->entries[i];
        const struct entry *baseline = baseline_of(contestant, group, pairer->rules);
        if (baseline == NULL || baseline == contestant)
            continue;
        pairing->pairs[pairing->count++] =
            (struct pair){baseline->index, contestant->index, family, failed_of(group, baseline),
                          failed_of(group, contestant)};
    }
    if (pairing->count == before)
        pairing->alone += group->measured;
    return pairer->rules->by == PAIRING_RUNS ? runs_miss(pairer, group) : sides_miss(pairer, group);
}

static void side_add(struct pairer *pairer, const struct entry *entry)
{
    size_t at = 0;
    bool any_model = pairer->rules->by == PAIRING_TARGETS;
    while (at < pairer->side_count &&
           (strcmp(pairer->sides[at].target, entry->target) != 0 ||
            (!any_model && strcmp(pairer->sides[at].model, entry->model) != 0)))
        at++;
    if (at == pairer->side_count)
        pairer->sides[pairer->side_count++] = (struct side){entry->model, entry->target, false};
    pairer->sides[at].measured |= has_trials(entry);
}

static struct entry entry_make(const struct pairing_rules *rules, const struct cell *cell,
                               size_t index)
{
    bool as_shown = rules->by == PAIRING_MODELS;
    struct entry entry = {.cell = cell,
                          .index = index,
                          .model = as_shown ? cell_shown_model(cell) : cell_model(cell),
                          .target = as_shown ? cell_shown_target(cell) : cell_target(cell),
                          .model_place = model_place(cell_model(cell)),
                          .rules = rules};
    entry.target_place = target_order_place(rules->order, entry.target);
    return entry;
}

static void entries_collect(struct pairer *pairer, const struct cells *cells)
{
    for (size_t i = 0; i < cells->count; i++) {
        if (!pairing_wants(pairer->rules, &cells->cells[i]))
            continue;
        struct entry *entry = &pairer->entries[pairer->count++];
        *entry = entry_make(pairer->rules, &cells->cells[i], i);
        side_add(pairer, entry);
    }
    qsort(pairer->entries, pairer->count, sizeof *pairer->entries, entry_compare);
}

int pairing_make(struct pairing *pairing, const struct cells *cells,
                 const struct pairing_rules *rules)
{
    size_t family = 0, room = cells->count + 1;
    *pairing = (struct pairing){.pairs = malloc(room * sizeof *pairing->pairs)};
    struct pairer pairer = {.pairing = pairing,
                            .rules = rules,
                            .entries = malloc(room * sizeof *pairer.entries),
                            .sides = malloc(room * sizeof *pairer.sides)};
    bool complete = pairing->pairs != NULL && pairer.entries != NULL && pairer.sides != NULL;
    if (complete)
        entries_collect(&pairer, cells);
    for (size_t begin = 0, end; complete && begin < pairer.count; begin = end) {
        const struct entry *first = &pairer.entries[begin];
        struct group group = {.entries = first};
        for (end = begin;
             end < pairer.count && compare_families(first, &pairer.entries[end]) == 0 &&
             compare_groups(first, &pairer.entries[end]) == 0;
             end++)
            group.measured += has_trials(&pairer.entries[end]);
        group.count = end - begin;
        complete = group_pair(&pairer, &group, family);
        family += end < pairer.count && compare_families(first, &pairer.entries[end]) != 0;
    }
    free(pairer.entries);
    free(pairer.sides);
    return complete ? 0 : -1;
}

void pairing_free(struct pairing *pairing)
{
    free(pairing->pairs);
    free(pairing->gaps);
    *pairing = (struct pairing){0};
}
