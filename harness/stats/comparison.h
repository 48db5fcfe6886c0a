/*
 * comparison: one rule for what may be said of two sides that were measured several times. Pure;
 * `compare` and the table of `bench` share it.
 */
#ifndef IOMODELS_COMPARISON_H
#define IOMODELS_COMPARISON_H

#include <stdbool.h>
#include <stddef.h>

#include "stats/statistics.h"

enum comparison_verdict {
    COMPARISON_NONE,    /* fewer than STATISTICS_TRIALS_MIN on a side */
    COMPARISON_UNCLEAR, /* no difference was shown */
    COMPARISON_FASTER,  /* the contestant's trials are the better ones */
    COMPARISON_SLOWER
};

struct comparison {
    const double *baseline; /* the trials, none NaN; the caller's */
    const double *contestant;
    size_t baseline_count;
    size_t contestant_count;
    /* Filled by comparison_judge. */
    double baseline_median; /* NaN without trials */
    double contestant_median;
    double ratio; /* of the contestant's trials by the baseline's, as rank_test.h estimates it */
    struct interval interval; /* of the ratio */
    double p;                 /* adjusted; NaN where there are too few trials */
    int direction; /* of the test: 1 where the contestant's trials are the higher ones, -1, 0 */
    enum comparison_verdict verdict;
};

/*
 * Judges pairs of one configuration and metric together: a Mann-Whitney test of each, p adjusted by
 * Holm's correction over all that were tested, a verdict where p < 0.05. A ratio's interval is that
 * of its pair alone: without the correction it holds 1 exactly where there is no difference to tell;
 * the correction can only turn "faster" and "slower" into "~".
 */
void comparison_judge(struct comparison *pairs, size_t count, bool more_is_better);
/* As files have it: "faster", "slower", "~", or "" for COMPARISON_NONE. */
const char *comparison_verdict_text(enum comparison_verdict verdict);
/* For a person, whatever was compared: "better", "worse", "~", or "too few trials". */
const char *comparison_verdict_shown(enum comparison_verdict verdict);
/*
 * Whether there is a verdict, and the medians do not differ in its direction: the test compares all
 * trials with all others, and a side may have two peaks.
 */
bool comparison_medians_disagree(const struct comparison *pair);
/*
 * By what share the contestant is slower: 0.1 is a ratio of 1.1, or of 0.9 where more is better.
 * 0 without the verdict "slower"; infinite with it where there is no ratio.
 */
double comparison_slowdown(const struct comparison *pair, bool more_is_better);
/*
 * True if these numbers of trials can lead to a verdict where `tests` pairs are judged together.
 * After Holm's correction p may be too large even if all trials of one side are below all of the
 * other.
 */
bool comparison_can_tell(size_t baseline_count, size_t contestant_count, size_t tests);

#endif
