/*
 * shared_measurement: this generator's part of a measurement by several of them (generator.h): the
 * first one starts the server and stops it, and all load it in the slot that they have for it.
 */
#ifndef IOMODELS_SHARED_MEASUREMENT_H
#define IOMODELS_SHARED_MEASUREMENT_H

#include "run/measurement.h"

/* As measurement_take. workload: of all generators together. */
bool shared_measurement_take(struct row *row, struct load_result *load,
                             const struct run_settings *settings, const struct target *target,
                             const struct workload *workload);

#endif
