/*
 * statistics: what several trials say together. Pure functions; arrays stay the caller's. Values
 * must not be NaN. Without memory the result is NaN, as it is where there is none.
 */
#ifndef IOMODELS_STATISTICS_H
#define IOMODELS_STATISTICS_H

#include <stddef.h>
#include <stdint.h>

/*
 * Fewer trials tell too little of their spread: the median of 5 has no 95 % interval, and with 3
 * against 3 not even a perfect separation shows anything (p = 0.10).
 */
enum { STATISTICS_TRIALS_MIN = 6 };

struct interval {
    double low;
    double high;
};

void statistics_sort(double *values, size_t count); /* ascending */
/* A copy, ascending; the caller's to free. NULL without values or without memory. */
double *statistics_sorted(const double *values, size_t count);
double statistics_median(const double *values, size_t count);             /* NaN when count is 0 */
double statistics_quantile(const double *values, size_t count, double q); /* linear (type 7) */
/*
 * 95 % interval of the median by order statistics: the innermost pair of sorted values, each as far
 * from its end, that holds the median in at least 95 % of all cases (by the binomial distribution),
 * moved inwards from there by the interpolation of Hettmansperger & Sheather (1986), which brings
 * 97.9 % of 10 values near to 95 %. Nothing is assumed of the distribution but that the median does
 * not lie in a gap: where half of the values are around one peak and half around another one, wholly
 * apart, the interval of 10 values has the middle of the gap in it in 89 % of all cases.
 *
 * NaN below 6 values: the least and the highest of 5 hold the median in 93.75 % of all cases. An end
 * is infinite where the values there are.
 */
struct interval statistics_median_interval(const double *values, size_t count);
/*
 * Holm's step-down correction (Holm 1979) in place: p values become adjusted p values. NaN (no test
 * was possible) stays NaN and does not count.
 */
void statistics_holm(double *p, size_t count);
/*
 * Kendall's score of the values in their order (pairs that rise less pairs that fall) and its
 * variance where there is no trend, ties considered (Mann 1945, Kendall 1975). Scores and variances
 * of independent series add up.
 */
struct trend {
    double score;
    double variance;
};
struct trend statistics_trend(const double *values, size_t count);
/* Two-sided p by the normal approximation with continuity correction; 1 without variance. */
double statistics_trend_p(struct trend trend);
/* Jain's fairness index of the shares, 1/count..1 (Jain, Chiu, Hawe 1984); NaN when all are 0. */
double statistics_jain(const double *shares, size_t count);

#endif
