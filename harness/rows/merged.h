/*
 * merged: the histograms of all trials of each cell, added up, by their basis (what they count).
 */
#ifndef IOMODELS_MERGED_H
#define IOMODELS_MERGED_H

#include "rows/key_table.h"
#include "rows/row.h"

#define MERGED_BASES_MAX 4

struct merged_cell {
    struct row row; /* one of the cell's */
    char bases[MERGED_BASES_MAX][16];
    struct histogram histograms[MERGED_BASES_MAX];
    size_t count;
};

struct merged {
    struct merged_cell *cells; /* in the order in which they came; owned; all zero is empty */
    size_t count;
    struct key_table keys; /* its own */
};

/* Adds a row's histograms to those of its cell; nothing where it has none. 0, or -1 without memory. */
int merged_add(struct merged *merged, const struct row *row, const struct row_histogram *histograms,
               size_t count);
/* The cell of a row, or NULL. */
const struct merged_cell *merged_find(const struct merged *merged, const struct row *row);
/* The cell's histogram of that basis, or NULL. */
const struct histogram *merged_histogram(const struct merged_cell *cell, const char *basis);
void merged_free(struct merged *merged);

#endif
