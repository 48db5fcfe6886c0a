#include "rows/merged.h"

#include <stdlib.h>
#include <string.h>

/* The row's cell, a new one where there is none; NULL without memory. */
static struct merged_cell *cell_of(struct merged *merged, const struct row *row)
{
    char key[ROW_KEY_BYTES];
    size_t length = row_cell_key(row, key);
    size_t number = key_table_find(&merged->keys, key, length);
    if (number != KEY_TABLE_NONE)
        return &merged->cells[number];
    struct merged_cell *cells = realloc(merged->cells, (merged->count + 1) * sizeof *merged->cells);
    if (cells == NULL)
        return NULL;
    merged->cells = cells;
    if (key_table_add(&merged->keys, key, length, merged->count) != 0)
        return NULL;
    struct merged_cell *cell = &cells[merged->count++];
    memset(cell, 0, sizeof *cell);
    cell->row = *row;
    return cell;
}

static size_t basis_find(const struct merged_cell *cell, const char *basis)
{
    size_t i = 0;
    while (i < cell->count && strcmp(cell->bases[i], basis) != 0)
        i++;
    return i;
}

/* NULL without memory, or where there are too many. */
static struct histogram *histogram_of(struct merged_cell *cell, const char *basis)
{
    size_t place = basis_find(cell, basis);
    if (place < cell->count)
        return &cell->histograms[place];
    if (place == MERGED_BASES_MAX || histogram_init(&cell->histograms[place]) != 0)
        return NULL;
    row_set_text(cell->bases[place], sizeof cell->bases[place], basis);
    return &cell->histograms[cell->count++];
}

int merged_add(struct merged *merged, const struct row *row, const struct row_histogram *histograms,
               size_t count)
{
    struct merged_cell *cell = count == 0 ? NULL : cell_of(merged, row);
    for (size_t i = 0; i < count; i++) {
        struct histogram *into = cell == NULL ? NULL : histogram_of(cell, histograms[i].basis);
        if (into == NULL)
            return -1;
        histogram_add(into, histograms[i].histogram);
    }
    return 0;
}

const struct merged_cell *merged_find(const struct merged *merged, const struct row *row)
{
    char key[ROW_KEY_BYTES];
    size_t number = key_table_find(&merged->keys, key, row_cell_key(row, key));
    return number == KEY_TABLE_NONE ? NULL : &merged->cells[number];
}

const struct histogram *merged_histogram(const struct merged_cell *cell, const char *basis)
{
    size_t place = basis_find(cell, basis);
    return place < cell->count ? &cell->histograms[place] : NULL;
}

void merged_free(struct merged *merged)
{
    for (size_t i = 0; i < merged->count; i++)
        for (size_t j = 0; j < merged->cells[i].count; j++)
            histogram_free(&merged->cells[i].histograms[j]);
    free(merged->cells);
    key_table_free(&merged->keys);
    *merged = (struct merged){0};
}
