/*
 * measurement: makes one row: it starts a fresh server, loads it, reads its statistics and stops
 * it. Whatever happens, no server is left behind.
 */
#ifndef IOMODELS_MEASUREMENT_H
#define IOMODELS_MEASUREMENT_H

#include "rows/row.h"
#include "run/evidence.h"

/*
 * Measures into row (row_fill_factors was called) and load (initialised; it has the row's
 * histograms). False: it was cancelled, and there is no row to keep.
 */
bool measurement_take(struct row *row, struct load_result *load,
                      const struct run_settings *settings, const struct target *target,
                      const struct workload *workload);

/*
 * Its steps, also those of a measurement by several generators (shared_measurement.h), in their
 * order. evidence begins with settings, target, workload and load.
 */
/* Waits for an idle host. False: cancelled. */
bool measurement_prepare(struct evidence *evidence);
/* False: it did not start, and nothing is to be stopped. connections: of all generators. */
bool measurement_start_server(struct evidence *evidence, const char *model, uint16_t port,
                              unsigned connections);
/* What the load generator is to do. It looks at the evidence while it runs. */
struct load_options measurement_load_options(struct evidence *evidence, const char *model);
/* Reads its statistics, and whether it has died. False: cancelled, in the load or before they came. */
bool measurement_read_statistics(struct evidence *evidence);
void measurement_stop_server(struct evidence *evidence);
/* Makes a row of what was seen. */
void measurement_fill(struct row *row, const struct evidence *evidence);

#endif
