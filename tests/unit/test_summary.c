#include "check.h"
#include "rows/summary.h"

#include <stdlib.h>

#define TEMPORARY "test_summary.tmp"

enum { TRIALS = 3, SAMPLES = 2000 };

static struct row record;
static struct csv_table table;

/* Samples of (first, first + 1, ...) us. */
static void fill(struct histogram *histogram, uint64_t first)
{
    histogram_clear(histogram);
    for (uint64_t i = 0; i < SAMPLES; i++)
        histogram_record(histogram, (first + i) * 1000);
}

static void describe(const char *model)
{
    row_clear(&record);
    row_set_text(record.target, sizeof record.target, "a,b");
    row_set_text(record.model, sizeof record.model, model);
    record.status = ROW_OK;
    row_set_text(record.latency_basis, sizeof record.latency_basis, "intended");
    record.connections = 8;
    record.target_rate_msgs_per_s = 1234567; /* more digits than the file shows */
}

static void write_and_read(const struct row *records, size_t count,
                           const struct cell_histograms *merged)
{
    struct csv_writer csv;
    char text[20000];
    struct failure failure = {""};
    FILE *file = fopen(TEMPORARY, "w+b");
    if (file == NULL)
        abort();
    csv_writer_init(&csv, file);
    CHECK(summary_write(&csv, "now", records, count, merged) == 0);
    rewind(file);
    size_t size = fread(text, 1, sizeof text, file);
    CHECK(csv_parse(&table, text, size, false, &failure) == 0);
    CHECK_EQ_TEXT(failure.text, "");
    fclose(file);
    remove(TEMPORARY);
}

static const char *field(const char *model, const char *metric, const char *column)
{
    for (size_t row = 1; row < table.rows; row++)
        if (strcmp(csv_field(&table, row, csv_column(&table, "model")), model) == 0 &&
            strcmp(csv_field(&table, row, csv_column(&table, "metric")), metric) == 0)
            return csv_field(&table, row, csv_column(&table, column));
    return "no such row";
}

static void test_each_basis_has_its_own_percentiles(void)
{
    struct row *records = calloc(TRIALS + 2, sizeof *records);
    struct cell_histograms merged = {0};
    struct histogram own, sent, connect;
    if (records == NULL || histogram_init(&own) != 0 || histogram_init(&sent) != 0 ||
        histogram_init(&connect) != 0)
        abort();
    for (size_t i = 0; i < TRIALS; i++) {
        describe("select");
        record.rtt_p99_us = (double)i + 1;
        record.rtt_max_us = 10000 * ((double)i + 1) + SAMPLES - 1;
        record.rtt_uncorrected_p50_us = 1;
        record.connect_p50_us = 1;
        record.errors = i == 0 ? NAN : 0;
        fill(&own, 10000 * (i + 1));
        fill(&sent, 100);
        fill(&connect, 5000);
        records[i] = record;
        const struct row_histogram kept[] = {
            {"intended", &own}, {"sent", &sent}, {"connect", &connect}};
        CHECK(cell_histograms_add(&merged, &record, kept, 3) == 0);
    }
    describe("poll");
    record.rtt_p99_us = 7;
    records[TRIALS] = record;
    CHECK(cell_histograms_add(&merged, &record, NULL, 0) == 0);
    describe("epoll");
    record.status = ROW_FAILED;
    records[TRIALS + 1] = record;
    CHECK_EQ_U64(merged.cells.count, 1);

    write_and_read(records, TRIALS + 2, &merged);
    CHECK_EQ_U64(table.rows, 1 + 5 + 1);
    CHECK_EQ_TEXT(field("select", "rtt_p99_us", "run_id"), "now");
    CHECK_EQ_TEXT(field("select", "rtt_p99_us", "target"), "a,b");
    CHECK_EQ_TEXT(field("select", "rtt_p99_us", "connections"), "8");
    CHECK_EQ_TEXT(field("select", "rtt_p99_us", "trials"), "3");
    CHECK_EQ_TEXT(field("select", "rtt_p99_us", "median"), "2");
    CHECK_EQ_TEXT(field("select", "rtt_p99_us", "ci95_low"), "");
    CHECK_EQ_TEXT(field("select", "rtt_p99_us", "ci95_high"), "");
    CHECK_EQ_TEXT(field("select", "rtt_p99_us", "spread"), "0.5");
    /* 99 % of 6,000 samples, the last 2,000 of which are 30,000 us and more. */
    CHECK_NEAR(strtod(field("select", "rtt_p99_us", "merged"), NULL), 31939, 32);
    CHECK_EQ_TEXT(field("select", "rtt_max_us", "merged"), "31999");
    CHECK_NEAR(strtod(field("select", "rtt_uncorrected_p50_us", "merged"), NULL), 1099, 2);
    CHECK_NEAR(strtod(field("select", "connect_p50_us", "merged"), NULL), 5999, 6);
    CHECK_EQ_TEXT(field("select", "errors", "trials"), "2");
    CHECK_EQ_TEXT(field("select", "errors", "spread"), "");
    CHECK_EQ_TEXT(field("select", "errors", "merged"), "");
    CHECK_EQ_TEXT(field("poll", "rtt_p99_us", "median"), "7");
    CHECK_EQ_TEXT(field("poll", "rtt_p99_us", "ci95_low"), "");
    CHECK_EQ_TEXT(field("poll", "rtt_p99_us", "merged"), "");
    csv_table_free(&table);
    cell_histograms_free(&merged);
    histogram_free(&own);
    histogram_free(&sent);
    histogram_free(&connect);
    free(records);
}

