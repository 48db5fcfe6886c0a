/*
 * histogram: a log-linear histogram of durations with a relative error of at most 0.1 %.
 *
 * Values below 2,048 ns are exact; above, each octave has 1,024 buckets. Nothing is ever lost: a
 * value past the largest bucket is counted in it and in `clamped`. The idea comes from HdrHistogram
 * (G. Tene). One thread at a time.
 */
#ifndef IOMODELS_HISTOGRAM_H
#define IOMODELS_HISTOGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Of each histogram. */
enum { HISTOGRAM_BUCKETS = 33792 };

struct histogram {
    uint64_t *counts; /* owned */
    size_t buckets;
    uint64_t total; /* sum of counts */
    uint64_t clamped;
    uint64_t min; /* exact, as max; meaningless while total is 0 */
    uint64_t max;
    double sum;
};

/* 0, or -1 without memory. */
int histogram_init(struct histogram *histogram);
void histogram_free(struct histogram *histogram);
void histogram_clear(struct histogram *histogram);
void histogram_record(struct histogram *histogram, uint64_t value_ns);
void histogram_add(struct histogram *into, const struct histogram *from);
/*
 * Adds a bucket of another histogram, with the range of histogram_bucket_range. Its values count as
 * the middle of the range; min and max are widened to the range's ends, since no more is known.
 * False where no bucket has that range, or where there would be more than 2^53 samples, which no
 * run can have taken.
 */
bool histogram_add_bucket(struct histogram *into, uint64_t low_ns, uint64_t high_ns,
                          uint64_t count);

/* The range [*low, *high] of values that bucket `index` counts. */
void histogram_bucket_range(size_t index, uint64_t *low, uint64_t *high);
size_t histogram_bucket_of(uint64_t value_ns);

/*
 * The value at `percentile` 0..100 (the middle of its bucket, within min..max): the smallest value
 * that this share of the samples does not exceed. Exactly max where that is the largest sample; 0
 * when empty.
 */
uint64_t histogram_percentile(const struct histogram *histogram, double percentile);
/* Samples in the buckets that begin in [from_ns, to_ns). */
uint64_t histogram_between(const struct histogram *histogram, uint64_t from_ns, uint64_t to_ns);
/* Whether at least 10 samples lie beyond `percentile`, so that it can be quoted. */
bool histogram_carries(const struct histogram *histogram, double percentile);
/*
 * The percentile of these samples and `slower` more, whose only known property is that they are
 * larger than all of these. False where fewer than 10 of these lie beyond it.
 */
bool histogram_percentile_of(const struct histogram *histogram, uint64_t slower, double percentile,
                             uint64_t *value);
double histogram_mean(const struct histogram *histogram); /* exact but for rounding; 0 when empty */

/* The text format that the public HdrHistogram plotter reads; values in milliseconds with six
 * decimals. 0 or -1 (errno). */
int histogram_write_hgrm(const struct histogram *histogram, FILE *file);

#endif
