#include "stats/rank_test.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    EXACT_MAX = 20,    /* values on each side for which the distribution of U is counted out */
    WINDOW_MAX = 4096, /* ordered quotients that are held at a time */
};

/* ---- the distribution of U, where nothing differs ---- */

/* U: the pairs, of m * n, in which a given side's value is the higher one. */
struct distribution {
    double pairs;
    double deviation; /* of the normal approximation; 0: it is counted out, as follows */
    double orders;    /* of all values */
    int64_t up_to[EXACT_MAX * EXACT_MAX / 2 + 1]; /* [u]: how many orders have a U of at most u */
};

/*
 * Of all orders of m + n values, how many have U = u is the coefficient of q^u in the Gaussian
 * binomial (m+n over m): the product of (1 - q^(n+i)) / (1 - q^i) for i = 1..m. Up to 20 + 20 it
 * fits an int64_t by far. The upper half mirrors the lower one.
 */
static void orders_count(struct distribution *of, size_t m, size_t n)
{
    size_t top = m * n / 2;
    memset(of->up_to, 0, (top + 1) * sizeof of->up_to[0]);
    of->up_to[0] = 1;
    of->orders = 1;
    for (size_t i = 1; i <= m; i++) {
        for (size_t u = top; u >= n + i; u--)
            of->up_to[u] -= of->up_to[u - (n + i)];
        for (size_t u = i; u <= top; u++)
            of->up_to[u] += of->up_to[u - i];
        of->orders = of->orders * (double)(n + i) / (double)i;
    }
    for (size_t u = 1; u <= top; u++)
        of->up_to[u] += of->up_to[u - 1];
}

static void distribution_make(struct distribution *of, size_t a_count, size_t b_count)
{
    double m = (double)a_count, n = (double)b_count;
    of->pairs = m * n;
    of->deviation = of->orders = 0;
    if (a_count <= EXACT_MAX && b_count <= EXACT_MAX)
        orders_count(of, a_count, b_count);
    else
        of->deviation = sqrt(m * n * (m + n + 1) / 12);
}

/* Two-sided, of U = u or less. */
static double p_of(const struct distribution *of, uint64_t u)
{
    double distance = of->pairs / 2 - (double)u;
    if (distance <= 0)
        return 1;
    if (of->deviation > 0)
        return erfc(fmax(0, distance - 0.5) / of->deviation / sqrt(2));
    return fmin(1, 2 * (double)of->up_to[u] / of->orders);
}

