/*
 * bench_choices: what options of `bench` mean for its plan, and whether they go together. Each function
 * returns 0, or -1 with a failure, which is bad usage.
 */
#ifndef IOMODELS_BENCH_CHOICES_H
#define IOMODELS_BENCH_CHOICES_H

#include "base/failure.h"
#include "report/requirement.h"
#include "run/bench_request.h"
#include "run/plan.h"
#include "run/search.h"

#define BENCH_REQUIREMENTS_MAX 16

/* Of what not each generator can have a part. */
int bench_shares_check(const struct plan *plan, unsigned generators, struct failure *failure);
/* Whether a window has no more intervals than are kept. */
int bench_interval_check(const struct run_settings *settings, struct failure *failure);
/* What --until-ci asks for. */
int bench_until_ci_choose(struct plan *plan, const struct bench_request *given,
                          struct failure *failure);
/* What --rate-search asks for. */
int bench_search_choose(struct search *search, struct bench_request *given,
                        struct failure *failure);
/* The limits of --require, at most BENCH_REQUIREMENTS_MAX. */
int bench_requirements_choose(struct requirement *requirements, size_t *count,
                              const struct bench_request *given, struct failure *failure);

/* What --format asks for. */
int bench_format_choose(const struct bench_request *given, struct failure *failure);

/*
 * The most connections of a workload, and the most threads that a server is asked for; 0: each model makes
 * its own choice.
 */
unsigned bench_connections_most(const struct plan *plan);
unsigned bench_threads_most(const struct plan *plan);

#endif
