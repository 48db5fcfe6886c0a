/*
 * The proleptic Gregorian calendar in whole numbers. C has no gmtime that is safe among threads on
 * both systems, and no inverse of it at all.
 */
#include <stdio.h>
#include <string.h>

#include "clock.h"

enum { DAY_S = 86400, YEAR_LAST = 2400 };

static const uint64_t SECOND_NS = 1000000000;

static bool is_leap(unsigned year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static unsigned month_days(unsigned year, unsigned month)
{
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

const char *clock_utc_format(uint64_t utc_ns, char *text, size_t size)
{
    uint64_t seconds = utc_ns / SECOND_NS;
    uint64_t day = seconds / DAY_S;
    unsigned second = (unsigned)(seconds % DAY_S), year = 1970, month = 1;
    for (; day >= (is_leap(year) ? 366u : 365u); year++)
        day -= is_leap(year) ? 366 : 365;
    for (; day >= month_days(year, month); month++)
        day -= month_days(year, month);
    snprintf(text, size, "%04u-%02u-%02uT%02u:%02u:%02uZ", year, month, (unsigned)day + 1,
             second / 3600, second / 60 % 60, second % 60);
    return text;
}

const char *clock_utc_text(char *text, size_t size)
{
    return clock_utc_format(clock_utc_ns(), text, size);
}

bool clock_utc_parse(const char *text, uint64_t *utc_ns)
{
    unsigned year, month, day, hour, minute, second;
    char again[40];
    if (strlen(text) != strlen("2026-11-23T16:56:40Z") ||
        sscanf(text, "%4u-%2u-%2uT%2u:%2u:%2uZ", &year, &month, &day, &hour, &minute, &second) !=
            6 ||
        year < 1970 || year > YEAR_LAST || month < 1 || month > 12 || day < 1)
        return false;
    uint64_t days = day - 1;
    for (unsigned before = 1970; before < year; before++)
        days += is_leap(before) ? 366 : 365;
    for (unsigned before = 1; before < month; before++)
        days += month_days(year, before);
    uint64_t moment =
        (days * DAY_S + (uint64_t)hour * 3600 + (uint64_t)minute * 60 + second) * SECOND_NS;
    /* A text that clock_utc_format would write otherwise (31 June, a sign) is refused. */
    if (strcmp(clock_utc_format(moment, again, sizeof again), text) != 0)
        return false;
    *utc_ns = moment;
    return true;
}
