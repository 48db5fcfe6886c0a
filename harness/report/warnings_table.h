/*
 * warnings_table: what makes the figures of a run doubtful, for a person.
 */
#ifndef IOMODELS_WARNINGS_TABLE_H
#define IOMODELS_WARNINGS_TABLE_H

#include <stdio.h>

#include "rows/row.h"

/*
 * Prints the warnings of one run's rows: each with the number of its rows and what helps; and a
 * drift of the machine. Prints nothing where there are none. width: as terminal_print_wrapped.
 */
void warnings_print(FILE *file, const struct row *all, size_t count, unsigned width);

#endif
