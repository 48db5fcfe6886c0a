#include "program/bench_report.h"

#include <stdio.h>
#include <string.h>

#include "base/terminal.h"
#include "base/units.h"
#include "host/shell.h"
#include "program.h"
#include "program/bench_choices.h"
#include "program/report_file.h"
#include "report/explain.h"
#include "report/summary_table.h"
#include "report/textbook_table.h"
#include "report/warnings_table.h"
#include "rows/median_width.h"
#include "rows/summary.h"

/* How well the medians of each workload are known, where that was asked for. */
static void widths_print(const struct bench *bench)
{
    char text[120];
    struct cells cells = {.count = 0};
    bool complete = cells_of_rows(&cells, bench->rows, bench->row_count) == 0;
    for (size_t i = 0; i < cells.configurations && complete; i++) {
        struct median_width width = median_width_of(&cells, i);
        if (width.worst <= bench->plan->until_ci)
            continue;
        printf("\nnot so precise: %s: %s on %s", row_workload_text(width.row, text, sizeof text),
               width.row->model, width.row->target);
        if (width.worst < 1e9)
            printf(" is known to +-%.1f %%", 100 * width.worst);
        else
            printf(" has too few trials to tell");
        printf(", not %g %%; more --trials may help\n", 100 * bench->plan->until_ci);
    }
    cells_free(&cells);
}

/* Whether every workload finds out how many connections can be had. */
static bool finds_capacity(const struct plan *plan)
{
    for (size_t i = 0; i < plan->workload_count; i++)
        if (!plan->workloads[i].kind->finds_capacity)
            return false;
    return true;
}

/* Rounded up. */
static const char *whole_seconds(uint64_t ns, char *text, size_t size)
{
    const uint64_t second = 1000000000;
    return units_format_duration((ns / second + 1) * second, text, size);
}

/* Whether a target has the model and can run it. */
static bool can_run(const struct plan *plan, const char *model)
{
    for (size_t i = 0; i < plan->contestant_count; i++)
        if (strcmp(plan->contestants[i].model, model) == 0 &&
            plan->contestants[i].skipped[0] == '\0')
            return true;
    return false;
}

void bench_report_skipped(const struct plan *plan, const struct text_list *wanted)
{
    size_t skipped = 0;
    for (size_t i = 0; i < plan->contestant_count; i++) {
        const struct contestant *contestant = &plan->contestants[i];
        bool again = false;
        for (size_t j = 0; j < i; j++)
            again |= strcmp(plan->contestants[j].model, contestant->model) == 0;
        /* That a target is missing was said by who named it. */
        if (again || contestant->target->missing != NULL ||
            !text_list_names(wanted, contestant->model) || can_run(plan, contestant->model))
            continue;
        fprintf(stderr, "iomodels bench: %s will not be measured on %s: %s\n", contestant->model,
                contestant->target->name, contestant->skipped);
        skipped++;
    }
    if (skipped > 0 && plan->target_count == 1)
        fprintf(stderr, "iomodels bench: on Linux, harness/bench takes the same options and "
                        "measures the models of both systems, those of Windows under Wine\n");
}

void bench_report_plan(const struct plan *plan, const struct run_settings *settings,
                       size_t finished)
{
    char about[32];
    const struct generator *generator = settings->generator;
    uint64_t ns = plan_duration_ns(plan, settings);
    if (generator->count > 1) {
        fprintf(stderr, "generator %u of %u, by %s\n", generator->index, generator->count,
                generator->known_by);
        if (generator->index > 1)
            return;
        ns = plan_runs(plan) *
             generator_slot_length_ns(generator, settings->warmup_ns, settings->duration_ns);
    }
    size_t runs = plan_runs(plan), left = finished < runs ? runs - finished : 0;
    if (runs > 0)
        ns = ns / runs * left;
    fprintf(stderr, "%s%zu run%s, %s %s", plan->until_ci > 0 ? "at most " : "", left,
            left == 1 ? "" : "s", plan->until_ci > 0 ? "up to" : "about",
            whole_seconds(ns, about, sizeof about));
    if (finished > 0)
        fprintf(stderr, "; %zu are there", finished);
    fprintf(stderr, "\n");
}

