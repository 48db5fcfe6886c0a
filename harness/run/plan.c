#include "run/plan.h"

#include <stdio.h>
#include <string.h>

#include "base/exit_status.h"
#include "base/failure.h"
#include "base/units.h"
#include "clock.h"
#include "host/descriptors.h"
#include "host/host.h"
#include "load/payload.h"
#include "model.h"
#include "names.h"
#include "program.h"

enum {
    CONNECTIONS_MAX = 1000000,
    RUN_OVERHEAD_MS = 150,
    NS_PER_MS = 1000000,
    CONNECTION_BYTES = 128 * 1024, /* both ends, amply: a thread's stack, the kernel's sockets */
    STEPS_DEFAULT = 4,
    WORKLOAD_NAME_BYTES = 80
};

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
    if (missing)
        *target = (struct target){.name = name, .missing = text + length + 1};
    else if (target_open(target, name, text + length + 1, cancelled, context, failure) != 0)
        return EXIT_FAILED;
    plan->target_count++;
    return 0;
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

/* lesson_of: "" for a model; has_lessons: a lesson changes it. */
static bool is_chosen(const struct text_list *wanted, bool want_lessons, const char *model,
                      const char *lesson_of, bool has_lessons)
{
    bool is_lesson = lesson_of[0] != '\0';
    if (wanted->count > 0)
        return text_list_names(wanted, model);
    return want_lessons ? is_lesson || has_lessons : !is_lesson;
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
                               const struct text_list *wanted, bool lessons,
                               struct failure *failure)
{
    int error = 0;
    for (const struct model_entry *entry = model_registry; entry->name != NULL && error == 0;
         entry++)
        if (is_chosen(wanted, lessons, entry->name,
                      entry->lesson_of == NULL ? "" : entry->lesson_of,
                      known_has_lessons(entry->name)))
            error = contestant_add(plan, target, entry->name, target->missing, failure);
    return error;
}

