#include "check.h"
#include "report/gate.h"

#include <math.h>

static const double base[] = {10, 11, 12, 13, 14, 15}; /* median 12.5 */
static const double twice[] = {20, 22, 24, 26, 28, 30};
static const double zero[] = {0, 0, 0, 0, 0, 0};

static struct comparison judged(const double *contestant, const double *baseline, size_t count,
                                bool more_is_better)
{
    struct comparison pair = {.baseline = baseline,
                              .baseline_count = count,
                              .contestant = contestant,
                              .contestant_count = count};
    comparison_judge(&pair, 1, more_is_better);
    return pair;
}

/* The pair, as if its ratio had this interval. */
static struct comparison with(const struct comparison *pair, double low, double high)
{
    struct comparison changed = *pair;
    changed.interval = (struct interval){low, high};
    return changed;
}

static enum gate_result decided_among(const struct comparison *pair, double low, double high,
                                      double slower_than, size_t tests)
{
    struct comparison changed = with(pair, low, high);
    return gate_decide(&changed, false, slower_than, tests);
}

static enum gate_result decided(const struct comparison *pair, double low, double high,
                                double slower_than)
{
    return decided_among(pair, low, high, slower_than, 1);
}

static void test_slowdown(void)
{
    const struct comparison first = {.interval = {0.75, 1.25}},
                            second = {.interval = {0.25, 1.125}};
    struct interval slowdown = gate_slowdown(&first, false);
    CHECK_NEAR(slowdown.low, -0.25, 0);
    CHECK_NEAR(slowdown.high, 0.25, 0);
    slowdown = gate_slowdown(&second, true);
    CHECK_NEAR(slowdown.low, -0.125, 0);
    CHECK_NEAR(slowdown.high, 0.75, 0);
}

/* Only what lies on one side of the threshold is shown. */
static void test_threshold(void)
{
    struct comparison slower = judged(twice, base, 6, false), same = judged(base, base, 6, false);
    CHECK(decided(&slower, 1.5, 2.5, 0.4) == GATE_SLOWER);
    CHECK(decided(&slower, 1.5, 2.5, 0.6) == GATE_NOT_SHOWN);
    CHECK(decided(&slower, 1.5, 2.5, 1.5) == GATE_NOT_SHOWN); /* not below it */
    CHECK(decided(&slower, 1.5, 2.5, 1.6) == GATE_PASSED);
    CHECK(decided(&same, 0.99, 1.26, 0.1) == GATE_NOT_SHOWN);
    CHECK(decided(&same, 0.95, 1.05, 0.1) == GATE_PASSED);
    /* The interval says so, but the ranks don't. */
    CHECK(decided(&same, 1.2, 1.3, 0.1) == GATE_NOT_SHOWN);
}

static void test_more_is_better(void)
{
    struct comparison slower = judged(base, twice, 6, true);
    slower.interval = (struct interval){0.4, 0.6};
    CHECK(gate_decide(&slower, true, 0.3, 1) == GATE_SLOWER);
    CHECK(gate_decide(&slower, true, 0.5, 1) == GATE_NOT_SHOWN);
    CHECK(gate_decide(&slower, true, 0.7, 1) == GATE_PASSED);
}

static void test_without_threshold(void)
{
    struct comparison slower = judged(twice, base, 6, false), same = judged(base, base, 6, false),
                      faster = judged(base, twice, 6, false);
    CHECK(decided(&slower, 0.99, 2.5, 0) == GATE_SLOWER);
    CHECK(decided(&same, 0.5, 2, 0) == GATE_PASSED);
    CHECK(decided(&faster, 0.4, 0.6, 0) == GATE_PASSED);
    /* 24 pairs of 6 trials: Holm's correction leaves nothing that could be told. */
    CHECK(decided_among(&same, 0.5, 2, 0, 23) == GATE_PASSED);
    CHECK(decided_among(&same, 0.5, 2, 0, 24) == GATE_NOT_SHOWN);
    CHECK(decided_among(&faster, 0.4, 0.6, 0, 24) == GATE_PASSED);
}

static void test_no_verdict(void)
{
    struct comparison few = judged(base, base, 5, false);
    CHECK(decided(&few, 0.99, 1.01, 0.1) == GATE_NOT_SHOWN);
    CHECK(decided(&few, 0.99, 1.01, 0) == GATE_NOT_SHOWN);
}

static void test_no_interval(void)
{
    struct comparison slower = judged(base, zero, 6, false), same = judged(zero, zero, 6, false),
                      unclear = judged(base, base, 6, false);
    CHECK(decided(&slower, NAN, NAN, 1000) == GATE_SLOWER);
    CHECK(decided(&same, NAN, NAN, 0.1) == GATE_PASSED);
    CHECK(decided(&unclear, NAN, NAN, 0.1) == GATE_NOT_SHOWN);
    CHECK(decided(&unclear, 0.9, INFINITY, 0.1) == GATE_NOT_SHOWN);
    /* One end is enough where it is the one that decides. */
    CHECK(decided(&slower, 1.5, INFINITY, 0.4) == GATE_SLOWER);
    CHECK(decided(&slower, 1.5, INFINITY, 0.6) == GATE_NOT_SHOWN);
}

static void test_smallest_change(void)
{
    struct comparison same = judged(base, base, 6, false), none = judged(base, zero, 6, false);
    same = with(&same, 0.75, 1.25);
    CHECK_NEAR(gate_smallest_change(&same), 0.25, 1e-15);
    same = with(&same, 0.25, 0.75);
    same.ratio = 0.5;
    CHECK_NEAR(gate_smallest_change(&same), 0.5, 1e-15);
    CHECK_NAN(gate_smallest_change(&none));
}

int main(void)
{
    test_slowdown();
    test_threshold();
    test_more_is_better();
    test_without_threshold();
    test_no_verdict();
    test_no_interval();
    test_smallest_change();
    return check_report();
}
