#include "base/random.h"
#include "check.h"
#include "shapes.h"
#include "stats/comparison.h"
#include "stats/rank_test.h"

#include <stdlib.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static struct comparison judged(const double *contestant, size_t contestant_count,
                                const double *baseline, size_t baseline_count, bool more_is_better)
{
    struct comparison pair = {.baseline = baseline,
                              .baseline_count = baseline_count,
                              .contestant = contestant,
                              .contestant_count = contestant_count};
    comparison_judge(&pair, 1, more_is_better);
    return pair;
}

static const double low[] = {1, 2, 3, 4, 5, 6}, high[] = {11, 12, 13, 14, 15, 16};

static void test_verdicts_by_direction(void)
{
    struct comparison pair = judged(low, 6, high, 6, false);
    CHECK(pair.verdict == COMPARISON_FASTER);
    CHECK_NEAR(pair.p, 2.0 / 924, 1e-15); /* of the 924 orders only the two extremes */
    CHECK_NEAR(pair.contestant_median, 3.5, 0);
    CHECK_NEAR(pair.baseline_median, 13.5, 0);
    /* Of the 36 quotients the two in the middle. */
    CHECK_NEAR(pair.ratio, sqrt(4.0 / 15 * 3 / 12), 1e-15);
    CHECK_NEAR(pair.interval.low, 1.0 / 11, 0); /* the 6th of them, by the critical U of 5 */
    CHECK_NEAR(pair.interval.high, 5.0 / 12, 0);
    CHECK_NEAR(comparison_slowdown(&pair, false), 0, 0);
    pair = judged(low, 6, high, 6, true);
    CHECK(pair.verdict == COMPARISON_SLOWER);
    CHECK_NEAR(comparison_slowdown(&pair, true), 1 - sqrt(1.0 / 15), 1e-15);
    pair = judged(high, 6, low, 6, false);
    CHECK(pair.verdict == COMPARISON_SLOWER);
    CHECK_NEAR(comparison_slowdown(&pair, false), sqrt(15) - 1, 1e-14);
    CHECK(judged(high, 6, low, 6, true).verdict == COMPARISON_FASTER);
    pair = judged(low, 6, low, 6, false);
    CHECK(pair.verdict == COMPARISON_UNCLEAR);
    CHECK_NEAR(pair.ratio, 1, 0);
}

static void test_verdict_texts(void)
{
    CHECK_EQ_TEXT(comparison_verdict_text(COMPARISON_NONE), "");
    CHECK_EQ_TEXT(comparison_verdict_text(COMPARISON_UNCLEAR), "~");
    CHECK_EQ_TEXT(comparison_verdict_text(COMPARISON_FASTER), "faster");
    CHECK_EQ_TEXT(comparison_verdict_text(COMPARISON_SLOWER), "slower");
}

static void test_no_verdict_with_five_trials(void)
{
    struct comparison pair = judged(low, 5, high, 6, false);
    CHECK(pair.verdict == COMPARISON_NONE);
    CHECK_NAN(pair.p);
    CHECK_NEAR(pair.ratio, sqrt(3.0 / 14 * 3 / 13), 1e-15);
    CHECK(judged(low, 6, high, 5, false).verdict == COMPARISON_NONE);
    pair = judged(low, 0, high, 6, false);
    CHECK(pair.verdict == COMPARISON_NONE);
    CHECK_NAN(pair.contestant_median);
    CHECK_NAN(pair.ratio);
    CHECK_NEAR(comparison_slowdown(&pair, false), 0, 0);
    comparison_judge(&pair, 0, false);
}

static void test_ties(void)
{
    const double same[] = {7, 7, 7, 7, 7, 7}, split[] = {7, 7, 7, 7, 9, 9};
    CHECK_NEAR(judged(same, 6, same, 6, false).p, 1, 0);
    CHECK(judged(same, 6, same, 6, false).verdict == COMPARISON_UNCLEAR);
    CHECK(judged(split, 6, same, 6, false).verdict == COMPARISON_UNCLEAR);
    /* Were the equal ones not, they could all speak against a difference: no ratio is excluded. */
    const double many_same[] = {7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7},
                 many_split[] = {7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9};
    struct comparison pair = judged(many_split, 21, many_same, 21, false);
    CHECK_NEAR(pair.p, 1, 0);
    CHECK(pair.verdict == COMPARISON_UNCLEAR);
    CHECK_NEAR(pair.ratio, 1, 0);
}

