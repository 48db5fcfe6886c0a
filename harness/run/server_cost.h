/*
 * server_cost: a row's figures of the server: what it and Wine's server used, its calls, what limited
 * the rate, and who else was on its machine.
 */
#ifndef IOMODELS_SERVER_COST_H
#define IOMODELS_SERVER_COST_H

#include "rows/row.h"
#include "run/evidence.h"

/* The row has the load's and the client's figures already, and the evidence the statistics. */
void server_cost_fill(struct row *row, const struct evidence *evidence);

#endif
