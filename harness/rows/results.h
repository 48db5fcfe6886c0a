/*
 * results: writes the folder of one run: runs.csv, histogram.csv, environment.csv, summary.csv,
 * the .hgrm files, and others by results_write_csv.
 *
 * Whenever the process is killed: a row of runs.csv has all its lines in histogram.csv; each file
 * is whole or absent, but for a last line of these two, which may be cut off.
 */
#ifndef IOMODELS_RESULTS_H
#define IOMODELS_RESULTS_H

#include "base/failure.h"
#include "base/files.h"
#include "rows/cell_histograms.h"
#include "rows/key_table.h"
#include "rows/row.h"

#define RESULTS_PATH_BYTES 1024

struct results {
    char folder[RESULTS_PATH_BYTES];
    char run_id[40]; /* the folder's name */
    struct files_log runs;
    struct files_log histograms;
    struct csv_writer csv;   /* a text in the making */
    struct csv_table header; /* of a runs.csv that was there already; else without columns */
    struct key_table curves; /* names of .hgrm files that were written */
};

/*
 * Makes PARENT/RUN_ID, with PARENT where that is missing, and the heads of its files. RUN_ID is the
 * time, in UTC. 0, or -1 with a failure.
 */
int results_open(struct results *results, const char *parent, struct failure *failure);
/* The name of a run that began at that moment of clock_utc_ns, into text of at least 21 bytes. */
const char *results_run_id(uint64_t utc_ns, char *text, size_t size);
/* Makes the run in `folder` itself, which may not hold a run yet. Returns as results_open does. */
int results_open_at(struct results *results, const char *folder, const char *run_id,
                    struct failure *failure);
/*
 * Opens a folder in which a run has stopped, for this process alone. results_go_on then keeps that
 * many bytes of its rows, and new ones follow. Both return as results_open does.
 */
int results_open_again(struct results *results, const char *folder, const char *run_id,
                       struct failure *failure);
int results_go_on(struct results *results, uint64_t runs_bytes, uint64_t histogram_bytes,
                  struct failure *failure);
/*
 * Writes a row and its histograms; a row without a measurement has none. When it returns the system
 * has them, and a measured row is on the disk. Returns as results_open does.
 */
int results_add(struct results *results, const struct row *row,
                const struct row_histogram *histograms, size_t count, struct failure *failure);
/* 0, or -1 with a failure where what was written before did not reach the disk. */
int results_close(struct results *results, struct failure *failure);

/* environment.csv: what the figures depend on, a name and a value each line. */
struct results_fact {
    const char *name;
    const char *value;
};
int results_write_environment(struct results *results, const struct results_fact *facts,
                              size_t count, struct failure *failure);
/*
 * Writes what follows from the rows, whole each time: summary.csv, by cell and metric, and for each
 * cell a .hgrm file with the round trips of its rows, for the public HdrHistogram plotter. A file
 * that can't be written does not keep the others from being written; failure is about the first.
 * Returns as results_open does.
 */
int results_write_derived(struct results *results, const struct row *rows, size_t count,
                          const struct cell_histograms *histograms, struct failure *failure);
/* Writes a file by `write`: 0, or -1 once a write failed (csv->error). As results_open. */
int results_write_csv(struct results *results, const char *name,
                      int (*write)(struct csv_writer *csv, const void *context),
                      const void *context, struct failure *failure);

#endif
