#include "base/random.h"
#include "check.h"
#include "stats/compact_histogram.h"
#include "stats/histogram.h"
#include "stats/statistics.h"

#include <stdlib.h>

enum { SAMPLES = 50000 };

typedef uint64_t sampler(struct random_state *random);

static double uniform(struct random_state *random)
{
    return (double)(random_next(random) >> 11) / 9007199254740992.0;
}

static uint64_t sample_uniform(struct random_state *random)
{
    return random_below(random, 50000000);
}

/* 1 ns to 1,000 s */
static uint64_t sample_log_uniform(struct random_state *random)
{
    return (uint64_t)pow(10, 12 * uniform(random));
}

static uint64_t sample_bimodal(struct random_state *random)
{
    if (random_below(random, 100) < 97)
        return 18000 + random_below(random, 4000);
    return 40000000 + random_below(random, 300000);
}

static int u64_compare(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

static double relative_error(uint64_t value, uint64_t exact)
{
    return exact == 0 ? (double)value : fabs((double)value - (double)exact) / (double)exact;
}

static void check_percentiles(const struct histogram *histogram, uint64_t *values)
{
    static const unsigned thousandths[] = {0,     1000,  10000, 25000, 50000, 75000,
                                           90000, 99000, 99900, 99990, 100000};
    qsort(values, SAMPLES, sizeof *values, u64_compare);
    for (size_t i = 0; i < sizeof thousandths / sizeof thousandths[0]; i++) {
        size_t rank = ((size_t)thousandths[i] * (SAMPLES / 1000) + 99) / 100;
        uint64_t exact = values[rank == 0 ? 0 : rank - 1];
        uint64_t value = histogram_percentile(histogram, thousandths[i] / 1000.0);
        CHECK_NEAR(relative_error(value, exact), 0, 0.001);
    }
}

static void test_percentiles(sampler *sample)
{
    struct histogram histogram;
    struct random_state random;
    uint64_t *values = malloc(SAMPLES * sizeof *values);
    double sum = 0;
    CHECK(values != NULL && histogram_init(&histogram) == 0);
    random_seed(&random, 3);
    for (size_t i = 0; i < SAMPLES; i++) {
        values[i] = sample(&random);
        sum += (double)values[i];
        histogram_record(&histogram, values[i]);
    }
    check_percentiles(&histogram, values);
    CHECK_EQ_U64(histogram.total, SAMPLES);
    CHECK_EQ_U64(histogram.clamped, 0);
    CHECK_EQ_U64(histogram.min, values[0]);
    CHECK_EQ_U64(histogram.max, values[SAMPLES - 1]);
    CHECK_NEAR(histogram_mean(&histogram) / (sum / SAMPLES), 1, 1e-12);
    histogram_free(&histogram);
    free(values);
}

static uint64_t counts_sum(const struct histogram *histogram)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < histogram->buckets; i++)
        sum += histogram->counts[i];
    return sum;
}

static void test_buckets_cover_every_value_once(void)
{
    struct histogram histogram;
    CHECK(histogram_init(&histogram) == 0);
    uint64_t next = 0;
    for (size_t i = 0; i < histogram.buckets; i++) {
        uint64_t low, high;
        histogram_bucket_range(i, &low, &high);
        CHECK_EQ_U64(low, next);
        CHECK(high - low == 0 || (low >= 2048 && (high - low + 1) * 1024 <= low));
        CHECK_EQ_U64(histogram_bucket_of(low), i);
        CHECK_EQ_U64(histogram_bucket_of(high), i);
        next = high + 1;
    }
    CHECK(next > (uint64_t)3600 * 1000000000);
    CHECK_EQ_U64(histogram_bucket_of(next), histogram.buckets - 1);
    CHECK_EQ_U64(histogram_bucket_of(UINT64_MAX), histogram.buckets - 1);
    histogram_free(&histogram);
}

static void test_nothing_is_lost(void)
{
    struct histogram histogram;
    struct random_state random;
    uint64_t low, high, clamped = 0;
    CHECK(histogram_init(&histogram) == 0);
    histogram_bucket_range(histogram.buckets - 1, &low, &high);
    random_seed(&random, 4);
    for (int i = 0; i < 10000; i++) {
        uint64_t value = random_next(&random) >> random_below(&random, 64);
        clamped += value > high;
        histogram_record(&histogram, value);
    }
    histogram_record(&histogram, UINT64_MAX);
    histogram_record(&histogram, high);
    CHECK_EQ_U64(histogram.total, 10002);
    CHECK_EQ_U64(counts_sum(&histogram), 10002);
    CHECK_EQ_U64(histogram.clamped, clamped + 1);
    CHECK_EQ_U64(histogram.max, UINT64_MAX);
    CHECK_EQ_U64(histogram_percentile(&histogram, 100), UINT64_MAX);
    histogram_free(&histogram);
}

