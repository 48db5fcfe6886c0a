#include "run/plan.h"

#include <stdio.h>
#include <string.h>

#include "base/exit_status.h"
#include "base/failure.h"
#include "model.h"
#include "names.h"
#include "program.h"

enum { RUN_OVERHEAD_MS = 150, NS_PER_MS = 1000000 };

int plan_add_target(struct plan *plan, const char *text, bool missing,
                    bool (*cancelled)(void *context), void *context, struct failure *failure)
{
    size_t length = strcspn(text, "=");
    if (text[length] != '=' || length == 0 || text[length + 1] == '\0' ||
        length >= sizeof plan->target_names[0]) {
        failure_set(failure, "--target%s %s: not of the form NAME=%s", missing ? "-missing" : "",
                    text, missing ? "REASON" : "COMMAND");
        return EXIT_USAGE;
    }
    if (plan->target_count == PLAN_TARGETS_MAX) {
        failure_set(failure, "more than %d targets", PLAN_TARGETS_MAX);
        return EXIT_USAGE;
    }
    struct target *target = &plan->targets[plan->target_count];
    char *name = plan->target_names[plan->target_count];
    memcpy(name, text, length);
    name[length] = '\0';
    for (size_t i = 0; i < plan->target_count; i++)
        if (strcmp(plan->target_names[i], name) == 0) {
            failure_set(failure, "two targets are called %s", name);
            return EXIT_USAGE;
        }
    int status = 0;
    if (missing)
        *target = (struct target){.name = name, .missing = text + length + 1};
    else
        status = target_open(target, name, text + length + 1, cancelled, context, failure);
    plan->target_count += status == 0;
    return status;
}

int plan_add_self(struct plan *plan, bool (*cancelled)(void *context), void *context,
                  struct failure *failure)
{
    char path[4096], text[4200];
    if (!program_path(path, sizeof path)) {
        failure_set(failure, "this program's own path can't be told; name a --target");
        return EXIT_FAILED;
    }
    static char kept[sizeof text]; /* the target points into it */
    char quote = strchr(path, '\'') == NULL ? '\'' : '"';
    snprintf(kept, sizeof kept, "%s=%c%s%c",
             strcmp(program_system(), "wine") == 0 ? "wine" : "native", quote, path, quote);
    return plan_add_target(plan, kept, false, cancelled, context, failure);
}

void plan_close(struct plan *plan)
{
    for (size_t i = 0; i < plan->target_count; i++)
        target_close(&plan->targets[i]);
    plan->target_count = 0;
}

static bool is_named(const char *names, const char *model)
{
    const struct text_list list = {.items = {names}, .count = 1};
    return names != NULL && text_list_names(&list, model);
}

/* lesson_of: "" for a model; has_lessons: a lesson changes it; suite: NULL where there is none. */
static bool is_chosen(const struct text_list *wanted, const struct suite *suite, const char *model,
                      const char *lesson_of, bool has_lessons)
{
    bool is_lesson = lesson_of[0] != '\0';
    if (wanted->count > 0)
        return text_list_names(wanted, model);
    if (suite == NULL)
        return !is_lesson;
    if (suite->models != NULL)
        return is_named(suite->models, model);
    if (suite->lessons)
        return is_lesson || has_lessons;
    return !is_lesson || is_named(suite->added, model);
}

static int contestant_add(struct plan *plan, const struct target *target, const char *model,
                          const char *skipped, struct failure *failure)
{
    if (plan->contestant_count == PLAN_CONTESTANTS_MAX)
        return failure_set(failure, "more than %d models on all targets together",
                           PLAN_CONTESTANTS_MAX);
    struct contestant *contestant = &plan->contestants[plan->contestant_count++];
    contestant->target = target;
    contestant->model = model;
    contestant->skipped = skipped;
    return 0;
}

static bool known_has_lessons(const char *model)
{
    for (const struct model_entry *entry = model_registry; entry->name != NULL; entry++)
        if (entry->lesson_of != NULL && strcmp(entry->lesson_of, model) == 0)
            return true;
    return false;
}

