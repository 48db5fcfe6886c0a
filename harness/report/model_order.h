/*
 * model_order: in which order tables and charts have the models of one target: that of the registry,
 * and then others, which are external servers (as their targets were given) or unknown (by name).
 */
#ifndef IOMODELS_MODEL_ORDER_H
#define IOMODELS_MODEL_ORDER_H

#include "base/lists.h"
#include "rows/cells.h"

/* As strcmp. targets: as target_order makes it. */
int model_order_compare(const struct text_list *targets, const struct cell *a,
                        const struct cell *b);

#endif