static void test_adding_is_recording_both(void)
{
    struct histogram both, one, other, empty;
    struct random_state random;
    CHECK(histogram_init(&both) == 0 && histogram_init(&one) == 0);
    CHECK(histogram_init(&other) == 0 && histogram_init(&empty) == 0);
    random_seed(&random, 6);
    for (int i = 0; i < 20000; i++) {
        uint64_t value = i == 77 ? UINT64_MAX : sample_log_uniform(&random);
        histogram_record(&both, value);
        histogram_record(i % 3 == 0 ? &one : &other, value);
    }
    histogram_add(&empty, &one);
    histogram_add(&empty, &other);
    histogram_clear(&one);
    histogram_add(&empty, &one);
    CHECK(memcmp(both.counts, empty.counts, both.buckets * sizeof *both.counts) == 0);
    CHECK_EQ_U64(empty.total, both.total);
    CHECK_EQ_U64(empty.clamped, 1);
    CHECK_EQ_U64(empty.min, both.min);
    CHECK_EQ_U64(empty.max, both.max);
    CHECK_NEAR(empty.sum / both.sum, 1, 1e-12);
    CHECK_EQ_U64(one.total, 0);
    CHECK_EQ_U64(counts_sum(&one), 0);
    histogram_free(&both);
    histogram_free(&one);
    histogram_free(&other);
    histogram_free(&empty);
}

/* What a file has of another histogram. */
static void test_buckets_of_a_file(void)
{
    const uint64_t most = UINT64_C(1) << 53;
    struct histogram histogram;
    uint64_t low, high;
    CHECK(histogram_init(&histogram) == 0);
    histogram_bucket_range(histogram_bucket_of(5000), &low, &high);
    CHECK(high == low + 3); /* four values share a bucket there */
    CHECK(!histogram_add_bucket(&histogram, low + 1, high, 1));
    CHECK(!histogram_add_bucket(&histogram, low, high + 1, 1));
    CHECK(histogram_add_bucket(&histogram, low, high, 0));
    CHECK_EQ_U64(histogram.total, 0);
    CHECK(histogram_add_bucket(&histogram, low, high, 3));
    CHECK(histogram_add_bucket(&histogram, 7, 7, 2));
    CHECK(histogram.total == 5 && histogram.min == 7 && histogram.max == high);
    CHECK(histogram.sum == 3 * ((double)low + 1) + 2 * 7);
    CHECK_EQ_U64(histogram_between(&histogram, low, high), 3);
    /* A double keeps the number exactly up to 2^53; no run takes more samples than that. */
    CHECK(!histogram_add_bucket(&histogram, 7, 7, UINT64_MAX));
    CHECK(!histogram_add_bucket(&histogram, 7, 7, most - 4));
    CHECK_EQ_U64(histogram.total, 5);
    CHECK(histogram_add_bucket(&histogram, 7, 7, most - 5));
    CHECK_EQ_U64(histogram.total, most);
    histogram_free(&histogram);
}

static void test_few_samples(void)
{
    struct histogram histogram;
    CHECK(histogram_init(&histogram) == 0);
    CHECK_EQ_U64(histogram_percentile(&histogram, 50), 0);
    CHECK_NEAR(histogram_mean(&histogram), 0, 0);
    CHECK(!histogram_carries(&histogram, 50));
    histogram_record(&histogram, 1234567);
    CHECK_EQ_U64(histogram_percentile(&histogram, 0), 1234567);
    CHECK_EQ_U64(histogram_percentile(&histogram, 50), 1234567);
    CHECK_EQ_U64(histogram_percentile(&histogram, 100), 1234567);
    histogram_record(&histogram, 0);
    CHECK_EQ_U64(histogram_percentile(&histogram, 50), 0);
    CHECK_EQ_U64(histogram_percentile(&histogram, 50.1), 1234567);
    CHECK_EQ_U64(histogram_percentile(&histogram, -1), 0);
    CHECK_EQ_U64(histogram_percentile(&histogram, NAN), 0);
    CHECK_EQ_U64(histogram_percentile(&histogram, 200), 1234567);
    histogram_free(&histogram);
}

