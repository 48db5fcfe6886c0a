/* When messages are meant to be sent: exactly, however long it goes on. */
#include <stdlib.h>

#include "check.h"
#include "load/schedule.h"

static const uint64_t s_ns = UINT64_C(1000000000);

/* `before` must be the exact inverse of `moment`, around this message and on both its sides. */
static void check_inverse(const struct schedule *schedule, uint64_t message)
{
    uint64_t moment = schedule_moment(schedule, message);
    uint64_t first = message - message % schedule->together;
    CHECK_EQ_U64(schedule_moment(schedule, first), moment);
    CHECK(schedule_before(schedule, moment) <= first);
    CHECK(schedule_before(schedule, moment + 1) >= first + schedule->together);
    CHECK(schedule_moment(schedule, schedule_before(schedule, moment)) >= moment);
    CHECK(schedule_moment(schedule, schedule_before(schedule, moment + 1)) > moment);
    CHECK_EQ_U64(schedule_before(schedule, moment) % schedule->together, 0);
}

static void test_rate(void)
{
    struct schedule schedule = schedule_rate(3);
    static const uint64_t moments[] = {0,          333333333,  666666666, 1000000000,
                                       1333333333, 1666666666, 2000000000};
    for (uint64_t i = 0; i < sizeof moments / sizeof moments[0]; i++) {
        CHECK_EQ_U64(schedule_moment(&schedule, i), moments[i]);
        CHECK_EQ_U64(schedule_before(&schedule, moments[i]), i);
        CHECK_EQ_U64(schedule_before(&schedule, moments[i] + 1), i + 1);
    }
    CHECK_EQ_U64(schedule_before(&schedule, 0), 0);
    /* Ten years, a message each nanosecond. */
    schedule = schedule_rate(SCHEDULE_RATE_MAX);
    CHECK_EQ_U64(schedule_moment(&schedule, 3650 * 86400 * s_ns), 3650 * 86400 * s_ns);
    CHECK_EQ_U64(schedule_before(&schedule, 3650 * 86400 * s_ns), 3650 * 86400 * s_ns);
}

static void test_bursts(void)
{
    struct schedule schedule = schedule_bursts(100, 10);
    CHECK_EQ_U64(schedule_moment(&schedule, 0), 0);
    CHECK_EQ_U64(schedule_moment(&schedule, 99), 0);
    CHECK_EQ_U64(schedule_moment(&schedule, 100), 10);
    CHECK_EQ_U64(schedule_moment(&schedule, 12345), 1230);
    CHECK_EQ_U64(schedule_before(&schedule, 0), 0);
    CHECK_EQ_U64(schedule_before(&schedule, 1), 100);
    CHECK_EQ_U64(schedule_before(&schedule, 10), 100);
    CHECK_EQ_U64(schedule_before(&schedule, 11), 200);
}

static void test_inverse(void)
{
    static const uint64_t rates[] = {1,     2,      3,       7,         1000,
                                     10007, 333333, 9999991, 999999937, SCHEDULE_RATE_MAX};
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        struct schedule schedule = schedule_rate(rates[i]);
        for (uint64_t message = 0; message < 1000; message++) {
            check_inverse(&schedule, message);
            check_inverse(&schedule, message + 30 * 86400 * rates[i]); /* a month later */
        }
    }
    for (uint64_t together = 1; together < 50; together += 3) {
        struct schedule schedule = schedule_bursts(together, 1 + together * 12345);
        for (uint64_t message = 0; message < 500; message++)
            check_inverse(&schedule, message);
    }
}

int main(void)
{
    test_rate();
    test_bursts();
    test_inverse();
    return check_report();
}
