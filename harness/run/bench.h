/*
 * bench: carries out a plan: rounds of trials, in each the contestants in a shuffled order, every
 * row kept as soon as it is measured.
 */
#ifndef IOMODELS_BENCH_H
#define IOMODELS_BENCH_H

#include "base/failure.h"
#include "base/random.h"
#include "load/load_result.h"
#include "rows/cell_histograms.h"
#include "rows/results.h"
#include "rows/results_reader.h"
#include "run/plan.h"
#include "stats/statistics.h"

struct bench {
    const struct plan *plan;
    const struct run_settings *settings;
    struct results *results;
    uint64_t seed;
    /* The finished rows of a run that stopped, which are taken over. NULL: this is a new run. */
    struct results_reader *finished;
    /* Called before the first new row of such a run; returns as bench_run does. May be NULL. */
    int (*going_on)(void *context, struct failure *failure);
    void *context;
    size_t replayed;  /* rows that were taken over so far */
    struct row *rows; /* all rows so far; owned */
    size_t row_count;
    size_t failed;
    bool row_lost;  /* a row could not be written: it is not among the rows */
    bool cancelled; /* Ctrl-C: the plan was not finished */

    /* private to bench.c */
    struct load_result load; /* of the run under way */
    struct cell_histograms histograms;
    uint64_t begun_ns;
    size_t runs; /* that the plan has; 0: not known beforehand */
    size_t done;
    double
        worst; /* with --until-ci: how well the workload under way is known, as median_width tells */
};

/* How many of the finished rows were measured; the others were skipped. */
size_t bench_finished_runs(const struct results_reader *finished);
/* Sets the private part; the caller sets the rest. 0, or -1 without memory. Ends by bench_close. */
int bench_open(struct bench *bench);
/*
 * Measures the whole plan. 0 once it is done or was cancelled; -1 with a failure where the
 * results can't be written (a full disk), or the finished rows do not belong to the plan.
 */
int bench_run(struct bench *bench, struct failure *failure);
/*
 * Measures one contestant under one workload. The row is then the last of bench->rows, unless
 * the measurement was cancelled. Returns as bench_run does. settings: bench->settings, or a
 * variant.
 */
int bench_measure(struct bench *bench, const struct run_settings *settings,
                  const struct contestant *contestant, const struct workload *workload,
                  unsigned trial, unsigned order_index, struct failure *failure);
/* The row that was measured or taken over last; there is one. */
const struct row *bench_last(const struct bench *bench);
/* A percentile of the last row's round trips, which was measured or taken just now and is `ok`; as
 * row_percentile_us. */
double bench_percentile_us(const struct bench *bench, double percentile);
/* Fisher and Yates' shuffle of 0..count-1. */
void bench_shuffle(size_t *order, size_t count, struct random_state *random);
/* Writes summary.csv and the .hgrm files once all rows are measured. Returns as bench_run does. */
int bench_write_derived(struct bench *bench, struct failure *failure);
void bench_close(struct bench *bench);

#endif
