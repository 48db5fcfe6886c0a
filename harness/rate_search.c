#include "rate_search.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "units.h"

/* A step of the way up and down, until there is a bracket. */
static const double STEP = 2;

int rate_bound_parse(const char *text, struct rate_bound *bound, char *message, size_t message_size)
{
    static const struct {
        const char *word;
        double percentile;
    } known[] = {{"p50", 50}, {"p90", 90}, {"p99", 99}, {"p99.9", 99.9}, {"max", 100}};
    const uint64_t most_ns = UINT64_C(60000000000);
    size_t length = strcspn(text, "<");
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strlen(known[i].word) == length && strncmp(text, known[i].word, length) == 0 &&
            strncmp(text + length, "<=", 2) == 0 &&
            units_parse_duration(text + length + 2, 1, most_ns, &bound->limit_ns)) {
            bound->percentile = known[i].percentile;
            return 0;
        }
    snprintf(message, message_size,
             "%s: not a bound such as 'p99<=1ms' (p50, p90, p99, p99.9 or max, at most a minute)",
             text);
    return -1;
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

double rate_search_next(const struct rate_search *search)
{
    double rate;
    if (search->met > 0 && search->missed > 0) {
        rate = three_digits(sqrt(search->met * search->missed));
        bool between = rate > search->met && rate < search->missed;
        return search->missed <= search->met * search->accuracy || !between ? 0 : rate;
    }
    if (search->met > 0)
        rate = search->met >= search->highest ? 0 : fmin(search->met * STEP, search->highest);
    else if (search->missed > 0)
        rate = search->missed <= search->lowest ? 0 : fmax(search->missed / STEP, search->lowest);
    else
        rate = search->first;
    return rate > 0 ? three_digits(rate) : 0;
}

void rate_search_tell(struct rate_search *search, double rate, bool met)
{
    if (met)
        search->met = rate;
    else
        search->missed = rate;
}