/*
 * Each side has two peaks: the contestant's median is higher, but most of its ranks are lower. The
 * verdict is that of the ratio, and the medians are said to disagree.
 */
static void test_medians_against_ranks(void)
{
    enum { TRIALS = 21 };
    double contestant[TRIALS], baseline[TRIALS];
    for (int i = 0; i < TRIALS; i++) {
        contestant[i] = i < TRIALS / 2 ? 10 + i : 100 + i;
        baseline[i] = i <= TRIALS / 2 ? 70 + i : 200 + i;
    }
    for (int more_is_better = 0; more_is_better < 2; more_is_better++) {
        struct comparison pair = judged(contestant, TRIALS, baseline, TRIALS, more_is_better != 0);
        CHECK(pair.contestant_median > pair.baseline_median);
        CHECK(pair.p < 0.05);
        CHECK(pair.direction < 0);
        CHECK(pair.ratio < 1 && pair.interval.high < 1);
        CHECK(pair.verdict == (more_is_better != 0 ? COMPARISON_SLOWER : COMPARISON_FASTER));
        CHECK(comparison_medians_disagree(&pair));
        pair = judged(low, 6, high, 6, more_is_better != 0);
        CHECK(!comparison_medians_disagree(&pair));
        pair = judged(low, 6, low, 6, more_is_better != 0);
        CHECK(!comparison_medians_disagree(&pair));
    }
}

static void test_no_ratio(void)
{
    const double zero[] = {0, 0, 0, 0, 0, 0}, below[] = {-9, -8, -7, -6, -5, -4};
    struct comparison pair = judged(low, 6, zero, 6, false);
    CHECK(pair.ratio > 1e300);
    CHECK(pair.verdict == COMPARISON_SLOWER);
    CHECK(comparison_slowdown(&pair, false) > 1e300);
    pair = judged(zero, 6, low, 6, false);
    CHECK_NEAR(pair.ratio, 0, 0);
    CHECK(pair.verdict == COMPARISON_FASTER);
    CHECK_NAN(judged(below, 6, low, 6, false).ratio);
    CHECK_NAN(judged(low, 6, below, 6, false).ratio);
    CHECK(judged(below, 6, low, 6, false).verdict == COMPARISON_FASTER);
}

/* The corrected p of each pair tested, and those that were not tested don't count. */
static void test_holm_over_the_pairs(void)
{
    const double near[] = {1.5, 2.5, 3.5, 4.5, 5.5, 16.5};
    struct comparison pairs[4];
    for (size_t i = 0; i < COUNT(pairs); i++)
        pairs[i] = (struct comparison){.baseline = low,
                                       .contestant = i == 1 ? near : high,
                                       .baseline_count = i == 2 ? 5 : 6,
                                       .contestant_count = 6};
    comparison_judge(pairs, COUNT(pairs), false);
    CHECK_NEAR(pairs[0].p, 3 * 2.0 / 924, 1e-15);
    CHECK_NEAR(pairs[3].p, pairs[0].p, 1e-15);
    CHECK_NEAR(pairs[1].p, rank_test_compare(low, 6, near, 6).p, 1e-15);
    CHECK_NAN(pairs[2].p);
}

/* Samples with and without ties. A third of the pairs differ. */
static void sample_draw(struct random_state *random, double *values, size_t count, bool moved)
{
    static const uint64_t ties[] = {3, 10, 40, 1000000};
    uint64_t step = ties[random_below(random, COUNT(ties))];
    for (size_t i = 0; i < count; i++)
        values[i] =
            floor((double)step * (shape_normal(random) / 2 + (moved ? 4.7 : 4))) / (double)step;
}

