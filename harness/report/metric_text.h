/*
 * metric_text: a metric's values for people, by the unit that ends its name.
 */
#ifndef IOMODELS_METRIC_TEXT_H
#define IOMODELS_METRIC_TEXT_H

#include "rows/columns.h"

enum { METRIC_TEXT_BYTES = 64 };

/* "7.21 us", "1.3 ms", "139k/s", "1.2G B/s", "8.5 MiB", "12,345". "-" where it is not finite. Returns text. */
const char *metric_value_text(const struct column *metric, double value,
                              char text[METRIC_TEXT_BYTES]);
/* By the dictionary of columns: "us", "B", "1/s", "B/s", or "1". */
const char *metric_unit(const struct column *metric);
/* What its best side is called: "cheapest", "lowest" or "highest". */
const char *metric_best_word(const struct column *metric);

#endif
