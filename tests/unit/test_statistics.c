#include "check.h"
#include "statistics.h"

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

static double uniform(struct random_state *random)
{
    return (double)(random_next(random) >> 11) / 9007199254740992.0;
}

static void draw(struct random_state *random, double middle, double *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        values[i] = middle - 6;
        for (int j = 0; j < 12; j++)
            values[i] += uniform(random);
    }
}

static bool covers(struct interval interval, double value)
{
    return interval.low <= value && value <= interval.high;
}

static void test_interval_covers_the_truth(void)
{
    enum { TRIALS = 400, MEDIAN_SAMPLES = 15, RATIO_SAMPLES = 9 };
    double a[MEDIAN_SAMPLES], b[RATIO_SAMPLES];
    int median_covered = 0, ratio_covered = 0;
    struct random_state random;
    random_seed(&random, 20);
    for (int trial = 0; trial < TRIALS; trial++) {
        draw(&random, 125, a, MEDIAN_SAMPLES);
        draw(&random, 100, b, RATIO_SAMPLES);
        median_covered += covers(statistics_median_interval(a, MEDIAN_SAMPLES), 125);
        ratio_covered +=
            covers(statistics_ratio_interval(a, RATIO_SAMPLES, b, RATIO_SAMPLES), 1.25);
    }
    /* 95 % of 400 are 380; the percentile bootstrap of so few samples is a little off. */
    CHECK_NEAR(median_covered, 380, 14);
    CHECK_NEAR(ratio_covered, 380, 14);
}

/* The medians of all count^count resamples; how many. */
static size_t all_medians(const double *values, size_t count, double *medians)
{
    size_t resamples = 1;
    double resample[8];
    for (size_t i = 0; i < count; i++)
        resamples *= count;
    for (size_t number = 0; number < resamples; number++) {
        size_t rest = number;
        for (size_t i = 0; i < count; i++, rest /= count)
            resample[i] = values[rest % count];
        medians[number] = statistics_median(resample, count);
    }
    return resamples;
}

/* The lowest estimate that a share of them is not above. */
static double share_of(const double *sorted, size_t count, double share)
{
    return sorted[(size_t)ceil(share * (double)count) - 1];
}

static double medians_a[46656], medians_b[46656], ratios[3125 * 256];

static void test_interval_is_that_of_all_resamples(void)
{
    const double values[] = {9, 2.5, 4.25, 1, 11, 3};
    for (size_t count = 1; count <= COUNT(values); count++) {
        size_t resamples = all_medians(values, count, medians_a);
        statistics_sort(medians_a, resamples);
        struct interval interval = statistics_median_interval(values, count);
        CHECK_NEAR(interval.low, share_of(medians_a, resamples, 0.025), 1e-12);
        CHECK_NEAR(interval.high, share_of(medians_a, resamples, 0.975), 1e-12);
    }
}

static void test_ratio_interval_is_that_of_all_resamples(void)
{
    const double a[] = {4, 1, 2.5, 7, 3}, b[] = {6, 2, 5, 3.5};
    for (size_t i = 1; i <= COUNT(a); i++)
        for (size_t j = 1; j <= COUNT(b); j++) {
            size_t a_count = all_medians(a, i, medians_a), b_count = all_medians(b, j, medians_b);
            for (size_t k = 0; k < a_count * b_count; k++)
                ratios[k] = medians_a[k / b_count] / medians_b[k % b_count];
            statistics_sort(ratios, a_count * b_count);
            struct interval interval = statistics_ratio_interval(a, i, b, j);
            CHECK_NEAR(interval.low, share_of(ratios, a_count * b_count, 0.025), 1e-6);
            CHECK_NEAR(interval.high, share_of(ratios, a_count * b_count, 0.975), 1e-6);
        }
}

/* The ranks around the middle within which the medians of many resamples lie. */
static void test_interval_of_many(void)
{
    static const size_t counts[] = {1000, 1001, 100000, 300001};
    double *ranks = malloc(300001 * sizeof *ranks);
    CHECK(ranks != NULL);
    for (size_t i = 0; ranks != NULL && i < 300001; i++)
        ranks[i] = (double)(i + 1);
    for (size_t i = 0; ranks != NULL && i < COUNT(counts); i++) {
        double n = (double)counts[i], reach = 1.959964 * sqrt(n) / 2;
        struct interval interval = statistics_median_interval(ranks, counts[i]);
        CHECK_NEAR(interval.low, (n + 1) / 2 - reach, 1);
        CHECK_NEAR(interval.high, (n + 1) / 2 + reach, 1);
        CHECK_NEAR(interval.low + interval.high, n + 1, 1);
    }
    free(ranks);
}

