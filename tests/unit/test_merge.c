/* The parts that several load generators have of one run, as one row. */
#include "check.h"
#include "rows/merge.h"
#include "rows/warnings.h"

#include <math.h>
#include <stdlib.h>

enum { PARTS = 3 };

static struct row parts[PARTS], merged;
static const struct row *rows[PARTS];

/* Three that measured the same, with 2, 2 and 1 of five connections. */
static void begin(void)
{
    for (size_t i = 0; i < PARTS; i++) {
        struct row *part = &parts[i];
        row_clear(part);
        part->status = ROW_OK;
        part->loop = LOOP_CLOSED;
        row_set_text(part->started_at_utc, sizeof part->started_at_utc, "now");
        row_set_text(part->workload, sizeof part->workload, "pingpong");
        row_set_text(part->latency_basis, sizeof part->latency_basis, "sent");
        part->connections = part->connections_active = 5;
        part->pipeline_depth = 1;
        part->connections_attempted = part->connections_established = i < 2 ? 2 : 1;
        part->messages = part->rtt_samples = 100;
        part->messages_unanswered = part->errors = 0;
        part->fairness_jain = 1;
        part->duration_s = 1;
        part->rtt_min_us = part->rtt_mean_us = part->rtt_max_us = 10;
        part->client_cpu_s = 0.5;
        part->client_cpu_us_per_msg = 5000;
        part->client_cpu_load = 0.5;
        rows[i] = part;
    }
    parts[0].server_cpu_load = 0.95;
}

static void merge(void)
{
    merge_rows(&merged, rows, PARTS);
}

static bool is_near(double value, double wanted)
{
    return fabs(value - wanted) <= 1e-9 * fabs(wanted);
}

/* Each column by its rule; where one part does not know, the whole does not. */
static void test_numbers(void)
{
    begin();
    for (size_t i = 0; i < PARTS; i++) {
        parts[i].throughput_msgs_per_s = 100 * (double)(i + 1);
        parts[i].window_s = 2 - (double)i / 10;
        parts[i].bursts = 7 - (double)i;
        parts[i].cpu_count = 4;
        parts[i].rtt_p50_us = 10;
        parts[i].server_rss_peak_bytes = (double)i;
    }
    merge();
    CHECK(merged.throughput_msgs_per_s == 600 && merged.messages == 300);
    CHECK(merged.window_s == 2 && merged.bursts == 5 && merged.cpu_count == 4);
    CHECK(!number_is_known(merged.rtt_p50_us) && merged.server_rss_peak_bytes == 0);
    CHECK(merged.connections == 5 && merged.connections_attempted == 5);
    parts[2].window_s = 3;
    parts[0].bursts = 1;
    parts[1].cpu_count = 8;
    parts[1].throughput_msgs_per_s = NAN;
    merge();
    CHECK(merged.window_s == 3 && merged.bursts == 1 && !number_is_known(merged.cpu_count));
    CHECK(!number_is_known(merged.throughput_msgs_per_s) && merged.messages == 300);
    for (size_t unknown = 0; unknown < PARTS; unknown++) {
        begin();
        for (size_t i = 0; i < PARTS; i++)
            parts[i].window_s = parts[i].bursts = parts[i].cpu_count = i == unknown ? NAN : 4;
        merge();
        CHECK(!number_is_known(merged.window_s) && !number_is_known(merged.bursts) &&
              !number_is_known(merged.cpu_count));
    }
    /* How the last of all bursts' answers came nobody knows where one is missing. */
    begin();
    parts[0].bursts = parts[1].bursts = parts[2].bursts = 4;
    parts[1].messages_unanswered = 1;
    merge();
    CHECK(!number_is_known(merged.bursts) && merged.messages_unanswered == 1);
}

static void test_texts(void)
{
    begin();
    for (size_t i = 0; i < PARTS; i++) {
        row_set_text(parts[i].cpu_model, sizeof parts[i].cpu_model, i == 2 ? "B" : "A");
        row_set_text(parts[i].clock_source, sizeof parts[i].clock_source, "C");
        row_set_text(parts[i].generator, sizeof parts[i].generator, "1 of 3");
    }
    merge();
    CHECK_EQ_TEXT(merged.cpu_model, "");
    CHECK_EQ_TEXT(merged.clock_source, "C");
    CHECK_EQ_TEXT(merged.generator, "");
}

