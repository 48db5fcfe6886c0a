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
#include "program/bench_choices.h"
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
#include "run/resume_folder.h"
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

/* The files beside histogram.csv that have lines of each row. */
static unsigned files_kept(const struct bench_request *given)
{
    return (given->interval_ns != 0 ? RESULTS_KEEP(ROW_FILE_INTERVALS) : 0) |
           (given->per_connection ? RESULTS_KEEP(ROW_FILE_CONNECTIONS) : 0);
}

static int folder_open(struct results *results, const struct bench_request *given,
                       struct failure *failure)
{
    const struct generator *generator = &given->generator;
    char run_id[24], folder[RESULTS_PATH_BYTES + 1];
    if (generator->count == 1)
        return results_open(results, given->out, files_kept(given), failure);
    if (clock_utc_ns() >= generator->start_utc_ns)
        return failure_set(failure,
                           "--start-at has passed before all was ready; choose a later moment");
    results_run_id(generator->start_utc_ns, run_id, sizeof run_id);
    snprintf(folder, sizeof folder, "%s/%s/generator-%u", given->out, run_id, generator->index);
    return results_open_at(results, folder, run_id, files_kept(given), failure);
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
    /* What follows from all finished rows stays as it is where not all were taken over. */
    if (error == 0 && bench->cancelled && bench_report_has_nothing_new(bench))
        return 0;
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
    if (given->format != NULL && bench_report_json(bench) != 0)
        status = EXIT_FAILED;
    if (given->format == NULL && (status == 0 || !bench_report_has_nothing_new(bench)))
        bench_report_results(bench, given, search);
    if (status == 0 && !bench->cancelled && bench_report_requirements(bench, given) != 0)
        status = EXIT_FAILED;
    if (given->report && given->generator.count == 1 && bench_report_page(bench, given) != 0)
        status = status == 0 ? EXIT_FAILED : status;
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
    if (error == 0 && given->generator.count == 1)
        results_can_resume(bench->results);
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
    if (!given->dry_run &&
        results_open_again(bench->results, given->resume, resume_fact(resume, "run_id"),
                           files_kept(given), &failure) != 0)
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

/* What the options ask for, but for the targets and their models. 0, or -1 with a failure: bad usage. */
static int plan_choose(struct plan *plan, const struct suite *suite, struct bench_request *given,
                       struct run_settings *settings, struct search *search,
                       struct failure *failure)
{
    struct requirement requirements[BENCH_REQUIREMENTS_MAX];
    size_t requirement_count;
    if (bench_interval_check(settings, failure) != 0 ||
        (given->rate_search != NULL && bench_search_choose(search, given, failure) != 0))
        return -1;
    plan->trials = (unsigned)(given->trials != 0 ? given->trials : suite->trials);
    if ((given->until_ci != NULL && bench_until_ci_choose(plan, given, failure) != 0) ||
        bench_format_choose(given, failure) != 0 ||
        bench_requirements_choose(requirements, &requirement_count, given, failure) != 0 ||
        plan_choose_workloads(plan, suite, given, failure) != 0 ||
        bench_shares_check(plan, given->generator.count, failure) != 0)
        return -1;
    return placement_choose(given, bench_threads_most(plan), settings, failure);
}

/* resume: of the run to go on with, or NULL; arguments: of the command line. */
static int bench(struct bench_request *given, struct plan *plan, const struct resume *resume,
                 const char *arguments)
{
    struct failure failure = {""};
    char names[160];
    const struct suite *suite = suite_find(given->suite);
    if (suite == NULL)
        return options_fail("bench", "unknown suite %s; known are %s", given->suite,
                            suite_names(names, sizeof names));
    struct run_settings settings = {
        .warmup_ns = given->warmup_ns != 0 ? given->warmup_ns : suite->warmup_ns,
        .duration_ns = given->duration_ns != 0 ? given->duration_ns : suite->duration_ns,
        .interval_ns = given->interval_ns,
        .per_connection = given->per_connection,
        .idle_wait_ns = given->generator.count > 1 ? 0 : given->idle_wait_ns,
        .buffer_bytes = given->buffer_bytes,
        .nodelay = !given->no_nodelay,
        .ports = &given->server_ports,
        .generator = &given->generator,
        .cancelled = interrupt_came,
    };
    struct search search = {.count = 0};
    bool searches = given->rate_search != NULL;
    if (plan_choose(plan, suite, given, &settings, &search, &failure) != 0)
        return options_fail("bench", "%s", failure.text);
    if (!interrupt_catch("bench"))
        return EXIT_FAILED;
    descriptors_raise("bench", bench_connections_most(plan));
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
    if (plan_choose_models(plan, &given->models, suite, &failure) != 0)
        return options_fail("bench", "%s", failure.text);
    bench_report_skipped(plan, &given->models);
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
    bool taken = bench_options_take(given, resume->argc, resume->argv, &status);
    given->resume = resume->folder;
    if (taken && resume_folder_check(resume->folder, given->out, &given->targets, &failure) != 0)
        status = options_fail("bench", "--resume %s: %s", resume->folder, failure.text);
    if (!taken || status != 0)
        resume_close(resume);
    return status;
}

int command_bench(int argc, char **argv)
{
    static struct plan plan;
    struct bench_request given;
    struct resume resume = {.folder = ""};
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
