#include "run/bench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/failure.h"
#include "base/random.h"
#include "base/terminal.h"
#include "base/units.h"
#include "clock.h"
#include "rows/median_width.h"
#include "run/measurement.h"
#include "run/part_lines.h"
#include "run/row_fill.h"
#include "run/shared_measurement.h"

static struct row *row_new(struct bench *bench)
{
    struct row *larger = realloc(bench->rows, (bench->row_count + 1) * sizeof *bench->rows);
    if (larger == NULL)
        return NULL;
    bench->rows = larger;
    return &bench->rows[bench->row_count++];
}

static void progress_show(const struct bench *bench, const struct row *row)
{
    char workload[120], line[400], left[32] = "", of[32] = "", worst[32] = "";
    if (bench->done > 0 && bench->runs > 0) {
        uint64_t each = (clock_now_ns() - bench->begun_ns) / bench->done;
        uint64_t left_s = each * (bench->runs - bench->done) / 1000000000;
        units_format_duration((left_s == 0 ? 1 : left_s) * 1000000000, left, sizeof left);
    }
    if (bench->runs > 0)
        snprintf(of, sizeof of, " of %zu", bench->runs);
    if (bench->worst > 0 && bench->worst < INFINITY)
        snprintf(worst, sizeof worst, "  +-%.1f %%", 100 * bench->worst);
    snprintf(line, sizeof line, "%zu%s  %s %s  %s%s%s%s", bench->done + 1, of, row->target,
             row->model, row_workload_text(row, workload, sizeof workload), worst,
             left[0] == '\0'             ? ""
             : bench->plan->until_ci > 0 ? "  left, at most: "
                                         : "  left: ",
             left);
    terminal_progress(line);
}

/* Whether the contestant can't serve the workload; reason says why. */
static bool cannot_serve(const struct contestant *contestant, const struct workload *workload,
                         char *reason, size_t size)
{
    struct target_model model = target_find(contestant->target, contestant->model);
    unsigned threads = workload->threads;
    if (contestant->target->kind != TARGET_IOMODELS &&
        (workload->work_cpu.mean_ns > 0 || workload->work_wait.mean_ns > 0)) {
        snprintf(reason, size, "an external server does not know of --work-cpu and --work-wait");
        return true;
    }
    /* Clients that come and go take turns, where those that find no thread free wait for one. */
    bool takes_turns = model.clients_at_once > 0 && workload->kind->reconnects;
    if (!model.threads_apply || model.connections_per_thread == 0 || threads == 0 || takes_turns ||
        (uint64_t)model.connections_per_thread * threads >= workload_server_connections(workload) ||
        workload->kind->finds_capacity)
        return false;
    snprintf(reason, size, "holds %u connections with --threads %u",
             model.connections_per_thread * threads, threads);
    return true;
}

/* The rows come in the plan's order, so those of a run that stopped are its first ones. */
static bool is_finished(const struct bench *bench)
{
    return bench->finished != NULL && bench->replayed < bench->finished->count;
}

static bool same_row(const struct row *a, const struct row *b)
{
    char a_key[ROW_KEY_BYTES], b_key[ROW_KEY_BYTES];
    size_t length = row_cell_key(a, a_key);
    return length == row_cell_key(b, b_key) && memcmp(a_key, b_key, length) == 0 &&
           a->trial == b->trial && a->order_index == b->order_index;
}

static int no_memory(struct failure *failure)
{
    return failure_set(failure, "out of memory");
}

/*
 * What a bucket's width has hidden, as finely as the row tells it. Where messages of an open loop
 * were not answered it tells no maximum and no mean.
 */
static void restore_ends(const struct row *row, struct histogram *rtt)
{
    if (rtt->total == 0)
        return;
    if (number_is_known(row->rtt_min_us))
        rtt->min = (uint64_t)(row->rtt_min_us * 1e3 + 0.5);
    if (number_is_known(row->rtt_max_us))
        rtt->max = (uint64_t)(row->rtt_max_us * 1e3 + 0.5);
    if (number_is_known(row->rtt_mean_us))
        rtt->sum = row->rtt_mean_us * 1e3 * (double)rtt->total;
}

/* What a file has there may be empty. */
static const char *count_text(double count, char *text, size_t size)
{
    if (!number_is_known(count))
        return "no";
    snprintf(text, size, "%.0f", count);
    return text;
}

