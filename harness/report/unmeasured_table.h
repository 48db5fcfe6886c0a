/*
 * unmeasured_table: which models were skipped or failed, and why, for a person.
 */
#ifndef IOMODELS_UNMEASURED_TABLE_H
#define IOMODELS_UNMEASURED_TABLE_H

#include <stdio.h>

#include "rows/row.h"

/* Prints each reason once, with the models and the number of rows that have it. */
void unmeasured_table_print(FILE *file, const struct row *all, size_t count);

#endif
