#include "base/random.h"
#include "check.h"
#include "shapes.h"
#include "stats/rank_test.h"

#include <stdlib.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static double p_both_ways(const double *a, size_t a_count, const double *b, size_t b_count)
{
    struct rank_test test = rank_test_compare(a, a_count, b, b_count);
    struct rank_test swapped = rank_test_compare(b, b_count, a, a_count);
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
    double many[25], more[25];
    for (size_t i = 0; i < 25; i++) {
        many[i] = (double)i;
        more[i] = (double)i + 8.5;
    }
    CHECK_NEAR(p_both_ways(many, 25, more, 25), 0.000638050570319959, 1e-13);
    for (size_t i = 0; i < 25; i++)
        more[i] = (double)i + 6.5;
    CHECK_NEAR(p_both_ways(many, 21, more, 20), 0.006419021853513674, 1e-13);
}

/* All of a's values a little higher or lower: that breaks the ties between the sides one way. */
static double p_of_moved(const double *a, size_t a_count, const double *b, size_t b_count,
                         double by)
{
    double moved[64];
    for (size_t i = 0; i < a_count; i++)
        moved[i] = a[i] + by;
    return rank_test_compare(moved, a_count, b, b_count).p;
}

/* The second figures are of SciPy 1.10.1, with its ties broken; the last ones are by mean ranks. */
static void test_mann_whitney_ties(void)
{
    const double a[] = {1, 2, 2, 3}, b[] = {2, 3, 4, 4, 5};
    const double c[] = {1, 1, 2, 2, 3, 3, 4}, d[] = {3, 4, 4, 5, 5, 6, 6, 7};
    const double same[] = {5, 5, 5, 5, 5, 5, 5, 5}, split[] = {5, 5, 5, 9, 9, 9, 9, 9};
    CHECK_NEAR(p_both_ways(a, 4, b, 5), 0.19047619047619047, 1e-15);
    CHECK_NEAR(p_of_moved(a, 4, b, 5, -1e-6), 0.031746031746031744, 1e-15);
    CHECK(p_both_ways(a, 4, b, 5) >= 0.0873015873015873);
    CHECK_NEAR(p_both_ways(c, 7, d, 8), 0.005905205905205905, 1e-15);
    CHECK_NEAR(p_of_moved(c, 7, d, 8, -1e-6), 0.0006216006216006216, 1e-15);
    CHECK(p_both_ways(c, 7, d, 8) >= 0.00202020202020202);
    CHECK_NEAR(p_both_ways(same, 4, same, 3), 1, 0);
    CHECK_NEAR(p_both_ways(a, 4, a, 4), 1, 0);
    /* Ties within a side are none: either order of them gives the same U. */
    CHECK_NEAR(p_both_ways(same, 8, split + 3, 5), 2.0 / 1287, 1e-15);
    /* The example of the header. */
    CHECK(p_both_ways(split, 8, same, 8) > 0.05);
    CHECK_NEAR(rank_test_compare(split, 8, same, 8).interval.low, 1, 0);
}

static void test_mann_whitney_direction(void)
{
    const double low[] = {1, 2, 3}, high[] = {4, 5, 6}, around[] = {0, 2, 7};
    CHECK(rank_test_compare(low, 3, high, 3).direction == -1);
    CHECK(rank_test_compare(high, 3, low, 3).direction == 1);
    CHECK(rank_test_compare(low, 3, around, 3).direction == 0);
    CHECK(rank_test_compare(low, 3, low, 3).direction == 0);
    CHECK(rank_test_compare(low, 0, high, 3).direction == 0);
}

