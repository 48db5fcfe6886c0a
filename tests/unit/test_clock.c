#include "check.h"
#include "clock.h"

static const uint64_t SECOND_NS = 1000000000;

static void test_calendar(void)
{
    static const struct {
        uint64_t seconds;
        const char *text;
    } moments[] = {{0, "1970-01-01T00:00:00Z"},          {86399, "1970-01-01T23:59:59Z"},
                   {86400, "1970-01-02T00:00:00Z"},      {951782400, "2000-02-29T00:00:00Z"},
                   {951868800, "2000-03-01T00:00:00Z"},  {1230768000, "2009-01-01T00:00:00Z"},
                   {1709208000, "2024-02-29T12:00:00Z"}, {1795532400, "2026-11-24T15:00:00Z"},
                   {4107542400, "2100-03-01T00:00:00Z"}};
    char text[24];
    for (size_t i = 0; i < sizeof moments / sizeof moments[0]; i++) {
        uint64_t utc_ns = 1;
        CHECK_EQ_TEXT(clock_utc_format(moments[i].seconds * SECOND_NS, text, sizeof text),
                      moments[i].text);
        CHECK_EQ_TEXT(
            clock_utc_format(moments[i].seconds * SECOND_NS + SECOND_NS - 1, text, sizeof text),
            moments[i].text);
        CHECK(clock_utc_parse(moments[i].text, &utc_ns));
        CHECK_EQ_U64(utc_ns, moments[i].seconds * SECOND_NS);
    }
}

static void test_no_moment(void)
{
    static const char *const bad[] = {"",
                                      "now",
                                      "2026-11-24",
                                      "2026-11-24T15:00:00",
                                      "2026-11-24 15:00:00Z",
                                      "2026-11-24T15:00:00+",
                                      "2026-11-24T15:00:0Z ",
                                      "2026-11-24T15:00:00Z ",
                                      "2026-11-31T15:00:00Z",
                                      "2026-02-29T15:00:00Z",
                                      "2026-13-01T15:00:00Z",
                                      "2026-00-01T15:00:00Z",
                                      "2026-01-00T15:00:00Z",
                                      "2026-01-01T24:00:00Z",
                                      "2026-01-01T00:60:00Z",
                                      "2026-01-01T00:00:60Z",
                                      "2026-01-01T-1:00:00Z",
                                      "1969-12-31T23:59:59Z",
                                      "99999-01-01T00:00:0Z"};
    uint64_t utc_ns = 1;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK(!clock_utc_parse(bad[i], &utc_ns));
    CHECK_EQ_U64(utc_ns, 1);
}

static void test_now(void)
{
    char text[24];
    uint64_t before = clock_utc_ns(), utc_ns = 0;
    CHECK(clock_utc_parse(clock_utc_text(text, sizeof text), &utc_ns));
    /* The clock of the calendar may be set meanwhile, but not by years. */
    CHECK(utc_ns / SECOND_NS + 86400 >= before / SECOND_NS);
    CHECK(before > (uint64_t)1700000000 * SECOND_NS);
}

int main(void)
{
    test_calendar();
    test_no_moment();
    test_now();
    return check_report();
}