/* Five trials have no 95 % interval of their median, six have. */
static void test_intervals_need_six_trials(void)
{
    enum { MOST = 6 };
    const struct cell_histograms merged = {0};
    struct row *records = calloc(MOST, sizeof *records);
    if (records == NULL)
        abort();
    for (size_t i = 0; i < MOST; i++) {
        describe("select");
        record.rtt_p99_us = 1 + (double)(i * 5 % MOST);
        record.errors = i == 0 ? NAN : (double)i;
        records[i] = record;
    }
    write_and_read(records, MOST, &merged);
    CHECK_EQ_TEXT(field("select", "errors", "median"), "3");
    CHECK_EQ_TEXT(field("select", "errors", "ci95_low"), "");
    CHECK_EQ_TEXT(field("select", "errors", "ci95_high"), "");
    CHECK_EQ_TEXT(field("select", "rtt_p99_us", "median"), "3.5");
    CHECK_EQ_TEXT(field("select", "rtt_p99_us", "ci95_low"), "1.35714");
    CHECK_EQ_TEXT(field("select", "rtt_p99_us", "ci95_high"), "5.64286");
    csv_table_free(&table);
    free(records);
}

static void test_a_percentile_needs_its_samples(void)
{
    struct cell_histograms merged = {0};
    struct histogram own;
    if (histogram_init(&own) != 0)
        abort();
    for (uint64_t i = 0; i < 999; i++)
        histogram_record(&own, 1000);
    describe("select");
    record.rtt_p99_us = record.rtt_p90_us = record.rtt_mean_us = 1;
    const struct row_histogram kept = {"intended", &own};
    CHECK(cell_histograms_add(&merged, &record, &kept, 1) == 0);
    write_and_read(&record, 1, &merged);
    CHECK_EQ_TEXT(field("select", "rtt_p90_us", "merged"), "1");
    CHECK_EQ_TEXT(field("select", "rtt_mean_us", "merged"), "1");
    CHECK_EQ_TEXT(field("select", "rtt_p99_us", "merged"), "");
    csv_table_free(&table);
    cell_histograms_free(&merged);
    histogram_free(&own);
}