/* With R 4.2.2: exp() of what wilcox.test(log(a), log(b), conf.int = TRUE, exact = TRUE) tells. */
static void test_ratio_as_r_has_it(void)
{
    static const double term[] = {0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46};
    static const double early[] = {1.15, 0.88, 0.90, 0.74, 1.21};
    static const double men[] = {19, 22, 16, 29, 24}, women[] = {20, 11, 17, 12};
    static const double some[] = {9.4, 10, 11, 11.6, 12, 12.6};
    static const double near[] = {9.0, 9.3, 9.8, 10.2, 10.6, 11.1};
    double x[24], y[24];
    struct rank_test test = rank_test_compare(term, 10, early, 5);
    CHECK_NEAR(test.ratio, 1.311767137078374, 1e-14);
    CHECK_NEAR(test.interval.low, 0.859504132231405, 1e-14);
    CHECK_NEAR(test.interval.high, 1.959459459459459, 1e-14);
    test = rank_test_compare(men, 5, women, 4);
    CHECK_NEAR(test.ratio, 1.4522709489247898, 1e-14);
    CHECK_NEAR(test.interval.low, 0.9411764705882352, 1e-14);
    CHECK_NEAR(test.interval.high, 2.4166666666666670, 1e-14);
    test = rank_test_compare(some, 6, near, 6);
    CHECK_NEAR(test.p, 0.132034632034632, 1e-14);
    CHECK_NEAR(test.ratio, 1.1167656571008167, 1e-14);
    CHECK_NEAR(test.interval.low, 0.9591836734693877, 1e-14);
    CHECK_NEAR(test.interval.high, 1.2857142857142851, 1e-14);
    for (size_t i = 0; i < 20; i++) {
        x[i] = sqrt((double)(i + 1)) + 0.5;
        y[i] = sqrt((double)(i + 1) * 1.37) + 0.7;
    }
    test = rank_test_compare(x, 20, y, 20);
    CHECK_NEAR(test.p, 0.04909032518937244, 1e-14);
    CHECK_NEAR(test.ratio, 0.8325193831307336, 1e-14);
    CHECK_NEAR(test.interval.low, 0.6996440255353057, 1e-14);
    CHECK_NEAR(test.interval.high, 0.9974790242310700, 1e-14);
    /* R's interval by the exact distribution; by SciPy the normal approximation has this p. */
    for (size_t i = 0; i < 24; i++) {
        x[i] = pow((double)(i + 1), 1.5) + 40;
        y[i] = pow((double)(i + 1) * 1.1, 1.5) + 50.5;
    }
    test = rank_test_compare(x, 21, y, 24);
    CHECK_NEAR(test.p, 0.023592364342951134, 1e-14);
    CHECK_NEAR(test.ratio, 0.7584103644952609, 1e-13);
    CHECK_NEAR(test.interval.low, 0.5885036622416234, 1e-13);
    CHECK_NEAR(test.interval.high, 0.9853643312584844, 1e-13);
}

/* 3 against 3 exclude nothing, 4 against 4 just do. */
static void test_interval_of_few(void)
{
    const double a[] = {1, 2, 3, 4}, b[] = {5, 6, 7, 8};
    struct rank_test test = rank_test_compare(a, 3, b, 3);
    CHECK_NEAR(test.ratio, 2.0 / 6, 1e-15);
    CHECK_NAN(test.interval.low);
    CHECK_NAN(test.interval.high);
    test = rank_test_compare(a, 4, b, 4);
    CHECK_NEAR(test.interval.low, 1.0 / 8, 0);
    CHECK_NEAR(test.interval.high, 4.0 / 5, 0);
    test = rank_test_compare(a, 0, b, 4);
    CHECK_NEAR(test.p, 1, 0);
    CHECK_NAN(test.ratio);
    CHECK_NAN(test.interval.low);
}

static void test_zeros_and_what_has_no_end(void)
{
    const double zero[6] = {0}, few[] = {0, 1, 2, 3, 4, 5}, same[] = {3, 3, 3, 3, 3, 3};
    const double below[] = {-9, -8, -7, -6, -5, -4};
    const double endless[] = {1, 2, 3, INFINITY, INFINITY, INFINITY};
    struct rank_test test = rank_test_compare(zero, 6, zero, 6);
    CHECK_NAN(test.ratio);
    CHECK_NEAR(test.interval.low, 0, 0);
    CHECK(test.interval.high > 1e300);
    CHECK_NEAR(test.p, 1, 0);
    test = rank_test_compare(same, 6, zero, 6);
    CHECK(test.p < 0.05 && test.direction == 1);
    CHECK(test.ratio > 1e300 && test.interval.low > 1e300);
    test = rank_test_compare(zero, 6, same, 6);
    CHECK(test.p < 0.05 && test.direction == -1);
    CHECK(test.ratio == 0 && test.interval.low == 0 && test.interval.high == 0);
    test = rank_test_compare(same, 6, few, 6);
    CHECK_NEAR(test.ratio, sqrt(1.0 * 1.5), 1e-15);
    CHECK_NEAR(test.interval.low, 3.0 / 5, 0);
    CHECK(test.interval.high > 1e300);
    test = rank_test_compare(endless, 6, same, 6);
    CHECK(test.ratio > 1e300 && test.interval.high > 1e300);
    CHECK_NEAR(test.interval.low, 1.0 / 3, 0);
    test = rank_test_compare(below, 6, few, 6);
    CHECK(test.p < 0.05 && test.direction == -1);
    CHECK_NAN(test.ratio);
    CHECK_NAN(test.interval.low);
    CHECK_NAN(rank_test_compare(few, 6, below, 6).ratio);
}