static void test_interval_at_the_edges(void)
{
    const double same[] = {3, 3, 3, 3}, zero[] = {0, 0, 0};
    struct interval interval = statistics_median_interval(same, 4);
    CHECK_NEAR(interval.low, 3, 0);
    CHECK_NEAR(interval.high, 3, 0);
    interval = statistics_median_interval(same, 0);
    CHECK_NAN(interval.low);
    CHECK_NAN(interval.high);
    interval = statistics_ratio_interval(same, 4, same, 2);
    CHECK_NEAR(interval.low, 1, 0);
    CHECK_NEAR(interval.high, 1, 0);
    interval = statistics_ratio_interval(same, 4, zero, 3);
    CHECK_NAN(interval.low);
    CHECK_NAN(interval.high);
    interval = statistics_ratio_interval(same, 4, zero, 0);
    CHECK_NAN(interval.low);
    CHECK_NAN(interval.high);
    interval = statistics_ratio_interval(zero, 3, same, 4);
    CHECK_NEAR(interval.high, 0, 0);
    /* One zero of six is the median in 1 % of the resamples, two of six in 10 %. */
    const double few[] = {0, 1, 2, 3, 4, 5}, more[] = {0, 0, 2, 3, 4, 5}, below[] = {-1, 2, 3, 4};
    interval = statistics_ratio_interval(same, 4, few, 6);
    CHECK_NEAR(interval.low, 3 / 4.5, 1e-6);
    CHECK(interval.high >= 3);
    CHECK_NAN(statistics_ratio_interval(same, 4, more, 6).high);
    CHECK_NAN(statistics_ratio_interval(below, 4, same, 4).low);
    CHECK_NAN(statistics_ratio_interval(same, 4, below, 4).low);
    const double infinite[] = {1, 2, INFINITY}, none[] = {1, NAN, 2};
    CHECK_NAN(statistics_median_interval(infinite, 3).low);
    CHECK_NAN(statistics_ratio_interval(none, 3, same, 4).low);
}

/* Both ends are the very quotient, also where it times its divisor rounds to less (49 * (1.0 / 49)). */
static void test_ratio_interval_of_one_quotient(void)
{
    double ones[7], same[7];
    struct random_state random;
    for (size_t i = 0; i < COUNT(ones); i++)
        ones[i] = 1;
    for (int y = 1; y <= 1000; y++) {
        for (size_t i = 0; i < COUNT(same); i++)
            same[i] = y;
        struct interval interval = statistics_ratio_interval(ones, COUNT(ones), same, COUNT(same));
        CHECK_NEAR(interval.low, 1.0 / y, 0);
        CHECK_NEAR(interval.high, 1.0 / y, 0);
    }
    random_seed(&random, 17);
    for (int i = 0; i < 10000; i++) {
        double a = (double)random_below(&random, 1000000) / 1000;
        double b = (double)(1 + random_below(&random, 1000000)) / 1000;
        struct interval interval = statistics_ratio_interval(&a, 1, &b, 1);
        CHECK_NEAR(interval.low, a / b, 0);
        CHECK_NEAR(interval.high, a / b, 0);
    }
}

static double p_both_ways(const double *a, size_t a_count, const double *b, size_t b_count)
{
    struct rank_test test = statistics_mann_whitney(a, a_count, b, b_count);
    struct rank_test swapped = statistics_mann_whitney(b, b_count, a, a_count);
    CHECK_NEAR(swapped.p, test.p, 1e-15);
    CHECK(swapped.direction == -test.direction);
    return test.p;
}

/* The first count values lie below all of the second. */
static double separation_p(size_t count)
{
    double values[40];
    for (size_t i = 0; i < COUNT(values); i++)
        values[i] = (double)i;
    return p_both_ways(values, count, values + count, count);
}

