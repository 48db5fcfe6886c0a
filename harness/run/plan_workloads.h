/*
 * plan_workloads: the workloads of a plan, as a suite or the user's options say.
 */
#ifndef IOMODELS_PLAN_WORKLOADS_H
#define IOMODELS_PLAN_WORKLOADS_H

#include "run/plan.h"

/*
 * The suite's workloads, or every combination of what was given by hand, each once. -1 with a
 * failure, also where an option was given that none of them uses.
 */
int plan_choose_workloads(struct plan *plan, const struct suite *suite,
                          const struct bench_request *given, struct failure *failure);

#endif
