#include "base/random.h"
#include "base/units.h"
#include "check.h"
#include "stats/statistics.h"

#include <stdlib.h>

enum { UNTOUCHED = 99 };

static void test_count(void)
{
    static const char *const bad[] = {"",
                                      " 5",
                                      "5 ",
                                      "+5",
                                      "-5",
                                      "5.0",
                                      "0x5",
                                      "five",
                                      "5k",
                                      "5,",
                                      "\xd9\xa3",
                                      "18446744073709551616",
                                      "99999999999999999999"};
    uint64_t value = UNTOUCHED;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK(!units_parse_count(bad[i], 0, UINT64_MAX, &value));
    CHECK(!units_parse_count("4", 5, 9, &value));
    CHECK(!units_parse_count("10", 5, 9, &value));
    CHECK_EQ_U64(value, UNTOUCHED);
    CHECK(units_parse_count("5", 5, 9, &value) && value == 5);
    CHECK(units_parse_count("9", 5, 9, &value) && value == 9);
    CHECK(units_parse_count("0", 0, 9, &value) && value == 0);
    CHECK(units_parse_count("007", 0, 9, &value) && value == 7);
    CHECK(units_parse_count("18446744073709551615", 0, UINT64_MAX, &value));
    CHECK_EQ_U64(value, UINT64_MAX);
}

static void test_size(void)
{
    static const struct {
        const char *text;
        uint64_t bytes;
    } good[] = {{"64", 64},
                {"64B", 64},
                {"64KiB", 65536},
                {"1MiB", 1048576},
                {"1GiB", 1073741824},
                {"64kib", 65536},
                {"0", 0},
                {"17179869183GiB", (uint64_t)17179869183 * 1073741824U}};
    static const char *const bad[] = {
        "",       "B",  "64 B", "64kB", "64K", "64ki",           "64KB",
        "1.5MiB", "-1", "64BB", "1TiB", " 64", "17179869184GiB", "18446744073709551616"};
    uint64_t bytes = UNTOUCHED;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK(!units_parse_size(bad[i], 0, UINT64_MAX, &bytes));
    CHECK(!units_parse_size("1KiB", 0, 1023, &bytes));
    CHECK(!units_parse_size("1KiB", 1025, 4096, &bytes));
    CHECK_EQ_U64(bytes, UNTOUCHED);
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        CHECK(units_parse_size(good[i].text, 0, UINT64_MAX, &bytes));
        CHECK_EQ_U64(bytes, good[i].bytes);
    }
    CHECK(units_parse_size("1KiB", 1024, 1024, &bytes));
}

static void test_duration(void)
{
    static const struct {
        const char *text;
        uint64_t ns;
    } good[] = {{"300ms", 300000000},
                {"2s", 2000000000},
                {"1.5s", 1500000000},
                {"0.25s", 250000000},
                {"1.000000001s", 1000000001},
                {"1.50000000000000000000s", 1500000000},
                {"2min", 120000000000},
                {"0.5min", 30000000000},
                {"0.00000000005min", 3},
                {"7us", 7000},
                {"7.125us", 7125},
                {"9ns", 9},
                {"2S", 2000000000},
                {"0s", 0},
                {"18446744073.709551615s", UINT64_MAX}};
    static const char *const bad[] = {"",
                                      "2",
                                      "1.5",
                                      "s",
                                      ".5s",
                                      "1.s",
                                      "1..5s",
                                      "1,5s",
                                      "-1s",
                                      "+1s",
                                      " 1s",
                                      "1 s",
                                      "1s ",
                                      "1sec",
                                      "1m",
                                      "1h",
                                      "1e3s",
                                      "1.5.s",
                                      "1.5ns",
                                      "0.1ns",
                                      "1.0000000001s",
                                      "0.00000000001min",
                                      "18446744073.709551616s",
                                      "18446744074s",
                                      "99999999999999999999ns",
                                      "307445735min"};
    uint64_t ns = UNTOUCHED;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK(!units_parse_duration(bad[i], 0, UINT64_MAX, &ns));
        CHECK_EQ_U64(ns, UNTOUCHED);
    }
    CHECK(!units_parse_duration("1s", 0, 999999999, &ns));
    CHECK(!units_parse_duration("1s", 1000000001, UINT64_MAX, &ns));
    CHECK_EQ_U64(ns, UNTOUCHED);
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        CHECK(units_parse_duration(good[i].text, 0, UINT64_MAX, &ns));
        CHECK_EQ_U64(ns, good[i].ns);
    }
}

