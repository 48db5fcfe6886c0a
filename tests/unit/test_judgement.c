#include "check.h"
#include "rows/bottleneck.h"
#include "rows/drift.h"
#include "rows/warnings.h"
#include "run/window_checks.h"
#include "stats/statistics.h"

#include <stdlib.h>

enum { CELLS = 3, TRIALS = 9, ROWS = CELLS * TRIALS };

static struct row row;

/* A row of which everything is known and nothing stands out. */
static void begin(void)
{
    row_clear(&row);
    row.status = ROW_OK;
    row.loop = LOOP_CLOSED;
    row.connections = row.connections_active = 32;
    row.pipeline_depth = 1;
    row.duration_s = 0.5;
    row.cpu_resolution_us = 1;
    row.server_cpu_load = row.client_cpu_load = 0.5;
    row.rtt_p99_us = 100;
}

static void test_bound(void)
{
    begin();
    CHECK(bottleneck_of(&row) == BOUND_UNDECIDED);
    row.connections_active = 1;
    CHECK(bottleneck_of(&row) == BOUND_LATENCY);
    row.pipeline_depth = 4;
    CHECK(bottleneck_of(&row) == BOUND_UNDECIDED);
    row.server_cpu_load = 0.95;
    CHECK(bottleneck_of(&row) == BOUND_SERVER);
    row.client_cpu_load = 0.95;
    CHECK(bottleneck_of(&row) == BOUND_UNDECIDED);
    row.server_cpu_load = 0.5;
    CHECK(bottleneck_of(&row) == BOUND_CLIENT);
    row.cpu_resolution_us = 100000;
    CHECK(bottleneck_of(&row) == BOUND_UNDECIDED);

    begin();
    row.loop = LOOP_OPEN;
    CHECK(bottleneck_of(&row) == BOUND_RATE);
    warning_add(&row, WARNING_OVERLOAD);
    CHECK(bottleneck_of(&row) == BOUND_UNDECIDED);
    row.server_cpu_load = 1;
    CHECK(bottleneck_of(&row) == BOUND_SERVER);
}

static void test_steps_of_cpu_time(void)
{
    begin();
    warnings_take_cpu(&row, 1e-5);
    CHECK_EQ_TEXT(row.warnings, "");
    /* 49 steps of Windows' clock, and 51; 100 of a finer one. */
    row.cpu_resolution_us = 15625;
    warnings_take_cpu(&row, NAN);
    warnings_take_cpu(&row, 51 * 0.015625);
    CHECK_EQ_TEXT(row.warnings, "");
    warnings_take_cpu(&row, 49 * 0.015625);
    CHECK_EQ_TEXT(row.warnings, "few_cpu_steps");
    begin();
    row.cpu_resolution_us = 1000;
    warnings_take_cpu(&row, 0.1);
    CHECK_EQ_TEXT(row.warnings, "");
}

static void test_warnings_are_whole_words(void)
{
    begin();
    warning_add(&row, WARNING_WINESERVER_NOT_PINNED);
    CHECK(!warning_has(&row, WARNING_NOT_PINNED));
    warning_add(&row, WARNING_NOT_PINNED);
    warning_add(&row, WARNING_NOT_PINNED);
    CHECK(warning_has(&row, WARNING_NOT_PINNED));
    CHECK_EQ_TEXT(row.warnings, "wineserver_not_pinned;not_pinned");
}

static void test_host(void)
{
    /* Two processors for a second, in steps of 10 ms. */
    struct window_host host = {
        .sides = 1, .from = {{100, 1000, 0, 0, 100}}, .to = {{220, 1200, 0, 0, 100}}};
    host.own_cpu_s[0] = 1;
    begin();
    window_check_host(&row, &host);
    CHECK_NEAR(row.others_cpu_load, 0.1, 1e-9);
    CHECK_EQ_TEXT(row.warnings, "");

    host.to[0].busy = 230;
    window_check_host(&row, &host);
    CHECK_NEAR(row.others_cpu_load, 0.15, 1e-9);
    CHECK(warning_has(&row, WARNING_HOST_NOISY));

    /* Interrupts may be a process's own. */
    host.to[0].interrupts = 20;
    begin();
    window_check_host(&row, &host);
    CHECK_NEAR(row.others_cpu_load, 0.05, 1e-9);
    CHECK_EQ_TEXT(row.warnings, "");

    host.own_cpu_s[0] = 1.5; /* finer than the steps: nobody else, not less than nobody */
    host.to[0].stolen = 3;
    host.throttled = true;
    window_check_host(&row, &host);
    CHECK(row.others_cpu_load == 0);
    CHECK_EQ_TEXT(row.warnings, "cpu_throttled;cpu_stolen");

    begin();
    host.to[0].total = 1049; /* too few steps */
    window_check_host(&row, &host);
    CHECK(!number_is_known(row.others_cpu_load));
}

