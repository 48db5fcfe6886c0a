/*
 * units: numbers as people write them on a command line, read strictly, and written back.
 *
 * Every parser takes the whole text or nothing and returns false where it is not of its form or
 * out of its range; *value is then untouched. Units are understood in upper and lower case.
 */
#ifndef IOMODELS_UNITS_H
#define IOMODELS_UNITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decimal digits only, low..high: how programs write numbers to each other. */
bool units_parse_count(const char *text, uint64_t low, uint64_t high, uint64_t *value);
/* The same as people write it, also "20k", "1.5k" and "1M", of 1,000 and 1,000,000. */
bool units_parse_quantity(const char *text, uint64_t low, uint64_t high, uint64_t *value);
/* "64", "64B", "64KiB", "1MiB", "1GiB"; bytes. */
bool units_parse_size(const char *text, uint64_t low, uint64_t high, uint64_t *bytes);
/*
 * "300ms", "2s", "1.5s", "2min", also "us" and "ns"; a whole number of nanoseconds. A bare number
 * is refused, since its unit would be a guess.
 */
bool units_parse_duration(const char *text, uint64_t low_ns, uint64_t high_ns, uint64_t *ns);
/*
 * "12", "-0.5": what units_format_double writes, with a point whatever the locale. An exponent
 * ("9.1e-05") is read too, since other programs write one.
 */
bool units_parse_double(const char *text, double *value);
/* "5%" or "5", "0.5%": not negative, as a share. */
bool units_parse_percent(const char *text, double *share);

/*
 * "64 B", "64 KiB", "1.5 MiB" / "850 ms", "2 s", "3 min 20 s" / "12.7k", "1.94M" into text; return
 * it. For people: rounded to three digits.
 */
const char *units_format_size(uint64_t bytes, char *text, size_t size);
const char *units_format_duration(uint64_t ns, char *text, size_t size);
const char *units_format_si(double value, char *text, size_t size); /* 3 significant digits */
/*
 * At most `digits` (1..17) significant digits, no zeros at the end, a point whatever the locale,
 * never an exponent; 360 bytes hold any. NaN or infinite (here and in units_format_si): empty.
 */
const char *units_format_double(double value, int digits, char *text, size_t size);
/* A whole number in groups, "12,345"; infinite or NaN: empty. */
const char *units_format_grouped(double value, char *text, size_t size);
/* printf's "%.*f", but with a point whatever the locale. NaN or infinite: empty. */
const char *units_format_fixed(double value, int decimals, char *text, size_t size);

#endif
