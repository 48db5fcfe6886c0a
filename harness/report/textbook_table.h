/*
 * textbook_table: what each model held and what it took, as books on network programming print it:
 * attempted/connected, memory, kernel memory, processor, threads, throughput.
 */
#ifndef IOMODELS_TEXTBOOK_TABLE_H
#define IOMODELS_TEXTBOOK_TABLE_H

#include <stdio.h>

#include "base/lists.h"
#include "rows/row.h"

/* A table for each target, a line for each model and step of its ramp: medians over the trials.
 * targets and width: as summary_table_print has them. Rows that were skipped or failed are last. */
void textbook_table_print(FILE *file, const struct row *rows, size_t count,
                          const struct text_list *targets, unsigned width);

#endif