static void test_quantity(void)
{
    static const struct {
        const char *text;
        uint64_t value;
    } good[] = {{"0", 0},        {"16", 16},
                {"20k", 20000},  {"20K", 20000},
                {"1.5k", 1500},  {"1.005k", 1005},
                {"2M", 2000000}, {"0.25M", 250000},
                {"0.0k", 0},     {"18446744073709551615", UINT64_MAX}};
    static const char *const bad[] = {"",
                                      "k",
                                      "1 k",
                                      "-1",
                                      "+1",
                                      "1.5",
                                      "1.0005k",
                                      "1kk",
                                      "1Ki",
                                      "1e3",
                                      "1,5k",
                                      ".5k",
                                      "1.k",
                                      "1G",
                                      "18446744073709551616",
                                      "18446744073709552k"};
    uint64_t value = UNTOUCHED;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK(!units_parse_quantity(bad[i], 0, UINT64_MAX, &value));
    CHECK(!units_parse_quantity("1k", 0, 999, &value));
    CHECK(!units_parse_quantity("1k", 1001, 9999, &value));
    CHECK_EQ_U64(value, UNTOUCHED);
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        CHECK(units_parse_quantity(good[i].text, 0, UINT64_MAX, &value));
        CHECK_EQ_U64(value, good[i].value);
    }
}

static void test_percent(void)
{
    static const char *const bad[] = {"",    "%",    "5%%", "-5",  "-5%",
                                      "5 %", "five", "0x5", "5%x", "%5"};
    double share = UNTOUCHED;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK(!units_parse_percent(bad[i], &share));
    CHECK_NEAR(share, UNTOUCHED, 0);
    CHECK(units_parse_percent("5%", &share));
    CHECK_NEAR(share, 0.05, 1e-12);
    CHECK(units_parse_percent("5", &share));
    CHECK_NEAR(share, 0.05, 1e-12);
    CHECK(units_parse_percent("0.5", &share));
    CHECK_NEAR(share, 0.005, 1e-12);
}