/* What got no answer is slower than everything that did. */
static void test_slower_ones(void)
{
    struct histogram histogram;
    uint64_t value = 1;
    CHECK(histogram_init(&histogram) == 0);
    CHECK(!histogram_percentile_of(&histogram, 1000000, 0, &value));
    for (uint64_t i = 1; i <= 100; i++)
        histogram_record(&histogram, i);
    CHECK(histogram_percentile_of(&histogram, 0, 50, &value) && value == 50);
    CHECK(histogram_percentile_of(&histogram, 20, 50, &value) && value == 60);
    CHECK(histogram_percentile_of(&histogram, 80, 50, &value) && value == 90);
    CHECK(!histogram_percentile_of(&histogram, 81, 50, &value));  /* 9 answered ones beyond */
    CHECK(!histogram_percentile_of(&histogram, 101, 50, &value)); /* itself unanswered */
    CHECK(histogram_percentile_of(&histogram, 900, 1, &value) && value == 10);
    CHECK(!histogram_percentile_of(&histogram, 900, 90, &value));
    CHECK(!histogram_percentile_of(&histogram, UINT64_MAX / 2, 50, &value));
    histogram_free(&histogram);
}

static void test_carries_ten_beyond(void)
{
    static const struct {
        double percentile;
        uint64_t needed;
    } cases[] = {{0, 11},       {50, 20},        {90, 100},        {99, 1000},
                 {99.9, 10000}, {99.99, 100000}, {99.999, 1000000}};
    struct histogram histogram;
    CHECK(histogram_init(&histogram) == 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        while (histogram.total < cases[i].needed - 1)
            histogram_record(&histogram, 5);
        CHECK(!histogram_carries(&histogram, cases[i].percentile));
        histogram_record(&histogram, 5);
        CHECK(histogram_carries(&histogram, cases[i].percentile));
    }
    CHECK(!histogram_carries(&histogram, 100));
    histogram_free(&histogram);
}

static const char *hgrm_text(const struct histogram *histogram, char *text, size_t size)
{
    FILE *file = fopen("test_histogram.tmp", "w+b");
    size_t length = 0;
    CHECK(file != NULL);
    if (file != NULL) {
        CHECK(histogram_write_hgrm(histogram, file) == 0);
        rewind(file);
        length = fread(text, 1, size - 1, file);
        fclose(file);
    }
    remove("test_histogram.tmp");
    text[length] = '\0';
    return text;
}

/* The rows are those that HdrHistogram's own tests expect for 25, 50, 75 (there without a scale).
 */
static void test_hgrm_of_three(void)
{
    char text[4096];
    struct histogram histogram;
    CHECK(histogram_init(&histogram) == 0);
    histogram_record(&histogram, 50);
    histogram_record(&histogram, 25);
    histogram_record(&histogram, 75);
    CHECK_EQ_TEXT(hgrm_text(&histogram, text, sizeof text),
                  "       Value     Percentile TotalCount 1/(1-Percentile)\n\n"
                  "    0.000025 0.000000000000          1           1.00\n"
                  "    0.000025 0.100000000000          1           1.11\n"
                  "    0.000025 0.200000000000          1           1.25\n"
                  "    0.000025 0.300000000000          1           1.43\n"
                  "    0.000050 0.400000000000          2           1.67\n"
                  "    0.000050 0.500000000000          2           2.00\n"
                  "    0.000050 0.550000000000          2           2.22\n"
                  "    0.000050 0.600000000000          2           2.50\n"
                  "    0.000050 0.650000000000          2           2.86\n"
                  "    0.000075 0.700000000000          3           3.33\n"
                  "    0.000075 1.000000000000          3\n"
                  "#[Mean    =     0.000050, StdDeviation   =     0.000020]\n"
                  "#[Max     =     0.000075, Total count    =            3]\n"
                  "#[Buckets =           32, SubBuckets     =         2048]\n");
    histogram_free(&histogram);
}

static void test_hgrm_of_none(void)
{
    char text[1024];
    struct histogram histogram;
    CHECK(histogram_init(&histogram) == 0);
    CHECK_EQ_TEXT(hgrm_text(&histogram, text, sizeof text),
                  "       Value     Percentile TotalCount 1/(1-Percentile)\n\n"
                  "    0.000000 1.000000000000          0\n"
                  "#[Mean    =     0.000000, StdDeviation   =     0.000000]\n"
                  "#[Max     =     0.000000, Total count    =            0]\n"
                  "#[Buckets =           32, SubBuckets     =         2048]\n");
    histogram_free(&histogram);
}