static int listed_contestants(struct plan *plan, const struct target *target,
                              const struct text_list *wanted, bool lessons, struct failure *failure)
{
    const struct csv_table *models = &target->models;
    int error = 0;
    for (size_t row = 1; row < models->rows && error == 0; row++) {
        const char *model = csv_field(models, row, csv_column(models, "model"));
        struct target_model found = target_find(target, model);
        const char *reason = found.reason[0] == '\0' ? "not available" : found.reason;
        if (is_chosen(wanted, lessons, model, found.lesson_of, found.has_lessons))
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

int plan_choose_models(struct plan *plan, const struct text_list *wanted, bool lessons,
                       struct failure *failure)
{
    for (size_t i = 0; i < plan->target_count; i++) {
        const struct target *target = &plan->targets[i];
        int error = target->missing != NULL
                        ? missing_contestants(plan, target, wanted, lessons, failure)
                        : listed_contestants(plan, target, wanted, lessons, failure);
        if (error != 0)
            return -1;
    }
    if (wanted_check(plan, wanted, failure) != 0)
        return -1;
    for (size_t i = 0; i < plan->contestant_count; i++)
        if (plan->contestants[i].skipped[0] == '\0')
            return 0;
    if (plan->contestant_count == 0)
        failure_set(failure, "the targets list no %s", lessons ? "lesson" : "model");
    else
        failure_set(failure, "%s can't run on %s: %s", plan->contestants[0].model,
                    plan->contestants[0].target->name, plan->contestants[0].skipped);
    return -1;
}

/* ---- the workloads ---- */

static bool takes_pipeline(const struct workload *workload)
{
    return workload->kind == WORKLOAD_STREAM || workload_is_open(workload->kind);
}

static bool takes_rate(const struct workload *workload)
{
    return workload->rate_msgs_per_s != 0;
}

static bool takes_burst_interval(const struct workload *workload)
{
    return workload->burst_interval_ns != 0;
}

static bool takes_active(const struct workload *workload)
{
    return workload->active != 0;
}

static bool takes_misbehaving(const struct workload *workload)
{
    return workload->misbehaving != 0;
}

static bool takes_steps(const struct workload *workload)
{
    return workload->kind == WORKLOAD_RAMP;
}

/* An option that no workload takes would change nothing without a word. */
static int options_check(const struct plan *plan, const struct bench_request *given,
                         struct failure *failure)
{
    const struct {
        const char *name;
        bool given;
        bool (*takes)(const struct workload *workload);
        const char *takers;
    } options[] = {
        {"--pipeline", given->pipeline_depth != 0, takes_pipeline, "stream, rate, burst or mixed"},
        {"--rate", given->rates.count != 0, takes_rate, "rate or mixed"},
        {"--burst-every", given->burst_interval_ns != 0, takes_burst_interval, "burst"},
        {"--active", given->active != 0, takes_active, "idle"},
        {"--misbehaving", given->misbehaving != 0, takes_misbehaving, "mixed"},
        {"--steps", given->steps != 0, takes_steps, "ramp"},
    };
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        bool taken = !options[i].given;
        for (size_t j = 0; j < plan->workload_count && !taken; j++)
            taken = options[i].takes(&plan->workloads[j]);
        if (!taken)
            return failure_set(failure, "%s is for --workload %s, which is not chosen",
                               options[i].name, options[i].takers);
    }
    return 0;
}

static bool same_workload(const struct workload *a, const struct workload *b)
{
    return a->kind == b->kind && a->connections == b->connections && a->active == b->active &&
           a->misbehaving == b->misbehaving && a->message_bytes == b->message_bytes &&
           a->pipeline_depth == b->pipeline_depth && a->rate_msgs_per_s == b->rate_msgs_per_s &&
           a->burst_interval_ns == b->burst_interval_ns;
}

/* Once: what is given twice would be two rows that nothing tells apart. */
static int workload_add(struct plan *plan, struct workload workload, struct failure *failure)
{
    if (workload.active > workload.connections)
        return failure_set(failure, "--active %u: %s has %u connections", workload.active,
                           workload_name(workload.kind), workload.connections);
    for (size_t i = 0; i < plan->workload_count; i++)
        if (same_workload(&plan->workloads[i], &workload))
            return 0;
    if (plan->workload_count == SUITE_WORKLOADS_MAX)
        return failure_set(failure, "more than %d workloads", SUITE_WORKLOADS_MAX);
    plan->workloads[plan->workload_count++] = workload;
    return 0;
}

/* Where its kind takes them, the options that hold one value for all. */
static void single_options_apply(struct workload *workload, const struct bench_request *given)
{
    if (given->pipeline_depth != 0 && takes_pipeline(workload))
        workload->pipeline_depth = (unsigned)given->pipeline_depth;
    if (given->burst_interval_ns != 0 && takes_burst_interval(workload))
        workload->burst_interval_ns = given->burst_interval_ns;
    if (given->active != 0 && takes_active(workload))
        workload->active = (unsigned)given->active;
    if (given->misbehaving != 0 && takes_misbehaving(workload))
        workload->misbehaving = (unsigned)given->misbehaving;
}

/* A ramp is a workload for each of its steps, all others are one. */
static int steps_add(struct plan *plan, struct workload workload, const struct bench_request *given,
                     struct failure *failure)
{
    uint64_t most = workload.connections, steps = 1;
    if (takes_steps(&workload))
        steps = given->steps != 0 ? given->steps : STEPS_DEFAULT;
    for (uint64_t i = 1; i <= steps; i++) {
        workload.connections = (unsigned)(most * i / steps);
        if (workload.connections > 0 && workload_add(plan, workload, failure) != 0)
            return -1;
    }
    return 0;
}

/* With every number of connections and every rate. */
static int counts_add(struct plan *plan, struct workload workload,
                      const struct bench_request *given, struct failure *failure)
{
    bool has_rates = given->rates.count > 0 && takes_rate(&workload);
    size_t counts = given->connections.count == 0 ? 1 : given->connections.count;
    size_t rates = has_rates ? given->rates.count : 1;
    for (size_t i = 0; i < counts; i++) {
        if (given->connections.count > 0)
            workload.connections = (unsigned)given->connections.items[i];
        for (size_t j = 0; j < rates; j++) {
            if (has_rates)
                workload.rate_msgs_per_s = given->rates.items[j];
            if (steps_add(plan, workload, given, failure) != 0)
                return -1;
        }
    }
    return 0;
}

/* One kind, with every message size too. */
static int kind_add(struct plan *plan, enum workload_kind kind, const struct bench_request *given,
                    struct failure *failure)
{
    struct workload workload = suite_workload_default(kind);
    const struct number_list *sizes = &given->message_sizes;
    single_options_apply(&workload, given);
    if (sizes->count == 0)
        return counts_add(plan, workload, given, failure);
    for (size_t i = 0; i < sizes->count; i++) {
        workload.message_bytes = (size_t)sizes->items[i];
        if (counts_add(plan, workload, given, failure) != 0)
            return -1;
    }
    return 0;
}

static int unknown_workload(const char *name, struct failure *failure)
{
    failure_set(failure, "unknown workload %s; known are", name);
    for (unsigned i = 0; i < workload_count(); i++)
        failure_add(failure, "%s %s", i == 0 ? "" : ",", workload_name((enum workload_kind)i));
    return -1;
}

/* As this machine allows; 0 where that is not known, or no more than the plan has already. */
static unsigned connections_that_fit(const struct plan *plan)
{
    uint64_t most = descriptors_most_connections(), fit = host_memory_left() / CONNECTION_BYTES;
    if (fit != 0 && fit < most)
        most = fit;
    most = most < CONNECTIONS_MAX ? most : CONNECTIONS_MAX;
    for (size_t i = 0; i < plan->workload_count; i++)
        if (plan->workloads[i].connections >= most)
            return 0;
    return (unsigned)most;
}

int plan_choose_workloads(struct plan *plan, const struct suite *suite,
                          const struct bench_request *given, struct failure *failure)
{
    const struct text_list *kinds = &given->workloads;
    if (kinds->count == 0 && given->connections.count == 0 && given->message_sizes.count == 0) {
        for (size_t i = 0; i < suite->count; i++) {
            struct workload workload = suite->workloads[i];
            if (workload.connections == SUITE_CONNECTIONS_MOST)
                workload.connections = connections_that_fit(plan);
            single_options_apply(&workload, given);
            if (workload.connections > 0)
                plan->workloads[plan->workload_count++] = workload;
        }
        return options_check(plan, given, failure);
    }
    /* What is given by hand replaces the suite's list; ping-pong is what most people mean. */
    const struct text_list pingpong = {{"pingpong"}, 1};
    if (kinds->count == 0)
        kinds = &pingpong;
    char name[WORKLOAD_NAME_BYTES];
    for (size_t i = 0; text_list_word(kinds, i, name, sizeof name); i++) {
        enum workload_kind kind;
        if (!workload_find(name, &kind))
            return unknown_workload(name, failure);
        if (kind_add(plan, kind, given, failure) != 0)
            return -1;
    }
    return options_check(plan, given, failure);
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