static void test_format_size(void)
{
    char text[32];
    static const struct {
        uint64_t bytes;
        const char *text;
    } cases[] = {{0, "0 B"},
                 {64, "64 B"},
                 {1000, "1000 B"},
                 {1023, "1023 B"},
                 {1024, "1 KiB"},
                 {65536, "64 KiB"},
                 {1047552, "1023 KiB"},
                 {1048064, "1 MiB"}, /* 1023.5 KiB */
                 {1048575, "1 MiB"},
                 {1572864, "1.5 MiB"},
                 {1073741824, "1 GiB"},
                 {UINT64_MAX, "16 EiB"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        CHECK_EQ_TEXT(units_format_size(cases[i].bytes, text, sizeof text), cases[i].text);
}

static void test_format_duration(void)
{
    char text[32];
    static const struct {
        uint64_t ns;
        const char *text;
    } cases[] = {{0, "0 ns"},
                 {999, "999 ns"},
                 {1000, "1 us"},
                 {12345, "12.3 us"},
                 {999499, "999 us"},
                 {999500, "1 ms"},
                 {850000000, "850 ms"},
                 {999999999, "1 s"},
                 {1500000000, "1.5 s"},
                 {2000000000, "2 s"},
                 {59900000000, "59.9 s"},
                 {59950000000, "1 min"},
                 {60000000000, "1 min"},
                 {120000000000, "2 min"},
                 {200000000000, "3 min 20 s"},
                 {200600000000, "3 min 21 s"},
                 {UINT64_MAX, "307445734 min 34 s"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        CHECK_EQ_TEXT(units_format_duration(cases[i].ns, text, sizeof text), cases[i].text);
}

static void test_format_si(void)
{
    char text[32];
    const struct {
        double value;
        const char *text;
    } cases[] = {{0, "0"},           {1, "1"},         {0.5, "0.5"},       {0.01234, "0.0123"},
                 {999, "999"},       {999.4, "999"},   {999.6, "1k"},      {1000, "1k"},
                 {12740, "12.7k"},   {100000, "100k"}, {1944000, "1.94M"}, {2.5e9, "2.5G"},
                 {-12740, "-12.7k"}, {1e12, "1T"},     {5e20, "500E"},     {3e22, "30000E"},
                 {NAN, ""},          {INFINITY, ""}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        CHECK_EQ_TEXT(units_format_si(cases[i].value, text, sizeof text), cases[i].text);
}

static void test_format_double(void)
{
    char text[400];
    const struct {
        double value;
        int digits;
        const char *text;
    } cases[] = {{0, 6, "0"},
                 {-0.0, 6, "0"},
                 {1, 6, "1"},
                 {-1.5, 6, "-1.5"},
                 {100, 6, "100"},
                 {123456, 3, "123000"},
                 {0.000012345, 3, "0.0000123"},
                 {0.1, 17, "0.10000000000000001"},
                 {0.1, 99, "0.10000000000000001"},
                 {9.99, 2, "10"},
                 {7.25, 0, "7"},
                 {1e21, 6, "1000000000000000000000"},
                 {12.5, 3, "12.5"},
                 {NAN, 6, ""},
                 {-INFINITY, 6, ""}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        CHECK_EQ_TEXT(units_format_double(cases[i].value, cases[i].digits, text, sizeof text),
                      cases[i].text);
    CHECK_EQ_U64(strlen(units_format_double(-4.9406564584124654e-324, 17, text, sizeof text)),
                 2 + 1 + 323 + 17);
    CHECK_EQ_TEXT(units_format_fixed(2.0 / 3, 4, text, sizeof text), "0.6667");
    CHECK_EQ_TEXT(units_format_fixed(-12, 0, text, sizeof text), "-12");
    CHECK_EQ_TEXT(units_format_fixed(NAN, 2, text, sizeof text), "");
}

static void test_format_grouped(void)
{
    char text[32], little[4];
    CHECK_EQ_TEXT(units_format_grouped(0, text, sizeof text), "0");
    CHECK_EQ_TEXT(units_format_grouped(999.4, text, sizeof text), "999");
    CHECK_EQ_TEXT(units_format_grouped(1000, text, sizeof text), "1,000");
    CHECK_EQ_TEXT(units_format_grouped(-1234567, text, sizeof text), "-1,234,567");
    CHECK_EQ_TEXT(units_format_grouped(-123, text, sizeof text), "-123");
    CHECK_EQ_TEXT(units_format_grouped(NAN, text, sizeof text), "");
    CHECK(strlen(units_format_grouped(123456, little, sizeof little)) < sizeof little);
}

static void test_parse_double(void)
{
    static const char *const bad[] = {
        "",    "-",     ".",  "1.",  ".5", "+1",   " 1",   "1 ",    "1,5",  "nan",   "inf",  "0x1",
        "--1", "1.2.3", "1e", "1e+", "e3", "1.e3", "1e3 ", "1e1.5", "1e 3", "0x1p3", "1e400"};
    double value = UNTOUCHED;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK(!units_parse_double(bad[i], &value));
    CHECK_NEAR(value, UNTOUCHED, 0);
    CHECK(units_parse_double("-0.5", &value) && value == -0.5);
    CHECK(units_parse_double("12", &value) && value == 12);
    CHECK(units_parse_double("9.1e-05", &value) && value == 9.1e-05);
    CHECK(units_parse_double("1e+05", &value) && value == 100000);
    CHECK(units_parse_double("-4100738E3", &value) && value == -4100738000.0);
    CHECK(units_parse_double("1e-400", &value) && value == 0);
}

static void test_parse_double_refuses_too_large(void)
{
    char text[600];
    double value = UNTOUCHED;
    memset(text, '9', sizeof text);
    text[sizeof text - 1] = '\0';
    CHECK(!units_parse_double(text, &value));
    text[400] = '\0';
    CHECK(!units_parse_double(text, &value));
    CHECK_NEAR(value, UNTOUCHED, 0);
}

static void check_double_round_trips(void)
{
    struct random_state random;
    unsigned lost = 0;
    random_seed(&random, 9);
    for (int i = 0; i < 5000; i++) {
        char text[400];
        uint64_t bits = random_next(&random);
        double value, back = 0;
        memcpy(&value, &bits, sizeof value);
        if (!(fabs(value) < INFINITY))
            continue;
        lost += !units_parse_double(units_format_double(value, 17, text, sizeof text), &back) ||
                back != value;
    }
    CHECK_EQ_U64(lost, 0);
}

/* What the formatters write without their blank, the parsers read, where nothing was rounded. */
static void test_round_trips(void)
{
    static const uint64_t sizes[] = {0, 1, 64, 1023, 1024, 65536, 1048576, 1073741824};
    static const uint64_t durations[] = {1,          850,        7000,        850000000,
                                         1500000000, 2000000000, 120000000000};
    uint64_t back;
    char text[32];
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        units_format_size(sizes[i], text, sizeof text);
        char *blank = strchr(text, ' ');
        memmove(blank, blank + 1, strlen(blank));
        CHECK(units_parse_size(text, 0, UINT64_MAX, &back) && back == sizes[i]);
    }
    for (size_t i = 0; i < sizeof durations / sizeof durations[0]; i++) {
        units_format_duration(durations[i], text, sizeof text);
        char *blank = strchr(text, ' ');
        memmove(blank, blank + 1, strlen(blank));
        CHECK(units_parse_duration(text, 0, UINT64_MAX, &back) && back == durations[i]);
    }
    check_double_round_trips();
}

static void test_short_buffer(void)
{
    char text[4] = "???";
    CHECK_EQ_TEXT(units_format_size(65536, text, sizeof text), "64 ");
    CHECK_EQ_TEXT(units_format_double(1234567, 7, text, sizeof text), "123");
}

static void test_point_in_a_comma_locale(void)
{
    char text[64];
    double value = 0;
    uint64_t ns = 0;
    if (check_comma_locale()) {
        CHECK_EQ_TEXT(units_format_double(1234.5, 6, text, sizeof text), "1234.5");
        CHECK_EQ_TEXT(units_format_fixed(1234.5, 2, text, sizeof text), "1234.50");
        CHECK_EQ_TEXT(units_format_si(1940, text, sizeof text), "1.94k");
        CHECK_EQ_TEXT(units_format_size(1536, text, sizeof text), "1.5 KiB");
        CHECK(units_parse_double("2.5", &value) && value == 2.5);
        CHECK(units_parse_double("2.5e3", &value) && value == 2500);
        CHECK(!units_parse_double("2,5", &value));
        CHECK(units_parse_duration("1.5s", 0, UINT64_MAX, &ns) && ns == 1500000000);
        check_double_round_trips();
    }
    setlocale(LC_ALL, "C");
}

int main(void)
{
    test_count();
    test_size();
    test_duration();
    test_quantity();
    test_percent();
    test_format_size();
    test_format_duration();
    test_format_si();
    test_format_double();
    test_format_grouped();
    test_parse_double();
    test_parse_double_refuses_too_large();
    test_round_trips();
    test_short_buffer();
    test_point_in_a_comma_locale();
    return check_report();
}