/* Those that this program knows, of a target that is missing. */
static int missing_contestants(struct plan *plan, const struct target *target,
                               const struct text_list *wanted, const struct suite *suite,
                               struct failure *failure)
{
    int error = 0;
    for (const struct model_entry *entry = model_registry; entry->name != NULL && error == 0;
         entry++)
        if (is_chosen(wanted, suite, entry->name, entry->lesson_of == NULL ? "" : entry->lesson_of,
                      known_has_lessons(entry->name)))
            error = contestant_add(plan, target, entry->name, target->missing, failure);
    return error;
}

static int listed_contestants(struct plan *plan, const struct target *target,
                              const struct text_list *wanted, const struct suite *suite,
                              struct failure *failure)
{
    const struct csv_table *models = &target->models;
    int error = 0;
    for (size_t row = 1; row < models->rows && error == 0; row++) {
        const char *model = csv_field(models, row, csv_column(models, "model"));
        struct target_model found = target_find(target, model);
        const char *reason = found.reason[0] == '\0' ? "not available" : found.reason;
        /* An external server has no choice of models: who names it wants it. */
        if (target->kind != TARGET_IOMODELS ||
            is_chosen(wanted, suite, model, found.lesson_of, found.has_lessons))
            error = contestant_add(plan, target, model, found.available ? "" : reason, failure);
    }
    return error;
}

/* Whether any contestant is that model, the text's first word. */
static bool is_listed(const struct plan *plan, const char *word, size_t length)
{
    for (size_t i = 0; i < plan->contestant_count; i++)
        if (name_equals_part(plan->contestants[i].model, word, length))
            return true;
    return false;
}

static int unknown_model(const struct plan *plan, const char *word, size_t length,
                         struct failure *failure)
{
    failure_set(failure, "unknown model %.*s; known are", (int)length, word);
    for (size_t i = 0; i < plan->target_count; i++) {
        const struct csv_table *models = &plan->targets[i].models;
        for (size_t row = 1; row < models->rows; row++) {
            const char *name = csv_field(models, row, csv_column(models, "model"));
            bool told = false;
            for (size_t j = 0; j < i; j++)
                told |= target_find(&plan->targets[j], name).known;
            if (!told)
                failure_add(failure, " %s", name);
        }
    }
    return -1;
}

static int wanted_check(const struct plan *plan, const struct text_list *wanted,
                        struct failure *failure)
{
    for (size_t i = 0; i < wanted->count; i++)
        for (const char *at = wanted->items[i];; at++) {
            size_t word = strcspn(at, ",");
            if (!is_listed(plan, at, word))
                return unknown_model(plan, at, word, failure);
            at += word;
            if (*at == '\0')
                break;
        }
    return 0;
}

int plan_choose_models(struct plan *plan, const struct text_list *wanted, const struct suite *suite,
                       struct failure *failure)
{
    for (size_t i = 0; i < plan->target_count; i++) {
        const struct target *target = &plan->targets[i];
        int error = target->missing != NULL
                        ? missing_contestants(plan, target, wanted, suite, failure)
                        : listed_contestants(plan, target, wanted, suite, failure);
        if (error != 0)
            return -1;
    }
    if (wanted_check(plan, wanted, failure) != 0)
        return -1;
    for (size_t i = 0; i < plan->contestant_count; i++)
        if (plan->contestants[i].skipped[0] == '\0')
            return 0;
    if (plan->contestant_count == 0)
        failure_set(failure, "the targets list no %s",
                    suite != NULL && suite->lessons ? "lesson" : "model");
    else
        failure_set(failure, "%s can't run on %s: %s", plan->contestants[0].model,
                    plan->contestants[0].target->name, plan->contestants[0].skipped);
    return -1;
}

size_t plan_runs(const struct plan *plan)
{
    size_t runnable = 0;
    for (size_t i = 0; i < plan->contestant_count; i++)
        runnable += plan->contestants[i].skipped[0] == '\0';
    return runnable * plan->workload_count * plan->trials;
}

uint64_t plan_round_ns(const struct plan *plan, const struct run_settings *settings)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < plan->contestant_count; i++)
        if (plan->contestants[i].skipped[0] == '\0')
            sum += settings->warmup_ns + settings->duration_ns +
                   plan->contestants[i].target->start_ns + (uint64_t)RUN_OVERHEAD_MS * NS_PER_MS;
    return sum;
}

uint64_t plan_duration_ns(const struct plan *plan, const struct run_settings *settings)
{
    return plan_round_ns(plan, settings) * plan->workload_count * plan->trials;
}
