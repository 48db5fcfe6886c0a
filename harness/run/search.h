/*
 * search: finds the highest rate that each contestant holds within a bound of latency.
 * rate_search.h finds it for one of them; here all contestants take turns, each with its own next
 * rate in every round. It also writes rate_search.csv and prints the table.
 */
#ifndef IOMODELS_SEARCH_H
#define IOMODELS_SEARCH_H

#include "base/failure.h"
#include "run/bench.h"
#include "run/rate_search.h"

/* What is known of one contestant under one workload. */
struct search_finding {
    const struct contestant *contestant;
    const struct workload *workload; /* but for its rate */
    struct rate_search search;
    unsigned tries;        /* different rates */
    const char *ended;     /* why it ended early; "" where it did not */
    const char *missed_by; /* why the last trial that missed did: see search_write; "" as below */
    char missed_bound[12]; /* `bound` of the last row that missed; "" where none did */
};

struct search {
    struct rate_bound bound;
    unsigned trials; /* of each rate, odd: the majority decides */
    /* the rest is search_run's */
    const char *run_id;
    struct search_finding *findings;
    size_t count;
};

/* About how many runs that takes, and how long, where the first rates are not far off. */
size_t search_runs(const struct search *search, const struct plan *plan);
uint64_t search_duration_ns(const struct search *search, const struct plan *plan,
                            const struct run_settings *settings);
/* 0 once it is done or was cancelled; -1 with a failure where it can't go on. */
int search_run(struct search *search, struct bench *bench, struct failure *failure);
/* rate_search.csv. 0, or -1 once a write failed. */
int search_write(const struct search *search, struct csv_writer *csv);
void search_print(const struct search *search, FILE *file);
void search_free(struct search *search);

#endif
