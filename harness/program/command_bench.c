#include <stdio.h>
#include <stdlib.h>

#include "base/failure.h"
#include "base/terminal.h"
#include "base/units.h"
#include "base/utf8.h"
#include "clock.h"
#include "host/child.h"
#include "host/descriptors.h"
#include "load/engine.h"
#include "load/payload.h"
#include "program.h"
#include "program/bench_options.h"
#include "program/bench_report.h"
#include "program/command.h"
#include "program/interrupt.h"
#include "program/options.h"
#include "run/bench.h"
#include "run/environment.h"
#include "run/placement.h"
#include "run/plan_workloads.h"
#include "run/resume.h"
#include "run/search.h"
#include "run/target_reach.h"

/* One that was named: environment.csv, which is UTF-8, keeps it for --resume. As plan_add_target. */
static int add_target(struct plan *plan, const char *text, bool missing, struct failure *failure)
{
    if (utf8_is_valid(text))
        return plan_add_target(plan, text, missing, interrupt_came, NULL, failure);
    failure_set(
        failure,
        "--target%s %s: not in UTF-8, as the files of a run are, so that --resume would not "
        "find it again; rename it, or name it by a link",
        missing ? "-missing" : "", text);
    return EXIT_USAGE;
}

static int add_targets(struct plan *plan, const struct bench_request *given,
                       struct failure *failure)
{
    int status = given->targets.count == 0 ? plan_add_self(plan, interrupt_came, NULL, failure) : 0;
    for (size_t i = 0; i < given->targets.count && status == 0; i++)
        status = add_target(plan, given->targets.items[i], false, failure);
    for (size_t i = 0; i < given->missing.count && status == 0; i++)
        status = add_target(plan, given->missing.items[i], true, failure);
    return status;
}

static int fail(const char *message)
{
    terminal_progress(NULL);
    fprintf(stderr, "iomodels bench: %s\n", message);
    return EXIT_FAILED;
}

static int folder_open(struct results *results, const struct bench_request *given,
                       struct failure *failure)
{
    const struct generator *generator = &given->generator;
    char run_id[24], folder[RESULTS_PATH_BYTES + 1];
    if (generator->count == 1)
        return results_open(results, given->out, failure);
    if (clock_utc_ns() >= generator->start_utc_ns)
        return failure_set(failure,
                           "--start-at has passed before all was ready; choose a later moment");
    results_run_id(generator->start_utc_ns, run_id, sizeof run_id);
    snprintf(folder, sizeof folder, "%s/%s/generator-%u", given->out, run_id, generator->index);
    return results_open_at(results, folder, run_id, failure);
}

static int search_write_csv(struct csv_writer *csv, const void *context)
{
    return search_write(context, csv);
}

/* Measures the plan, or searches by it. 0, or -1 with a failure. */
static int measure(struct bench *bench, struct search *search, struct failure *failure)
{
    program_usage_prepare();
    int error = search == NULL ? bench_run(bench, failure) : search_run(search, bench, failure);
    terminal_progress(NULL);
    if (error == 0 && search != NULL)
        error =
            results_write_csv(bench->results, "rate_search.csv", search_write_csv, search, failure);
    if (error == 0)
        return bench_write_derived(bench, failure);
    /* What is kept of the run is summed up all the same; the first cause is the one to tell. */
    if (bench->row_lost)
        (void)bench_write_derived(bench, NULL);
    return error;
}

/* Measures, keeps, shows. search: NULL, or what is searched. The exit status. */
static int carry_out(struct bench *bench, const struct bench_request *given, struct search *search)
{
    struct failure failure = {""};
    int error = bench_open(bench);
    if (error != 0)
        failure_set(&failure, "out of memory");
    else
        error = measure(bench, search, &failure);
    int status = error == 0 ? 0 : fail(failure.text);
    if (results_close(bench->results, &failure) != 0 && status == 0)
        status = fail(failure.text);
    if (status == 0 || !bench_report_has_nothing_new(bench))
        bench_report_results(bench, given, search);
    if (bench->cancelled)
        status = EXIT_INTERRUPTED;
    else if (status == 0 && bench->failed > 0)
        status = EXIT_FAILED;
    bench_close(bench);
    if (search != NULL)
        search_free(search);
    return status;
}