/* Each row says: so many samples are at most this value, and they are the percentile or more. */
static void check_hgrm_rows(const struct histogram *histogram, const char *text)
{
    double value = 0, percentile = 0, inverse = 0, last_value = 0, last_percentile = -1;
    uint64_t seen = 0;
    unsigned rows = 0;
    const char *line = strstr(text, "\n\n") + 2;
    for (; line[0] != '#'; line = strchr(line, '\n') + 1, rows++) {
        int fields = sscanf(line, "%lf %lf %" SCNu64 " %lf", &value, &percentile, &seen, &inverse);
        bool last = strchr(line, '\n')[1] == '#';
        CHECK(last || fields == 4);
        CHECK(value >= last_value && percentile > last_percentile);
        CHECK((double)seen >= (percentile - 1e-12) * (double)histogram->total);
        CHECK(last || fabs(inverse * (1 - percentile) - 1) < 0.01);
        CHECK_NEAR(value * 1e6 / (double)histogram_percentile(histogram, percentile * 100), 1,
                   0.001);
        last_value = value;
        last_percentile = percentile;
    }
    CHECK_NEAR(percentile, 1, 0);
    CHECK_EQ_U64(seen, histogram->total);
    CHECK_EQ_U64((uint64_t)(value * 1e6 + 0.5), histogram->max);
    /* 5 for each halving until less than one sample is left (log2(50,000) is 15.6), which takes a
     * tail so thin that the last bucket has only one. */
    CHECK(rows > 5 * 14 && rows < 5 * 17 + 2);
}

static void test_hgrm_of_many(void)
{
    static char text[65536];
    struct histogram histogram;
    struct random_state random;
    CHECK(histogram_init(&histogram) == 0);
    random_seed(&random, 8);
    for (int i = 0; i < SAMPLES; i++)
        histogram_record(&histogram, (uint64_t)5000000000 / (1 + random_below(&random, SAMPLES)));
    check_hgrm_rows(&histogram, hgrm_text(&histogram, text, sizeof text));
    histogram_free(&histogram);
}

static void test_hgrm_keeps_its_point(void)
{
    char text[4096];
    struct histogram histogram;
    CHECK(histogram_init(&histogram) == 0);
    histogram_record(&histogram, 1500000);
    if (check_comma_locale())
        CHECK(strstr(hgrm_text(&histogram, text, sizeof text), "1.500000 0.000000000000") != NULL &&
              strstr(text, "Mean    =     1.500000") != NULL && strchr(text, ',') != NULL &&
              strstr(text, "0,0") == NULL);
    setlocale(LC_ALL, "C");
    histogram_free(&histogram);
}

static void test_hgrm_tells_of_failure(void)
{
    struct histogram histogram;
    FILE *file = fopen("test_histogram.tmp", "wb");
    CHECK(file != NULL && histogram_init(&histogram) == 0);
    fclose(file);
    file = fopen("test_histogram.tmp", "rb"); /* no writing to that */
    CHECK(file != NULL && histogram_write_hgrm(&histogram, file) == -1);
    fclose(file);
    remove("test_histogram.tmp");
    histogram_free(&histogram);
}

/* Each value alone: what is known of it, from the smallest to those that no histogram holds. */
static void test_compact(void)
{
    static struct compact_histogram compact;
    struct histogram whole;
    CHECK(histogram_init(&whole) == 0);
    for (uint64_t value = 0; value < UINT64_C(1) << 43; value += value / 7 + 1) {
        uint64_t found;
        compact_histogram_clear(&compact);
        for (unsigned i = 0; i < 20; i++)
            compact_histogram_record(&compact, value);
        compact_histogram_record(&compact, 0);
        compact_histogram_record(&compact, UINT64_MAX);
        compact_histogram_expand(&compact, &whole);
        CHECK_EQ_U64(whole.total, 22);
        CHECK_EQ_U64(whole.min, 0);
        CHECK_EQ_U64(whole.max, UINT64_MAX);
        CHECK(histogram_percentile_of(&whole, 0, 50, &found));
        if (value < UINT64_C(1) << 42)
            CHECK_NEAR((double)found, (double)value, (double)value / 64 + 16);
    }
    histogram_free(&whole);
}

int main(void)
{
    test_percentiles(sample_uniform);
    test_percentiles(sample_log_uniform);
    test_percentiles(sample_bimodal);
    test_buckets_cover_every_value_once();
    test_nothing_is_lost();
    test_adding_is_recording_both();
    test_buckets_of_a_file();
    test_few_samples();
    test_carries_ten_beyond();
    test_slower_ones();
    test_hgrm_of_three();
    test_hgrm_of_none();
    test_hgrm_of_many();
    test_hgrm_keeps_its_point();
    test_hgrm_tells_of_failure();
    test_compact();
    return check_report();
}
