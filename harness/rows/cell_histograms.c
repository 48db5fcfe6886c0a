#include "rows/cell_histograms.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"

/* Those of the row's cell, empty ones where there are none; NULL without memory. */
static struct cell_histogram *cell_of(struct cell_histograms *all, const struct row *row)
{
    struct cell_histogram *grown =
        array_grow(all->histograms, sizeof *grown, all->cells.count, &all->capacity);
    if (grown == NULL)
        return NULL;
    all->histograms = grown;
    size_t before = all->cells.count, number = cells_number(&all->cells, row);
    if (all->cells.count > before) {
        memset(&all->histograms[before], 0, sizeof all->histograms[before]);
        all->histograms[before].row = *row;
    }
    return number == CELLS_NONE ? NULL : &all->histograms[number];
}

static size_t basis_find(const struct cell_histogram *cell, const char *basis)
{
    size_t i = 0;
    while (i < cell->count && strcmp(cell->bases[i], basis) != 0)
        i++;
    return i;
}

/* NULL without memory, or where there are too many. */
static struct histogram *histogram_of(struct cell_histogram *cell, const char *basis)
{
    size_t place = basis_find(cell, basis);
    if (place < cell->count)
        return &cell->histograms[place];
    if (place == CELL_BASES_MAX || histogram_init(&cell->histograms[place]) != 0)
        return NULL;
    row_set_text(cell->bases[place], sizeof cell->bases[place], basis);
    return &cell->histograms[cell->count++];
}

int cell_histograms_add(struct cell_histograms *all, const struct row *row,
                        const struct row_histogram *histograms, size_t count)
{
    struct cell_histogram *cell = count == 0 ? NULL : cell_of(all, row);
    for (size_t i = 0; i < count; i++) {
        struct histogram *into = cell == NULL ? NULL : histogram_of(cell, histograms[i].basis);
        if (into == NULL)
            return -1;
        histogram_add(into, histograms[i].histogram);
    }
    return 0;
}

const struct cell_histogram *cell_histograms_find(const struct cell_histograms *all,
                                                  const struct row *row)
{
    size_t number = cells_find(&all->cells, row);
    return number == CELLS_NONE ? NULL : &all->histograms[number];
}

const struct histogram *cell_histogram_of(const struct cell_histogram *cell, const char *basis)
{
    size_t place = basis_find(cell, basis);
    return place < cell->count ? &cell->histograms[place] : NULL;
}

void cell_histograms_free(struct cell_histograms *all)
{
    for (size_t i = 0; i < all->cells.count; i++)
        for (size_t j = 0; j < all->histograms[i].count; j++)
            histogram_free(&all->histograms[i].histograms[j]);
    free(all->histograms);
    cells_free(&all->cells);
    *all = (struct cell_histograms){0};
}
