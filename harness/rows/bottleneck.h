/*
 * bottleneck: what limited a row's rate. Pure. The rules stand in results/README.md.
 */
#ifndef IOMODELS_BOTTLENECK_H
#define IOMODELS_BOTTLENECK_H

#include "rows/row.h"

/* Decides from server_cpu_load and client_cpu_load; "undecided" where one of them is not known. */
enum row_bound bottleneck_of(const struct row *row);

#endif
