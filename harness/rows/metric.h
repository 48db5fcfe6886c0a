/*
 * metric: the measured columns of runs.csv, and whether less or more is better.
 */
#ifndef IOMODELS_METRIC_H
#define IOMODELS_METRIC_H

#include <stdbool.h>

enum metric_better { METRIC_LESS, METRIC_MORE, METRIC_NEITHER };

/* The histogram of a row that a metric is taken from. */
enum metric_basis {
    METRIC_NO_BASIS,
    METRIC_OWN,         /* the row's latency_basis */
    METRIC_UNCORRECTED, /* "sent" beside a row's own "intended" */
    METRIC_CONNECT      /* "connect" */
};

struct metric {
    const char *name; /* of the column */
    enum metric_better better;
    bool of_throughput; /* says little of the server where the client was the limit */
    enum metric_basis basis;
    double percentile; /* within that histogram: 0 the minimum, 100 the maximum; or METRIC_MEAN */
};

/* In place of a percentile: the mean of that histogram. */
#define METRIC_MEAN (-1.0)

/* In the order of runs.csv; ends with a NULL name. */
extern const struct metric metrics[];
/* By name, or NULL. */
const struct metric *metric_find(const char *name);

#endif
