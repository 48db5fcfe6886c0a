/*
 * compact_histogram: a histogram of durations in a 32nd of the memory of a whole one: 32 buckets of
 * histogram.h are one here. A duration is known within 1.6 %, one below 1 us within 16 ns; the
 * shortest and the longest are exact. It holds no pointer, so many of them are one piece of memory.
 */
#ifndef IOMODELS_COMPACT_HISTOGRAM_H
#define IOMODELS_COMPACT_HISTOGRAM_H

#include "stats/histogram.h"

enum { COMPACT_HISTOGRAM_SHARE = 32, COMPACT_HISTOGRAM_BUCKETS = HISTOGRAM_BUCKETS / 32 };

struct compact_histogram {
    uint64_t counts[COMPACT_HISTOGRAM_BUCKETS];
    uint64_t total; /* sum of counts */
    uint64_t min;   /* meaningless while total is 0, as max */
    uint64_t max;
};

void compact_histogram_clear(struct compact_histogram *histogram);
void compact_histogram_record(struct compact_histogram *histogram, uint64_t value_ns);
void compact_histogram_add(struct compact_histogram *into, const struct compact_histogram *from);
/* Makes a whole histogram of it, whose percentiles follow the same rules as any other's. */
void compact_histogram_expand(const struct compact_histogram *histogram, struct histogram *into);

#endif