/* The mean is of all samples, the extremes are the outermost. */
static void test_round_trips(void)
{
    begin();
    parts[0].rtt_samples = 900;
    parts[1].rtt_samples = 100;
    parts[2].rtt_samples = 0;
    parts[2].rtt_min_us = parts[2].rtt_mean_us = parts[2].rtt_max_us = NAN;
    parts[0].rtt_min_us = 4;
    parts[0].rtt_mean_us = 10;
    parts[0].rtt_max_us = 90;
    parts[1].rtt_min_us = 2;
    parts[1].rtt_mean_us = 50;
    parts[1].rtt_max_us = 70;
    merge();
    CHECK(merged.rtt_min_us == 2 && merged.rtt_max_us == 90 && merged.rtt_samples == 1000);
    CHECK(is_near(merged.rtt_mean_us, 14));
    /* An open loop without all answers has no longest one, and so no mean. */
    parts[1].rtt_max_us = NAN;
    merge();
    CHECK(merged.rtt_min_us == 2 && !number_is_known(merged.rtt_max_us) &&
          !number_is_known(merged.rtt_mean_us));
    parts[0].rtt_samples = parts[1].rtt_samples = 0;
    merge();
    CHECK(!number_is_known(merged.rtt_min_us) && !number_is_known(merged.rtt_max_us) &&
          !number_is_known(merged.rtt_mean_us));
}

/* Jain's index of what the five connections have, from the parts' own. */
static void test_fairness(void)
{
    begin();
    /* 30 and 10; 20 and 20; 20. */
    parts[0].messages = 40;
    parts[0].fairness_jain = 40.0 * 40 / (2 * (30 * 30 + 10 * 10));
    parts[1].messages = 40;
    parts[2].messages = 20;
    double wanted = 100.0 * 100 / (5 * (30 * 30 + 10 * 10 + 3 * 20 * 20));
    merge();
    CHECK(is_near(merged.fairness_jain, wanted));
    /* The same of bytes, in stream; in burst no column has the sums. */
    for (size_t i = 0; i < PARTS; i++) {
        row_set_text(parts[i].workload, sizeof parts[i].workload, "stream");
        parts[i].throughput_bytes_per_s = 7 * parts[i].messages;
        parts[i].messages = 1;
    }
    merge();
    CHECK(is_near(merged.fairness_jain, wanted));
    for (size_t i = 0; i < PARTS; i++)
        row_set_text(parts[i].workload, sizeof parts[i].workload, "burst");
    merge();
    CHECK(!number_is_known(merged.fairness_jain));
    /* Four of the five are active: 2, 1 and 1 of the parts' own. One got nothing. */
    begin();
    for (size_t i = 0; i < PARTS; i++)
        parts[i].connections_active = 4;
    parts[0].messages = 40;
    parts[1].messages = 20;
    parts[2].messages = 0;
    parts[2].fairness_jain = NAN;
    merge();
    CHECK(is_near(merged.fairness_jain, 60.0 * 60 / (4 * 3 * 20 * 20)));
    parts[0].messages = parts[1].messages = 0;
    merge();
    CHECK(!number_is_known(merged.fairness_jain));
}

static void test_client(void)
{
    begin();
    parts[0].client_cpu_s = 0.9; /* of 180 echoes; 100 and 100 of the others */
    parts[0].client_cpu_load = 0.8;
    merge();
    CHECK(is_near(merged.client_cpu_s, 1.9));
    CHECK(is_near(merged.client_cpu_us_per_msg, 1.9e6 / 380));
    CHECK(is_near(merged.client_cpu_load, 0.6));
}

/* It must hold for the least and for the most loaded client. */
static void test_bound(void)
{
    begin();
    merge();
    CHECK(merged.bound == BOUND_SERVER && merged.status == ROW_OK);
    parts[1].client_cpu_load = 0.95;
    merge();
    CHECK(merged.bound == BOUND_UNDECIDED);
    parts[0].server_cpu_load = 0.1;
    merge();
    CHECK(merged.bound == BOUND_UNDECIDED);
    for (size_t i = 0; i < PARTS; i++)
        parts[i].client_cpu_load = 0.95;
    merge();
    CHECK(merged.bound == BOUND_CLIENT);
}

static void test_warnings(void)
{
    begin();
    row_set_text(parts[0].warnings, sizeof parts[0].warnings, "host_busy;few_samples");
    row_set_text(parts[1].warnings, sizeof parts[1].warnings, "plateau_40ms");
    row_set_text(parts[2].warnings, sizeof parts[2].warnings, "window_late;host_busy;starved");
    merge();
    CHECK_EQ_TEXT(merged.warnings, "host_busy;window_late;starved");
}

/* A part that had no connection has nothing to measure; its host counts all the same. */
static void test_no_share(void)
{
    begin();
    parts[2].status = ROW_SKIPPED;
    parts[2].connections_attempted = parts[2].connections_established = 0;
    parts[2].client_cpu_load = parts[2].messages = parts[2].rtt_samples = NAN;
    row_set_text(parts[0].cpu_model, sizeof parts[0].cpu_model, "A");
    row_set_text(parts[1].cpu_model, sizeof parts[1].cpu_model, "A");
    CHECK(merge_has_no_share(&parts[2]) && !merge_has_no_share(&parts[0]));
    merge();
    CHECK(merged.status == ROW_OK && merged.messages == 200 && merged.bound == BOUND_SERVER);
    CHECK(merged.client_cpu_load == 0.5 && is_near(merged.fairness_jain, 1));
    CHECK_EQ_TEXT(merged.cpu_model, "");
    /* One that was skipped for another reason. */
    parts[2].connections_attempted = 1;
    row_set_text(parts[2].status_reason, sizeof parts[2].status_reason, "why");
    CHECK(!merge_has_no_share(&parts[2]));
    merge();
    CHECK(merged.status == ROW_FAILED);
    CHECK_EQ_TEXT(merged.status_reason, "generator 3/3: why");
}