/* Of an open loop, those that were never answered are longer than all others. */
static void test_unanswered_messages_are_slower(void)
{
    struct row *records = calloc(2, sizeof *records);
    struct cell_histograms merged = {0};
    struct histogram own, sent;
    if (records == NULL || histogram_init(&own) != 0 || histogram_init(&sent) != 0)
        abort();
    fill(&own, 1);
    fill(&sent, 1);
    for (size_t i = 0; i < 2; i++) {
        describe("select");
        record.loop = LOOP_OPEN;
        record.messages_unanswered = i == 0 ? 0 : SAMPLES;
        record.rtt_min_us = record.rtt_p50_us = record.rtt_p90_us = record.rtt_mean_us = 1;
        record.rtt_max_us = i == 0 ? SAMPLES : NAN;
        record.rtt_uncorrected_p50_us = record.rtt_uncorrected_p99_us = 1;
        records[i] = record;
        const struct row_histogram kept[] = {{"intended", &own}, {"sent", &sent}};
        CHECK(cell_histograms_add(&merged, &record, kept, 2) == 0);
    }
    write_and_read(records, 2, &merged);
    /* Half of 6,000 are the lowest 1,500 of each trial's 2,000. */
    CHECK_NEAR(strtod(field("select", "rtt_p50_us", "merged"), NULL), 1500, 2);
    CHECK_NEAR(strtod(field("select", "rtt_uncorrected_p50_us", "merged"), NULL), 1500, 2);
    CHECK_EQ_TEXT(field("select", "rtt_min_us", "merged"), "1");
    static const char *const unknown[] = {"rtt_p90_us", "rtt_mean_us", "rtt_max_us",
                                          "rtt_uncorrected_p99_us"};
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++)
        CHECK_EQ_TEXT(field("select", unknown[i], "merged"), "");
    csv_table_free(&table);

    /* In a closed loop they were sent after the window, or late in it: they are no samples. */
    for (size_t i = 0; i < 2; i++)
        records[i].loop = LOOP_CLOSED;
    merged.histograms[0].row.loop = LOOP_CLOSED;
    write_and_read(records, 2, &merged);
    CHECK_NEAR(strtod(field("select", "rtt_p90_us", "merged"), NULL), 1800, 2);
    csv_table_free(&table);
    cell_histograms_free(&merged);
    histogram_free(&own);
    histogram_free(&sent);
    free(records);
}

/* The histogram of merged generators was read from a file: it knows its ends only by buckets. */
static void test_extremes_are_exact(void)
{
    struct row *records = calloc(2, sizeof *records);
    struct cell_histograms merged = {0};
    struct histogram own;
    uint64_t low, high;
    if (records == NULL || histogram_init(&own) != 0)
        abort();
    histogram_bucket_range(histogram_bucket_of(50000000), &low, &high);
    CHECK(high - low > 10000);
    CHECK(histogram_add_bucket(&own, low, high, 1));
    for (size_t i = 0; i < 2; i++) {
        describe("select");
        record.rtt_min_us = record.rtt_max_us = (double)low / 1e3 + 3 + (double)i;
        records[i] = record;
        const struct row_histogram kept = {"intended", &own};
        CHECK(cell_histograms_add(&merged, &record, &kept, 1) == 0);
    }
    write_and_read(records, 2, &merged);
    CHECK_NEAR(strtod(field("select", "rtt_min_us", "merged"), NULL), records[0].rtt_min_us, 0.1);
    CHECK_NEAR(strtod(field("select", "rtt_max_us", "merged"), NULL), records[1].rtt_max_us, 0.1);
    csv_table_free(&table);
    cell_histograms_free(&merged);
    histogram_free(&own);
    free(records);
}

/* A run that failed before its server spoke doesn't know on what it ran. */
static void test_host_kind_is_of_a_row_that_is_ok(void)
{
    const struct cell_histograms merged = {0};
    struct row *records = calloc(2, sizeof *records);
    if (records == NULL)
        abort();
    describe("select");
    record.errors = 0;
    records[0] = records[1] = record;
    records[0].status = ROW_FAILED;
    records[1].host_kind = HOST_WINE;
    write_and_read(records, 2, &merged);
    CHECK_EQ_TEXT(field("select", "errors", "host_kind"), "wine");
    csv_table_free(&table);
    free(records);
}

static void test_nothing_measured(void)
{
    const struct cell_histograms merged = {0};
    write_and_read(NULL, 0, &merged);
    CHECK_EQ_U64(table.rows, 1);
    csv_table_free(&table);
}

int main(void)
{
    test_each_basis_has_its_own_percentiles();
    test_intervals_need_six_trials();
    test_a_percentile_needs_its_samples();
    test_unanswered_messages_are_slower();
    test_extremes_are_exact();
    test_host_kind_is_of_a_row_that_is_ok();
    test_nothing_measured();
    return check_report();
}
