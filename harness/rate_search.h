/*
 * rate_search: the highest rate at which a latency stays within a bound. Pure: it proposes rates,
 * and is told how each went.
 */
#ifndef IOMODELS_RATE_SEARCH_H
#define IOMODELS_RATE_SEARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "p99<=1ms" */
struct rate_bound {
    double percentile; /* 0..100; 100: the longest */
    uint64_t limit_ns;
};

/* "p50<=200us", "p99.9<=5ms", "max<=20ms". 0, or -1 with a one-line message. */
int rate_bound_parse(const char *text, struct rate_bound *bound, char *message,
                     size_t message_size);
/* How many messages it takes until that percentile can be told. */
double rate_bound_samples(const struct rate_bound *bound);

struct rate_search {
    double first;    /* messages a second, to begin with */
    double lowest;   /* of which no less is tried */
    double highest;  /* of which no more is tried */
    double met;      /* the highest rate that met the bound; 0: none yet */
    double missed;   /* the lowest that did not, above `met`; 0: none yet */
    double accuracy; /* the end: missed by met is at most this, such as 1.05 */
};

/* The next rate to try, of three digits, so that it can be named; 0: the search is over. */
double rate_search_next(const struct rate_search *search);
/* How it went at the rate that was proposed last, which lies inside the bracket. */
void rate_search_tell(struct rate_search *search, double rate, bool met);

#endif
