/*
 * bottleneck: what limited a row's rate. Pure. The rules stand in results/README.md.
 */
#ifndef IOMODELS_BOTTLENECK_H
#define IOMODELS_BOTTLENECK_H

#include "rows/row.h"

/* By the loads that the row has. */
enum row_bound bottleneck_of(const struct row *row);

#endif
