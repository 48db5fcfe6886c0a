/*
 * merge: the rows that several load generators have of one run (see run/generator.h) as one row.
 */
#ifndef IOMODELS_MERGE_H
#define IOMODELS_MERGE_H

#include "rows/row.h"

/*
 * Makes one row of all parts. rows[i] is from generator i + 1, NULL where it has no row; at least
 * one is not NULL. The server's figures are those of the first, counts and rates are sums, and
 * figures that need the samples stay empty (see merge_histogram). The status is "ok" only where
 * each part with connections is ok.
 */
void merge_rows(struct row *merged, const struct row *const *rows, size_t count);

/* True: the part had no connection, and so nothing to measure. */
bool merge_has_no_share(const struct row *part);

/*
 * Fills in the figures of one merged histogram, after merge_rows. The histogram's min and max may
 * be the ends of buckets; those of the parts are exact.
 */
void merge_histogram(struct row *merged, const char *basis, const struct histogram *histogram);

#endif
