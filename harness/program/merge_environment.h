/*
 * merge_environment: environment.csv of a run by several load generators, of what each one's says.
 */
#ifndef IOMODELS_MERGE_ENVIRONMENT_H
#define IOMODELS_MERGE_ENVIRONMENT_H

#include "base/failure.h"
#include "base/lists.h"
#include "rows/results.h"

/* folders: of each generator, at most GENERATORS_MAX; NULL where one is missing. 0, or -1 with a
 * failure. */
int merge_environment(struct results *results, const char *const *folders, size_t count,
                      struct failure *failure);
/* The targets of the merged rows in their order, once that environment is written. */
void merge_targets_order(const struct results *results, const struct row *rows, size_t count,
                         struct text_list *targets);

#endif