/* The test and the interval agree: the interval holds 1 exactly where the verdict is `~`. */
static void test_interval_agrees_with_verdict(void)
{
    double contestant[30], baseline[30];
    int apart = 0, tied = 0;
    struct random_state random;
    random_seed(&random, 12);
    for (int i = 0; i < 20000; i++) {
        size_t contestant_count = 6 + (size_t)random_below(&random, 25);
        size_t baseline_count = 6 + (size_t)random_below(&random, 25);
        sample_draw(&random, contestant, contestant_count, random_below(&random, 3) == 0);
        sample_draw(&random, baseline, baseline_count, false);
        struct comparison pair =
            judged(contestant, contestant_count, baseline, baseline_count, false);
        bool holds_1 = pair.interval.low <= 1 && 1 <= pair.interval.high;
        CHECK(holds_1 == (pair.verdict == COMPARISON_UNCLEAR));
        CHECK(pair.interval.low <= pair.ratio && pair.ratio <= pair.interval.high);
        CHECK((pair.verdict == COMPARISON_SLOWER) == (pair.interval.low > 1));
        apart += !holds_1;
        tied += pair.interval.low == 1 || pair.interval.high == 1;
    }
    CHECK(apart > 2000);
    CHECK(tied > 100);
}

/* Trials of a true value, with noise of 2 % of it. */
static void measure(struct random_state *random, double truth, double *trials, size_t count)
{
    for (size_t i = 0; i < count; i++)
        trials[i] = truth * (1 + 0.02 * shape_normal(random));
}

/* In a configuration where nothing differs, how often is anything said to differ? */
static void check_false_alarms(size_t contestants, size_t trials)
{
    enum { CONFIGURATIONS = 2000, CONTESTANTS_MAX = 9, TRIALS_MAX = 30 };
    static double values[CONTESTANTS_MAX][TRIALS_MAX];
    struct comparison pairs[CONTESTANTS_MAX];
    struct random_state random;
    int alarms = 0, tests = 0;
    random_seed(&random, 31 + contestants);
    for (int i = 0; i < CONFIGURATIONS; i++) {
        bool alarm = false;
        for (size_t j = 0; j < contestants; j++)
            measure(&random, 5, values[j], trials);
        for (size_t j = 1; j < contestants; j++)
            pairs[j - 1] = (struct comparison){.baseline = values[0],
                                               .baseline_count = trials,
                                               .contestant = values[j],
                                               .contestant_count = trials};
        comparison_judge(pairs, contestants - 1, false);
        for (size_t j = 0; j + 1 < contestants; j++) {
            alarm |= pairs[j].verdict != COMPARISON_UNCLEAR;
            tests += pairs[j].p < 1;
        }
        alarms += alarm;
    }
    CHECK(alarms <= CONFIGURATIONS * 5 / 100);
    CHECK(tests > 0);
    /* It is a test that can say something: without one there would be no alarm at all. */
    CHECK(alarms > 0);
}

static void test_false_alarms(void)
{
    check_false_alarms(2, 10);
    check_false_alarms(5, 10);
    check_false_alarms(9, 10);
    check_false_alarms(5, 6);
    check_false_alarms(5, 30);
}

/* 10 % more, with noise of 2 %, in ten trials, each among three that are alike. */
static void test_finds_ten_percent(void)
{
    enum { CONFIGURATIONS = 1000, TRIALS = 10 };
    double values[5][TRIALS];
    struct comparison pairs[4];
    struct random_state random;
    int found = 0, covered = 0;
    random_seed(&random, 41);
    for (int i = 0; i < CONFIGURATIONS; i++) {
        for (size_t j = 0; j < 5; j++)
            measure(&random, j == 1 ? 5.5 : 5, values[j], TRIALS);
        for (size_t j = 0; j < 4; j++)
            pairs[j] = (struct comparison){.baseline = values[0],
                                           .baseline_count = TRIALS,
                                           .contestant = values[j + 1],
                                           .contestant_count = TRIALS};
        comparison_judge(pairs, 4, false);
        found += pairs[0].verdict == COMPARISON_SLOWER;
        covered += pairs[0].interval.low <= 1.1 && 1.1 <= pairs[0].interval.high;
    }
    CHECK(found >= CONFIGURATIONS * 90 / 100);
    CHECK_NEAR(covered, CONFIGURATIONS * 0.95, CONFIGURATIONS * 0.03);
}

int main(void)
{
    test_verdicts_by_direction();
    test_verdict_texts();
    test_no_verdict_with_five_trials();
    test_ties();
    test_medians_against_ranks();
    test_no_ratio();
    test_holm_over_the_pairs();
    test_interval_agrees_with_verdict();
    test_false_alarms();
    test_finds_ten_percent();
    return check_report();
}
