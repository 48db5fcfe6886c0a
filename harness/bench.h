/*
 * bench: carries out a plan: rounds of trials, in each the contestants in a shuffled order, every
 * row kept as soon as it is measured.
 */
#ifndef IOMODELS_BENCH_H
#define IOMODELS_BENCH_H

#include "plan.h"
#include "results.h"

struct bench {
    const struct plan *plan;
    const struct run_settings *settings;
    struct results *results;
    uint64_t seed;
    struct record *records; /* all rows so far; owned */
    size_t record_count;
    size_t failed;
    bool cancelled; /* Ctrl-C: the plan was not finished */
};

/*
 * 0 once the plan is done or was cancelled; -1 with a one-line message where the results can't be
 * kept any more (a full disk). Either way the rows so far are kept: bench_close frees them.
 */
int bench_run(struct bench *bench, char *message, size_t message_size);
void bench_close(struct bench *bench);

#endif
