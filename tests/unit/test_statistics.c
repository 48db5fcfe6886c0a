#include "base/random.h"
#include "check.h"
#include "shapes.h"

#include <stdlib.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static void test_median_and_quantile(void)
{
    const double odd[] = {9, 1, 5}, even[] = {4, 1, 3, 2}, one[] = {7};
    CHECK_NEAR(statistics_median(odd, 3), 5, 0);
    CHECK_NEAR(statistics_median(even, 4), 2.5, 0);
    CHECK_NEAR(statistics_median(one, 1), 7, 0);
    CHECK_NAN(statistics_median(one, 0));
    CHECK_NEAR(odd[0], 9, 0);
    CHECK_NEAR(statistics_quantile(even, 4, 0), 1, 0);
    CHECK_NEAR(statistics_quantile(even, 4, 0.25), 1.75, 1e-15);
    CHECK_NEAR(statistics_quantile(even, 4, 0.9), 3.7, 1e-15);
    CHECK_NEAR(statistics_quantile(even, 4, 1), 4, 0);
    CHECK_NAN(statistics_quantile(even, 4, 1.5));
    CHECK_NAN(statistics_quantile(even, 4, -0.1));
}

/* Values whose sorted ranks are 1 to count. */
static struct interval interval_of_ranks(size_t count)
{
    struct interval interval = {NAN, NAN};
    double *ranks = malloc(count * sizeof *ranks);
    CHECK(ranks != NULL);
    for (size_t i = 0; ranks != NULL && i < count; i++)
        ranks[i] = (double)(i % 2 == 0 ? i + 1 : count - count % 2 + 1 - i);
    if (ranks != NULL)
        interval = statistics_median_interval(ranks, count);
    free(ranks);
    return interval;
}

/*
 * The whole part is the rank in published tables of the median's 95 % interval (Conover 1999, table
 * A3). All was calculated with scipy.stats.binom of SciPy 1.10.1 by the formula of Hettmansperger &
 * Sheather 1986.
 */
static void test_median_interval_by_ranks(void)
{
    static const struct {
        size_t count;
        double low;
    } table[] = {{6, 1.3571428571428577},     {7, 1.7333333333333336},   {8, 1.9356435643564358},
                 {9, 2.227906976744187},      {10, 2.657657657657658},   {11, 2.917793964620188},
                 {12, 3.263118440779611},     {15, 4.373506087345024},   {20, 6.235234215885948},
                 {25, 8.198120617309286},     {30, 10.228711498709888},  {50, 18.67173751436216},
                 {100, 40.76320061634009},    {1000, 469.5330866017012}, {1001, 470.002222309647},
                 {300001, 149464.24194101812}};
    for (size_t i = 0; i < COUNT(table); i++) {
        struct interval interval = interval_of_ranks(table[i].count);
        double n = (double)table[i].count;
        CHECK_NEAR(interval.low, table[i].low, 1e-9 * n); /* as near as lgamma() is */
        CHECK_NEAR(interval.high, n + 1 - table[i].low, 1e-9 * n);
    }
    for (size_t count = 0; count < 6; count++) {
        CHECK_NAN(interval_of_ranks(count + (count == 0)).low);
        CHECK_NAN(interval_of_ranks(count + (count == 0)).high);
    }
}

static void test_median_interval_at_the_edges(void)
{
    const double same[] = {3, 3, 3, 3, 3, 3}, one[] = {1, 2, 3, 4, 5, INFINITY},
                 most[] = {1, INFINITY, INFINITY, INFINITY, INFINITY, INFINITY};
    struct interval interval = statistics_median_interval(same, 6);
    CHECK_NEAR(interval.low, 3, 0);
    CHECK_NEAR(interval.high, 3, 0);
    CHECK_NAN(statistics_median_interval(same, 0).low);
    interval = statistics_median_interval(one, 6);
    CHECK_NEAR(interval.low, 1.3571428571428577, 1e-12);
    CHECK(interval.high > 1e300);
    interval = statistics_median_interval(most, 6);
    CHECK(interval.low > 1e300);
    CHECK(interval.high > 1e300);
}

/* How often, of 100, the interval of the median has the true one in it. */
static double median_coverage(const struct shape *shape, size_t count)
{
    enum { SAMPLES = 5000 };
    double values[SHAPES_TRIALS_MAX];
    int covered = 0;
    struct random_state random;
    random_seed(&random, count);
    for (int sample = 0; sample < SAMPLES; sample++) {
        shape_draw(&random, shape, 1, values, count);
        struct interval interval = statistics_median_interval(values, count);
        covered += interval.low <= shape->median && shape->median <= interval.high;
    }
    return 100.0 * covered / SAMPLES;
}

static void test_median_interval_covers_the_truth(void)
{
    for (size_t i = 0; i < COUNT(shapes); i++)
        for (size_t j = 0; j < COUNT(shapes_trials); j++)
            CHECK_NEAR(median_coverage(&shapes[i], shapes_trials[j]), 95, 2);
    /* What the header says of two peaks wholly apart: the median is in the middle of the gap. */
    static const struct shape apart = {SHAPE_TWO_PEAKS, 0.5, 110, 105};
    CHECK_NEAR(median_coverage(&apart, 10), 89, 2);
}