/* Somebody's busy loop on the server's processor; the client's side has 63 more, which are idle. */
static void test_busiest_side(void)
{
    struct window_host host = {.sides = 2,
                               .from = {{0, 1000, 0, 0, 100}, {0, 1000, 0, 0, 100}},
                               .to = {{60, 7300, 0, 0, 100}, {100, 1100, 0, 0, 100}},
                               .own_cpu_s = {0.6, 0.4}};
    begin();
    window_check_host(&row, &host);
    CHECK_NEAR(row.others_cpu_load, 0.6, 1e-9);
    CHECK_EQ_TEXT(row.warnings, "host_noisy");

    /* Too few steps to be told from none. */
    host.from[1].total = 1040;
    host.to[1].busy = 50;
    begin();
    window_check_host(&row, &host);
    CHECK_EQ_TEXT(row.warnings, "");
}

static void test_time(void)
{
    char reason[200] = "";
    const uint64_t ms = 1000000;
    struct window_time time = {.asked_ns = 2000 * ms, .window_ns = 2001 * ms};
    begin();
    CHECK(window_check_time(&row, &time, reason, sizeof reason));
    CHECK_EQ_TEXT(row.warnings, "");

    /* Within the window, whose length shows nothing of it; then beyond its end. */
    time.paused_ns = 150 * ms;
    CHECK(window_check_time(&row, &time, reason, sizeof reason));
    CHECK_EQ_TEXT(row.warnings, "client_paused");
    time.paused_ns = 1001 * ms;
    CHECK(!window_check_time(&row, &time, reason, sizeof reason));
    CHECK(strstr(reason, "did not run for 1.0 s; its window was to be 2 s and took 2 s") != NULL);
    time.paused_ns = 0;
    time.window_ns = 6000 * ms;
    CHECK(!window_check_time(&row, &time, reason, sizeof reason));
    CHECK(strstr(reason, "did not run for 4.0 s; its window was to be 2 s and took 6 s") != NULL);

    /* Short windows of a busy machine. */
    begin();
    time = (struct window_time){.asked_ns = 100 * ms, .window_ns = 190 * ms};
    CHECK(window_check_time(&row, &time, reason, sizeof reason));
    CHECK_EQ_TEXT(row.warnings, "");
    time.window_ns = 590 * ms;
    CHECK(window_check_time(&row, &time, reason, sizeof reason));
    CHECK_EQ_TEXT(row.warnings, "client_paused");

    begin();
    time = (struct window_time){
        .asked_ns = 2000 * ms, .window_ns = 2000 * ms, .stepped_ns = -3600000 * (int64_t)ms};
    CHECK(window_check_time(&row, &time, reason, sizeof reason));
    CHECK_EQ_TEXT(row.warnings, "clock_stepped");
    time.suspended_ns = 3200 * (int64_t)ms;
    CHECK(!window_check_time(&row, &time, reason, sizeof reason));
    CHECK_EQ_TEXT(reason, "the machine was suspended for 3.2 s within the window");
    time.suspended_ns = 0;
    time.server_stopped = true;
    CHECK(!window_check_time(&row, &time, reason, sizeof reason));
    CHECK(strstr(reason, "the server's process was stopped") != NULL);
}

