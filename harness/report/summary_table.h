/*
 * summary_table: the rows of a run for a person: models side by side, one line a workload.
 */
#ifndef IOMODELS_SUMMARY_TABLE_H
#define IOMODELS_SUMMARY_TABLE_H

#include <stdio.h>

#include "rows/row.h"

/*
 * Prints medians over the trials with half of their 95 % interval. The best of a line is marked
 * where a Mann-Whitney test tells it apart from each other model (at least 6 trials, p < 0.05 after
 * Holm's correction). width: columns to fill; more models than fit continue below. Rows that were
 * skipped or failed are told last, each reason once.
 */
void summary_table_print(FILE *file, const struct row *rows, size_t count, unsigned width);
/* Its last part alone. */
void summary_table_print_unmeasured(FILE *file, const struct row *all, size_t count);

#endif
