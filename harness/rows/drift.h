/*
 * drift: finds out whether the machine became steadily faster or slower during a run.
 */
#ifndef IOMODELS_DRIFT_H
#define IOMODELS_DRIFT_H

#include "rows/row.h"

struct drift {
    bool found;
    const char *metric; /* the column that shows it */
    double change;      /* of its last third of trials against its first, as a share; signed */
};

/*
 * By a trend over the trials that all cells share: the seasonal Kendall test (Hirsch, Slack, Smith
 * 1982, with the cells as its seasons), p < 0.01, and a change of at least 5 %. Cells of fewer than
 * STATISTICS_TRIALS_MIN trials, or whose first ones show 0, do not count. Pure.
 */
struct drift drift_of(const struct row *rows, size_t count);

/* The same of figures that are kept elsewhere. */
struct drift_source {
    size_t cells;
    /* The known values of a cell, in the order of its trials; how many. */
    const double *(*values)(const void *context, size_t cell, enum column_id metric, size_t *count);
    const void *context;
};
struct drift drift_of_source(const struct drift_source *source);

#endif
