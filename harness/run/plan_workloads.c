#include "run/plan_workloads.h"

#include "host/descriptors.h"
#include "host/host.h"
#include "load/work_text.h"
#include "server.h"

enum {
    CONNECTION_BYTES = 128 * 1024, /* both ends, amply: a thread's stack, the kernel's sockets */
    WORKLOAD_NAME_BYTES = 80,
    WORKLOAD_NAMES_BYTES = 160
};

static bool takes(const struct workload *workload, enum workload_option option)
{
    return (workload->kind->options & option) != 0;
}

/* An option that no workload takes would change nothing without a word. */
static int options_check(const struct plan *plan, const struct bench_request *given,
                         struct failure *failure)
{
    const struct {
        const char *name;
        enum workload_option option;
        bool given;
    } options[] = {
        {"--pipeline", WORKLOAD_PIPELINE, given->pipeline_depth != 0},
        {"--rate", WORKLOAD_RATE, given->rates.count != 0},
        {"--burst-every", WORKLOAD_BURST_EVERY, given->burst_interval_ns != 0},
        {"--active", WORKLOAD_ACTIVE, given->active != 0},
        {"--misbehaving", WORKLOAD_MISBEHAVING, given->misbehaving != 0},
        {"--steps", WORKLOAD_STEPS, given->steps != 0},
    };
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        char takers[WORKLOAD_NAMES_BYTES];
        bool taken = !options[i].given;
        for (size_t j = 0; j < plan->workload_count && !taken; j++)
            taken = takes(&plan->workloads[j], options[i].option);
        if (!taken)
            return failure_set(failure, "%s is for --workload %s, which is not chosen",
                               options[i].name,
                               workload_takers(options[i].option, takers, sizeof takers));
    }
    return 0;
}

/* What its numbers can't be, together. */
static int numbers_check(const struct workload *workload, struct failure *failure)
{
    if (workload->active > workload->connections)
        return failure_set(failure, "--active %u: %s has %u connections", workload->active,
                           workload->kind->name, workload->connections);
    if (workload_server_connections(workload) > SERVER_CONNECTIONS_MAX)
        return failure_set(failure,
                           "--connections %u: %s can have %u at most; its server would need room "
                           "for %u, and a server has at most %d",
                           workload->connections, workload->kind->name,
                           workload_connections_most(workload),
                           workload_server_connections(workload), SERVER_CONNECTIONS_MAX);
    return 0;
}

/* Once: what is given twice would be two rows that nothing tells apart. */
static int workload_add_one(struct plan *plan, struct workload workload, struct failure *failure)
{
    if (numbers_check(&workload, failure) != 0)
        return -1;
    for (size_t i = 0; i < plan->workload_count; i++)
        if (workload_equals(&plan->workloads[i], &workload))
            return 0;
    if (plan->workload_count == SUITE_WORKLOADS_MAX)
        return failure_set(failure, "more than %d workloads", SUITE_WORKLOADS_MAX);
    plan->workloads[plan->workload_count++] = workload;
    return 0;
}

/* Where clients misbehave, also what it is without them. */
static int workload_add(struct plan *plan, struct workload workload, struct failure *failure)
{
    struct workload undisturbed = workload;
    undisturbed.kind = workload.kind->undisturbed;
    undisturbed.misbehaving = 0;
    if (undisturbed.kind != NULL && workload_add_one(plan, undisturbed, failure) != 0)
        return -1;
    return workload_add_one(plan, workload, failure);
}

/* Where its kind takes them, the options that hold one value for all. */
static void single_options_apply(struct workload *workload, const struct bench_request *given)
{
    if (given->pipeline_depth != 0 && takes(workload, WORKLOAD_PIPELINE))
        workload->pipeline_depth = (unsigned)given->pipeline_depth;
    if (given->burst_interval_ns != 0 && takes(workload, WORKLOAD_BURST_EVERY))
        workload->burst_interval_ns = given->burst_interval_ns;
    if (given->active != 0 && takes(workload, WORKLOAD_ACTIVE))
        workload->active = (unsigned)given->active;
    if (given->misbehaving != 0 && takes(workload, WORKLOAD_MISBEHAVING))
        workload->misbehaving = (unsigned)given->misbehaving;
}

