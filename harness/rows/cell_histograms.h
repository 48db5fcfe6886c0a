/*
 * cell_histograms: adds up the histograms of all trials of a cell, one sum for each basis (what is
 * counted: round trips, connects).
 */
#ifndef IOMODELS_CELL_HISTOGRAMS_H
#define IOMODELS_CELL_HISTOGRAMS_H

#include "rows/cells.h"
#include "rows/histogram_lines.h"

#define CELL_BASES_MAX 4

struct cell_histogram {
    struct row row; /* one of the cell's */
    char bases[CELL_BASES_MAX][16];
    struct histogram histograms[CELL_BASES_MAX];
    size_t count;
};

/* All zero is empty. */
struct cell_histograms {
    struct cells cells;
    struct cell_histogram *histograms; /* of each cell; owned */
    size_t capacity;                   /* its own */
};

/* Adds a row's histograms to those of its cell; nothing where it has none. 0, or -1 without memory. */
int cell_histograms_add(struct cell_histograms *all, const struct row *row,
                        const struct row_histogram *histograms, size_t count);
/* Those of the row's cell, or NULL. */
const struct cell_histogram *cell_histograms_find(const struct cell_histograms *all,
                                                  const struct row *row);
/* The one of that basis, or NULL. */
const struct histogram *cell_histogram_of(const struct cell_histogram *cell, const char *basis);
void cell_histograms_free(struct cell_histograms *all);

#endif
