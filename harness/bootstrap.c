/*
 * The bootstrap of the median without drawing: which values the median of a resample can have, and
 * how probable each is, follows from the sample's size alone (Efron 1979 for odd sizes). So the
 * interval is what ever more resamples tend to, it depends on no seed, and large samples cost no
 * more than their sorting.
 */
#include "statistics.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const double LOW = 0.025, HIGH = 0.975;
/* What is less probable than this by the number of values is left out. */
static const double NEGLIGIBLE = 1e-5;
/* An end of a ratio's interval is searched no further than to this probability, or this width. */
static const double PROBABILITY_PRECISION = 1e-4, PRECISION = 1e-6;

struct outcome {
    double value;
    double probability; /* in a law that is done: of this value or a lower one */
};

/* The values that a resample's median can have, ascending. */
struct law {
    struct outcome *outcomes; /* owned */
    size_t count;
    size_t capacity;
    double least; /* probability of what is kept */
};

static bool law_add(struct law *law, double value, double probability)
{
    if (!(probability > law->least))
        return true;
    if (law->count == law->capacity) {
        size_t capacity = law->capacity == 0 ? 64 : law->capacity * 2;
        struct outcome *outcomes = capacity > SIZE_MAX / sizeof *outcomes
                                       ? NULL
                                       : realloc(law->outcomes, capacity * sizeof *outcomes);
        if (outcomes == NULL)
            return false;
        law->outcomes = outcomes;
        law->capacity = capacity;
    }
    law->outcomes[law->count++] = (struct outcome){value, probability};
    return true;
}

static int outcome_compare(const void *left, const void *right)
{
    double a = ((const struct outcome *)left)->value;
    double b = ((const struct outcome *)right)->value;
    return (a > b) - (a < b);
}

/* Sorts, joins equal values, and adds up. */
static void law_finish(struct law *law)
{
    double sum = 0;
    size_t kept = 0;
    qsort(law->outcomes, law->count, sizeof *law->outcomes, outcome_compare);
    for (size_t i = 0; i < law->count; i++) {
        sum += law->outcomes[i].probability;
        if (kept == 0 || law->outcomes[i].value > law->outcomes[kept - 1].value)
            law->outcomes[kept++].value = law->outcomes[i].value;
        law->outcomes[kept - 1].probability = sum;
    }
    for (size_t i = 0; i < kept; i++)
        law->outcomes[i].probability /= sum;
    law->count = kept;
}

static double log_choose(double n, double k)
{
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1);
}

/*
 * How probable it is that at least k of n draws are among the lowest i of n values. The sum runs
 * from k on to the side that has less.
 */
static double at_least(double n, double k, double log_choose_n_k, double i)
{
    if (i <= 0 || i >= n)
        return i <= 0 ? 0 : 1;
    double odds = i / (n - i), sum = 0;
    double term = exp(log_choose_n_k + k * log(i / n) + (n - k) * log((n - i) / n));
    if (k > i) {
        for (; k <= n && term > sum * DBL_EPSILON; k++) {
            sum += term;
            term *= (n - k) / (k + 1) * odds;
        }
        return sum;
    }
    for (; k > 0; k--) {
        term *= k / (n - k + 1) / odds;
        if (!(term > sum * DBL_EPSILON))
            break;
        sum += term;
    }
    return 1 - sum;
}

/* The ranks that matter: the others are more than seven standard deviations away. */
static void ranks_near_the_middle(size_t count, size_t *first, size_t *last)
{
    size_t reach = (size_t)(3.5 * sqrt((double)count)) + 3;
    *first = count / 2 > reach ? count / 2 - reach : 1;
    *last = count - *first + 1;
}

static bool law_odd(struct law *law, const double *sorted, size_t count)
{
    double n = (double)count, k = (n + 1) / 2, log_c = log_choose(n, k);
    size_t first, last;
    ranks_near_the_middle(count, &first, &last);
    double below = at_least(n, k, log_c, (double)(first - 1));
    for (size_t i = first; i <= last; i++) {
        double up_to = at_least(n, k, log_c, (double)i);
        if (!law_add(law, sorted[i - 1], up_to - below))
            return false;
        below = up_to;
    }
    return true;
}

/* log((i/n)^m - ((i-1)/n)^m): the highest of m draws has rank i. */
static double log_highest_is(double i, double n, double m)
{
    return m * log(i / n) + log(-expm1(m * log1p(-1 / i)));
}

/*
 * With 2m values the median is the mean of the two in the middle: of rank i the highest of m draws,
 * of rank j the lowest of the other m, where i < j. Where both are one value, what is left of the
 * probability that the lower one has rank i.
 */
