/*
 * summary: summary.csv, what all trials of a cell say together: a row for each cell and metric.
 * results/README.md is the dictionary of its columns.
 */
#ifndef IOMODELS_SUMMARY_H
#define IOMODELS_SUMMARY_H

#include "rows/cell_histograms.h"

/*
 * Header and rows, in the order in which the cells came; a cell without a row that is ok has none.
 * histograms: those of these rows. 0, or -1 once a write failed (csv->error) or without memory.
 */
int summary_write(struct csv_writer *csv, const char *run_id, const struct row *rows, size_t count,
                  const struct cell_histograms *histograms);

#endif
