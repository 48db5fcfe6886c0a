/*
 * load: the load generator. Drives one server that already listens, checks every byte, and
 * measures one window. The same code for every model and target.
 *
 * Order of a run: connect all, one echo on each, wait until all have that, warm-up (thrown away), window, drain,
 * close. It has as many threads as the workload asks for: the caller's, and others that end before load_run
 * does. The caller has called net_startup, net_raise_limit and payload_init.
 */
#ifndef IOMODELS_LOAD_H
#define IOMODELS_LOAD_H

#include "load/load_options.h"
#include "load/load_result.h"

/*
 * Runs it to the end, into a result that was initialised. Returns 0 (also where connections broke:
 * see result), or result->error. The options' callbacks may look at the result, whose counts grow
 * as the run goes on; until it is over they are those of the caller's thread.
 */
int load_run(const struct load_options *options, struct load_result *result);

#endif
