#include "stats/comparison.h"

#include <math.h>
#include <stdlib.h>

#include "stats/rank_test.h"

static bool has_enough(const struct comparison *pair)
{
    return pair->baseline_count >= STATISTICS_TRIALS_MIN &&
           pair->contestant_count >= STATISTICS_TRIALS_MIN;
}

static enum comparison_verdict verdict_of(const struct comparison *pair, bool more_is_better)
{
    if (!(pair->p >= 0))
        return COMPARISON_NONE;
    if (pair->p >= RANK_TEST_SIGNIFICANT)
        return COMPARISON_UNCLEAR;
    return (pair->direction > 0) == more_is_better ? COMPARISON_FASTER : COMPARISON_SLOWER;
}

void comparison_judge(struct comparison *pairs, size_t count, bool more_is_better)
{
    double *p = count > SIZE_MAX / sizeof *p ? NULL : malloc((count + 1) * sizeof *p);
    for (size_t i = 0; i < count; i++) {
        struct comparison *pair = &pairs[i];
        pair->baseline_median = statistics_median(pair->baseline, pair->baseline_count);
        pair->contestant_median = statistics_median(pair->contestant, pair->contestant_count);
        struct rank_test test = rank_test_compare(pair->contestant, pair->contestant_count,
                                                  pair->baseline, pair->baseline_count);
        pair->ratio = test.ratio;
        pair->interval = test.interval;
        pair->direction = test.direction;
        if (p != NULL)
            p[i] = has_enough(pair) ? test.p : NAN;
    }
    if (p != NULL)
        statistics_holm(p, count);
    for (size_t i = 0; i < count; i++) {
        pairs[i].p = p == NULL ? NAN : p[i];
        pairs[i].verdict = verdict_of(&pairs[i], more_is_better);
    }
    free(p);
}

bool comparison_medians_disagree(const struct comparison *pair)
{
    bool is_more = pair->contestant_median > pair->baseline_median;
    bool is_less = pair->contestant_median < pair->baseline_median;
    return pair->verdict > COMPARISON_UNCLEAR && is_more - is_less != pair->direction;
}

const char *comparison_verdict_text(enum comparison_verdict verdict)
{
    static const char *const texts[] = {"", "~", "faster", "slower"};
    return texts[verdict];
}

const char *comparison_verdict_shown(enum comparison_verdict verdict)
{
    static const char *const texts[] = {"too few trials", "~", "better", "worse"};
    return texts[verdict];
}

double comparison_slowdown(const struct comparison *pair, bool more_is_better)
{
    if (pair->verdict != COMPARISON_SLOWER)
        return 0;
    if (!(pair->ratio >= 0))
        return INFINITY;
    return more_is_better ? 1 - pair->ratio : pair->ratio - 1;
}

bool comparison_can_tell(size_t baseline_count, size_t contestant_count, size_t tests)
{
    /* All trials of one side below all of the other: that is 2 of the (m+n over m) orders. */
    double p = 2;
    for (size_t i = 1; i <= contestant_count; i++)
        p *= (double)i / (double)(baseline_count + i);
    return baseline_count >= STATISTICS_TRIALS_MIN && contestant_count >= STATISTICS_TRIALS_MIN &&
           p * (double)tests < RANK_TEST_SIGNIFICANT;
}
