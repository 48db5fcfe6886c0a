#include "bench.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "merged.h"
#include "statistics.h"
#include "terminal.h"
#include "units.h"

/* What is gathered while it runs. */
struct progress {
    uint64_t begun_ns;
    size_t runs;
    size_t done;
};

static struct record *record_new(struct bench *bench)
{
    struct record *larger =
        realloc(bench->records, (bench->record_count + 1) * sizeof *bench->records);
    if (larger == NULL)
        return NULL;
    bench->records = larger;
    return &bench->records[bench->record_count++];
}

static void progress_show(const struct progress *progress, const struct record *record)
{
    char workload[80], line[240], left[32] = "";
    if (progress->done > 0) {
        uint64_t each = (clock_now_ns() - progress->begun_ns) / progress->done;
        units_format_duration(each * (progress->runs - progress->done) / 1000000000 * 1000000000,
                              left, sizeof left);
    }
    snprintf(line, sizeof line, "%zu of %zu  %s %s  %s%s%s", progress->done + 1, progress->runs,
             record->target, record->model, record_workload_text(record, workload, sizeof workload),
             left[0] == '\0' ? "" : "  left: ", left);
    terminal_progress(line);
}

/* What the model can't hold with so many threads; false where it can. */
static bool too_many(const struct bench *bench, const struct contestant *contestant,
                     const struct run_workload *workload, char *reason, size_t size)
{
    struct target_model model = target_find(contestant->target, contestant->model);
    unsigned threads = bench->settings->threads;
    if (!model.threads_apply || model.connections_per_thread == 0 || threads == 0 ||
        (uint64_t)model.connections_per_thread * threads >= run_server_connections(workload) ||
        workload->kind == LOAD_RAMP) /* which is there to find that out */
        return false;
    snprintf(reason, size, "holds %u connections with --threads %u",
             model.connections_per_thread * threads, threads);
    return true;
}

static int no_memory(char *message, size_t message_size)
{
    snprintf(message, message_size, "out of memory");
    return -1;
}

/* One cell of the plan. */
static int cell_run(struct bench *bench, size_t contestant_index, size_t workload_index,
                    unsigned trial, unsigned order_index, struct load_result *load,
                    struct merged *merged, struct progress *progress, char *message,
                    size_t message_size)
{
    const struct contestant *contestant = &bench->plan->contestants[contestant_index];
    const struct run_workload *workload = &bench->plan->workloads[workload_index];
    char reason[160];
    struct record *record = record_new(bench);
    if (record == NULL)
        return no_memory(message, message_size);
    run_describe(record, bench->settings, contestant->target, contestant->model, workload, trial);
    record->order_index = order_index;
    bool skipped = contestant->skipped[0] != '\0';
    if (skipped || too_many(bench, contestant, workload, reason, sizeof reason)) {
        run_skip(record, skipped ? contestant->skipped : reason);
        progress->done += !skipped;
        return results_add(bench->results, record, NULL, 0, message, message_size);
    }
    progress_show(progress, record);
    enum run_status status =
        run_execute(record, load, bench->settings, contestant->target, workload);
    progress->done++;
    if (status == RUN_CANCELLED) {
        bench->record_count--;
        bench->cancelled = true;
        return 0;
    }
    if (status == RUN_FAILED) {
        bench->failed++;
        terminal_progress(NULL);
        fprintf(stderr, "iomodels bench: %s on %s: %s\n", record->model, record->target,
                record->status_reason);
    }
    struct record_histogram kept[RUN_HISTOGRAMS_MAX];
    size_t count = status == RUN_OK ? run_histograms(record, load, kept) : 0;
    if (results_add(bench->results, record, kept, count, message, message_size) != 0)
        return -1;
    return merged_add(merged, record, kept, count) == 0 ? 0 : no_memory(message, message_size);
}

/* Fisher and Yates' shuffle. */
static void shuffle(size_t *order, size_t count, struct random_state *random)
{
    for (size_t i = 0; i < count; i++)
        order[i] = i;
    for (size_t i = count; i > 1; i--) {
        size_t j = (size_t)random_below(random, i), kept = order[i - 1];
        order[i - 1] = order[j];
        order[j] = kept;
    }
}

static int hgrm_write(const struct bench *bench, const struct merged *merged, char *message,
                      size_t message_size)
{
    for (size_t i = 0; i < merged->count; i++) {
        const struct record *cell = &merged->cells[i].row;
        char name[200], rate[32] = "", number[24];
        if (record_has(cell->target_rate_msgs_per_s))
            snprintf(rate, sizeof rate, "-%s",
                     units_format_fixed(cell->target_rate_msgs_per_s, 0, number, sizeof number));
        snprintf(name, sizeof name, "%s-%s-%s-%.0fb-%.0f-%.0f%s", cell->target, cell->model,
                 cell->workload, cell->message_bytes, cell->connections, cell->pipeline_depth,
                 rate);
        /* A target may be called anything, a file may not. */
        for (char *c = name; *c != '\0'; c++)
            if ((unsigned char)*c < ' ' || strchr("/\\:*?\"<>|", *c) != NULL)
                *c = '_';
        if (results_write_hgrm(bench->results, name,
                               merged_histogram(&merged->cells[i], cell->latency_basis), message,
                               message_size) != 0)
            return -1;
    }
    return 0;
}

static int rounds_run(struct bench *bench, struct load_result *load, struct merged *merged,
                      char *message, size_t message_size)
{
    const struct plan *plan = bench->plan;
    struct random_state random;
    struct progress progress = {.begun_ns = clock_now_ns(), .runs = plan_runs(plan)};
    size_t order[PLAN_CONTESTANTS_MAX] = {0};
    random_seed(&random, bench->seed);
    for (unsigned trial = 1; trial <= plan->trials; trial++)
        for (size_t j = 0; j < plan->workload_count; j++) {
            /* All contestants of one workload in a row: a drift of the machine hits them alike. */
            shuffle(order, plan->contestant_count, &random);
            for (size_t i = 0; i < plan->contestant_count; i++) {
                if (cell_run(bench, order[i], j, trial, (unsigned)i, load, merged, &progress,
                             message, message_size) != 0)
                    return -1;
                if (bench->cancelled)
                    return 0;
            }
        }
    return 0;
}

int bench_run(struct bench *bench, char *message, size_t message_size)
{
    struct merged merged = {0};
    struct load_result load;
    if (load_result_init(&load) != 0)
        return no_memory(message, message_size);
    int error = rounds_run(bench, &load, &merged, message, message_size);
    terminal_progress(NULL);
    if (error == 0)
        error = hgrm_write(bench, &merged, message, message_size);
    if (error == 0)
        error = results_write_summary(bench->results, bench->records, bench->record_count, &merged,
                                      message, message_size);
    merged_free(&merged);
    load_result_free(&load);
    return error;
}

void bench_close(struct bench *bench)
{
    free(bench->records);
    bench->records = NULL;
    bench->record_count = 0;
}