/* The least U that does not tell the sides apart. */
static uint64_t u_least(const struct distribution *of)
{
    uint64_t low = 0, high = (uint64_t)(of->pairs / 2);
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (p_of(of, middle) < RANK_TEST_SIGNIFICANT)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* ---- the ordered quotients ---- */

/*
 * Of each a by each b, both sorted and none negative. There may be far too many to hold them all: a
 * window has those of some successive ranks.
 */
struct quotients {
    const double *a, *b;
    size_t a_count, b_count;
    uint64_t undefined; /* 0 / 0, and infinite by infinite */
    uint64_t finite;
    uint64_t before; /* lower ones than those in the window */
    size_t count;    /* in the window */
    double window[WINDOW_MAX];
};

/* Successive doubles that are not negative have successive keys. */
static int64_t key_of(double value)
{
    int64_t key;
    memcpy(&key, &value, sizeof key);
    return key;
}

static double value_of(int64_t key)
{
    double value;
    memcpy(&value, &key, sizeof value);
    return key < 0 ? -1 : value;
}

/*
 * How many are at most t, which is finite. It compares quotients, as t is one of them: a rounded t
 * times b can be below the very a that it came from. 0 / 0 is not at most t, and a row begins or ends
 * with it.
 */
static uint64_t count_at_most(const struct quotients *of, double t)
{
    uint64_t count = 0;
    size_t next = 0;
    for (size_t i = 0; i < of->b_count; i++) {
        while (next < of->a_count && of->a[next] / of->b[i] <= t)
            next++;
        count += next;
    }
    return count;
}

/* Those above `above`, up to `most`. */
static void window_fill(struct quotients *of, double above, double most)
{
    size_t from = 0, to = 0;
    of->count = 0;
    for (size_t i = 0; i < of->b_count; i++) {
        while (from < of->a_count && of->a[from] / of->b[i] <= above)
            from++;
        while (to < of->a_count && of->a[to] / of->b[i] <= most)
            to++;
        for (size_t j = from; j < to; j++)
            of->window[of->count++] = of->a[j] / of->b[i];
    }
    statistics_sort(of->window, of->count);
}

/* The one of that rank, from 1, of the finite ones. Where it isn't in the window, that is moved. */
static double finite_at(struct quotients *of, uint64_t rank)
{
    if (rank > of->before && rank - of->before <= of->count)
        return of->window[rank - of->before - 1];
    double least = of->a[0] / of->b[of->b_count - 1], most = of->a[of->a_count - 1] / of->b[0];
    int64_t low = least > 0 ? key_of(least) - 1 : -1;
    int64_t high = key_of(most <= DBL_MAX ? most : DBL_MAX);
    uint64_t before = 0, up_to = of->finite;
    while (up_to - before > WINDOW_MAX && high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        uint64_t count = count_at_most(of, value_of(middle));
        if (count < rank) {
            low = middle;
            before = count;
        } else {
            high = middle;
            up_to = count;
        }
    }
    if (up_to - before > WINDOW_MAX)
        return value_of(high); /* all of them */
    of->before = before;
    window_fill(of, value_of(low), value_of(high));
    return of->window[rank - before - 1];
}

/* The same of all that are defined. */
static double quotient_at(struct quotients *of, uint64_t rank)
{
    return rank <= of->finite ? finite_at(of, rank) : INFINITY;
}

static void quotients_make(struct quotients *of, const double *a, size_t a_count, const double *b,
                           size_t b_count)
{
    uint64_t a_zero = 0, b_zero = 0, a_infinite = 0, b_infinite = 0;
    for (size_t i = 0; i < a_count; i++) {
        a_zero += !(a[i] > 0);
        a_infinite += a[i] > DBL_MAX;
    }
    for (size_t i = 0; i < b_count; i++) {
        b_zero += !(b[i] > 0);
        b_infinite += b[i] > DBL_MAX;
    }
    of->a = a;
    of->b = b;
    of->a_count = a_count;
    of->b_count = b_count;
    of->undefined = a_zero * b_zero + a_infinite * b_infinite;
    of->finite = count_at_most(of, DBL_MAX);
    of->before = 0;
    of->count = 0;
}

static double hodges_lehmann(struct quotients *of)
{
    uint64_t defined = (uint64_t)of->a_count * of->b_count - of->undefined;
    if (defined == 0)
        return NAN;
    double low = quotient_at(of, (defined + 1) / 2), high = quotient_at(of, defined / 2 + 1);
    return high > low ? sqrt(low) * sqrt(high) : low;
}

/* Between the quotients of rank u and, from above, of rank u; 0 / 0 is below and above all. */
static struct interval interval_of(struct quotients *of, uint64_t u)
{
    uint64_t pairs = (uint64_t)of->a_count * of->b_count;
    if (u == 0)
        return (struct interval){NAN, NAN};
    return (struct interval){
        u <= of->undefined ? 0 : quotient_at(of, u - of->undefined),
        u <= of->undefined ? INFINITY : quotient_at(of, pairs - u + 1),
    };
}

/* ---- the test ---- */

/* In how many pairs of two sorted samples a's value is above b's. */
static uint64_t count_above(const double *a, size_t a_count, const double *b, size_t b_count)
{
    uint64_t count = 0;
    size_t below = 0;
    for (size_t i = 0; i < a_count; i++) {
        while (below < b_count && b[below] < a[i])
            below++;
        count += below;
    }
    return count;
}

static struct rank_test sorted_compare(const double *a, size_t a_count, const double *b,
                                       size_t b_count)
{
    uint64_t above = count_above(a, a_count, b, b_count);
    uint64_t below = count_above(b, b_count, a, a_count);
    uint64_t pairs = (uint64_t)a_count * b_count;
    struct distribution distribution;
    struct quotients quotients;
    distribution_make(&distribution, a_count, b_count);
    struct rank_test test = {.p = p_of(&distribution, pairs - (above > below ? above : below)),
                             .direction = (above > below) - (above < below),
                             .ratio = NAN,
                             .interval = {NAN, NAN}};
    if (a[0] >= 0 && b[0] >= 0) {
        quotients_make(&quotients, a, a_count, b, b_count);
        test.ratio = hodges_lehmann(&quotients);
        test.interval = interval_of(&quotients, u_least(&distribution));
    }
    return test;
}

struct rank_test rank_test_compare(const double *a, size_t a_count, const double *b, size_t b_count)
{
    struct rank_test test = {.p = 1, .ratio = NAN, .interval = {NAN, NAN}};
    if (a_count == 0 || b_count == 0)
        return test;
    double *sorted_a = statistics_sorted(a, a_count);
    double *sorted_b = statistics_sorted(b, b_count);
    if (sorted_a != NULL && sorted_b != NULL)
        test = sorted_compare(sorted_a, a_count, sorted_b, b_count);
    else
        test.p = NAN;
    free(sorted_a);
    free(sorted_b);
    return test;
}
