#include <math.h>
#include <string.h>

#include "check.h"
#include "run/row_fill.h"

static const uint64_t S = 1000000000;

static struct load_result load;
static struct workload workload;
static struct generator generator;
static struct run_settings settings;
static struct target target;
static struct evidence evidence;
static struct row row;

/* A second generator's, which has no server of its own: a window of 3 s in which all came back. */
static void begin(void)
{
    memset(&load, 0, sizeof load);
    load.attempted = load.established = 2;
    load.messages = load.echoes = 1000;
    load.window_ns = 3 * S;
    generator = (struct generator){.index = 2, .count = 2};
    settings = (struct run_settings){.generator = &generator, .duration_ns = 3 * S};
    target = (struct target){.name = "a"};
    workload = workload_default(&workload_pingpong);
    evidence = (struct evidence){
        .settings = &settings, .target = &target, .workload = &workload, .load = &load};
    evidence.moments[0].at_ns = S;
    evidence.moments[1].at_ns = 4 * S;
    row_clear(&row);
}

static void fill(void)
{
    row_fill(&row, &evidence);
}

static void test_all_well(void)
{
    begin();
    fill();
    CHECK(row.status == ROW_OK);
    CHECK_EQ_TEXT(row.status_reason, "");
}

/* Of the processors that its threads could use, and one thread has no more than one. */
static void test_client_load(void)
{
    static const struct {
        unsigned threads, active;
        const char *cpus;
        double load;
    } cases[] = {{0, 0, "0", 1.0},  {1, 0, "0", 1.0}, {2, 0, "0", 1.0},
                 {2, 1, NULL, 1.0}, {2, 2, "0", 1.0}, {7, 1, "0", 1.0}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        begin();
        workload.connections = 5;
        workload.client_threads = cases[i].threads;
        workload.active = cases[i].active;
        settings.client_cpus = cases[i].cpus;
        evidence.moments[1].client_cpu_ns = 3 * S;
        fill();
        CHECK(row.client_cpu_load == cases[i].load);
    }
    unsigned cpus = host_cpu_count(), threads = cpus < 3 ? cpus : 3;
    begin();
    workload.connections = 3;
    workload.client_threads = 100;
    evidence.moments[1].client_cpu_ns = 3 * S;
    fill();
    CHECK(fabs(row.client_cpu_load - 1.0 / threads) < 1e-9);
}

/* The column is empty where there is one thread. */
static void test_client_threads(void)
{
    begin();
    workload.connections = 3;
    workload.client_threads = 1;
    row_fill_workload(&row, &workload);
    CHECK(!number_is_known(row.client_threads));
    workload.client_threads = 2;
    row_fill_workload(&row, &workload);
    CHECK(row.client_threads == 2);
    workload.client_threads = 5;
    row_fill_workload(&row, &workload);
    CHECK(row.client_threads == 3);
    workload.connections = 1;
    row_clear(&row);
    row_fill_workload(&row, &workload);
    CHECK(!number_is_known(row.client_threads));
}

/* A client that was stopped has sent nothing: that is why nothing came. */
static void test_pause_is_why_nothing_came(void)
{
    begin();
    load.messages = load.echoes = 0;
    fill();
    CHECK(row.status == ROW_FAILED);
    CHECK_EQ_TEXT(row.status_reason, "no message came back within the window");
    begin();
    load.messages = load.echoes = 0;
    load.window_ns = 7 * S;
    load.paused_ns = 4 * S;
    fill();
    CHECK(row.status == ROW_FAILED);
    CHECK(strncmp(row.status_reason, "the client did not run for ", 27) == 0);
}

/* What broke is worse than a pause. */
static void test_pause_does_not_hide_faults(void)
{
    begin();
    load.verify_failures = 1;
    load.paused_ns = 2 * S;
    fill();
    CHECK(strstr(row.status_reason, "wrong bytes") != NULL);
    begin();
    load.established = 1;
    load.messages = 0;
    load.paused_ns = 2 * S;
    fill();
    CHECK(strstr(row.status_reason, "1 of 2 connections") != NULL);
}

int main(void)
{
    test_all_well();
    test_client_load();
    test_client_threads();
    test_pause_is_why_nothing_came();
    test_pause_does_not_hide_faults();
    return check_report();
}