static void test_mann_whitney_exact(void)
{
    /* Hollander & Wolfe 1973, p. 69: U = 35, one-sided p 0.1272 */
    const double term[] = {0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46};
    const double early[] = {1.15, 0.88, 0.90, 0.74, 1.21};
    const double men[] = {19, 22, 16, 29, 24}, women[] = {20, 11, 17, 12};
    CHECK_NEAR(p_both_ways(term, 10, early, 5), 0.2544122544122544, 1e-12);
    CHECK_NEAR(p_both_ways(men, 5, women, 4), 1.0 / 9, 1e-12);
    CHECK_NEAR(separation_p(1), 1, 0);
    CHECK_NEAR(separation_p(3), 0.1, 1e-15);
    CHECK_NEAR(separation_p(4), 2.0 / 70, 1e-15);
    CHECK_NEAR(separation_p(6), 2.0 / 924, 1e-15);
    CHECK_NEAR(separation_p(20), 2.0 / 137846528820.0, 1e-24);
    CHECK_NEAR(p_both_ways(men, 0, women, 4), 1, 0);
}

/* Tables of critical values: p at the last U that is significant, and at the next. */
static double p_of_u(size_t m, size_t n, size_t u)
{
    double a[20], b[20];
    /* The a lie below all b, but a[0] lies above u of them, or more of a share it. */
    for (size_t i = 0; i < n; i++)
        b[i] = (double)(2 * i + 1);
    for (size_t i = 0; i < m; i++) {
        size_t above = u < n ? u : n;
        a[i] = (double)(2 * above) + (double)i / 100;
        u -= above;
    }
    return p_both_ways(a, m, b, n);
}

static void test_mann_whitney_critical_values(void)
{
    static const struct {
        size_t m, n, u; /* two-sided, 5 % */
    } table[] = {{4, 4, 0},   {5, 5, 2},    {6, 6, 5},    {6, 9, 10},   {8, 8, 13},
                 {9, 12, 26}, {10, 10, 23}, {12, 12, 37}, {15, 15, 64}, {20, 20, 127}};
    for (size_t i = 0; i < COUNT(table); i++) {
        CHECK(p_of_u(table[i].m, table[i].n, table[i].u) <= 0.05);
        CHECK(p_of_u(table[i].m, table[i].n, table[i].u + 1) > 0.05);
    }
}

static void test_mann_whitney_normal(void)
{
    const double a[] = {1, 2, 2, 3}, b[] = {2, 3, 4, 4, 5};
    const double c[] = {1, 1, 2, 2, 3, 3, 4}, d[] = {3, 4, 4, 5, 5, 6, 6, 7};
    const double same[] = {5, 5, 5, 5};
    double many[25], more[25];
    for (size_t i = 0; i < 25; i++) {
        many[i] = (double)i;
        more[i] = (double)i + 8.5;
    }
    CHECK_NEAR(p_both_ways(a, 4, b, 5), 0.0785458509511907, 1e-13);
    CHECK_NEAR(p_both_ways(c, 7, d, 8), 0.004154321733644976, 1e-13);
    CHECK_NEAR(p_both_ways(same, 4, same, 3), 1, 0);
    CHECK_NEAR(p_both_ways(a, 4, a, 4), 1, 0);
    CHECK_NEAR(p_both_ways(many, 25, more, 25), 0.000638050570319959, 1e-13);
    for (size_t i = 0; i < 25; i++)
        more[i] = (double)i + 6.5;
    CHECK_NEAR(p_both_ways(many, 21, more, 20), 0.006419021853513674, 1e-13);
}

static void test_mann_whitney_direction(void)
{
    const double low[] = {1, 2, 3}, high[] = {4, 5, 6}, around[] = {0, 2, 7};
    CHECK(statistics_mann_whitney(low, 3, high, 3).direction == -1);
    CHECK(statistics_mann_whitney(high, 3, low, 3).direction == 1);
    CHECK(statistics_mann_whitney(low, 3, around, 3).direction == 0);
    CHECK(statistics_mann_whitney(low, 3, low, 3).direction == 0);
    CHECK(statistics_mann_whitney(low, 0, high, 3).direction == 0);
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
    test_interval_covers_the_truth();
    test_interval_is_that_of_all_resamples();
    test_ratio_interval_is_that_of_all_resamples();
    test_interval_of_many();
    test_interval_at_the_edges();
    test_ratio_interval_of_one_quotient();
    test_mann_whitney_exact();
    test_mann_whitney_critical_values();
    test_mann_whitney_normal();
    test_mann_whitney_direction();
    test_holm();
    test_jain();
    test_trend();
    test_random_is_the_published_one();
    test_random_below_is_even();
    return check_report();
}
