#include "base/units.h"

#include <float.h>
#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"

enum { DIGITS_MAX = 17 }; /* tell every double from every other */

struct unit {
    const char *name;
    uint64_t factor;
};

static const struct unit quantity_units[] = {{"", 1}, {"k", 1000}, {"M", 1000000}};
static const struct unit size_units[] = {
    {"", 1}, {"B", 1}, {"KiB", 1024}, {"MiB", 1024 * 1024}, {"GiB", 1024 * 1024 * 1024},
};
static const struct unit duration_units[] = {
    {"ns", 1}, {"us", 1000}, {"ms", 1000000}, {"s", 1000000000}, {"min", 60000000000},
};

/* The standard's macro converts to float in MinGW's headers, which -Wconversion refuses. */
static bool is_finite(double value)
{
    return fabs(value) <= DBL_MAX;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* *value = *value * 10 + digit, false where that overflows. */
static bool append_digit(uint64_t *value, char digit)
{
    uint64_t ones = (uint64_t)(digit - '0');
    if (*value > (UINT64_MAX - ones) / 10)
        return false;
    *value = *value * 10 + ones;
    return true;
}

/* Reads digits and moves *at past them; false where there are none or too many. */
static bool read_digits(const char **at, uint64_t *value)
{
    if (!is_digit(**at))
        return false;
    for (*value = 0; is_digit(**at); ++*at)
        if (!append_digit(value, **at))
            return false;
    return true;
}

static bool multiply(uint64_t *value, uint64_t factor)
{
    if (*value > UINT64_MAX / factor)
        return false;
    *value *= factor;
    return true;
}

static bool store_within(uint64_t read, uint64_t low, uint64_t high, uint64_t *value)
{
    if (read < low || read > high)
        return false;
    *value = read;
    return true;
}

static const struct unit *unit_find(const struct unit *units, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (name_equals(units[i].name, name))
            return &units[i];
    return NULL;
}

bool units_parse_count(const char *text, uint64_t low, uint64_t high, uint64_t *value)
{
    uint64_t read;
    return read_digits(&text, &read) && *text == '\0' && store_within(read, low, high, value);
}

bool units_parse_size(const char *text, uint64_t low, uint64_t high, uint64_t *bytes)
{
    uint64_t read;
    if (!read_digits(&text, &read))
        return false;
    const struct unit *unit = unit_find(size_units, sizeof size_units / sizeof size_units[0], text);
    return unit != NULL && multiply(&read, unit->factor) && store_within(read, low, high, bytes);
}

/* What the digits after a point are worth; false where that is no whole number. */
static bool fraction_of(const char *digits, size_t count, uint64_t factor, uint64_t *value)
{
    *value = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t ones = (uint64_t)(digits[i] - '0');
        if (ones * factor % 10 != 0)
            return false;
        *value += ones * factor / 10;
        factor /= 10;
    }
    return true;
}

/* "1.5k": a decimal number and its unit, which together are a whole number. */
static bool parse_decimal(const char *text, const struct unit *units, size_t unit_count,
                          uint64_t *value)
{
    uint64_t read, fraction;
    if (!read_digits(&text, &read))
        return false;
    const char *digits = text;
    size_t count = 0;
    if (*text == '.') {
        digits = text + 1;
        count = strspn(digits, "0123456789");
        if (count == 0)
            return false;
        text = digits + count;
    }
    const struct unit *unit = unit_find(units, unit_count, text);
    if (unit == NULL || !multiply(&read, unit->factor) ||
        !fraction_of(digits, count, unit->factor, &fraction) || fraction > UINT64_MAX - read)
        return false;
    *value = read + fraction;
    return true;
}

bool units_parse_quantity(const char *text, uint64_t low, uint64_t high, uint64_t *value)
{
    uint64_t read;
    return parse_decimal(text, quantity_units, sizeof quantity_units / sizeof quantity_units[0],
                         &read) &&
           store_within(read, low, high, value);
}

bool units_parse_duration(const char *text, uint64_t low_ns, uint64_t high_ns, uint64_t *ns)
{
    uint64_t read;
    return parse_decimal(text, duration_units, sizeof duration_units / sizeof duration_units[0],
                         &read) &&
           store_within(read, low_ns, high_ns, ns);
}

/* Moves past digits; false where there are none. */
static bool skip_digits(const char **text)
{
    size_t count = strspn(*text, "0123456789");
    *text += count;
    return count > 0;
}

/* "12", "-0.5", "9.1e-05" */
static bool is_number(const char *text)
{
    text += *text == '-';
    if (!skip_digits(&text))
        return false;
    if (*text == '.' && (text++, !skip_digits(&text)))
        return false;
    if (*text == 'e' || *text == 'E') {
        text++;
        text += *text == '-' || *text == '+';
        if (!skip_digits(&text))
            return false;
    }
    return *text == '\0';
}

bool units_parse_double(const char *text, double *value)
{
    char local[512];
    if (!is_number(text))
        return false;
    /* strtod rounds rightly but wants the locale's mark. */
    int whole = (int)strcspn(text, ".");
    const char *fraction = text[whole] == '.' ? text + whole + 1 : "";
    int length = snprintf(local, sizeof local, "%.*s%s%s", whole, text, localeconv()->decimal_point,
                          fraction);
    if (length < 0 || (size_t)length >= sizeof local)
        return false;
    double read = strtod(local, NULL);
    if (!is_finite(read))
        return false;
    *value = read;
    return true;
}

