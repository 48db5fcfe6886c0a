#include "stats/statistics.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const double COVERAGE = 0.95;

/* The standard's macro converts to float in MinGW's headers, which -Wconversion refuses. */
static bool is_nan(double value)
{
    return value != value;
}

static int double_compare(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
}

void statistics_sort(double *values, size_t count)
{
    qsort(values, count, sizeof *values, double_compare);
}

double *statistics_sorted(const double *values, size_t count)
{
    if (count == 0 || count > SIZE_MAX / sizeof *values)
        return NULL;
    double *sorted = malloc(count * sizeof *sorted);
    if (sorted == NULL)
        return NULL;
    memcpy(sorted, values, count * sizeof *sorted);
    statistics_sort(sorted, count);
    return sorted;
}

static double between(double low, double high, double part)
{
    /* Without this an infinite neighbour that has no weight, or is as large, would give NaN. */
    return part > 0 && high > low ? low + part * (high - low) : low;
}

static double sorted_quantile(const double *sorted, size_t count, double q)
{
    double place = q * (double)(count - 1);
    size_t below = (size_t)place;
    if (below + 1 >= count)
        return sorted[count - 1];
    return between(sorted[below], sorted[below + 1], place - (double)below);
}

double statistics_quantile(const double *values, size_t count, double q)
{
    double *sorted = q >= 0 && q <= 1 ? statistics_sorted(values, count) : NULL;
    if (sorted == NULL)
        return NAN;
    double quantile = sorted_quantile(sorted, count, q);
    free(sorted);
    return quantile;
}

double statistics_median(const double *values, size_t count)
{
    return statistics_quantile(values, count, 0.5);
}

/* The ends of the median's interval. */
struct depth {
    size_t whole; /* the value of this rank, from below and from above; 0: there is no interval */
    double part;  /* of the way from there to the next one inwards */
};

/*
 * The median lies between the values of rank d from both ends unless fewer than d of all values lie
 * on one side of it: P(d <= B <= n - d) is the coverage, where B is how many heads n tosses have.
 * It is summed from the middle outwards.
 */
static struct depth median_depth(size_t count)
{
    size_t d = count / 2;
    double n = (double)count, x = (double)d;
    double tosses = exp(lgamma(n + 1) - lgamma(x + 1) - lgamma(n - x + 1) - n * log(2));
    double coverage = count % 2 == 0 ? tosses : 2 * tosses, inner = 0;
    while (d > 0 && coverage < COVERAGE) {
        tosses *= (double)d / (n - (double)d + 1);
        d--;
        inner = coverage;
        coverage += 2 * tosses;
    }
    x = (double)d;
    double share = (coverage - COVERAGE) / (coverage - inner);
    return (struct depth){d, (n - x) * share / (x + (n - 2 * x) * share)};
}

struct interval statistics_median_interval(const double *values, size_t count)
{
    struct depth depth = median_depth(count);
    double *sorted = depth.whole > 0 ? statistics_sorted(values, count) : NULL;
    if (sorted == NULL)
        return (struct interval){NAN, NAN};
    const double *low = &sorted[depth.whole - 1], *high = &sorted[count - depth.whole];
    struct interval interval = {between(low[0], low[1], depth.part),
                                between(high[-1], high[0], 1 - depth.part)};
    free(sorted);
    return interval;
}
static int pointed_compare(const void *left, const void *right)
{
    return double_compare(*(double *const *)left, *(double *const *)right);
}

static void holm_sorted(double *const *ascending, size_t count)
{
    double adjusted = 0;
    for (size_t i = 0; i < count; i++) {
        adjusted = fmax(adjusted, fmin(1, (double)(count - i) * *ascending[i]));
        *ascending[i] = adjusted;
    }
}

void statistics_holm(double *p, size_t count)
{
    double **ascending =
        count > SIZE_MAX / sizeof *ascending ? NULL : malloc(count * sizeof *ascending);
    size_t tests = 0;
    for (size_t i = 0; i < count; i++)
        if (ascending == NULL)
            p[i] = NAN;
        else if (!is_nan(p[i]))
            ascending[tests++] = &p[i];
    if (tests > 0) {
        qsort(ascending, tests, sizeof *ascending, pointed_compare);
        holm_sorted(ascending, tests);
    }
    free(ascending);
}

struct trend statistics_trend(const double *values, size_t count)
{
    double n = (double)count, ties = 0;
    struct trend trend = {0, n * (n - 1) * (2 * n + 5) / 18};
    for (size_t i = 0; i < count; i++) {
        double tied = 1;
        bool first = true;
        for (size_t j = 0; j < count; j++) {
            int order = double_compare(&values[j], &values[i]);
            trend.score += j > i ? order : 0;
            tied += j != i && order == 0;
            first &= j >= i || order != 0;
        }
        ties += first ? tied * (tied - 1) * (2 * tied + 5) : 0;
    }
    trend.variance -= ties / 18;
    return trend;
}

double statistics_trend_p(struct trend trend)
{
    double distance = fabs(trend.score) - 1;
    if (!(trend.variance > 0) || distance <= 0)
        return 1;
    return erfc(distance / sqrt(2 * trend.variance));
}

double statistics_jain(const double *shares, size_t count)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < count; i++) {
        sum += shares[i];
        squares += shares[i] * shares[i];
    }
    return squares > 0 ? sum * sum / ((double)count * squares) : NAN;
}
