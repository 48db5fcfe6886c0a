#include "program/bench_choices.h"

#include "base/units.h"
#include "load/load_options.h"
#include "names.h"
#include "stats/statistics.h"

unsigned bench_connections_most(const struct plan *plan)
{
    unsigned most = 0;
    for (size_t i = 0; i < plan->workload_count; i++)
        if (workload_server_connections(&plan->workloads[i]) > most)
            most = workload_server_connections(&plan->workloads[i]);
    return most;
}

/* That a server is asked for; 0: each model makes its own choice. */
unsigned bench_threads_most(const struct plan *plan)
{
    unsigned most = 0;
    for (size_t i = 0; i < plan->workload_count; i++)
        if (plan->workloads[i].threads > most)
            most = plan->workloads[i].threads;
    return most;
}

/* Each has a part of it, or no connections to send it on. */
static bool rate_is_shared(const struct workload *workload, unsigned generators)
{
    for (unsigned i = 1; i <= generators; i++) {
        struct workload share = workload_share(workload, i, generators);
        if (share.connections > 0 && share.rate_msgs_per_s == 0)
            return false;
    }
    return true;
}

/* Of what not each generator can have a part. 0, or -1 with a failure. */
int bench_shares_check(const struct plan *plan, unsigned generators, struct failure *failure)
{
    for (size_t i = 0; i < plan->workload_count; i++) {
        const struct workload *workload = &plan->workloads[i];
        bool rate = workload->rate_msgs_per_s != 0 && !rate_is_shared(workload, generators);
        if (!rate && (workload->active == 0 || workload->active >= generators))
            continue;
        return failure_set(failure,
                           "%s is too small for %u load generators: each takes a part of it",
                           rate ? "--rate" : "--active", generators);
    }
    return 0;
}

int bench_interval_check(const struct run_settings *settings, struct failure *failure)
{
    char interval[24], window[24], least[24];
    uint64_t least_ns = (settings->duration_ns + LOAD_INTERVALS_MOST - 1) / LOAD_INTERVALS_MOST;
    if (settings->interval_ns == 0 || settings->interval_ns >= least_ns)
        return 0;
    return failure_set(failure,
                       "--interval %s: a window of %s has more than %d of them, the most that are "
                       "kept; at least %s is needed",
                       units_format_duration(settings->interval_ns, interval, sizeof interval),
                       units_format_duration(settings->duration_ns, window, sizeof window),
                       LOAD_INTERVALS_MOST, units_format_duration(least_ns, least, sizeof least));
}

/* What --until-ci asks for. 0, or -1 with a failure. */
int bench_until_ci_choose(struct plan *plan, const struct bench_request *given,
                          struct failure *failure)
{
    enum { TRIALS_MOST_DEFAULT = 50 };
    const char *wrong = NULL;
    if (given->trials == 0)
        plan->trials = TRIALS_MOST_DEFAULT;
    if (!units_parse_percent(given->until_ci, &plan->until_ci) || plan->until_ci <= 0)
        wrong = "not a share of the median in percent, such as 5";
    else if (plan->trials < STATISTICS_TRIALS_MIN)
        wrong = "an interval takes at least 6 --trials";
    else if (given->rate_search != NULL)
        wrong = "not with --rate-search, whose trials only decide by majority";
    else if (given->generator.count > 1)
        wrong = "not with several generators, which would not all stop at once";
    if (wrong == NULL)
        return 0;
    return failure_set(failure, "--until-ci %s: %s", given->until_ci, wrong);
}

/* What --rate-search asks for. 0, or -1 with a failure. */
int bench_search_choose(struct search *search, struct bench_request *given, struct failure *failure)
{
    enum { TRIALS_DEFAULT = 3 };
    search->trials = given->trials == 0 ? TRIALS_DEFAULT : (unsigned)given->trials;
    if (rate_bound_parse(given->rate_search, &search->bound, failure) != 0)
        return -1;
    if (given->workloads.count == 0)
        given->workloads = (struct text_list){{workload_rate.name}, 1};
    const char *wrong = NULL;
    char name[80], only[160], takers[120];
    snprintf(only, sizeof only, "is for --workload %s only",
             workload_takers(WORKLOAD_RATE, takers, sizeof takers));
    for (size_t i = 0; text_list_word(&given->workloads, i, name, sizeof name); i++) {
        const struct workload_kind *kind = workload_find(name);
        if (kind == NULL || (kind->options & WORKLOAD_RATE) == 0)
            wrong = only;
    }
    if (given->rates.count > 1)
        wrong = "begins at one --rate";
    else if (search->trials % 2 == 0)
        wrong = "takes an odd number of --trials, since their majority decides";
    else if (given->generator.count > 1)
        wrong = "takes one load generator";
    if (wrong == NULL)
        return 0;
    return failure_set(failure, "--rate-search %s", wrong);
}

int bench_requirements_choose(struct requirement *requirements, size_t *count,
                              const struct bench_request *given, struct failure *failure)
{
    const char *wrong = NULL;
    char text[80];
    *count = 0;
    if (given->requirements.count == 0)
        return 0;
    if (given->rate_search != NULL)
        wrong = "not with --rate-search, which looks for the rate that keeps a limit";
    else if (given->generator.count > 1)
        wrong = "not with several generators: each has only its own part of the figures";
    if (wrong != NULL)
        return failure_set(failure, "--require %s: %s", given->requirements.items[0], wrong);
    for (; text_list_word(&given->requirements, *count, text, sizeof text); (*count)++) {
        if (*count == BENCH_REQUIREMENTS_MAX)
            return failure_set(failure, "--require: more than %d limits", BENCH_REQUIREMENTS_MAX);
        if (requirement_parse(text, &requirements[*count], failure) != 0)
            return -1;
    }
    return 0;
}

int bench_format_choose(const struct bench_request *given, struct failure *failure)
{
    if (given->format == NULL)
        return 0;
    if (!name_equals("json", given->format))
        return failure_set(failure, "--format %s: json is the only one", given->format);
    if (given->rate_search != NULL || given->generator.count > 1)
        return failure_set(
            failure,
            "--format json is the summary of a whole run: not with --rate-search, nor with "
            "several generators");
    return 0;
}
