/*
 * comparison_rows: what `compare` found as rows for programs: CSV, or JSON by a writer of that.
 */
#ifndef IOMODELS_COMPARISON_ROWS_H
#define IOMODELS_COMPARISON_ROWS_H

#include "report/comparison_line.h"
#include "report/pairing.h"
#include "rows/csv_writer.h"

void comparison_rows_header(struct csv_writer *csv);
/* old_run: of PAIRING_RUNS, what the first file is called. */
void comparison_rows_line(struct csv_writer *csv, enum pairing_by by, const char *old_run,
                          const struct column *metric, const struct comparison_line *line);

#endif