bool units_parse_percent(const char *text, double *share)
{
    char number[64];
    double percent;
    size_t length = strlen(text);
    length -= length > 0 && text[length - 1] == '%';
    if (length >= sizeof number)
        return false;
    memcpy(number, text, length);
    number[length] = '\0';
    /* Programs write exponents, people do not. */
    if (strpbrk(number, "eE") != NULL || !units_parse_double(number, &percent) || percent < 0)
        return false;
    *share = percent / 100;
    return true;
}

static const char *format_empty(char *text, size_t size)
{
    snprintf(text, size, "%s", "");
    return text;
}

const char *units_format_fixed(double value, int decimals, char *text, size_t size)
{
    char local[512];
    if (!is_finite(value))
        return format_empty(text, size);
    int length = snprintf(local, sizeof local, "%.*f", decimals, value);
    if (length < 0 || (size_t)length >= sizeof local)
        return format_empty(text, size);
    int whole = (int)strspn(local, "-0123456789");
    if (whole == length)
        snprintf(text, size, "%s", local);
    else
        snprintf(text, size, "%.*s.%s", whole, local, local + length - decimals);
    return text;
}

/* digits[0].digits[1]digits[2]... times 10^exponent, without zeros at the end. */
struct decimal {
    bool negative;
    char digits[DIGITS_MAX + 1];
    int count;
    int exponent;
};

/* value must be finite; digits 1..DIGITS_MAX. */
static struct decimal decimal_of(double value, int digits)
{
    struct decimal decimal = {.negative = value < 0};
    char local[64];
    snprintf(local, sizeof local, "%.*e", digits - 1, value);
    const char *at = local;
    for (; *at != 'e'; at++) /* passes over the sign and the locale's mark, whatever its bytes */
        if (is_digit(*at))
            decimal.digits[decimal.count++] = *at;
    decimal.exponent = (int)strtol(at + 1, NULL, 10);
    while (decimal.count > 1 && decimal.digits[decimal.count - 1] == '0')
        decimal.count--;
    decimal.digits[decimal.count] = '\0';
    return decimal;
}

static void decimal_write(const struct decimal *decimal, const char *suffix, char *text,
                          size_t size)
{
    const char *sign = decimal->negative ? "-" : "";
    int whole = decimal->exponent + 1; /* digits before the point */
    if (whole <= 0)
        snprintf(text, size, "%s0.%.*d%s%s", sign, -whole, 0, decimal->digits, suffix);
    else if (whole < decimal->count)
        snprintf(text, size, "%s%.*s.%s%s", sign, whole, decimal->digits, decimal->digits + whole,
                 suffix);
    else if (whole == decimal->count)
        snprintf(text, size, "%s%s%s", sign, decimal->digits, suffix);
    else
        snprintf(text, size, "%s%s%0*d%s", sign, decimal->digits, whole - decimal->count, 0,
                 suffix);
}

static const char *format_scaled(double value, int digits, const char *suffix, char *text,
                                 size_t size)
{
    struct decimal decimal = decimal_of(value, digits);
    decimal_write(&decimal, suffix, text, size);
    return text;
}

const char *units_format_double(double value, int digits, char *text, size_t size)
{
    if (!is_finite(value))
        return format_empty(text, size);
    if (digits < 1)
        digits = 1;
    return format_scaled(value, digits < DIGITS_MAX ? digits : DIGITS_MAX, "", text, size);
}

const char *units_format_size(uint64_t bytes, char *text, size_t size)
{
    static const char *const suffixes[] = {" B", " KiB", " MiB", " GiB", " TiB", " PiB", " EiB"};
    size_t unit = 0;
    double value = (double)bytes;
    for (; value >= 1023.5; value /= 1024)
        unit++;
    return format_scaled(value, value >= 1000 ? 4 : 3, suffixes[unit], text, size);
}

static const char *format_minutes(uint64_t ns, char *text, size_t size)
{
    uint64_t seconds = ns / 1000000000 + (ns % 1000000000 >= 500000000);
    if (seconds % 60 == 0)
        snprintf(text, size, "%" PRIu64 " min", seconds / 60);
    else
        snprintf(text, size, "%" PRIu64 " min %" PRIu64 " s", seconds / 60, seconds % 60);
    return text;
}

const char *units_format_duration(uint64_t ns, char *text, size_t size)
{
    static const char *const suffixes[] = {" ns", " us", " ms", " s"};
    if (ns >= 59950000000) /* what three digits would call 60 s */
        return format_minutes(ns, text, size);
    size_t unit = 0;
    double value = (double)ns;
    for (; value >= 999.5; value /= 1000)
        unit++;
    return format_scaled(value, 3, suffixes[unit], text, size);
}

const char *units_format_si(double value, char *text, size_t size)
{
    static const char *const prefixes[] = {"", "k", "M", "G", "T", "P", "E"};
    if (!is_finite(value))
        return format_empty(text, size);
    struct decimal decimal = decimal_of(value, 3);
    int prefix = decimal.exponent < 0 ? 0 : decimal.exponent / 3;
    if (prefix > 6)
        prefix = 6;
    decimal.exponent -= 3 * prefix;
    decimal_write(&decimal, prefixes[prefix], text, size);
    return text;
}

const char *units_format_grouped(double value, char *text, size_t size)
{
    char digits[512];
    size_t used = 0;
    units_format_fixed(value, 0, digits, sizeof digits);
    size_t length = strlen(digits), sign = digits[0] == '-';
    for (size_t i = 0; i < length && used + 2 < size; i++) {
        if (i > sign && (length - i) % 3 == 0)
            text[used++] = ',';
        text[used++] = digits[i];
    }
    text[used] = '\0';
    return text;
}