static void fails(const char *reason)
{
    merge();
    CHECK(merged.status == ROW_FAILED);
    CHECK_EQ_TEXT(merged.status_reason, reason);
    CHECK(merged.bound == BOUND_EMPTY);
}

static void test_status(void)
{
    begin();
    rows[1] = NULL;
    fails("generator 2/3: it has no such row");
    rows[0] = NULL;
    fails("generator 1/3: it has no such row");
    CHECK(merged.messages == 100);
    begin();
    parts[1].status = ROW_FAILED;
    row_set_text(parts[1].status_reason, sizeof parts[1].status_reason, "broken");
    fails("generator 2/3: broken");
    begin();
    row_set_text(parts[2].started_at_utc, sizeof parts[2].started_at_utc, "later");
    fails("generator 3/3: it measured this at another time; were all given the same options?");
    /* All were skipped, each when it came to it; else one of them was not. */
    begin();
    for (size_t i = 0; i < PARTS; i++)
        parts[i].status = ROW_SKIPPED;
    row_set_text(parts[0].status_reason, sizeof parts[0].status_reason, "Windows only");
    row_set_text(parts[2].started_at_utc, sizeof parts[2].started_at_utc, "later");
    merge();
    CHECK(merged.status == ROW_SKIPPED);
    CHECK_EQ_TEXT(merged.status_reason, "Windows only");
    parts[1].status = ROW_OK;
    fails("generator 2/3: not skipped there");
    /* A ramp is ok without all of its connections. */
    begin();
    parts[0].connections_established = 1;
    merge();
    CHECK(merged.status == ROW_OK);
    CHECK_EQ_TEXT(merged.status_reason, "4 of 5 connections were established");
}

static void fill(struct histogram *histogram, uint64_t from_us)
{
    histogram_clear(histogram);
    for (uint64_t i = 0; i < 2000; i++)
        histogram_record(histogram, (from_us + i) * 1000);
}

/* Percentiles are of all samples; the extremes that the parts know exactly stay. */
static void test_histograms(void)
{
    struct histogram histogram;
    if (histogram_init(&histogram) != 0)
        abort();
    begin();
    parts[0].connect_max_us = parts[1].connect_max_us = 4;
    parts[2].connect_max_us = 5;
    merge();
    fill(&histogram, 1000);
    merge_histogram(&merged, "sent", &histogram);
    CHECK(fabs(merged.rtt_p50_us - 2000) < 3 && fabs(merged.rtt_p99_us - 2980) < 3);
    CHECK(merged.rtt_min_us == 10 && merged.rtt_mean_us == 10 && merged.rtt_max_us == 10);
    CHECK_EQ_U64((uint64_t)merged.rtt_samples, 2000);
    CHECK(!number_is_known(merged.connect_p50_us));
    merge_histogram(&merged, "connect", &histogram);
    CHECK(fabs(merged.connect_p50_us - 2000) < 3 && merged.connect_max_us == 5);
    CHECK(!number_is_known(merged.rtt_uncorrected_p50_us));
    merge_histogram(&merged, "another", &histogram);
    CHECK_EQ_TEXT(merged.warnings, "");
    /* In an open loop the unanswered ones are slower than all of these. */
    begin();
    for (size_t i = 0; i < PARTS; i++) {
        parts[i].loop = LOOP_OPEN;
        parts[i].messages_unanswered = 100;
        row_set_text(parts[i].latency_basis, sizeof parts[i].latency_basis, "intended");
    }
    merge();
    merge_histogram(&merged, "intended", &histogram);
    CHECK(fabs(merged.rtt_p50_us - 2150) < 3 && !number_is_known(merged.rtt_p99_us));
    CHECK_EQ_TEXT(merged.warnings, "unanswered");
    merge_histogram(&merged, "sent", &histogram);
    CHECK(fabs(merged.rtt_uncorrected_p50_us - 2150) < 3 &&
          !number_is_known(merged.rtt_uncorrected_p99_us));
    histogram_free(&histogram);
}

int main(void)
{
    test_numbers();
    test_texts();
    test_round_trips();
    test_fairness();
    test_client();
    test_bound();
    test_warnings();
    test_no_share();
    test_status();
    test_histograms();
    return check_report();
}
