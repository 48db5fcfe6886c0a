/*
 * server_cost: fills a row's columns about the server: CPU time, calls, what limited the rate, and
 * how much other programs used its processors.
 */
#ifndef IOMODELS_SERVER_COST_H
#define IOMODELS_SERVER_COST_H

#include "rows/row.h"
#include "run/evidence.h"

/* The row has the load's and the client's figures already, and the evidence the statistics. */
void server_cost_fill(struct row *row, const struct evidence *evidence);

#endif
