/*
 * scenario: what a server of a model is put through: two clients, one of which reads late; a half-close;
 * a reset; the stop. One thread drives the clients and asks the server to stop.
 */
#ifndef IOMODELS_FAULTS_SCENARIO_H
#define IOMODELS_FAULTS_SCENARIO_H

#include <stddef.h>

#include "model.h"

/* Opens, serves and closes a server. text: what did not hold, "" where all did. */
void scenario_run(const struct model_entry *entry, char *text, size_t size);

#endif