/* A new run. */
static int begin(struct bench *bench, const struct bench_request *given,
                 struct run_settings *settings, struct search *search, const char *arguments)
{
    struct failure failure = {""};
    struct environment environment;
    if (search == NULL)
        bench_report_plan(bench->plan, settings, 0);
    else
        bench_report_search(search, bench->plan, settings);
    if (given->dry_run)
        return 0;
    if (folder_open(bench->results, given, &failure) != 0)
        return fail(failure.text);
    settings->run_id = bench->results->run_id;
    int error = environment_gather(&environment, bench, given->suite, arguments, &failure);
    if (error == 0)
        error = results_write_environment(bench->results, environment.facts, environment.count,
                                          &failure);
    environment_free(&environment);
    if (error == 0)
        return carry_out(bench, given, search);
    (void)results_close(bench->results, NULL);
    return fail(failure.text);
}

/* What bench needs to know of the run that it goes on with. */
struct going_on {
    const struct resume *resume;
    struct results *results;
};

static int note(void *context, struct failure *failure)
{
    const struct going_on *going_on = context;
    return resume_note(going_on->resume, going_on->results, failure);
}

static int same_environment(const struct bench *bench, const struct bench_request *given,
                            const struct resume *resume, struct failure *failure)
{
    struct environment environment;
    int error = environment_gather(&environment, bench, given->suite, resume->arguments, failure);
    if (error == 0)
        error = resume_check(resume, environment.facts, environment.count, failure);
    environment_free(&environment);
    return error;
}

/* The rows of a run that stopped, where more can be added to them. */
static int finished_open(struct results_reader *finished, const char *folder,
                         struct failure *failure)
{
    if (results_reader_open(finished, folder, failure) != 0)
        return -1;
    if (finished->foreign == NULL)
        return 0;
    failure_set(
        failure,
        "%s/%s: it has not the columns that bench writes, so that no rows can be added; was "
        "it saved by another program? Put the original back, or begin a new run",
        folder, finished->foreign);
    results_reader_close(finished);
    return -1;
}

/* The rows of a run that stopped, and the rest of it. */
static int go_on(struct bench *bench, const struct bench_request *given,
                 struct run_settings *settings, struct search *search, const struct resume *resume)
{
    struct failure failure = {""};
    struct results_reader finished;
    struct going_on going_on = {resume, bench->results};
    if (same_environment(bench, given, resume, &failure) != 0)
        return fail(failure.text);
    /* Before it is read, so that nobody else writes on meanwhile. */
    if (!given->dry_run && results_open_again(bench->results, given->resume,
                                              resume_fact(resume, "run_id"), &failure) != 0)
        return fail(failure.text);
    settings->run_id = bench->results->run_id;
    int status = 0;
    if (finished_open(&finished, given->resume, &failure) != 0) {
        if (!given->dry_run)
            (void)results_close(bench->results, NULL);
        return fail(failure.text);
    }
    if (search == NULL)
        bench_report_plan(bench->plan, settings, bench_finished_runs(&finished));
    bench->finished = &finished;
    bench->going_on = note;
    bench->context = &going_on;
    if (!given->dry_run)
        status = carry_out(bench, given, search);
    bench->finished = NULL;
    bench->context = NULL;
    results_reader_close(&finished);
    return status;
}

static unsigned connections_most(const struct plan *plan)
{
    unsigned most = 0;
    for (size_t i = 0; i < plan->workload_count; i++)
        if (workload_server_connections(&plan->workloads[i]) > most)
            most = workload_server_connections(&plan->workloads[i]);
    return most;
}

/* Of what not each generator can have a part. 0, or -1 with a failure. */
static int shares_check(const struct plan *plan, unsigned generators, struct failure *failure)
{
    for (size_t i = 0; i < plan->workload_count; i++) {
        const struct workload *workload = &plan->workloads[i];
        bool rate = workload->rate_msgs_per_s != 0 && workload->rate_msgs_per_s < generators;
        if (!rate && (workload->active == 0 || workload->active >= generators))
            continue;
        return failure_set(failure,
                           "%s is too small for %u load generators: each takes a part of it",
                           rate ? "--rate" : "--active", generators);
    }
    return 0;
}

