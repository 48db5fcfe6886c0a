/*
 * judgement: what limited a row's rate, and what makes its figures doubtful. Pure: from the figures
 * to the verdict and the warnings. The rules stand in results/README.md.
 */
#ifndef IOMODELS_JUDGEMENT_H
#define IOMODELS_JUDGEMENT_H

#include "rows/row.h"

/* "server", "client", "latency", "rate" or "undecided", from the loads that the row has. */
const char *judgement_bound(const struct row *row);

/*
 * The warning that the server's CPU time gives, of a row that has cpu_resolution_us. server_cpu_s: in
 * the window; NaN: not known.
 */
void judgement_take_cpu(struct row *row, double server_cpu_s);

/* The warnings that the load gives, of a row that has the load's figures. rtt: its round trips. */
void judgement_take_load(struct row *row, const struct histogram *rtt);

#endif