/* Both ends are the very quotient, also where it times its divisor rounds to less (49 * (1.0 / 49)). */
static void test_one_quotient(void)
{
    double ones[7], same[7];
    for (size_t i = 0; i < COUNT(ones); i++)
        ones[i] = 1;
    for (int y = 1; y <= 1000; y++) {
        for (size_t i = 0; i < COUNT(same); i++)
            same[i] = y;
        struct rank_test test = rank_test_compare(ones, COUNT(ones), same, COUNT(same));
        CHECK_NEAR(test.ratio, 1.0 / y, 0);
        CHECK_NEAR(test.interval.low, 1.0 / y, 0);
        CHECK_NEAR(test.interval.high, 1.0 / y, 0);
    }
}

/* By rank, from 1, of all quotients, which are sorted. */
static void check_against_all_quotients(size_t a_count, size_t b_count, uint64_t values)
{
    size_t pairs = a_count * b_count;
    double *a = malloc(a_count * sizeof *a), *b = malloc(b_count * sizeof *b);
    double *all = malloc(pairs * sizeof *all);
    struct random_state random;
    random_seed(&random, values);
    CHECK(a != NULL && b != NULL && all != NULL);
    if (a != NULL && b != NULL && all != NULL) {
        for (size_t i = 0; i < a_count; i++)
            a[i] = (double)(1 + random_below(&random, values));
        for (size_t i = 0; i < b_count; i++)
            b[i] = (double)(1 + random_below(&random, values));
        for (size_t i = 0; i < pairs; i++)
            all[i] = a[i / b_count] / b[i % b_count];
        statistics_sort(all, pairs);
        double m = (double)a_count, n = (double)b_count;
        double reach = 1.959964 * sqrt(m * n * (m + n + 1) / 12) + 0.5;
        size_t rank = (size_t)ceil(m * n / 2 - reach);
        struct rank_test test = rank_test_compare(a, a_count, b, b_count);
        CHECK_NEAR(test.ratio, sqrt(all[(pairs - 1) / 2] * all[pairs / 2]), 1e-15 * test.ratio);
        CHECK_NEAR(test.interval.low, all[rank - 1], 0);
        CHECK_NEAR(test.interval.high, all[pairs - rank], 0);
    }
    free(a);
    free(b);
    free(all);
}

/* So many pairs that they are not held together. */
static void test_many_quotients(void)
{
    check_against_all_quotients(300, 200, 1000000);
    check_against_all_quotients(201, 1001, 1000);
    check_against_all_quotients(400, 300, 3); /* a few quotients, each of tens of thousands */
    check_against_all_quotients(3, 100000, 1000000);
    check_against_all_quotients(100000, 3, 7);
    /* Half of them are 1, the others 2: the middle is between two that are held in no window. */
    double a[200], b[100];
    for (size_t i = 0; i < COUNT(a); i++)
        a[i] = i % 2 == 0 ? 1 : 2;
    for (size_t i = 0; i < COUNT(b); i++)
        b[i] = 1;
    struct rank_test test = rank_test_compare(a, COUNT(a), b, COUNT(b));
    CHECK_NEAR(test.ratio, sqrt(2), 1e-15);
    CHECK_NEAR(test.interval.low, 1, 0);
    CHECK_NEAR(test.interval.high, 2, 0);
}

/* How often, of 100, the interval of the ratio has the true one in it. */
static double ratio_coverage(const struct shape *shape, size_t count)
{
    enum { SAMPLES = 5000 };
    const double ratio = 1.25;
    double a[SHAPES_TRIALS_MAX], b[SHAPES_TRIALS_MAX];
    int covered = 0;
    struct random_state random;
    random_seed(&random, 100 + count);
    for (int sample = 0; sample < SAMPLES; sample++) {
        shape_draw(&random, shape, ratio, a, count);
        shape_draw(&random, shape, 1, b, count);
        struct interval interval = rank_test_compare(a, count, b, count).interval;
        covered += interval.low <= ratio && ratio <= interval.high;
    }
    return 100.0 * covered / SAMPLES;
}

static void test_interval_covers_the_truth(void)
{
    for (size_t i = 0; i < COUNT(shapes); i++)
        for (size_t j = 0; j < COUNT(shapes_trials); j++)
            CHECK_NEAR(ratio_coverage(&shapes[i], shapes_trials[j]), 95, 2);
}

int main(void)
{
    test_mann_whitney_exact();
    test_mann_whitney_critical_values();
    test_mann_whitney_normal();
    test_mann_whitney_ties();
    test_mann_whitney_direction();
    test_ratio_as_r_has_it();
    test_interval_of_few();
    test_zeros_and_what_has_no_end();
    test_one_quotient();
    test_many_quotients();
    test_interval_covers_the_truth();
    return check_report();
}
