/*
 * workload_facts: lists the workloads that tables and merge treat in a way of their own. A
 * workload without an entry is counted and compared in messages.
 */
#ifndef IOMODELS_WORKLOAD_FACTS_H
#define IOMODELS_WORKLOAD_FACTS_H

#include "rows/row.h"

struct workload_facts {
    const char *name;
    bool counts_bytes;      /* its throughput and its fairness are of bytes, not of messages */
    bool shows_fairness;    /* which compares mean round trips, so that parts of it do not add up */
    bool shows_memory;      /* of the server, which is what it is there to find */
    bool finds_connections; /* how many a model holds: it has a table of its own */
};

/* Of the row's workload. */
const struct workload_facts *workload_facts_of(const struct row *row);

/* Those that have an entry; ends with a NULL name. */
extern const struct workload_facts workload_facts[];

#endif
