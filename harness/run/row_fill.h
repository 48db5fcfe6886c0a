/*
 * row_fill: makes a row of what was seen in its measurement. results/README.md is the dictionary of
 * its columns.
 */
#ifndef IOMODELS_ROW_FILL_H
#define IOMODELS_ROW_FILL_H

#include "rows/histogram_lines.h"
#include "rows/row.h"
#include "run/evidence.h"

/* What is known before anything has run: identity and factors. */
void row_fill_factors(struct row *row, const struct run_settings *settings,
                      const struct target *target, const char *model,
                      const struct workload *workload, unsigned trial);
/* The columns that name a workload. */
void row_fill_workload(struct row *row, const struct workload *workload);
/* Of these, the columns of the server's work and threads: empty without, as in rows of versions that had none. */
void row_fill_server(struct row *row, const struct workload *workload);
/* The row of what is not measured, or could not be. reason: one line. */
void row_fill_skipped(struct row *row, const char *reason);
void row_fill_failed(struct row *row, const char *reason);
/* Everything else: the row has its factors already. */
void row_fill(struct row *row, const struct evidence *evidence);

#define ROW_FILL_HISTOGRAMS_MAX 2

/* The histograms that belong into histogram.csv, the row's own round trips first. How many. */
size_t row_fill_histograms(const struct row *row, const struct load_result *load,
                           struct row_histogram histograms[ROW_FILL_HISTOGRAMS_MAX]);

#endif
