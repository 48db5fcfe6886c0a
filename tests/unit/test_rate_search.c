#include "check.h"
#include "rate_search.h"

#include <math.h>

static struct rate_bound bound;
static char message[200];

static bool parses(const char *text)
{
    message[0] = '\0';
    bool good = rate_bound_parse(text, &bound, message, sizeof message) == 0;
    CHECK(good == (message[0] == '\0'));
    return good;
}

static void test_bound(void)
{
    CHECK(parses("p99<=1ms"));
    CHECK(bound.percentile == 99 && bound.limit_ns == 1000000);
    CHECK_EQ_U64((uint64_t)rate_bound_samples(&bound), 1000);
    CHECK(parses("p99.9<=250us"));
    CHECK(bound.percentile == 99.9 && bound.limit_ns == 250000);
    CHECK_EQ_U64((uint64_t)rate_bound_samples(&bound), 10000);
    CHECK(parses("max<=2s"));
    CHECK(bound.percentile == 100);
    CHECK_EQ_U64((uint64_t)rate_bound_samples(&bound), 1);
    static const char *const wrong[] = {"",         "p99",     "p99<1ms",  "p98<=1ms",
                                        "p99<=",    "p99<=1",  "<=1ms",    "p99<=0ms",
                                        "p99<=61s", "p9<=1ms", "p99 <=1ms"};
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
        rate_search_tell(found, rate, rate <= true_rate);
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
        rate_search_tell(&noisy, rate, (state >> 33) % 2 == 0);
        CHECK(noisy.met == 0 || noisy.missed == 0 || noisy.met < noisy.missed);
        tries++;
    }
    CHECK(tries < 1000);
}

int main(void)
{
    test_bound();
    test_finds_it();
    test_ends_at_its_limits();
    test_noise_does_not_turn_the_bracket();
    return check_report();
}