/* What --until-ci asks for. 0, or -1 with a failure. */
static int until_ci_choose(struct plan *plan, const struct bench_request *given,
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
static int search_choose(struct search *search, struct bench_request *given,
                         struct failure *failure)
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

/* resume: of the run to go on with, or NULL; arguments: of the command line. */
static int bench(struct bench_request *given, struct plan *plan, const struct resume *resume,
                 const char *arguments)
{
    struct failure failure = {""};
    const struct suite *suite = suite_find(given->suite);
    if (suite == NULL)
        return options_fail("bench", "unknown suite %s; known are quick, smoke, lessons, textbook",
                            given->suite);
    struct run_settings settings = {
        .warmup_ns = given->warmup_ns != 0 ? given->warmup_ns : suite->warmup_ns,
        .duration_ns = given->duration_ns != 0 ? given->duration_ns : suite->duration_ns,
        .idle_wait_ns = given->generator.count > 1 ? 0 : given->idle_wait_ns,
        .buffer_bytes = given->buffer_bytes,
        .threads = given->threads != 0 ? (unsigned)given->threads : suite->threads,
        .nodelay = !given->no_nodelay,
        .ports = &given->server_ports,
        .generator = &given->generator,
        .cancelled = interrupt_came,
    };
    struct search search = {.count = 0};
    bool searches = given->rate_search != NULL;
    if (searches && search_choose(&search, given, &failure) != 0)
        return options_fail("bench", "%s", failure.text);
    plan->trials = (unsigned)(given->trials != 0 ? given->trials : suite->trials);
    if (given->until_ci != NULL && until_ci_choose(plan, given, &failure) != 0)
        return options_fail("bench", "%s", failure.text);
    if (plan_choose_workloads(plan, suite, given, &failure) != 0 ||
        shares_check(plan, given->generator.count, &failure) != 0 ||
        placement_choose(given, &settings, &failure) != 0)
        return options_fail("bench", "%s", failure.text);
    if (!interrupt_catch("bench"))
        return EXIT_FAILED;
    descriptors_raise("bench", connections_most(plan));
    if (engine_waits_otherwise(failure.text, sizeof failure.text))
        fprintf(stderr, "iomodels bench: %s\n", failure.text);
    payload_init();
    int status = add_targets(plan, given, &failure);
    if (interrupt_came(NULL))
        return EXIT_INTERRUPTED;
    if (status != 0)
        return status == EXIT_USAGE ? options_fail("bench", "%s", failure.text)
                                    : fail(failure.text);
    if (reach_choose(plan->targets, plan->target_count, &given->connects, &given->server_binds,
                     &failure) != 0)
        return options_fail("bench", "%s", failure.text);
    if (plan_choose_models(plan, &given->models, suite->lessons, &failure) != 0)
        return options_fail("bench", "%s", failure.text);
    static struct results results;
    struct bench bench = {
        .plan = plan, .settings = &settings, .results = &results, .seed = given->seed};
    if (searches && resume != NULL && resume->changes)
        return options_fail("bench", "--trials can't be changed: --rate-search decides by them");
    struct search *searched = searches ? &search : NULL;
    return resume == NULL ? begin(&bench, given, &settings, searched, arguments)
                          : go_on(&bench, given, &settings, searched, resume);
}

/* The options of a run that stopped, and what is given now. The exit status, or 0. */
static int options_resume(struct bench_request *given, struct resume *resume, int argc, char **argv)
{
    struct failure failure = {""};
    int status = resume_open(resume, given->resume, argc, argv, &failure);
    if (status != 0)
        return status == EXIT_USAGE ? options_fail("bench", "%s", failure.text)
                                    : fail(failure.text);
    if (!bench_options_take(given, resume->argc, resume->argv, &status))
        resume_close(resume);
    return status;
}

int command_bench(int argc, char **argv)
{
    static struct plan plan;
    struct bench_request given;
    struct resume resume = {.folder = NULL};
    int status;
    if (!bench_options_take(&given, argc, argv, &status))
        return status;
    bool resumes = given.resume != NULL;
    if (resumes && (status = options_resume(&given, &resume, argc, argv)) != 0)
        return status;
    char *arguments = child_quote_words((const char *const *)argv, (size_t)argc);
    status = arguments == NULL ? fail("out of memory")
                               : bench(&given, &plan, resumes ? &resume : NULL, arguments);
    free(arguments);
    plan_close(&plan);
    resume_close(&resume);
    return status;
}
