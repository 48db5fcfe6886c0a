#include "pairing.h"

#include <stdlib.h>
#include <string.h>

#include "model.h"
#include "names.h"

/* A cell that takes part, or would if not all of its rows had failed. */
struct entry {
    const struct trials_cell *cell;
    size_t index;
    size_t model_place; /* in the registry; unknown ones come last */
    enum pairing_by by;
};

/* As strcmp, and so for numbers. */
static int compare_sizes(size_t a, size_t b)
{
    return (a > b) - (a < b);
}

static int compare_families(const struct entry *a, const struct entry *b)
{
    int order =
        a->by == PAIRING_MODELS ? strcmp(trials_target(a->cell), trials_target(b->cell)) : 0;
    return order != 0 ? order : compare_sizes(a->cell->configuration, b->cell->configuration);
}

/* Within a family: those of one group have one baseline to choose among them. */
static int compare_groups(const struct entry *a, const struct entry *b)
{
    if (a->by == PAIRING_MODELS)
        return 0;
    int order = compare_sizes(a->model_place, b->model_place);
    if (order == 0)
        order = strcmp(trials_model(a->cell), trials_model(b->cell));
    if (order == 0 && a->by == PAIRING_RUNS)
        order = strcmp(trials_target(a->cell), trials_target(b->cell));
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
        order = compare_sizes(a->model_place, b->model_place);
    if (order == 0)
        order = strcmp(trials_model(a->cell), trials_model(b->cell));
    if (order == 0)
        order = strcmp(trials_target(a->cell), trials_target(b->cell));
    return order != 0 ? order : compare_sizes(a->cell->file, b->cell->file);
}

bool pairing_wants(const struct pairing_rules *rules, const struct trials_cell *cell)
{
    return (rules->models->count == 0 || options_names(rules->models, trials_model(cell))) &&
           (rules->targets->count == 0 || options_has_text(rules->targets, trials_target(cell)));
}

/* NULL where the group has none. */
static const struct entry *named_find(const struct entry *group, size_t count,
                                      const struct pairing_rules *rules, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (rules->by == PAIRING_TARGETS ? strcmp(trials_target(group[i].cell), name) == 0
                                         : name_equals(trials_model(group[i].cell), name))
            return &group[i];
    return NULL;
}

static const struct entry *baseline_of(const struct entry *contestant, const struct entry *group,
                                       size_t count, const struct pairing_rules *rules)
{
    if (rules->by == PAIRING_RUNS)
        return group->cell->file == 0 ? group : NULL;
    if (rules->baseline != NULL)
        return named_find(group, count, rules, rules->baseline);
    const struct model_entry *model = model_find(trials_model(contestant->cell));
    const struct entry *changed = NULL;
    if (model != NULL && model->lesson_of != NULL)
        changed = named_find(group, count, rules, model->lesson_of);
    return changed != NULL ? changed : group;
}

static void group_pair(struct pairing *pairing, const struct entry *group, size_t all,
                       const struct pairing_rules *rules, size_t family)
{
    size_t before = pairing->count, count = 0;
    while (count < all && has_trials(&group[count]))
        count++;
    for (size_t i = 0; i < count; i++) {
        const struct entry *baseline = baseline_of(&group[i], group, count, rules);
        if (baseline != NULL && baseline != &group[i])
            pairing->pairs[pairing->count++] =
                (struct pair){baseline->index, group[i].index, family};
    }
    if (pairing->count == before)
        pairing->alone += count;
    for (size_t i = count; i < all && count > 0; i++)
        if (baseline_of(&group[i], group, count, rules) != NULL)
            pairing->broken[pairing->broken_count++] = group[i].index;
}

int pairing_make(struct pairing *pairing, const struct trials *trials,
                 const struct pairing_rules *rules)
{
    size_t count = 0, family = 0;
    struct entry *entries = malloc((trials->cell_count + 1) * sizeof *entries);
    *pairing = (struct pairing){.pairs = malloc((trials->cell_count + 1) * sizeof *pairing->pairs),
                                .broken = malloc((trials->cell_count + 1) * sizeof(size_t))};
    if (entries == NULL || pairing->pairs == NULL || pairing->broken == NULL) {
        free(entries);
        return -1;
    }
    for (size_t i = 0; i < trials->cell_count; i++) {
        const struct trials_cell *cell = &trials->cells[i];
        if (cell->rows + cell->failed > 0 && pairing_wants(rules, cell))
            entries[count++] = (struct entry){cell, i, model_place(trials_model(cell)), rules->by};
    }
    qsort(entries, count, sizeof *entries, entry_compare);
    for (size_t begin = 0, end; begin < count; begin = end) {
        end = begin + 1;
        while (end < count && compare_families(&entries[begin], &entries[end]) == 0 &&
               compare_groups(&entries[begin], &entries[end]) == 0)
            end++;
        group_pair(pairing, entries + begin, end - begin, rules, family);
        family += end < count && compare_families(&entries[begin], &entries[end]) != 0;
    }
    free(entries);
    return 0;
}

void pairing_free(struct pairing *pairing)
{
    free(pairing->pairs);
    free(pairing->broken);
    *pairing = (struct pairing){0};
}