/* The histograms of a finished row, which have to hold all its round trips. */
static int histograms_replay(struct bench *bench, const struct row *row, struct failure *failure)
{
    char basis[sizeof row->latency_basis], text[24];
    struct histogram *histogram = &bench->load.rtt;
    double samples = 0;
    int found;
    for (;;) {
        histogram_clear(histogram);
        found =
            results_reader_histogram(bench->finished, row, basis, sizeof basis, histogram, failure);
        if (found <= 0)
            break;
        if (strcmp(basis, row->latency_basis) == 0) {
            samples = (double)histogram->total;
            restore_ends(row, histogram);
        }
        const struct row_histogram kept = {basis, histogram};
        if (cell_histograms_add(&bench->histograms, row, &kept, 1) != 0)
            return no_memory(failure);
        histogram = &bench->load.rtt_from_sent; /* the row's own round trips come first, and stay */
    }
    if (found == 0 && samples != row->rtt_samples)
        return failure_set(
            failure, "%s/histogram.csv: row %zu of runs.csv has %s round trips, and here are %.0f",
            bench->finished->folder, bench->replayed,
            count_text(row->rtt_samples, text, sizeof text), samples);
    return found;
}

/* All that the files beside runs.csv have of a finished row. */
static int lines_replay(struct bench *bench, const struct row *row, struct failure *failure)
{
    if (histograms_replay(bench, row, failure) != 0)
        return -1;
    for (int i = ROW_FILE_HISTOGRAM + 1; i < ROW_FILES; i++)
        if (results_keeps(bench->results, (enum row_file)i) &&
            results_reader_take(bench->finished, (enum row_file)i, row, NULL, NULL, failure) != 0)
            return -1;
    return 0;
}

/* Takes the finished row that is the plan's next one. */
static int row_replay(struct bench *bench, struct row *row, struct failure *failure)
{
    const struct row *finished = &bench->finished->rows[bench->replayed++];
    char text[24];
    if (!same_row(row, finished)) {
        failure_set(
            failure,
            "%s/runs.csv: row %zu is trial %s of %s on %s, and the plan has trial %.0f of %s "
            "on %s there: this is not what the run was begun with; begin a new one",
            bench->finished->folder, bench->replayed,
            count_text(finished->trial, text, sizeof text), finished->model, finished->target,
            row->trial, row->model, row->target);
        bench->row_count--;
        return -1;
    }
    *row = *finished;
    bench->failed += row->status == ROW_FAILED;
    if (bench->runs > 0)
        bench->runs -= row->status != ROW_SKIPPED;
    return row->status == ROW_OK ? lines_replay(bench, finished, failure) : 0;
}

/* Before the first row that is not there yet. */
static int go_on(struct bench *bench, struct failure *failure)
{
    if (bench->finished == NULL || bench->row_count != bench->replayed)
        return 0;
    uint64_t bytes[ROW_FILES];
    results_reader_bytes(bench->finished, bytes);
    if (results_go_on(bench->results, bench->finished->runs_bytes, bytes, failure) != 0)
        return -1;
    return bench->going_on == NULL ? 0 : bench->going_on(bench->context, failure);
}

size_t bench_finished_runs(const struct results_reader *finished)
{
    size_t runs = 0;
    for (size_t i = 0; i < finished->count; i++)
        runs += finished->rows[i].status != ROW_SKIPPED;
    return runs;
}

/* The newest row: there is no row in memory that is not in runs.csv. */
static int row_keep(struct bench *bench, const struct row *row,
                    const struct row_histogram *histograms, size_t count, struct failure *failure)
{
    if (row->status == ROW_OK && part_lines_write(bench->results, row, &bench->load) != 0)
        return no_memory(failure);
    if (results_add(bench->results, row, histograms, count, failure) == 0)
        return 0;
    bench->row_count--;
    bench->row_lost = true;
    return -1;
}

