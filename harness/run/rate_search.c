#include "run/rate_search.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/failure.h"
#include "base/units.h"
#include "names.h"

/* Beyond it a window would have to hold more messages than most servers answer in its time. */
static const double PERCENTILE_MOST = 99.99;
/* A step of the way up and down, until there is a bracket. */
static const double STEP = 2;

enum { PERCENTILE_DIGITS = 6 };

/* "p99", "p99.9", "max": the percentile; 0 where it is none. */
static double percentile_of(const char *word)
{
    double percentile;
    if (name_equals("max", word))
        return 100;
    if ((word[0] != 'p' && word[0] != 'P') || !units_parse_double(word + 1, &percentile) ||
        percentile < 1 || percentile > PERCENTILE_MOST)
        return 0;
    return percentile;
}

/* The way back, so that each bound has one spelling. */
static void bound_name(double percentile, char *word, size_t size)
{
    char digits[360];
    if (percentile >= 100)
        snprintf(word, size, "max");
    else
        snprintf(word, size, "p%s",
                 units_format_double(percentile, PERCENTILE_DIGITS, digits, sizeof digits));
}

int rate_bound_parse(const char *text, struct rate_bound *bound, struct failure *failure)
{
    const uint64_t most_ns = UINT64_C(60000000000);
    char word[12];
    size_t length = strcspn(text, ":<");
    const char *limit = text + length;
    limit += *limit == ':' ? 1 : strncmp(limit, "<=", 2) == 0 ? 2 : 0;
    snprintf(word, sizeof word, "%.*s", (int)length, text);
    bound->percentile = length < sizeof word ? percentile_of(word) : 0;
    if (bound->percentile > 0 && limit > text + length &&
        units_parse_duration(limit, 1, most_ns, &bound->limit_ns)) {
        bound_name(bound->percentile, word, sizeof word);
        snprintf(bound->text, sizeof bound->text, "%s<=%s", word, limit);
        return 0;
    }
    return failure_set(
        failure, "%s: not a bound such as p99:1ms (p1 to p99.99 or max, at most a minute)", text);
}

double rate_bound_samples(const struct rate_bound *bound)
{
    return bound->percentile >= 100 ? 1 : round(10 / (1 - bound->percentile / 100));
}

static double three_digits(double rate)
{
    double unit = pow(10, floor(log10(rate)) - 2);
    return round(round(rate / unit) * unit); /* pow need not be exact */
}

/* The one that the bracket asks for next; 0 once its ends are near enough, or at their limits. */
static double bracket_next(const struct rate_search *search)
{
    double rate;
    if (search->met > 0 && search->missed > 0) {
        rate = three_digits(sqrt(search->met * search->missed));
        bool between = rate > search->met && rate < search->missed;
        return search->missed <= search->met * search->accuracy || !between ? 0 : rate;
    }
    if (search->met > 0) {
        rate = three_digits(fmin(search->met * STEP, search->highest));
        return rate > search->met ? rate : 0;
    }
    if (search->missed > 0) {
        rate = three_digits(fmax(search->missed / STEP, search->lowest));
        return rate < search->missed ? rate : 0;
    }
    return three_digits(fmin(fmax(search->first, search->lowest), search->highest));
}

double rate_search_next(const struct rate_search *search)
{
    if (search->unsendable)
        return 0;
    if (search->unsent > 0)
        return search->unsent;
    double rate = bracket_next(search);
    return rate == 0 && !search->confirmed ? search->missed : rate;
}

void rate_search_tell(struct rate_search *search, double rate, enum rate_outcome outcome)
{
    if (outcome == RATE_NOT_SENT && search->met == 0) {
        search->unsendable = rate == search->unsent;
        search->unsent = rate;
    } else {
        search->unsent = 0;
    }
    if (outcome == RATE_MET) {
        search->met = rate;
        if (search->missed <= rate)
            search->missed = 0;
        search->confirmed = false;
    } else if (search->unsent == 0 || search->unsendable) {
        search->confirmed = rate == search->missed;
        search->missed = rate;
    }
}
