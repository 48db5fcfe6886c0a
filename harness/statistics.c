#include "statistics.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    EXACT_MAX = 20 /* samples on each side for which Mann-Whitney's distribution is counted out */
};

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

/* By the caller to free; NULL without memory. */
static double *array_new(size_t count)
{
    return count > SIZE_MAX / sizeof(double) ? NULL : malloc(count * sizeof(double));
}

static double sorted_quantile(const double *sorted, size_t count, double q)
{
    double place = q * (double)(count - 1);
    size_t below = (size_t)place;
    if (below + 1 >= count)
        return sorted[count - 1];
    double part = place - (double)below;
    /* Without this an infinite neighbour that has no weight, or is as large, would give NaN. */
    if (part == 0 || !(sorted[below + 1] > sorted[below]))
        return sorted[below];
    return sorted[below] + part * (sorted[below + 1] - sorted[below]);
}

double statistics_quantile(const double *values, size_t count, double q)
{
    if (count == 0 || !(q >= 0 && q <= 1))
        return NAN;
    double *sorted = array_new(count);
    if (sorted == NULL)
        return NAN;
    memcpy(sorted, values, count * sizeof *sorted);
    statistics_sort(sorted, count);
    double quantile = sorted_quantile(sorted, count, q);
    free(sorted);
    return quantile;
}

double statistics_median(const double *values, size_t count)
{
    return statistics_quantile(values, count, 0.5);
}

struct ranked {
    double value;
    bool in_a;
};

static int ranked_compare(const void *left, const void *right)
{
    return double_compare(&((const struct ranked *)left)->value,
                          &((const struct ranked *)right)->value);
}

static struct ranked *ranked_new(const double *a, size_t a_count, const double *b, size_t b_count)
{
    struct ranked *all = NULL;
    if (a_count <= SIZE_MAX / sizeof *all / 2 && b_count <= SIZE_MAX / sizeof *all / 2)
        all = malloc((a_count + b_count) * sizeof *all);
    if (all == NULL)
        return NULL;
    for (size_t i = 0; i < a_count; i++)
        all[i] = (struct ranked){a[i], true};
    for (size_t i = 0; i < b_count; i++)
        all[a_count + i] = (struct ranked){b[i], false};
    qsort(all, a_count + b_count, sizeof *all, ranked_compare);
    return all;
}

struct rank_sums {
    double of_a; /* tied values share their mean rank */
    double t3_t; /* sum of t^3 - t over the groups of t tied values */
};

static struct rank_sums rank_sums_of(const struct ranked *all, size_t count)
{
    struct rank_sums sums = {0, 0};
    size_t end;
    for (size_t begin = 0; begin < count; begin = end) {
        size_t tied_in_a = 0;
        for (end = begin; end < count && !(all[end].value > all[begin].value); end++)
            tied_in_a += all[end].in_a;
        double tied = (double)(end - begin);
        sums.of_a += (double)tied_in_a * ((double)begin + (tied + 1) / 2);
        sums.t3_t += tied * tied * tied - tied;
    }
    return sums;
}

/*
 * Of all orders of m + n values, how many have U = u is the coefficient of q^u in the Gaussian
 * binomial (m+n over m): the product of (1 - q^(n+i)) / (1 - q^i) for i = 1..m. Up to 20 + 20 it
 * fits an int64_t by far.
 */
static double exact_p(size_t m, size_t n, double u)
{
    int64_t orders[EXACT_MAX * EXACT_MAX + 1] = {1};
    size_t top = m * n;
    for (size_t i = 1; i <= m; i++) {
        for (size_t at = top; at >= n + i; at--)
            orders[at] -= orders[at - (n + i)];
        for (size_t at = i; at <= top; at++)
            orders[at] += orders[at - i];
    }
    double all = 0, extreme = 0;
    for (size_t at = 0; at <= top; at++) {
        all += (double)orders[at];
        if ((double)at <= u)
            extreme += (double)orders[at];
    }
    return fmin(1, 2 * extreme / all);
}

static double normal_p(double m, double n, double u, double t3_t)
{
    double count = m + n;
    double variance = m * n / 12 * (count + 1 - t3_t / (count * (count - 1)));
    double distance = m * n / 2 - u - 0.5;
    if (!(variance > 0) || distance <= 0)
        return 1;
    return erfc(distance / sqrt(2 * variance));
}

struct rank_test statistics_mann_whitney(const double *a, size_t a_count, const double *b,
                                         size_t b_count)
{
    if (a_count == 0 || b_count == 0)
        return (struct rank_test){1, 0};
    struct ranked *all = ranked_new(a, a_count, b, b_count);
    if (all == NULL)
        return (struct rank_test){NAN, 0};
    struct rank_sums sums = rank_sums_of(all, a_count + b_count);
    free(all);

    double m = (double)a_count, n = (double)b_count;
    double above = sums.of_a - m * (m + 1) / 2;
    double below = m * n - above, u = fmin(above, below);
    bool is_exact = sums.t3_t == 0 && a_count <= EXACT_MAX && b_count <= EXACT_MAX;
    return (struct rank_test){is_exact ? exact_p(a_count, b_count, u)
                                       : normal_p(m, n, u, sums.t3_t),
                              (above > below) - (above < below)};
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

static uint64_t splitmix64(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

void random_seed(struct random_state *random, uint64_t seed)
{
    for (size_t i = 0; i < 4; i++)
        random->s[i] = splitmix64(&seed);
}

static uint64_t rotate_left(uint64_t value, int bits)
{
    return (value << bits) | (value >> (64 - bits));
}

uint64_t random_next(struct random_state *random)
{
    uint64_t *s = random->s;
    uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    uint64_t shifted = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotate_left(s[3], 45);
    return result;
}

uint64_t random_below(struct random_state *random, uint64_t bound)
{
    /* 2^64 mod bound values are one too many for equal shares: they are drawn again. */
    uint64_t excess = (0 - bound) % bound;
    uint64_t drawn;
    do
        drawn = random_next(random);
    while (drawn < excess);
    return drawn % bound;
}
