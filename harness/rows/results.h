/*
 * results: writes the folder of one run: runs.csv, the files of row_lines.h, environment.csv,
 * summary.csv, the .hgrm files, and others by results_write_csv.
 *
 * Whenever the process is killed: a row of runs.csv has all its lines in the files of row_lines.h;
 * each file is whole or absent, but for a last line of these and of runs.csv, which may be cut off.
 */
#ifndef IOMODELS_RESULTS_H
#define IOMODELS_RESULTS_H

#include "base/failure.h"
#include "base/files.h"
#include "rows/cell_histograms.h"
#include "rows/key_table.h"
#include "rows/results_folder.h"
#include "rows/row.h"

struct results {
    struct results_folder folder;
    char run_id[40]; /* the folder's name */
    unsigned keeps;  /* which files of row_lines.h it has: RESULTS_KEEP of each, or-ed */
    struct files_log runs;
    struct files_log logs[ROW_FILES];
    struct csv_writer lines[ROW_FILES]; /* of the next row */
    struct csv_writer csv;              /* a text in the making */
    struct csv_table header; /* of a runs.csv that was there already; else without columns */
    /* Optional columns that a histogram.csv, which was there already, does not have. */
    bool histograms_lack[ROW_LINE_KEYS];
    struct key_table curves; /* names of .hgrm files that were written */
};

#define RESULTS_KEEP(file) (1U << (file))

/*
 * Makes PARENT/RUN_ID, with PARENT where that is missing, and the heads of its files. RUN_ID is the
 * time, in UTC. keeps: RESULTS_KEEP of the files of row_lines.h that it has beside histogram.csv,
 * or-ed. 0, or -1 with a failure.
 */
int results_open(struct results *results, const char *parent, unsigned keeps,
                 struct failure *failure);
/* The name of a run that began at that moment of clock_utc_ns, into text of at least 21 bytes. */
const char *results_run_id(uint64_t utc_ns, char *text, size_t size);
/* Makes the run in `folder` itself, which may not hold a run yet. Returns as results_open does. */
int results_open_at(struct results *results, const char *folder, const char *run_id, unsigned keeps,
                    struct failure *failure);
/*
 * Opens a folder in which a run has stopped, for this process alone. results_go_on then keeps that
 * many bytes of its rows and of the files that it keeps, and new ones follow. Both return as
 * results_open does.
 */
int results_open_again(struct results *results, const char *folder, const char *run_id,
                       unsigned keeps, struct failure *failure);
int results_go_on(struct results *results, uint64_t runs_bytes, const uint64_t bytes[ROW_FILES],
                  struct failure *failure);
/*
 * The folder has its environment.csv by now: from here on a failure to write names --resume as the
 * way on. So it is from the beginning after results_open_again.
 */
void results_can_resume(struct results *results);
bool results_keeps(const struct results *results, enum row_file file);
/* Where the lines of the next row go that such a file is to have; of one that is kept. */
struct csv_writer *results_lines(struct results *results, enum row_file file);
/*
 * Writes a row, its histograms and its lines; a row without a measurement has none. When it returns 0
 * the system has them, and a measured row is on the disk; else runs.csv has nothing of the row.
 * Returns as results_open does.
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
