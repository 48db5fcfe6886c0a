/*
 * external_cells: puts the cells of external servers beside the models of one of our targets, so that
 * models are compared with them. Such a cell's model is called external, and what it is called there is its
 * target.
 */
#ifndef IOMODELS_EXTERNAL_CELLS_H
#define IOMODELS_EXTERNAL_CELLS_H

#include "base/lists.h"
#include "rows/cells.h"

/*
 * Once for each file, after its rows. Each external target of the list goes to the first of ours in the list
 * whose rows have the same host_kind, if there is one. 0, or -1 without memory.
 */
int external_cells_place(struct cells *cells, size_t file, const struct text_list *targets);

#endif
