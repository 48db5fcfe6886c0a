/*
 * rank_test: whether two samples differ, by which ratio, and how well that is known. All of it comes
 * from one count: in how many pairs of a value of `a` with a value of `b` is that of `a` the higher
 * one. So the answers agree: the interval holds 1 exactly where p is not below
 * RANK_TEST_SIGNIFICANT, and the ratio lies within the interval. Pure functions; arrays stay the
 * caller's. Values must not be NaN.
 */
#ifndef IOMODELS_RANK_TEST_H
#define IOMODELS_RANK_TEST_H

#include "stats/statistics.h"

/* The interval holds the ratios whose p is not below this: it is a 95 % interval. */
#define RANK_TEST_SIGNIFICANT 0.05

struct rank_test {
    /*
     * Of the two-sided Mann-Whitney U test (Mann & Whitney 1947): exact up to 20 values on each
     * side, else by the normal approximation with continuity correction. 1 where a side is empty,
     * NaN without memory.
     *
     * Where a value of `a` equals one of `b`, either could be the higher one: figures are kept to
     * some digits. p is the largest that any order of such ties gives (Lehmann 1975). That is never
     * less than p by mean ranks. By mean ranks an interval could not agree with its verdict: of
     * 8 times 7 against 3 times 7 and 5 times 9, the ratio 1 would be excluded (p = 0.026), and
     * each ratio just above 1 would not.
     */
    double p;
    int direction; /* 1 where a's are the higher ones in more pairs than b's; -1, or 0 for neither */
    /*
     * The Hodges-Lehmann estimate on logarithms (Hodges & Lehmann 1963): the median of the quotients
     * of each value of `a` by each of `b`; between two of them the geometric mean. It is not the
     * quotient of the medians. A quotient 0 / 0 is left out. NaN where there is no other, or where a
     * value is negative; infinite where most of the values of `b` are 0.
     */
    double ratio;
    /*
     * The ratios r for which the test of `a` / r against `b` has no p below RANK_TEST_SIGNIFICANT
     * (Lehmann 1963): between two of the ordered quotients, both included. In it the true ratio lies
     * in at least 95 % of all cases up to 20 + 20 values, if the samples differ by a ratio alone:
     * 95.9 % of 6 against 6, 95.7 % of 10 against 10, 95.1 % of 20 against 20. 0 / 0 could be any
     * ratio. NaN where there are too few values to exclude any ratio (3 against 3), and where a value
     * is negative; `high` can be infinite.
     */
    struct interval interval;
};

struct rank_test rank_test_compare(const double *a, size_t a_count, const double *b,
                                   size_t b_count);

#endif
