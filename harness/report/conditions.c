#include "report/conditions.h"

#include <string.h>

enum { CELLS_LOOKED_AT = 1000 }; /* of runs that can't be compared: more would take long */

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

/* The text of a factor. */
static const char *factor_of(const struct cell *cell, size_t factor)
{
    const char *text = cell_factors(cell);
    while (factor-- > 0)
        text += strlen(text) + 1;
    return text;
}

/* Whether both runs have a cell with the same value of a factor. The first value of each is written. */
static bool factor_is_shared(const struct cells *cells, size_t factor, const char *first[2])
{
    size_t count = cells->count < CELLS_LOOKED_AT ? cells->count : CELLS_LOOKED_AT;
    first[0] = first[1] = NULL;
    for (size_t i = 0; i < count; i++) {
        const char *value = factor_of(&cells->cells[i], factor);
        size_t file = cells->cells[i].file;
        if (first[file] == NULL)
            first[file] = value;
        for (size_t j = 0; j < i; j++)
            if (cells->cells[j].file != file &&
                strcmp(factor_of(&cells->cells[j], factor), value) == 0)
                return true;
    }
    return first[0] == NULL || first[1] == NULL;
}

void conditions_factors_add(const struct cells *cells, struct failure *failure)
{
    const char *first[2];
    size_t added = 0;
    for (size_t i = 0; i < COLUMN_FACTORS; i++) {
        if (factor_is_shared(cells, i, first))
            continue;
        failure_add(failure, "%s %s: %s in the first one, %s in the second",
                    added == 0 ? "; they differ in" : ", in", column_factors[i]->name,
                    first[0][0] == '\0' ? "empty" : first[0],
                    first[1][0] == '\0' ? "empty" : first[1]);
        added++;
    }
}