static void test_holm(void)
{
    double p[] = {0.01, 0.04, 0.03, 0.005};
    statistics_holm(p, 4);
    CHECK_NEAR(p[0], 0.03, 1e-15);
    CHECK_NEAR(p[1], 0.06, 1e-15);
    CHECK_NEAR(p[2], 0.06, 1e-15);
    CHECK_NEAR(p[3], 0.02, 1e-15);

    double edges[] = {0.6, NAN, 0, 0.5, 1e-300};
    statistics_holm(edges, 5);
    CHECK_NEAR(edges[0], 1, 0);
    CHECK_NAN(edges[1]);
    CHECK_NEAR(edges[2], 0, 0);
    CHECK_NEAR(edges[3], 1, 0);
    CHECK_NEAR(edges[4] / 3e-300, 1, 1e-12);

    double one = 0.03;
    statistics_holm(&one, 0);
    statistics_holm(&one, 1);
    CHECK_NEAR(one, 0.03, 0);
}

static void test_jain(void)
{
    const double fair[] = {1, 1, 1, 1}, one[] = {1, 0, 0, 0}, some[] = {1, 2, 3}, none[] = {0, 0};
    CHECK_NEAR(statistics_jain(fair, 4), 1, 0);
    CHECK_NEAR(statistics_jain(one, 4), 0.25, 0);
    CHECK_NEAR(statistics_jain(some, 3), 36.0 / 42, 1e-15);
    CHECK_NAN(statistics_jain(none, 2));
    CHECK_NAN(statistics_jain(none, 0));
}

static void test_trend(void)
{
    static const double rising[] = {1, 2, 3, 4, 5, 6}, tied[] = {1, 1, 2, 2, 2, 3};
    struct trend trend = statistics_trend(rising, COUNT(rising));
    CHECK(trend.score == 15);
    CHECK_NEAR(trend.variance, 6 * 5 * 17 / 18.0, 1e-9);
    CHECK_NEAR(statistics_trend_p(trend), 0.00853, 0.00001);
    trend = statistics_trend(tied, COUNT(tied));
    CHECK(trend.score == 11);
    CHECK_NEAR(trend.variance, (6 * 5 * 17 - 2 * 1 * 9 - 3 * 2 * 11) / 18.0, 1e-9);
    CHECK(statistics_trend_p(statistics_trend(rising, 1)) == 1);
    CHECK(statistics_trend_p((struct trend){0, 0}) == 1);

    /* Of random orders it may find a trend about as often as it says. */
    struct random_state random;
    unsigned found = 0;
    random_seed(&random, 9);
    for (int i = 0; i < 4000; i++) {
        double values[12];
        for (size_t j = 0; j < COUNT(values); j++)
            values[j] = (double)random_next(&random);
        found += statistics_trend_p(statistics_trend(values, COUNT(values))) < 0.05;
    }
    CHECK(found > 4000 * 0.03 && found < 4000 * 0.06);
}

static void test_random_is_the_published_one(void)
{
    static const uint64_t seeded[] = {0xe220a8397b1dcdaf, 0x6e789e6aa1b965f4, 0x06c45d188009454f,
                                      0xf88bb8a8724c81ec};
    static const uint64_t drawn[] = {11520, 0, 1509978240, 1215971899390074240};
    struct random_state random;
    random_seed(&random, 0);
    for (size_t i = 0; i < COUNT(seeded); i++)
        CHECK_EQ_U64(random.s[i], seeded[i]);
    random = (struct random_state){{1, 2, 3, 4}};
    for (size_t i = 0; i < COUNT(drawn); i++)
        CHECK_EQ_U64(random_next(&random), drawn[i]);
}

static void test_random_below_is_even(void)
{
    enum { DRAWS = 30000 };
    uint64_t quarter = (uint64_t)1 << 62;
    unsigned seen[3] = {0}, low = 0;
    struct random_state random;
    random_seed(&random, 5);
    for (int i = 0; i < DRAWS; i++) {
        seen[random_below(&random, 3)]++;
        /* A mere remainder would give the lowest third half of the draws. */
        low += random_below(&random, 3 * quarter) < quarter;
    }
    CHECK_NEAR(seen[0], DRAWS / 3.0, 400);
    CHECK_NEAR(seen[1], DRAWS / 3.0, 400);
    CHECK_NEAR(low, DRAWS / 3.0, 400);
    CHECK_EQ_U64(random_below(&random, 1), 0);
}

int main(void)
{
    test_median_and_quantile();
    test_median_interval_by_ranks();
    test_median_interval_at_the_edges();
    test_median_interval_covers_the_truth();
    test_holm();
    test_jain();
    test_trend();
    test_random_is_the_published_one();
    test_random_below_is_even();
    return check_report();
}