/* A kind that takes steps is a workload for each of them, all others are one. */
static int steps_add(struct plan *plan, struct workload workload, const struct bench_request *given,
                     struct failure *failure)
{
    uint64_t most = workload.connections, steps = 1;
    if (takes(&workload, WORKLOAD_STEPS))
        steps = given->steps != 0 ? given->steps : workload.kind->steps;
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
    bool has_rates = given->rates.count > 0 && takes(&workload, WORKLOAD_RATE);
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

typedef int workload_adder(struct plan *plan, struct workload workload,
                           const struct bench_request *given, struct failure *failure);

/* With every message size too. */
static int sizes_add(struct plan *plan, struct workload workload, const struct bench_request *given,
                     struct failure *failure)
{
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

/*
 * The time at that place of an option's lists; without the option it stays what it is, once. 1, 0
 * where there is no such place, or -1 with a failure.
 */
static int work_at(const struct text_list *lists, size_t index, const char *option,
                   struct work_time *time, struct failure *failure)
{
    char word[WORKLOAD_NAME_BYTES];
    if (lists->count == 0)
        return index == 0;
    if (!text_list_word(lists, index, word, sizeof word))
        return 0;
    if (!work_time_parse(word, time))
        return failure_set(failure, "%s %s: not " WORK_TIME_FORM, option, word);
    return 1;
}

/* With every number of threads too. */
static int threads_add(struct plan *plan, struct workload workload,
                       const struct bench_request *given, workload_adder *add,
                       struct failure *failure)
{
    const struct number_list *threads = &given->threads;
    if (threads->count == 0)
        return add(plan, workload, given, failure);
    for (size_t i = 0; i < threads->count; i++) {
        workload.threads = (unsigned)threads->items[i];
        if (add(plan, workload, given, failure) != 0)
            return -1;
    }
    return 0;
}

/* With every work that was asked for, each of the processor with each wait. */
static int works_add(struct plan *plan, struct workload workload, const struct bench_request *given,
                     workload_adder *add, struct failure *failure)
{
    int cpu, wait = 0;
    workload.client_threads = (unsigned)given->client_threads;
    for (size_t i = 0;
         (cpu = work_at(&given->work_cpu, i, "--work-cpu", &workload.work_cpu, failure)) > 0; i++) {
        for (size_t j = 0; (wait = work_at(&given->work_wait, j, "--work-wait", &workload.work_wait,
                                           failure)) > 0;
             j++)
            if (threads_add(plan, workload, given, add, failure) != 0)
                return -1;
        if (wait < 0)
            return -1;
    }
    return cpu;
}

static int unknown_workload(const char *name, struct failure *failure)
{
    failure_set(failure, "unknown workload %s; known are", name);
    for (size_t i = 0; workload_kinds[i] != NULL; i++)
        failure_add(failure, "%s %s", i == 0 ? "" : ",", workload_kinds[i]->name);
    return -1;
}

/* As this machine allows; 0 where that is not known, or no more than the plan has already. */
static unsigned connections_that_fit(const struct plan *plan)
{
    uint64_t most = descriptors_most_connections(), fit = host_memory_left() / CONNECTION_BYTES;
    if (fit != 0 && fit < most)
        most = fit;
    most = most < SERVER_CONNECTIONS_MAX ? most : SERVER_CONNECTIONS_MAX;
    for (size_t i = 0; i < plan->workload_count; i++)
        if (plan->workloads[i].connections >= most)
            return 0;
    return (unsigned)most;
}

static int suite_workload_add(struct plan *plan, struct workload workload,
                              const struct bench_request *given, struct failure *failure)
{
    single_options_apply(&workload, given);
    return workload_add(plan, workload, failure);
}

int plan_choose_workloads(struct plan *plan, const struct suite *suite,
                          const struct bench_request *given, struct failure *failure)
{
    const struct text_list *kinds = &given->workloads;
    if (kinds->count == 0 && given->connections.count == 0 && given->message_sizes.count == 0) {
        for (size_t i = 0; i < suite->count; i++) {
            struct workload workload = workload_default(suite->workloads[i].kind);
            workload.connections = suite->workloads[i].connections;
            if (workload.connections == SUITE_CONNECTIONS_MOST)
                workload.connections = connections_that_fit(plan);
            workload.work_cpu.mean_ns = suite->workloads[i].work_cpu_ns;
            workload.work_wait.mean_ns = suite->workloads[i].work_wait_ns;
            unsigned threads = suite->workloads[i].threads;
            if (threads > 2 && threads > host_cpu_count() / 2)
                continue;
            workload.threads = threads != 0 ? threads : suite->threads;
            if (workload.connections > 0 &&
                works_add(plan, workload, given, suite_workload_add, failure) != 0)
                return -1;
        }
        return options_check(plan, given, failure);
    }
    /* What is given by hand replaces the suite's list; ping-pong is what most people mean. */
    const struct text_list pingpong = {{workload_pingpong.name}, 1};
    if (kinds->count == 0)
        kinds = &pingpong;
    char name[WORKLOAD_NAME_BYTES];
    for (size_t i = 0; text_list_word(kinds, i, name, sizeof name); i++) {
        const struct workload_kind *kind = workload_find(name);
        if (kind == NULL)
            return unknown_workload(name, failure);
        struct workload workload = workload_default(kind);
        workload.threads = suite->threads;
        if (works_add(plan, workload, given, sizes_add, failure) != 0)
            return -1;
    }
    return options_check(plan, given, failure);
}
