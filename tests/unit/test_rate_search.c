#include "base/failure.h"
#include "check.h"
#include "run/rate_search.h"

#include <math.h>

static struct rate_bound bound;
static struct failure failure = {""};

static bool parses(const char *text)
{
    failure.text[0] = '\0';
    bool good = rate_bound_parse(text, &bound, &failure) == 0;
    CHECK(good == (failure.text[0] == '\0'));
    return good;
}

static void test_bound(void)
{
    CHECK(parses("p99:1ms"));
    CHECK(bound.percentile == 99 && bound.limit_ns == 1000000);
    CHECK_EQ_TEXT(bound.text, "p99<=1ms");
    CHECK(parses("p99<=1ms"));
    CHECK(bound.percentile == 99 && bound.limit_ns == 1000000);
    CHECK_EQ_TEXT(bound.text, "p99<=1ms");
    CHECK(parses("P95:1.5ms"));
    CHECK(bound.percentile == 95 && bound.limit_ns == 1500000);
    CHECK_EQ_TEXT(bound.text, "p95<=1.5ms");
    CHECK_EQ_U64((uint64_t)rate_bound_samples(&bound), 200);
    CHECK(parses("p99.99:1s"));
    CHECK_EQ_U64((uint64_t)rate_bound_samples(&bound), 100000);
    CHECK(parses("p99:1ms"));
    CHECK_EQ_U64((uint64_t)rate_bound_samples(&bound), 1000);
    CHECK(parses("p99.9<=250us"));
    CHECK(bound.percentile == 99.9 && bound.limit_ns == 250000);
    CHECK_EQ_U64((uint64_t)rate_bound_samples(&bound), 10000);
    CHECK(parses("MAX:2s"));
    CHECK(bound.percentile == 100);
    CHECK_EQ_TEXT(bound.text, "max<=2s");
    CHECK_EQ_U64((uint64_t)rate_bound_samples(&bound), 1);
    static const char *const wrong[] = {"",
                                        "p99",
                                        "p99<1ms",
                                        "p0:1ms",
                                        "p99<=",
                                        "p99<=1",
                                        "<=1ms",
                                        "p99<=0ms",
                                        "p99<=61s",
                                        ":1ms",
                                        "p99 <=1ms",
                                        "p100:1ms",
                                        "p99.999:1ms",
                                        "p-5:1ms",
                                        "p:1ms",
                                        "99:1ms",
                                        "p99:",
                                        "p99::1ms",
                                        "p99:<=1ms",
                                        "p99=1ms",
                                        "p99.99999999999:1ms",
                                        "maximum:1ms"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        CHECK(!parses(wrong[i]));
}

/* How many tries it takes where all rates up to `true_rate` are met; *found: what comes of it. */
static unsigned search(double true_rate, struct rate_search *found)
{
    unsigned tries = 0;
    double rate;
    *found =
        (struct rate_search){.first = 2000, .lowest = 100, .highest = 10000000, .accuracy = 1.05};
    while ((rate = rate_search_next(found)) > 0 && tries < 100) {
        rate_search_tell(found, rate, rate <= true_rate ? RATE_MET : RATE_MISSED);
        tries++;
    }
    return tries;
}

static void test_finds_it(void)
{
    static const double rates[] = {101, 1999, 2000, 2001, 5000, 77777, 123456, 3456789};
    struct rate_search found;
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        CHECK(search(rates[i], &found) < 25);
        CHECK(found.met <= rates[i] && found.missed > rates[i]);
        CHECK(found.missed <= found.met * 1.05);
    }
}

static void test_ends_at_its_limits(void)
{
    struct rate_search found;
    CHECK(search(1, &found) < 10);
    CHECK(found.met == 0 && found.missed == 100);
    CHECK(search(1e12, &found) < 20);
    CHECK(found.missed == 0 && found.met == 10000000);
}

static void test_noise_does_not_turn_the_bracket(void)
{
    struct rate_search noisy = {.first = 1000, .lowest = 100, .highest = 1e6, .accuracy = 1.05};
    uint64_t state = 7;
    unsigned tries = 0;
    double rate;
    while ((rate = rate_search_next(&noisy)) > 0 && tries < 1000) {
        state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
        rate_search_tell(&noisy, rate, (state >> 33) % 2 == 0 ? RATE_MET : RATE_MISSED);
        CHECK(noisy.met == 0 || noisy.missed == 0 || noisy.met < noisy.missed);
        tries++;
    }
    CHECK(tries < 1000);
}

/* Rates are of three digits, and the lowest need not be. */
static void test_ends_at_a_lowest_of_many_digits(void)
{
    struct rate_search found = {.first = 200, .lowest = 399.96, .highest = 1e6, .accuracy = 1.05};
    unsigned tries = 0;
    double rate;
    CHECK(rate_search_next(&found) == 400); /* no window becomes longer than at the lowest */
    while ((rate = rate_search_next(&found)) > 0 && tries < 100) {
        rate_search_tell(&found, rate, RATE_MISSED);
        tries++;
    }
    CHECK_EQ_U64(tries, 2);
    CHECK(found.missed == 400 && found.met == 0);
}

/* For a while all is missed, since something else is busy: that does not decide. */
static void test_miss_counts_twice_only(void)
{
    for (unsigned busy = 1; busy <= 8; busy++) {
        struct rate_search found = {.first = 8000, .lowest = 100, .highest = 1e6, .accuracy = 1.05};
        unsigned tries = 0, last = 0;
        double rate;
        while ((rate = rate_search_next(&found)) > 0 && tries < 100) {
            bool met = rate <= 50000 && tries >= busy;
            last = rate == found.missed && !met;
            rate_search_tell(&found, rate, met ? RATE_MET : RATE_MISSED);
            tries++;
        }
        CHECK(tries < 40);
        CHECK(found.met <= 50000 && found.missed > 50000 && found.missed <= found.met * 1.05);
        CHECK_EQ_U64(last, 1); /* its end is a miss that was tried again */
    }
}

static void test_what_cannot_be_sent_ends_it(void)
{
    struct rate_search busy = {.first = 8000, .lowest = 100, .highest = 1e6, .accuracy = 1.05};
    rate_search_tell(&busy, 8000, RATE_NOT_SENT);
    CHECK(rate_search_next(&busy) == 8000);
    CHECK(!busy.unsendable && busy.missed == 0);
    rate_search_tell(&busy, 8000, RATE_NOT_SENT);
    CHECK(rate_search_next(&busy) == 0 && busy.unsendable);
    CHECK(busy.met == 0 && busy.missed == 8000);

    /* Only for a moment. */
    struct rate_search once = {.first = 8000, .lowest = 100, .highest = 1e6, .accuracy = 1.05};
    rate_search_tell(&once, 8000, RATE_NOT_SENT);
    rate_search_tell(&once, 8000, RATE_MET);
    CHECK(rate_search_next(&once) == 16000 && once.met == 8000);
    /* Above a rate that was met it is a miss as any other: the bracket does not go down. */
    rate_search_tell(&once, 16000, RATE_NOT_SENT);
    CHECK(once.missed == 16000 && !once.unsendable);
    CHECK(rate_search_next(&once) == 11300);
    rate_search_tell(&once, 11300, RATE_NOT_SENT);
    CHECK(rate_search_next(&once) < 11300 && rate_search_next(&once) > 8000);
}

int main(void)
{
    test_bound();
    test_finds_it();
    test_ends_at_its_limits();
    test_ends_at_a_lowest_of_many_digits();
    test_miss_counts_twice_only();
    test_what_cannot_be_sent_ends_it();
    test_noise_does_not_turn_the_bracket();
    return check_report();
}
