/*
 * rate_search: the highest rate at which a latency stays within a bound. Pure: it proposes rates,
 * and the caller reports how each went.
 */
#ifndef IOMODELS_RATE_SEARCH_H
#define IOMODELS_RATE_SEARCH_H
#include "base/failure.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "p99:1ms" */
struct rate_bound {
    double percentile; /* 0..100; 100: the longest */
    uint64_t limit_ns;
    char text[40]; /* "p99<=1ms", however it was given */
};

/*
 * "p50:200us", "p95:1ms", "p99.9:5ms", "max:20ms"; also with <= for the colon, which shells take
 * for themselves. 0, or -1 with a failure.
 */
int rate_bound_parse(const char *text, struct rate_bound *bound, struct failure *failure);
/* How many messages it takes until that percentile can be told. */
double rate_bound_samples(const struct rate_bound *bound);

/* How a rate went. */
enum rate_outcome {
    RATE_MET,
    RATE_MISSED,
    RATE_NOT_SENT /* missed, and the load generator itself was late: nothing is known of the server */
};

/*
 * A miss counts for good only once its rate was tried again: the lowest one at the search's end, so
 * that something else which was busy for a while does not decide. Before any rate was met, one that
 * could not be sent is tried again at once, and ends the search if it can't be sent then either: to
 * go further down would take ever longer windows to find the load generator's limit.
 */
struct rate_search {
    double first;    /* messages a second, to begin with */
    double lowest;   /* no less is tried, but for its rounding */
    double highest;  /* no more is tried */
    double met;      /* the highest rate that met the bound; 0: none yet */
    double missed;   /* the lowest that did not, above `met`; 0: none yet */
    double accuracy; /* the end: missed by met is at most this, such as 1.05 */
    double unsent;   /* a rate that could not be sent, and is tried again; 0: none */
    bool confirmed;  /* `missed` was missed twice */
    bool unsendable; /* it ended since `unsent` could not be sent twice */
};

/* The next rate to try, of three digits, so that it can be named; 0: the search is over. */
double rate_search_next(const struct rate_search *search);
/* How it went at the rate that was proposed last. */
void rate_search_tell(struct rate_search *search, double rate, enum rate_outcome outcome);

#endif
