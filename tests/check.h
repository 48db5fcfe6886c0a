/*
 * check: the few macros that the unit tests need. A failed check prints where and what, and the
 * test goes on; main ends with `return check_report();`.
 */
#ifndef IOMODELS_CHECK_H
#define IOMODELS_CHECK_H

#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define CHECK(condition)               check_true((condition), #condition, __FILE__, __LINE__)
#define CHECK_EQ_U64(actual, expected) check_u64((actual), (expected), #actual, __FILE__, __LINE__)
#define CHECK_EQ_TEXT(actual, expected)                                                            \
    check_text((actual), (expected), #actual, __FILE__, __LINE__)
/* isnan would do, but MinGW's macro converts to float, which -Wconversion refuses. */
#define CHECK_NAN(value) check_nan((value), #value, __FILE__, __LINE__)
/* Runs a case, a function without arguments. The last name in the output is that of a hanging one. */
#define CHECK_CASE(run) check_case((run), #run)
/* NaN is near nothing. */
#define CHECK_NEAR(actual, expected, tolerance)                                                    \
    check_near((actual), (expected), (tolerance), #actual, __FILE__, __LINE__)

static unsigned check_count;
static unsigned check_failures;

/* What a test has printed is there also when it is killed for its time. */
static inline void check_failed(void)
{
    check_failures++;
    fflush(stdout);
}

static inline void check_case(void (*run)(void), const char *name)
{
    printf("%s\n", name);
    fflush(stdout);
    run();
}

static inline void check_true(bool holds, const char *what, const char *file, int line)
{
    check_count++;
    if (holds)
        return;
    printf("%s:%d: not so: %s\n", file, line, what);
    check_failed();
}

static inline void check_u64(uint64_t actual, uint64_t expected, const char *what, const char *file,
                             int line)
{
    check_count++;
    if (actual == expected)
        return;
    printf("%s:%d: %s is %" PRIu64 ", not %" PRIu64 "\n", file, line, what, actual, expected);
    check_failed();
}

static inline void check_text(const char *actual, const char *expected, const char *what,
                              const char *file, int line)
{
    check_count++;
    if (strcmp(actual, expected) == 0)
        return;
    printf("%s:%d: %s is \"%s\", not \"%s\"\n", file, line, what, actual, expected);
    check_failed();
}

static inline void check_near(double actual, double expected, double tolerance, const char *what,
                              const char *file, int line)
{
    check_count++;
    if (fabs(actual - expected) <= tolerance)
        return;
    printf("%s:%d: %s is %.17g, not %.17g within %g\n", file, line, what, actual, expected,
           tolerance);
    check_failed();
}

static inline void check_nan(double value, const char *what, const char *file, int line)
{
    check_count++;
    if (value != value)
        return;
    printf("%s:%d: %s is %.17g, not NaN\n", file, line, what, value);
    check_failed();
}

/* Whether a locale with a decimal comma is now in force; false where the system has none. */
static inline bool check_comma_locale(void)
{
    static const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "de_DE", "German_Germany.1252",
                                        "fr_FR.UTF-8"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (setlocale(LC_ALL, names[i]) != NULL && strcmp(localeconv()->decimal_point, ",") == 0)
            return true;
    setlocale(LC_ALL, "C");
    printf("skipped: no locale with a decimal comma here\n");
    return false;
}

static inline int check_report(void)
{
    if (check_failures == 0)
        printf("ok: %u checks\n", check_count);
    else
        printf("FAILED: %u of %u checks\n", check_failures, check_count);
    return check_failures == 0 ? 0 : 1;
}

#endif
