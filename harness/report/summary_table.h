/*
 * summary_table: the rows of a run for a person: a line for each model. Of one workload the figures
 * stand side by side; of several there is a table for each figure, with a column for each workload.
 */
#ifndef IOMODELS_SUMMARY_TABLE_H
#define IOMODELS_SUMMARY_TABLE_H

#include <stdio.h>

#include "base/lists.h"
#include "rows/row.h"

/*
 * Prints, target by target, medians over the trials with half of their 95 % interval. The best of a
 * column is marked where a Mann-Whitney test tells it apart from each other model (at least 6
 * trials, p < 0.05 after Holm's correction). What the workload fixes, such as an open loop's
 * throughput, is not shown. targets: as table_grid_open. width: columns to fill; where more are
 * needed, a line says what was left out. Last are the rows that were skipped or failed, each reason
 * once.
 */
void summary_table_print(FILE *file, const struct row *rows, size_t count,
                         const struct text_list *targets, unsigned width);

#endif
