/*
 * conclusion: what `compare` has found, in a few sentences below its tables: who is best under each
 * load, and how much better or worse each side is over all of them.
 */
#ifndef IOMODELS_CONCLUSION_H
#define IOMODELS_CONCLUSION_H

#include "report/comparison_table.h"
#include "rows/cell_values.h"

/* All zero is empty. The rest is its own. */
struct conclusion {
    struct conclusion_mean *means; /* owned */
    size_t count;
    size_t capacity;
    bool incomplete; /* there was no memory for all of them */
};

/* The lines of one metric that were judged together, once for each. */
void conclusion_lines(struct conclusion *conclusion, const struct comparison_table *table,
                      const struct column *metric, const struct comparison_line *lines,
                      size_t count);
/*
 * Prints it as notes of the table: where models were compared, the ranking under each load, by the
 * first metric; then the geometric means over several loads. 0, or -1 without memory.
 */
int conclusion_print(const struct conclusion *conclusion, struct comparison_table *table,
                     const struct cell_values *values, const struct pairing *pairing);
void conclusion_free(struct conclusion *conclusion);

#endif