void bench_report_search(const struct search *search, const struct plan *plan,
                         const struct run_settings *settings)
{
    char about[32];
    fprintf(stderr, "a search: about %zu runs, about %s\n", search_runs(search, plan),
            whole_seconds(search_duration_ns(search, plan, settings), about, sizeof about));
}

static void go_on_print(const char *folder)
{
    const char *const words[] = {"bench", "--resume", folder};
    printf("go on with: ");
    shell_print_command(stdout, words, sizeof words / sizeof words[0]);
}

bool bench_report_has_nothing_new(const struct bench *bench)
{
    return bench->finished != NULL && bench->row_count <= bench->replayed;
}

/* Of a part, rates and percentiles would mislead. */
void bench_report_results(const struct bench *bench, const struct bench_request *given,
                          const struct search *search)
{
    unsigned width = terminal_table_width(stdout);
    struct text_list targets = {.count = 0};
    for (size_t i = 0; i < bench->plan->target_count; i++)
        targets.items[targets.count++] = bench->plan->targets[i].name;
    if (search != NULL)
        search_print(search, stdout);
    else if (given->generator.count == 1 && finds_capacity(bench->plan))
        textbook_table_print(stdout, bench->rows, bench->row_count, &targets, width);
    else if (given->generator.count == 1)
        summary_table_print(stdout, bench->rows, bench->row_count, &targets, width);
    if (given->explain)
        explain_print(stdout, bench->rows, bench->row_count, &targets, width);
    if (bench->plan->until_ci > 0)
        widths_print(bench);
    warnings_print(stdout, bench->rows, bench->row_count, terminal_text_width(stdout));
    printf("\n");
    if (bench->cancelled)
        printf("interrupted; the finished rows are kept.\n");
    else if (bench_report_has_nothing_new(bench))
        printf("this run was finished: nothing was left to be measured.\n");
    if (bench->results->folder.state != RESULTS_GONE)
        printf("results: %s\n", bench->results->folder.path);
    bool is_part = bench->cancelled || bench->results->folder.state == RESULTS_NOT_KEPT;
    if (is_part && given->generator.count == 1)
        go_on_print(bench->results->folder.path);
    if (given->generator.count > 1 && given->generator.index == 1)
        printf("with those of the other generators: iomodels merge FOLDER... --out DIR\n");
}

/* Where there is a document on standard output, nothing else is. */
static FILE *notes_of(const struct bench_request *given)
{
    return given->format == NULL ? stdout : stderr;
}

int bench_report_json(const struct bench *bench)
{
    struct json_rows json;
    struct csv_writer csv;
    program_set_output_binary();
    json_rows_begin(&json, stdout, "summary");
    csv_writer_init_json(&csv, &json);
    int error = summary_write(&csv, bench->results->run_id, bench->rows, bench->row_count,
                              &bench->histograms);
    error = json_rows_end(&json) != 0 ? -1 : error;
    fprintf(stderr, "results: %s\n", bench->results->folder.path);
    return error;
}

int bench_report_requirements(const struct bench *bench, const struct bench_request *given)
{
    struct requirement requirements[BENCH_REQUIREMENTS_MAX];
    size_t count;
    if (bench_requirements_choose(requirements, &count, given, NULL) != 0 || count == 0)
        return 0;
    return requirements_check(notes_of(given), requirements, count, bench->rows, bench->row_count);
}

int bench_report_page(const struct bench *bench, const struct bench_request *given)
{
    struct failure failure = {""};
    char path[REPORT_PATH_BYTES];
    const char *const runs[] = {bench->results->folder.path};
    if (report_file_make(runs, 1, NULL, NULL, NULL, path, &failure) != 0) {
        fprintf(stderr, "iomodels bench: %s\n", failure.text);
        return -1;
    }
    fprintf(notes_of(given), "report: %s\n", path);
    return 0;
}
