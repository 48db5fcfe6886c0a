/*
 * results_reader: a run's folder, read back: its rows, and their histograms and other lines one after
 * the other, as they were written. A file's last line that was cut off (a killed writer) is left out.
 */
#ifndef IOMODELS_RESULTS_READER_H
#define IOMODELS_RESULTS_READER_H

#include "base/failure.h"
#include "rows/histogram_lines.h"

struct results_reader {
    const char *folder; /* the caller's */
    struct row *rows;   /* all rows of runs.csv; owned */
    size_t count;
    uint64_t runs_bytes; /* of these rows with their header */
    /* A file whose columns are not those written here, so no rows can be added. NULL: no such file. */
    const char *foreign;
    /* The rest is its own. */
    struct row_lines_reader lines[ROW_FILES]; /* of those that are there; histogram.csv always is */
    const struct row *row;                    /* whose histograms are being read */
};

/* 0, or -1 with a failure that names the file; then nothing needs closing. */
int results_reader_open(struct results_reader *reader, const char *folder, struct failure *failure);
void results_reader_close(struct results_reader *reader);

/*
 * Adds the next histogram of a row to `into`. basis, of at least 16 bytes: what it counts. Ask for
 * rows in their order, and only for those with histograms; what lies between is passed over.
 * Returns 1, 0 where the row has no more, or -1 with a failure.
 */
int results_reader_histogram(struct results_reader *reader, const struct row *row, char *basis,
                             size_t basis_size, struct histogram *into, struct failure *failure);

/* The files of row_lines.h that the run has, as results_open takes them. */
unsigned results_reader_keeps(const struct results_reader *reader);
/* As row_lines_reader_take; also a failure where the run has no such file. */
int results_reader_take(struct results_reader *reader, enum row_file file, const struct row *row,
                        struct csv_writer *to, const struct row *as, struct failure *failure);

/* Bytes of each file up to the end of what was asked for; 0 of those that are not there. */
void results_reader_bytes(const struct results_reader *reader, uint64_t bytes[ROW_FILES]);

/* Most bytes of a file that is kept in memory; histogram.csv is not. */
#define RESULTS_TABLE_BYTES_MOST ((size_t)256 << 20)
/* A whole CSV file of the folder. 0, or -1 with a failure; then nothing needs freeing. */
int results_read_table(const char *folder, const char *name, struct csv_table *table,
                       struct failure *failure);
/* A fact of an environment.csv that was read, in the table; NULL where it does not tell. */
char *results_fact_find(const struct csv_table *facts, const char *name);

#endif
