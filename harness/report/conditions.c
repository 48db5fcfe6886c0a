#include "report/conditions.h"

#include <string.h>

/* The cells of both runs that could be compared: pairs first, then those with other threads. */
static size_t couple_count(const struct pairing *pairing)
{
    return pairing->count + pairing->gap_count;
}

/* False where there is only one. */
static bool couple_at(const struct cells *cells, const struct pairing *pairing, size_t index,
                      const struct cell *couple[2])
{
    if (index < pairing->count) {
        couple[0] = &cells->cells[pairing->pairs[index].baseline];
        couple[1] = &cells->cells[pairing->pairs[index].contestant];
        return true;
    }
    const struct pairing_gap *gap = &pairing->gaps[index - pairing->count];
    if (gap->other_threads == PAIRING_NONE)
        return false;
    couple[0] = &cells->cells[gap->baseline];
    couple[1] = &cells->cells[gap->other_threads];
    return true;
}

static const char *value_of(const struct cell *cell, size_t column)
{
    if (column == COLUMN_CONDITIONS)
        return cell_threads(cell);
    return cell->conditions[column] == NULL ? "" : cell->conditions[column];
}

size_t conditions_differ(const struct cells *cells, const struct pairing *pairing,
                         char texts[CONDITIONS_MAX][CONDITIONS_TEXT])
{
    size_t found = 0;
    for (size_t column = 0; column < CONDITIONS_MAX; column++) {
        const char *first[2] = {"", ""};
        size_t differ = 0, both = 0;
        for (size_t i = 0; i < couple_count(pairing); i++) {
            const struct cell *couple[2];
            if (!couple_at(cells, pairing, i, couple))
                continue;
            const char *values[2] = {value_of(couple[0], column), value_of(couple[1], column)};
            both++;
            /* A file without the column does not say that it differs. */
            if (values[0][0] == '\0' || values[1][0] == '\0' || strcmp(values[0], values[1]) == 0)
                continue;
            if (differ++ == 0)
                memcpy(first, values, sizeof first);
        }
        if (differ == 0)
            continue;
        bool threads = column == COLUMN_CONDITIONS;
        snprintf(texts[found++], CONDITIONS_TEXT,
                 "warning: the runs differ in %s: %s in the first one and %s in the second, in %zu "
                 "of %zu cells%s",
                 threads ? "server_threads" : column_conditions[column]->name, first[0], first[1],
                 differ, both, threads ? ", which are not compared" : "");
    }
    return found;
}
