/* A server's work: how many messages a receive completes, and how long each takes. */
#include "check.h"
#include "load/work_text.h"
#include "work.h"

static void test_messages_in_pieces(void)
{
    const struct work work = {.message_bytes = 100};
    struct work_progress progress = {0};
    CHECK_EQ_U64(work_messages(&progress, &work, 99), 0);
    CHECK_EQ_U64(work_messages(&progress, &work, 1), 1);
    CHECK_EQ_U64(work_messages(&progress, &work, 250), 2);
    CHECK_EQ_U64(work_messages(&progress, &work, 50), 1);
    CHECK_EQ_U64(work_messages(&progress, &work, 0), 0);
}

static void test_constant(void)
{
    const struct work_time time = {.mean_ns = 20000};
    CHECK_EQ_U64(work_ns(&time, 1, 0), 20000);
    CHECK_EQ_U64(work_ns(&time, 7, 123456), 20000);
}

/* Its mean, its share above the mean (1/e) and its largest, of many connections and messages. */
static void test_exponential(void)
{
    enum { CONNECTIONS = 100, MESSAGES = 1000, ALL = CONNECTIONS * MESSAGES };
    const struct work_time time = {.mean_ns = 1000000, .exponential = true};
    double sum = 0;
    unsigned above = 0;
    uint64_t largest = 0;
    for (uint64_t i = 1; i <= CONNECTIONS; i++)
        for (uint64_t j = 0; j < MESSAGES; j++) {
            uint64_t ns = work_ns(&time, i, j);
            sum += (double)ns;
            above += ns > time.mean_ns;
            largest = ns > largest ? ns : largest;
        }
    CHECK(sum / ALL > 0.98e6 && sum / ALL < 1.02e6);
    CHECK(above > 0.36 * ALL && above < 0.376 * ALL);
    CHECK(largest > 8 * time.mean_ns && largest < 40 * time.mean_ns);
    /* The same each time, and another one for another connection or message. */
    CHECK(work_ns(&time, 3, 4) == work_ns(&time, 3, 4));
    CHECK(work_ns(&time, 3, 4) != work_ns(&time, 4, 3));
    CHECK(work_ns(&time, 3, 4) != work_ns(&time, 3, 5));
}

static void test_text(void)
{
    char text[WORK_TIME_TEXT];
    struct work_time time = {0};
    CHECK(work_time_parse("20us", &time) && time.mean_ns == 20000 && !time.exponential);
    CHECK(work_time_parse("exp:2ms", &time) && time.mean_ns == 2000000 && time.exponential);
    struct work_time again = {0};
    CHECK(work_time_parse(work_time_write(&time, text), &again));
    CHECK(again.mean_ns == time.mean_ns && again.exponential);
    CHECK(work_time_parse("EXP:1s", &time) && time.mean_ns == WORK_NS_MAX);
    CHECK(work_time_parse("0", &time) && time.mean_ns == 0);
    CHECK(work_time_parse("exp:0", &time) && !time.exponential);
    static const char *const bad[] = {"",     "20",   "exp",  "exp:",     "exp:20",
                                      "1.1s", "-1us", "2msx", "exp: 2ms", "exp:exp:2ms"};
    time = (struct work_time){.mean_ns = 7};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK(!work_time_parse(bad[i], &time) && time.mean_ns == 7);
}

int main(void)
{
    test_messages_in_pieces();
    test_constant();
    test_exponential();
    test_text();
    return check_report();
}
