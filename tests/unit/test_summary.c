#include "check.h"
#include "summary.h"

#include <stdlib.h>

#define TEMPORARY "test_summary.tmp"

enum { TRIALS = 3, SAMPLES = 2000 };

static struct record record;
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
    record_clear(&record);
    record_set_text(record.target, sizeof record.target, "a,b");
    record_set_text(record.model, sizeof record.model, model);
    record_set_text(record.status, sizeof record.status, "ok");
    record_set_text(record.latency_basis, sizeof record.latency_basis, "intended");
    record.connections = 8;
    record.target_rate_msgs_per_s = 1234567; /* more digits than the file shows */
}

static void write_and_read(const struct record *records, size_t count, const struct merged *merged)
{
    struct csv_writer csv;
    char text[20000], message[200] = "";
    FILE *file = fopen(TEMPORARY, "w+b");
    if (file == NULL)
        abort();
    csv_writer_init(&csv, file);
    CHECK(summary_write(&csv, "now", records, count, merged) == 0);
    rewind(file);
    size_t size = fread(text, 1, sizeof text, file);
    CHECK(csv_parse(&table, text, size, false, message, sizeof message) == 0);
    CHECK_EQ_TEXT(message, "");
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
    struct record *records = calloc(TRIALS + 2, sizeof *records);
    struct merged merged = {0};
    struct histogram own, sent, connect;
    if (records == NULL || histogram_init(&own) != 0 || histogram_init(&sent) != 0 ||
        histogram_init(&connect) != 0)
        abort();
    for (size_t i = 0; i < TRIALS; i++) {
        describe("select");
        record.rtt_p99_us = (double)i + 1;
        record.rtt_max_us = 5;
        record.rtt_uncorrected_p50_us = 1;
        record.connect_p50_us = 1;
        record.errors = i == 0 ? NAN : 0;
        fill(&own, 10000 * (i + 1));
        fill(&sent, 100);
        fill(&connect, 5000);
        records[i] = record;
        const struct record_histogram kept[] = {
            {"intended", &own}, {"sent", &sent}, {"connect", &connect}};
        CHECK(merged_add(&merged, &record, kept, 3) == 0);
    }
    describe("poll");
    record.rtt_p99_us = 7;
    records[TRIALS] = record;
    CHECK(merged_add(&merged, &record, NULL, 0) == 0);
    describe("epoll");
    record_set_text(record.status, sizeof record.status, "failed");
    records[TRIALS + 1] = record;
    CHECK_EQ_U64(merged.count, 1);

    write_and_read(records, TRIALS + 2, &merged);
    CHECK_EQ_U64(table.rows, 1 + 5 + 1);
    CHECK_EQ_TEXT(field("select", "rtt_p99_us", "run_id"), "now");
    CHECK_EQ_TEXT(field("select", "rtt_p99_us", "target"), "a,b");
    CHECK_EQ_TEXT(field("select", "rtt_p99_us", "connections"), "8");
    CHECK_EQ_TEXT(field("select", "rtt_p99_us", "trials"), "3");
    CHECK_EQ_TEXT(field("select", "rtt_p99_us", "median"), "2");
    CHECK_EQ_TEXT(field("select", "rtt_p99_us", "ci95_low"), "1");
    CHECK_EQ_TEXT(field("select", "rtt_p99_us", "ci95_high"), "3");
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
    merged_free(&merged);
    histogram_free(&own);
    histogram_free(&sent);
    histogram_free(&connect);
    free(records);
}

static void test_a_percentile_needs_its_samples(void)
{
    struct merged merged = {0};
    struct histogram own;
    if (histogram_init(&own) != 0)
        abort();
    for (uint64_t i = 0; i < 999; i++)
        histogram_record(&own, 1000);
    describe("select");
    record.rtt_p99_us = record.rtt_p90_us = record.rtt_mean_us = 1;
    const struct record_histogram kept = {"intended", &own};
    CHECK(merged_add(&merged, &record, &kept, 1) == 0);
    write_and_read(&record, 1, &merged);
    CHECK_EQ_TEXT(field("select", "rtt_p90_us", "merged"), "1");
    CHECK_EQ_TEXT(field("select", "rtt_mean_us", "merged"), "1");
    CHECK_EQ_TEXT(field("select", "rtt_p99_us", "merged"), "");
    csv_table_free(&table);
    merged_free(&merged);
    histogram_free(&own);
}

static void test_nothing_measured(void)
{
    const struct merged merged = {0};
    write_and_read(NULL, 0, &merged);
    CHECK_EQ_U64(table.rows, 1);
    csv_table_free(&table);
}

int main(void)
{
    test_each_basis_has_its_own_percentiles();
    test_a_percentile_needs_its_samples();
    test_nothing_measured();
    return check_report();
}
