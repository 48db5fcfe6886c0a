/*
 * run: one measurement: a fresh server, the load, the row.
 */
#ifndef IOMODELS_RUN_H
#define IOMODELS_RUN_H

#include "load/load.h"
#include "rows/histogram_lines.h"
#include "run/run_settings.h"
#include "run/target.h"

enum run_status { RUN_OK, RUN_SKIPPED, RUN_FAILED, RUN_CANCELLED };

/* Fills what is known before anything has run: identity and factors. */
void run_describe(struct row *row, const struct run_settings *settings, const struct target *target,
                  const char *model, const struct workload *workload, unsigned trial);

/*
 * Measures into row (which was described) and load (initialised; it holds the row's histograms).
 * Whatever happens, no server is left behind. RUN_SKIPPED: the target can't run it, and the row
 * says why. RUN_CANCELLED: there is no row to keep.
 */
enum run_status run_execute(struct row *row, struct load_result *load,
                            const struct run_settings *settings, const struct target *target,
                            const struct workload *workload);

/* Connections that its server must be able to have at a time. */
unsigned run_server_connections(const struct workload *workload);

#define RUN_HISTOGRAMS_MAX 2

/* The histograms that belong into histogram.csv, the row's own round trips first. How many. */
size_t run_histograms(const struct row *row, const struct load_result *load,
                      struct row_histogram histograms[RUN_HISTOGRAMS_MAX]);

/* Makes it the row of a skipped run. */
void run_skip(struct row *row, const char *reason);

#endif
