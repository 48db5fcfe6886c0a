#include "program/compare_rules.h"

#include <stdio.h>
#include <string.h>

#include "base/files.h"
#include "names.h"
#include "program/options.h"
#include "rows/csv_reader.h"
#include "rows/results.h"

typedef const char *name_of(const struct cell *cell);

static bool is_there(const struct cells *cells, name_of *of, const char *name)
{
    for (size_t i = 0; i < cells->count; i++)
        if (of == cell_model ? name_equals(of(&cells->cells[i]), name)
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

/*
 * The target that was given first to the run: environment.csv lists them as "NAME: COMMAND; ...". By
 * name where that tells none.
 */
static const char *first_target(const struct cells *cells, const struct pairing_rules *rules,
                                const char *run)
{
    char path[RESULTS_PATH_BYTES + 32];
    const char *first = next_name(cells, rules, cell_target, "");
    size_t length = 0;
    struct csv_reader reader;
    snprintf(path, sizeof path, "%s/environment.csv", run);
    FILE *file = files_open_read(path);
    if (file == NULL) {
        size_t folder = strlen(run);
        while (folder > 0 && run[folder - 1] != '/' && run[folder - 1] != '\\')
            folder--;
        snprintf(path, sizeof path, "%.*senvironment.csv", (int)folder, run);
        file = files_open_read(path);
    }
    if (file == NULL)
        return first;
    if (csv_reader_open(&reader, file) == 0)
        while (csv_reader_next(&reader) == CSV_ROW) {
            if (reader.columns != 2 || strcmp(reader.fields[0], "targets") != 0)
                continue;
            for (const char *name = "";
                 (name = next_name(cells, rules, cell_target, name)) != NULL;)
                if (strlen(name) > length && strncmp(reader.fields[1], name, strlen(name)) == 0 &&
                    strncmp(reader.fields[1] + strlen(name), ": ", 2) == 0) {
                    first = name;
                    length = strlen(name);
                }
        }
    csv_reader_close(&reader);
    fclose(file);
    return first;
}

static size_t names_count(const struct cells *cells, const struct pairing_rules *rules, name_of *of)
{
    size_t count = 0;
    for (const char *name = ""; (name = next_name(cells, rules, of, name)) != NULL;)
        count++;
    return count;
}

int compare_rules_choose(struct compare_rules *chosen, const struct compare_options *given,
                         const struct cells *cells)
{
    struct pairing_rules *rules = &chosen->pairing;
    const char *by = given->by;
    *rules = (struct pairing_rules){.models = &given->models, .targets = &given->targets};
    int status = names_check(cells, "model", cell_model, &given->models);
    if (status == 0)
        status = names_check(cells, "target", cell_target, &given->targets);
    if (status != 0)
        return status;
    if (given->runs.count == 2) {
        rules->by = PAIRING_RUNS;
        return 0;
    }
    size_t models = names_count(cells, rules, cell_model);
    size_t targets = names_count(cells, rules, cell_target);
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
        return names_check(cells, by, rules->by == PAIRING_TARGETS ? cell_target : cell_model,
                           &named);
    }
    const char *first =
        rules->by == PAIRING_TARGETS ? first_target(cells, rules, given->runs.items[0]) : NULL;
    if (first != NULL) {
        snprintf(chosen->baseline, sizeof chosen->baseline, "%s", first);
        rules->baseline = chosen->baseline;
    }
    return 0;
}
