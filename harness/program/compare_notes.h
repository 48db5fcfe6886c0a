/*
 * compare_notes: what the reader of a comparison has to know of the rows that it was made of.
 */
#ifndef IOMODELS_COMPARE_NOTES_H
#define IOMODELS_COMPARE_NOTES_H

#include "report/comparison_table.h"

/*
 * Ends the table and says below it, of CSV on standard error, what its marks mean, which rows were
 * left out, which warnings rows have, and what had nothing to be compared with. Says nothing of what
 * there is none of.
 */
void compare_notes_print(struct comparison_table *table, const struct cells *cells,
                         const struct pairing_rules *rules, const struct pairing *pairing);

#endif