int bench_measure(struct bench *bench, const struct run_settings *settings,
                  const struct contestant *contestant, const struct workload *workload,
                  unsigned trial, unsigned order_index, struct failure *failure)
{
    char reason[160];
    if (!is_finished(bench) && go_on(bench, failure) != 0)
        return -1;
    struct row *row = row_new(bench);
    if (row == NULL)
        return no_memory(failure);
    row_fill_factors(row, settings, contestant->target, contestant->model, workload, trial);
    row->order_index = order_index;
    if (is_finished(bench) && settings->cancelled(settings->context)) {
        bench->row_count--;
        bench->cancelled = true;
        return 0;
    }
    if (is_finished(bench))
        return row_replay(bench, row, failure);
    bool skipped = contestant->skipped[0] != '\0';
    if (skipped || cannot_serve(contestant, workload, reason, sizeof reason)) {
        row_fill_skipped(row, skipped ? contestant->skipped : reason);
        bench->done += !skipped;
        return row_keep(bench, row, NULL, 0, failure);
    }
    progress_show(bench, row);
    bool alone = settings->generator->count == 1;
    bool complete = (alone ? measurement_take : shared_measurement_take)(
        row, &bench->load, settings, contestant->target, workload);
    bench->done++;
    if (!complete) {
        bench->row_count--;
        bench->cancelled = true;
        return 0;
    }
    if (row->status == ROW_FAILED) {
        bench->failed++;
        terminal_progress(NULL);
        fprintf(stderr, "iomodels bench: %s on %s: %s\n", row->model, row->target,
                row->status_reason);
    }
    struct row_histogram kept[ROW_FILL_HISTOGRAMS_MAX];
    size_t count = row->status == ROW_OK ? row_fill_histograms(row, &bench->load, kept) : 0;
    row_round(row);
    if (row_keep(bench, row, kept, count, failure) != 0)
        return -1;
    return cell_histograms_add(&bench->histograms, row, kept, count) == 0 ? 0 : no_memory(failure);
}

const struct row *bench_last(const struct bench *bench)
{
    return &bench->rows[bench->row_count - 1];
}

double bench_percentile_us(const struct bench *bench, double percentile)
{
    return row_percentile_us(&bench->load.rtt, row_slower(bench_last(bench)), percentile);
}

void bench_shuffle(size_t *order, size_t count, struct random_state *random)
{
    for (size_t i = 0; i < count; i++)
        order[i] = i;
    for (size_t i = count; i > 1; i--) {
        size_t j = (size_t)random_below(random, i), kept = order[i - 1];
        order[i - 1] = order[j];
        order[j] = kept;
    }
}

int bench_write_derived(struct bench *bench, struct failure *failure)
{
    if (is_finished(bench))
        return failure_set(
            failure, "%s/runs.csv has %zu rows and the plan only %zu: --trials can only be raised",
            bench->finished->folder, bench->finished->count, bench->replayed);
    return results_write_derived(bench->results, bench->rows, bench->row_count, &bench->histograms,
                                 failure);
}

/* All contestants of one workload in a row: a drift of the machine hits them alike. */
static int round_run(struct bench *bench, const struct workload *workload, unsigned trial,
                     struct random_state *random, struct failure *failure)
{
    const struct plan *plan = bench->plan;
    size_t order[PLAN_CONTESTANTS_MAX] = {0};
    bench_shuffle(order, plan->contestant_count, random);
    for (size_t i = 0; i < plan->contestant_count && !bench->cancelled; i++)
        if (bench_measure(bench, bench->settings, &plan->contestants[order[i]], workload, trial,
                          (unsigned)i, failure) != 0)
            return -1;
    return 0;
}

/* How well the workload that the last row is of is known, where that decides. */
static double width_now(const struct bench *bench, unsigned trial)
{
    if (bench->plan->until_ci <= 0 || trial < STATISTICS_TRIALS_MIN)
        return INFINITY;
    const struct row *last = bench_last(bench);
    return median_width_of_rows(bench->rows, bench->row_count, last).worst;
}

int bench_run(struct bench *bench, struct failure *failure)
{
    const struct plan *plan = bench->plan;
    double worst[SUITE_WORKLOADS_MAX] = {0}; /* 0: no round yet */
    struct random_state random;
    bench->runs = plan_runs(plan);
    random_seed(&random, bench->seed);
    for (unsigned trial = 1; trial <= plan->trials; trial++)
        for (size_t j = 0; j < plan->workload_count; j++) {
            if (trial > 1 && worst[j] <= plan->until_ci)
                continue;
            bench->worst = worst[j];
            if (round_run(bench, &plan->workloads[j], trial, &random, failure) != 0)
                return -1;
            if (bench->cancelled)
                return 0;
            worst[j] = width_now(bench, trial);
            if (worst[j] <= plan->until_ci) /* what it would have taken more */
                bench->runs -=
                    plan_runs(plan) / plan->trials / plan->workload_count * (plan->trials - trial);
        }
    return 0;
}

int bench_open(struct bench *bench)
{
    bench->begun_ns = clock_now_ns();
    return load_result_init(&bench->load);
}

void bench_close(struct bench *bench)
{
    cell_histograms_free(&bench->histograms);
    load_result_free(&bench->load);
    free(bench->rows);
    bench->rows = NULL;
    bench->row_count = 0;
}
