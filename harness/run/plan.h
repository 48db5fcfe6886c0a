/*
 * plan: what a benchmark is going to measure: the targets with their models, and the workloads.
 */
#ifndef IOMODELS_PLAN_H
#define IOMODELS_PLAN_H

#include "base/failure.h"
#include "run/bench_request.h"
#include "run/run_settings.h"
#include "run/suite.h"
#include "run/target.h"

#define PLAN_TARGETS_MAX     16
#define PLAN_CONTESTANTS_MAX 256

/* A model of a target. */
struct contestant {
    const struct target *target;
    const char *model;
    const char *skipped; /* why it can't run there, the target's; "" where it can */
};

struct plan {
    struct target targets[PLAN_TARGETS_MAX];
    size_t target_count;
    struct contestant contestants[PLAN_CONTESTANTS_MAX];
    size_t contestant_count;
    struct workload workloads[SUITE_WORKLOADS_MAX];
    size_t workload_count;
    unsigned trials; /* at most, where until_ci says more */
    double until_ci; /* a workload ends once its medians are known this well; 0: after all trials */
    char target_names[PLAN_TARGETS_MAX][64];
};

/*
 * Adds "NAME=COMMAND"; missing: of "NAME=REASON". 0, or with a failure the exit status:
 * EXIT_USAGE where the text is wrong, EXIT_FAILED where the target can't be had. What was added
 * is plan_close's.
 */
int plan_add_target(struct plan *plan, const char *text, bool missing,
                    bool (*cancelled)(void *context), void *context, struct failure *failure);
/*
 * Adds this program itself as the target, for a user who names none. The target is called "native",
 * or "wine" where the program runs under Wine. Returns as plan_add_target does.
 */
int plan_add_self(struct plan *plan, bool (*cancelled)(void *context), void *context,
                  struct failure *failure);
/*
 * The models of `wanted` ("select", or "select,blocking"; none: those of the suite, or all where that is
 * NULL) on every target; those that can't run there, and those of a missing target, with the reason.
 * -1 with a failure where a wanted model is not known, or none can run.
 */
int plan_choose_models(struct plan *plan, const struct text_list *wanted, const struct suite *suite,
                       struct failure *failure);
/* Runs that will be measured, and about how long they take. */
size_t plan_runs(const struct plan *plan);
uint64_t plan_duration_ns(const struct plan *plan, const struct run_settings *settings);
/* The same of one trial of one workload on all of them. */
uint64_t plan_round_ns(const struct plan *plan, const struct run_settings *settings);
void plan_close(struct plan *plan);

#endif
