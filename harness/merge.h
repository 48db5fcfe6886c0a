/*
 * merge: the rows that several load generators have of one run (see generator.h) as one row.
 */
#ifndef IOMODELS_MERGE_H
#define IOMODELS_MERGE_H

#include "record.h"

/*
 * The row of all parts; rows[i] is the (i + 1)th generator's, NULL where it has none; at least one
 * has. What concerns the server is the first one's, counts and rates are sums, and what only the
 * samples tell (see merge_histogram) is left empty. The status is "ok" only where each part is, but
 * for those that had no connection.
 */
void merge_rows(struct record *merged, const struct record *const *rows, size_t count);

/* Whether a part had no connection, and so nothing to measure. */
bool merge_has_no_share(const struct record *part);

/*
 * What one of the merged histograms tells, after merge_rows; its min and max may be its buckets'
 * ends, since the parts' own are exact.
 */
void merge_histogram(struct record *merged, const char *basis, const struct histogram *histogram);

#endif
