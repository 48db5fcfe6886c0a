#include "report/metric_text.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/units.h"

enum { DIGITS = 3 };

static bool ends_with(const char *name, const char *end)
{
    size_t length = strlen(name), rest = strlen(end);
    return length >= rest && strcmp(name + length - rest, end) == 0;
}

/* units_format_duration begins at whole nanoseconds; sizes and it end at 64 bits. */
static const double DURATION_MOST_US = 1e12;

const char *metric_value_text(const struct column *metric, double value,
                              char text[METRIC_TEXT_BYTES])
{
    char number[METRIC_TEXT_BYTES - 8];
    const char *name = metric->name;
    if (!number_is_known(value) || fabs(value) > DBL_MAX)
        snprintf(text, METRIC_TEXT_BYTES, "-");
    else if ((ends_with(name, "_us") || ends_with(name, "_us_per_msg")) && value >= 1 &&
             value < DURATION_MOST_US)
        units_format_duration((uint64_t)(value * 1e3 + 0.5), text, METRIC_TEXT_BYTES);
    else if (ends_with(name, "_us") || ends_with(name, "_us_per_msg"))
        snprintf(text, METRIC_TEXT_BYTES, "%s us",
                 units_format_double(value, DIGITS, number, sizeof number));
    else if (ends_with(name, "_per_s"))
        snprintf(text, METRIC_TEXT_BYTES, "%s%s", units_format_si(value, number, sizeof number),
                 ends_with(name, "_bytes_per_s") ? " B/s" : "/s");
    else if (ends_with(name, "_bytes") && value >= 0)
        units_format_size((uint64_t)value, text, METRIC_TEXT_BYTES);
    else if (fabs(value) >= 999.5)
        units_format_grouped(value, text, METRIC_TEXT_BYTES);
    else
        units_format_double(value, DIGITS, text, METRIC_TEXT_BYTES);
    return text;
}

const char *metric_unit(const struct column *metric)
{
    static const struct {
        const char *end, *unit;
    } units[] = {{"_us", "us"},     {"_us_per_msg", "us"}, {"_bytes_per_s", "B/s"},
                 {"_per_s", "1/s"}, {"_bytes", "B"},       {"_bytes_per_wait", "B"}};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (ends_with(metric->name, units[i].end))
            return units[i].unit;
    return "1";
}

const char *metric_best_word(const struct column *metric)
{
    if (metric->better == COLUMN_MORE)
        return "highest";
    return ends_with(metric->name, "_us_per_msg") ? "cheapest" : "lowest";
}
