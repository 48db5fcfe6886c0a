#include "program/bench_report.h"

#include <stdio.h>

#include "base/terminal.h"
#include "base/units.h"
#include "host/shell.h"
#include "report/explain.h"
#include "report/summary_table.h"
#include "report/textbook_table.h"
#include "report/warnings_table.h"
#include "rows/median_width.h"

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
    if (search != NULL)
        search_print(search, stdout);
    else if (given->generator.count == 1 && finds_capacity(bench->plan))
        textbook_table_print(stdout, bench->rows, bench->row_count);
    else if (given->generator.count == 1)
        summary_table_print(stdout, bench->rows, bench->row_count, width);
    if (given->explain)
        explain_print(stdout, bench->rows, bench->row_count, width);
    if (bench->plan->until_ci > 0)
        widths_print(bench);
    warnings_print(stdout, bench->rows, bench->row_count, terminal_is(stdout) ? width : 0);
    printf("\n");
    if (bench->cancelled)
        printf("interrupted; the finished rows are kept.\n");
    else if (bench_report_has_nothing_new(bench))
        printf("this run was finished: nothing was left to be measured.\n");
    printf("results: %s\n", bench->results->folder);
    if (bench->cancelled && given->generator.count == 1)
        go_on_print(bench->results->folder);
    if (given->generator.count > 1 && given->generator.index == 1)
        printf("with those of the other generators: iomodels merge FOLDER... --out DIR\n");
}
