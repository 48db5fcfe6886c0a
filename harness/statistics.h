/*
 * statistics: what several trials say together. Pure functions; arrays stay the caller's. Values
 * must not be NaN. Without memory the result is NaN, as it is where there is none.
 */
#ifndef IOMODELS_STATISTICS_H
#define IOMODELS_STATISTICS_H

#include <stddef.h>
#include <stdint.h>

/*
 * Fewer trials on a side tell nothing of their spread: with 3 against 3 not even a perfect separation
 * shows anything (p = 0.10).
 */
enum { STATISTICS_TRIALS_MIN = 6 };

struct interval {
    double low;
    double high;
};

void statistics_sort(double *values, size_t count);                       /* ascending */
double statistics_median(const double *values, size_t count);             /* NaN when count is 0 */
double statistics_quantile(const double *values, size_t count, double q); /* linear (type 7) */
/*
 * 95 % interval of the median by the bootstrap's percentile method: from the exact distribution of
 * a resample's median (Efron 1979) instead of resamples, so that nothing is drawn. NaN where a value
 * is not finite.
 */
struct interval statistics_median_interval(const double *values, size_t count);
/*
 * The same for median(a) / median(b), both resampled. NaN also where a median can be negative, or
 * where that of b is 0 in 2.5 % of its resamples or more.
 */
struct interval statistics_ratio_interval(const double *a, size_t a_count, const double *b,
                                          size_t b_count);
struct rank_test {
    double p;
    int direction; /* 1 where a's ranks are the higher ones, -1 where b's are, 0 for neither */
};
/*
 * The two-sided Mann-Whitney U test: exact up to 20 + 20 without ties, else the normal approximation
 * with tie and continuity correction (Mann & Whitney 1947). p is 1 when either is empty. It compares
 * ranks: of samples with two peaks the medians can differ the other way.
 */
struct rank_test statistics_mann_whitney(const double *a, size_t a_count, const double *b,
                                         size_t b_count);
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

/* A small seeded generator (xoshiro256** seeded by splitmix64), for shuffles. */
struct random_state {
    uint64_t s[4];
};
void random_seed(struct random_state *random, uint64_t seed);
uint64_t random_next(struct random_state *random);
/* Uniform in [0, bound), bound > 0, without bias. */
uint64_t random_below(struct random_state *random, uint64_t bound);

#endif
