#include "stats/histogram.h"

#include "base/units.h"

#include <errno.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#ifdef _MSC_VER
#include <intrin.h>
#endif

enum {
    EXACT_BITS = 11, /* values below 2^11 have a bucket each */
    VALUE_BITS = 42, /* the buckets reach to 2^42 ns, over an hour */
    OCTAVE_BUCKETS = 1 << (EXACT_BITS - 1),
    OCTAVES = VALUE_BITS - EXACT_BITS,
    SAMPLES_TO_CARRY = 10,
    HGRM_TICKS = 5 /* rows for each halving of the distance to 100 % */
};

_Static_assert((2 + OCTAVES) * OCTAVE_BUCKETS == HISTOGRAM_BUCKETS, "as the header tells");

static const uint64_t SAMPLES_MOST = UINT64_C(1) << 53;

static unsigned highest_bit(uint64_t value)
{
#if defined(__GNUC__)
    return 63U - (unsigned)__builtin_clzll(value);
#elif defined(_MSC_VER) && defined(_WIN64)
    unsigned long bit;
    _BitScanReverse64(&bit, value);
    return bit;
#else
    unsigned bit = 0;
    while (value >>= 1)
        bit++;
    return bit;
#endif
}

static size_t bucket_of(uint64_t value_ns)
{
    if (value_ns < (uint64_t)1 << EXACT_BITS)
        return (size_t)value_ns;
    if (value_ns >> VALUE_BITS)
        return HISTOGRAM_BUCKETS - 1;
    unsigned shift = highest_bit(value_ns) - (EXACT_BITS - 1);
    return (size_t)shift * OCTAVE_BUCKETS + (size_t)(value_ns >> shift);
}

int histogram_init(struct histogram *histogram)
{
    *histogram = (struct histogram){.counts = calloc(HISTOGRAM_BUCKETS, sizeof *histogram->counts)};
    if (histogram->counts == NULL)
        return -1;
    histogram->buckets = HISTOGRAM_BUCKETS;
    histogram_clear(histogram);
    return 0;
}

void histogram_free(struct histogram *histogram)
{
    free(histogram->counts);
    *histogram = (struct histogram){0};
}

void histogram_clear(struct histogram *histogram)
{
    memset(histogram->counts, 0, histogram->buckets * sizeof *histogram->counts);
    histogram->total = 0;
    histogram->clamped = 0;
    histogram->min = UINT64_MAX;
    histogram->max = 0;
    histogram->sum = 0;
}

void histogram_record(struct histogram *histogram, uint64_t value_ns)
{
    histogram->counts[bucket_of(value_ns)]++;
    histogram->total++;
    histogram->clamped += value_ns >> VALUE_BITS != 0;
    if (value_ns < histogram->min)
        histogram->min = value_ns;
    if (value_ns > histogram->max)
        histogram->max = value_ns;
    histogram->sum += (double)value_ns;
}

void histogram_add(struct histogram *into, const struct histogram *from)
{
    for (size_t i = 0; i < from->buckets; i++)
        if (from->counts[i] != 0) /* what is not written takes no memory */
            into->counts[i] += from->counts[i];
    into->total += from->total;
    into->clamped += from->clamped;
    if (from->min < into->min)
        into->min = from->min;
    if (from->max > into->max)
        into->max = from->max;
    into->sum += from->sum;
}

void histogram_bucket_range(size_t index, uint64_t *low, uint64_t *high)
{
    size_t shift = index < 2 * OCTAVE_BUCKETS ? 0 : index / OCTAVE_BUCKETS - 1;
    *low = (uint64_t)(index - shift * OCTAVE_BUCKETS) << shift;
    *high = *low + ((uint64_t)1 << shift) - 1;
}

size_t histogram_bucket_of(uint64_t value_ns)
{
    return bucket_of(value_ns);
}

/* How many of the smallest of so many samples the percentile takes in: 1..total. */
static uint64_t percentile_rank(uint64_t total, double percentile)
{
    if (!(percentile > 0))
        return 1;
    /* 99.9 % of 10,000 must not become 9,991 by a rounding error. */
    double exact = percentile / 100 * (double)total;
    double rank = ceil(exact * (1 - 4 * DBL_EPSILON));
    return rank < (double)total ? (uint64_t)rank : total;
}

static uint64_t clamp(uint64_t value, uint64_t low, uint64_t high)
{
    if (value < low)
        return low;
    return value > high ? high : value;
}

static uint64_t bucket_middle(size_t index)
{
    uint64_t low, high;
    histogram_bucket_range(index, &low, &high);
    return low + (high - low) / 2;
}

/* The value of the rank-th smallest sample, 1..total. */
static uint64_t rank_value(const struct histogram *histogram, uint64_t rank)
{
    if (rank == histogram->total)
        return histogram->max;
    size_t index = 0;
    for (uint64_t seen = histogram->counts[0]; seen < rank; seen += histogram->counts[index])
        index++;
    return clamp(bucket_middle(index), histogram->min, histogram->max);
}

bool histogram_add_bucket(struct histogram *into, uint64_t low_ns, uint64_t high_ns, uint64_t count)
{
    uint64_t low, high;
    size_t index = bucket_of(low_ns);
    histogram_bucket_range(index, &low, &high);
    if (low != low_ns || high != high_ns || count > SAMPLES_MOST ||
        into->total > SAMPLES_MOST - count)
        return false;
    if (count == 0)
        return true;
    into->counts[index] += count;
    into->total += count;
    into->sum += (double)bucket_middle(index) * (double)count;
    into->min = low < into->min ? low : into->min;
    into->max = high > into->max ? high : into->max;
    return true;
}