static bool law_even(struct law *law, const double *sorted, size_t count)
{
    double n = (double)count, m = n / 2, log_c = log_choose(n, m);
    size_t first, last;
    ranks_near_the_middle(count, &first, &last);
    double *log_highest = malloc((last - first + 1) * sizeof *log_highest);
    bool complete = log_highest != NULL;
    for (size_t i = first; complete && i <= last; i++)
        log_highest[i - first] = log_highest_is((double)i, n, m);
    double below = at_least(n, m, log_c, (double)(first - 1));
    for (size_t i = first; complete && i <= last; i++) {
        double up_to = at_least(n, m, log_c, (double)i);
        double log_lower = log_c + log_highest[i - first];
        double apart = i == count ? 0 : exp(log_lower + m * log((n - (double)i) / n));
        complete = law_add(law, sorted[i - 1], up_to - below - apart);
        below = up_to;
        for (size_t j = i + 1; complete && j <= last; j++) {
            double probability = exp(log_lower + log_highest[last - j]);
            if (probability < law->least)
                break;
            complete =
                law_add(law, sorted[i - 1] + (sorted[j - 1] - sorted[i - 1]) / 2, probability);
        }
    }
    free(log_highest);
    return complete;
}

/* False without values, without memory, or with a value that is not finite. */
static bool law_of(struct law *law, const double *values, size_t count)
{
    *law = (struct law){.least = NEGLIGIBLE / (double)(count + 1)};
    for (size_t i = 0; i < count; i++)
        if (!(fabs(values[i]) <= DBL_MAX))
            return false;
    double *sorted =
        count == 0 || count > SIZE_MAX / sizeof *sorted ? NULL : malloc(count * sizeof *sorted);
    if (sorted == NULL)
        return false;
    memcpy(sorted, values, count * sizeof *sorted);
    statistics_sort(sorted, count);
    bool complete = count % 2 == 1 ? law_odd(law, sorted, count) : law_even(law, sorted, count);
    free(sorted);
    if (!complete || law->count == 0)
        return false;
    law_finish(law);
    return true;
}

static double law_quantile(const struct law *law, double q)
{
    size_t i = 0;
    while (i + 1 < law->count && law->outcomes[i].probability < q)
        i++;
    return law->outcomes[i].value;
}

struct interval statistics_median_interval(const double *values, size_t count)
{
    struct interval interval = {NAN, NAN};
    struct law law;
    if (law_of(&law, values, count)) {
        interval.low = law_quantile(&law, LOW);
        interval.high = law_quantile(&law, HIGH);
    }
    free(law.outcomes);
    return interval;
}

/*
 * How probable it is that a / b is at most t. None is negative; a / 0 is above every t. It compares
 * quotients, as t is one of them: a rounded t times b can be below the very a that it came from.
 */
static double ratio_at_most(const struct law *a, const struct law *b, double t)
{
    double sum = 0, b_below = 0, a_below = 0;
    size_t next = 0; /* the first of a's outcomes that is above */
    for (size_t i = 0; i < b->count; i++) {
        double value = b->outcomes[i].value;
        for (; next < a->count && a->outcomes[next].value / value <= t; next++)
            a_below = a->outcomes[next].probability;
        sum += (b->outcomes[i].probability - b_below) * a_below;
        b_below = b->outcomes[i].probability;
    }
    return sum;
}

/* The highest ratio that is not above t. */
static double ratio_below(const struct law *a, const struct law *b, double t)
{
    double highest = 0;
    size_t next = 0;
    for (size_t i = 0; i < b->count; i++) {
        double value = b->outcomes[i].value;
        while (next < a->count && a->outcomes[next].value / value <= t)
            next++;
        if (value > 0 && next > 0)
            highest = fmax(highest, a->outcomes[next - 1].value / value);
    }
    return highest;
}

/* The lowest ratio that so many are not above, by halving. low and high: of all ratios. */
static double ratio_quantile(const struct law *a, const struct law *b, double low, double high,
                             double q)
{
    double at_low = ratio_at_most(a, b, low), at_high = 1;
    if (at_low >= q)
        return low;
    while (at_high - at_low > PROBABILITY_PRECISION && high - low > PRECISION * high) {
        double middle = low + (high - low) / 2, at_middle = ratio_at_most(a, b, middle);
        if (at_middle >= q) {
            high = middle;
            at_high = at_middle;
        } else {
            low = middle;
            at_low = at_middle;
        }
    }
    return ratio_below(a, b, high);
}

struct interval statistics_ratio_interval(const double *a, size_t a_count, const double *b,
                                          size_t b_count)
{
    struct interval interval = {NAN, NAN};
    struct law over, under = {0};
    if (law_of(&over, a, a_count) && law_of(&under, b, b_count) && over.outcomes[0].value >= 0 &&
        under.outcomes[0].value >= 0) {
        size_t zeros = under.outcomes[0].value > 0 ? 0 : 1;
        double low = over.outcomes[0].value / under.outcomes[under.count - 1].value;
        if (zeros == 0 || under.outcomes[0].probability < 1 - HIGH) {
            double high = over.outcomes[over.count - 1].value / under.outcomes[zeros].value;
            interval.low = ratio_quantile(&over, &under, low, high, LOW);
            interval.high = ratio_quantile(&over, &under, low, high, HIGH);
        }
    }
    free(over.outcomes);
    free(under.outcomes);
    return interval;
}
