/*
 * cell_values_reader: takes the figures of runs.csv files, whatever their size and schema.
 */
#ifndef IOMODELS_CELL_VALUES_READER_H
#define IOMODELS_CELL_VALUES_READER_H

#include "rows/cell_values.h"

/*
 * Adds a runs.csv, which is open in binary mode; columns are found by their names, those of an
 * older schema may be missing. *cut_line: where a last line was cut off and left out, or 0. *parts: how
 * many rows are one's part of what several load generators measured. The next rows are then another
 * file's. 0, or -1 with a failure.
 */
int cell_values_read(struct cell_values *values, FILE *file, size_t *cut_line, size_t *parts,
                     struct failure *failure);

#endif