uint64_t histogram_percentile(const struct histogram *histogram, double percentile)
{
    if (histogram->total == 0)
        return 0;
    return rank_value(histogram, percentile_rank(histogram->total, percentile));
}

bool histogram_carries(const struct histogram *histogram, double percentile)
{
    uint64_t value;
    return histogram_percentile_of(histogram, 0, percentile, &value);
}

bool histogram_percentile_of(const struct histogram *histogram, uint64_t slower, double percentile,
                             uint64_t *value)
{
    uint64_t rank = percentile_rank(histogram->total + slower, percentile);
    if (histogram->total < SAMPLES_TO_CARRY || rank > histogram->total - SAMPLES_TO_CARRY)
        return false;
    *value = rank_value(histogram, rank);
    return true;
}

uint64_t histogram_between(const struct histogram *histogram, uint64_t from_ns, uint64_t to_ns)
{
    uint64_t sum = 0, low, high;
    for (size_t i = histogram_bucket_of(from_ns); i < histogram->buckets; i++) {
        histogram_bucket_range(i, &low, &high);
        if (low >= to_ns)
            break;
        sum += low >= from_ns ? histogram->counts[i] : 0;
    }
    return sum;
}

double histogram_mean(const struct histogram *histogram)
{
    return histogram->total == 0 ? 0 : histogram->sum / (double)histogram->total;
}

static double standard_deviation(const struct histogram *histogram)
{
    if (histogram->total == 0)
        return 0;
    double mean = histogram_mean(histogram);
    double squares = 0;
    for (size_t i = 0; i < histogram->buckets; i++) {
        double distance = (double)bucket_middle(i) - mean;
        squares += (double)histogram->counts[i] * distance * distance;
    }
    return sqrt(squares / (double)histogram->total);
}

/* A place on the plotter's axis: `halvings` of the distance to 100 %, and `tick` tenths of the
 * rest. */
struct hgrm_level {
    int halvings;
    int tick;
};

/* The part of the samples that lies beyond the level. */
static double level_beyond(struct hgrm_level level)
{
    return ldexp((2 * HGRM_TICKS - level.tick) / (2.0 * HGRM_TICKS), -level.halvings);
}

static void level_advance(struct hgrm_level *level)
{
    if (++level->tick == HGRM_TICKS) {
        level->tick = 0;
        level->halvings++;
    }
}

/* The nanoseconds are printed as an integer each side of the point: exact, and no locale's mark. */
static void write_hgrm_value(uint64_t value_ns, FILE *file)
{
    fprintf(file, "%5" PRIu64 ".%06" PRIu64, value_ns / 1000000, value_ns % 1000000);
}

static void write_hgrm_row(uint64_t value_ns, double beyond, uint64_t seen, FILE *file)
{
    char percentile[40], inverse[40];
    write_hgrm_value(value_ns, file);
    fprintf(file, " %s %10" PRIu64 " %14s\n",
            units_format_fixed(1 - beyond, 12, percentile, sizeof percentile), seen,
            units_format_fixed(1 / beyond, 2, inverse, sizeof inverse));
}

/* One row for each level that the samples up to bucket `index` reach. */
static void write_hgrm_bucket(const struct histogram *histogram, size_t index, uint64_t seen,
                              struct hgrm_level *level, FILE *file)
{
    uint64_t low, high;
    histogram_bucket_range(index, &low, &high);
    high = clamp(high, histogram->min, histogram->max);
    double beyond = (double)(histogram->total - seen) / (double)histogram->total;
    while (level_beyond(*level) >= beyond) {
        write_hgrm_row(high, level_beyond(*level), seen, file);
        level_advance(level);
        if (seen == histogram->total) /* every further level would repeat this row, without end */
            return;
    }
}

static void write_hgrm_footer(const struct histogram *histogram, FILE *file)
{
    char mean[40], deviation[40];
    fprintf(
        file, "#[Mean    = %12s, StdDeviation   = %12s]\n",
        units_format_fixed(histogram_mean(histogram) / 1e6, 6, mean, sizeof mean),
        units_format_fixed(standard_deviation(histogram) / 1e6, 6, deviation, sizeof deviation));
    fprintf(file, "#[Max     = ");
    write_hgrm_value(histogram->max, file);
    fprintf(file, ", Total count    = %12" PRIu64 "]\n", histogram->total);
    fprintf(file, "#[Buckets = %12d, SubBuckets     = %12d]\n", OCTAVES + 1, 2 * OCTAVE_BUCKETS);
}

int histogram_write_hgrm(const struct histogram *histogram, FILE *file)
{
    struct hgrm_level level = {0, 0};
    uint64_t seen = 0;

    errno = 0;
    fprintf(file, "%12s %14s %10s %14s\n\n", "Value", "Percentile", "TotalCount",
            "1/(1-Percentile)");
    for (size_t i = 0; i < histogram->buckets; i++) {
        seen += histogram->counts[i];
        if (histogram->counts[i] > 0)
            write_hgrm_bucket(histogram, i, seen, &level, file);
    }
    write_hgrm_value(histogram->max, file);
    fprintf(file, " 1.000000000000 %10" PRIu64 "\n", histogram->total);
    write_hgrm_footer(histogram, file);
    if (fflush(file) == 0 && !ferror(file))
        return 0;
    if (errno == 0)
        errno = EIO;
    return -1;
}