static void test_round_trips(void)
{
    struct histogram rtt;
    if (histogram_init(&rtt) != 0)
        abort();
    begin();
    warnings_take_load(&row, &rtt);
    CHECK_EQ_TEXT(row.warnings, "");

    for (uint64_t i = 0; i < 10000; i++)
        histogram_record(&rtt, 100000 + i);
    for (int i = 0; i < 12; i++)
        histogram_record(&rtt, 41000000);
    CHECK_EQ_U64(histogram_between(&rtt, 38000000, 48000000), 12);
    CHECK_EQ_U64(histogram_between(&rtt, 41100000, 48000000), 0);
    CHECK_EQ_U64(histogram_between(&rtt, 0, UINT64_MAX), rtt.total);
    warnings_take_load(&row, &rtt);
    CHECK(warning_has(&row, WARNING_PLATEAU_40MS));

    /* The pauses of a CPU quota are as long. */
    begin();
    warning_add(&row, WARNING_CPU_QUOTA);
    warnings_take_load(&row, &rtt);
    CHECK_EQ_TEXT(row.warnings, "cpu_quota");

    /* A slope is no plateau. */
    for (int i = 0; i < 6; i++)
        histogram_record(&rtt, 33000000);
    begin();
    warnings_take_load(&row, &rtt);
    CHECK(!warning_has(&row, WARNING_PLATEAU_40MS));

    /* The samples would carry it: it is empty since answers are missing. */
    begin();
    row.messages_unanswered = row.connections_starved = 0;
    row.send_late_p99_us = 40;
    warnings_take_load(&row, &rtt);
    CHECK_EQ_TEXT(row.warnings, "");
    row.messages_unanswered = row.connections_starved = 1;
    row.send_late_p99_us = 60;
    warnings_take_load(&row, &rtt);
    CHECK_EQ_TEXT(row.warnings, "unanswered;starved;client_late");

    row.rtt_p99_us = row.rtt_p99_9_us; /* not measured */
    warnings_take_load(&row, &rtt);
    CHECK(!warning_has(&row, WARNING_FEW_SAMPLES));
    histogram_clear(&rtt);
    for (int i = 0; i < 999; i++)
        histogram_record(&rtt, 100000);
    warnings_take_load(&row, &rtt);
    CHECK(warning_has(&row, WARNING_FEW_SAMPLES));
    histogram_free(&rtt);
}

/* In those cells each trial's cost is that of the one before it times `factor`, or by that, in turn. */
static struct drift drift_in(size_t cells, size_t trials, double factor, bool in_turn)
{
    static struct row rows[ROWS];
    double level = 1;
    for (size_t i = 0; i < CELLS * trials; i++) {
        size_t trial = i / CELLS;
        if (i % CELLS == 0 && trial > 0)
            level *= in_turn && trial % 2 == 0 ? 1 / factor : factor;
        begin();
        row.connections = (double)(i % CELLS + 1);
        row.server_cpu_us_per_msg = row.connections * (i % CELLS < cells ? level : 1);
        rows[i] = row;
    }
    return drift_of(rows, CELLS * trials);
}

static struct drift drift_with(size_t trials, double factor, bool in_turn)
{
    return drift_in(CELLS, trials, factor, in_turn);
}

/* A clock too coarse for it: nothing, and at the end something. */
static struct drift drift_from_zero(void)
{
    static struct row rows[TRIALS];
    for (size_t i = 0; i < TRIALS; i++) {
        begin();
        row.server_cpu_us_per_msg = i < TRIALS / 3 ? 0 : (double)i;
        rows[i] = row;
    }
    return drift_of(rows, TRIALS);
}

static void test_drift(void)
{
    CHECK(!drift_from_zero().found);
    struct drift drift = drift_with(TRIALS, 1.02, false);
    CHECK(drift.found && drift.change > 0.05);
    CHECK_EQ_TEXT(drift.metric, "server_cpu_us_per_msg");
    drift = drift_with(TRIALS, 0.98, false);
    CHECK(drift.found && drift.change < -0.05);
    CHECK(drift_with(STATISTICS_TRIALS_MIN, 1.1, false).found);
    CHECK(!drift_with(STATISTICS_TRIALS_MIN - 1, 1.1, false).found); /* a trend, but too few */
    CHECK(!drift_with(TRIALS, 1.001, false).found); /* steady, but too small to matter */
    CHECK(!drift_with(TRIALS, 1.2, true).found);    /* large, but no trend */
    CHECK(drift_in(2, TRIALS, 1.02, false).found);
    CHECK(!drift_in(1, TRIALS, 1.02, false).found); /* most of the cells are steady */
}

/* A cell counts once, however many of its rows failed before its first figure. */
static void test_failed_rows_do_not_drift(void)
{
    static const double costs[] = {1.1, 1, 1.2, 1.15, 1.25, 1.18, 1.3};
    static struct row rows[5 + sizeof costs / sizeof costs[0]];
    size_t count = 0;
    for (; count < 5; count++) {
        begin();
        row.status = ROW_FAILED;
        rows[count] = row;
    }
    for (size_t i = 0; i < sizeof costs / sizeof costs[0]; i++) {
        begin();
        row.server_cpu_us_per_msg = costs[i];
        rows[count++] = row;
    }
    CHECK(!drift_of(rows + 5, count - 5).found);
    CHECK(!drift_of(rows, count).found);
}

int main(void)
{
    test_bound();
    test_steps_of_cpu_time();
    test_warnings_are_whole_words();
    test_host();
    test_busiest_side();
    test_time();
    test_round_trips();
    test_drift();
    test_failed_rows_do_not_drift();
    return check_report();
}
