#include "check.h"
#include "rows/warnings.h"
#include "run/server_cost.h"
#include "run/server_statistics.h"

#include <math.h>
#include <stdlib.h>

enum { MESSAGE_BYTES = 64, ECHOES = 1000, CPUS = 2 };

static const uint64_t WINDOW_NS = 1000000000;

static struct load_result load;
static struct workload workload;
static struct generator generator;
static struct run_settings settings;
static struct target target;
static struct evidence evidence;
static struct row row;
static struct server_statistics statistics;

static const char line_before[] =
    "iomodels=1 event=stats time_ns=5000000000 cpu_user_us=1000 cpu_sys_us=3000 "
    "cpu_resolution_us=1 rss_peak_bytes=4096 context_switches=10 threads_peak=2 wait_calls=100 "
    "wait_events=100 wait_scanned=300 wait_set_bytes=12800 recv_calls=200 recv_bytes=6400 "
    "send_calls=100 other_calls=8 completions=5 would_block=0";
/* In 1.1 s, which is more than the client's window: 1,100 messages, for 11 ms of CPU time. */
static const char line_after[] =
    "iomodels=1 event=stats time_ns=6100000000 cpu_user_us=5000 cpu_sys_us=10000 "
    "cpu_resolution_us=1 rss_peak_bytes=8192 context_switches=1110 threads_peak=3 wait_calls=650 "
    "wait_events=1200 wait_scanned=1950 wait_set_bytes=83200 recv_calls=1300 recv_bytes=76800 "
    "send_calls=1200 other_calls=8 completions=5 would_block=55";

/* The evidence of a server whose figures are true, seen by the first of that number of generators. */
static void begin(unsigned generators)
{
    memset(&load, 0, sizeof load);
    load.echoes = load.messages = ECHOES;
    load.bytes = ECHOES * MESSAGE_BYTES;
    load.sent_bytes = 2 * ECHOES * MESSAGE_BYTES;
    generator = (struct generator){.index = 1, .count = generators};
    settings = (struct run_settings){.generator = &generator, .server_cpu_count = CPUS};
    target = (struct target){.name = "a"};
    workload = (struct workload){.message_bytes = MESSAGE_BYTES};
    evidence = (struct evidence){.settings = &settings,
                                 .target = &target,
                                 .workload = &workload,
                                 .load = &load,
                                 .has_statistics = true};
    evidence.moments[0].at_ns = 1;
    evidence.moments[1].at_ns = 1 + WINDOW_NS;
    snprintf(evidence.statistics[0], TARGET_LINE_BYTES, "%s", line_before);
    snprintf(evidence.statistics[1], TARGET_LINE_BYTES, "%s", line_after);
    row_clear(&row);
    row.message_bytes = MESSAGE_BYTES;
    row.cpu_count = CPUS;
    row.client_cpu_s = row.client_cpu_load = 0.5;
}

/* The server tells another figure; VALUE NULL: it does not tell it. */
static void tell(size_t line, const char *key, const char *value)
{
    char *text = evidence.statistics[line], rest[TARGET_LINE_BYTES], word[40];
    snprintf(word, sizeof word, " %s=", key);
    char *at = strstr(text, word);
    if (at == NULL)
        abort();
    snprintf(rest, sizeof rest, "%s", at + 1 + strcspn(at + 1, " "));
    if (value == NULL)
        snprintf(at, TARGET_LINE_BYTES - (size_t)(at - text), "%s", rest);
    else
        snprintf(at, TARGET_LINE_BYTES - (size_t)(at - text), "%s%s%s", word, value, rest);
}

static bool is_near(double value, double wanted)
{
    return fabs(value - wanted) <= 1e-9 * fabs(wanted);
}

static void test_figures(void)
{
    begin(1);
    server_cost_fill(&row, &evidence);
    CHECK(!warning_has(&row, WARNING_IMPOSSIBLE_STATISTICS));
    CHECK(!warning_has(&row, WARNING_SNAPSHOTS_LATE));
    CHECK(is_near(row.server_cpu_user_s, 0.004) && is_near(row.server_cpu_sys_s, 0.007));
    CHECK(is_near(row.server_cpu_load, 0.01 / 2));
    CHECK(row.server_threads_peak == 3 && row.server_rss_peak_bytes == 8192);
    CHECK(row.context_switches == 1100 && row.wait_calls == 550 && row.other_calls == 0);
    CHECK(row.recv_calls == 1100 && row.send_calls == 1100 && row.completions == 0);
    CHECK(is_near(row.syscalls_per_msg, 2.5) && row.would_block == 55);
    CHECK(is_near(row.events_per_wait, 2) && is_near(row.scanned_per_wait, 3) &&
          is_near(row.set_bytes_per_wait, 128));
}

/* What the server did in its span is divided by what it received in that span. */
static void test_cost_is_of_the_servers_own_messages(void)
{
    begin(1);
    server_cost_fill(&row, &evidence);
    CHECK(is_near(row.server_messages, 1100));
    CHECK(is_near(row.server_cpu_us_per_msg, 10));
    /* One of two load generators: the other's messages cost too, and this one's echoes are half. */
    begin(2);
    load.echoes = ECHOES / 2;
    server_cost_fill(&row, &evidence);
    CHECK(is_near(row.server_messages, 1100));
    CHECK(is_near(row.server_cpu_us_per_msg, 10));
    /* A server that does not count: by the client's, as far as all are its own. */
    begin(1);
    tell(0, "recv_bytes", NULL);
    tell(1, "recv_bytes", NULL);
    server_cost_fill(&row, &evidence);
    CHECK(is_near(row.server_messages, 1100) && is_near(row.server_cpu_us_per_msg, 10));
    CHECK(!warning_has(&row, WARNING_IMPOSSIBLE_STATISTICS));
    begin(2);
    tell(1, "recv_bytes", NULL);
    server_cost_fill(&row, &evidence);
    CHECK(!number_is_known(row.server_messages) && !number_is_known(row.server_cpu_us_per_msg));
}

static void test_late_snapshots(void)
{
    begin(1);
    tell(1, "time_ns", "5200000000");
    server_cost_fill(&row, &evidence);
    CHECK(warning_has(&row, WARNING_SNAPSHOTS_LATE));
    CHECK(!number_is_known(row.server_cpu_us_per_msg) && !number_is_known(row.wait_calls));
    /* The host saw what the process used, 20 ms, and its client the messages. */
    begin(1);
    tell(1, "time_ns", "5200000000");
    evidence.moments[0].server_known = evidence.moments[1].server_known = true;
    evidence.moments[0].server_cpu_ns = 4000000;
    evidence.moments[1].server_cpu_ns = 24000000;
    server_cost_fill(&row, &evidence);
    CHECK(is_near(row.server_cpu_us_per_msg, 20));
}

/* Each of these cannot be; what it concerns is not measured, and all else is. */
static void test_impossible(void)
{
    static const struct {
        const char *key, *value; /* of the second line */
        enum column_id column;
    } cases[] = {
        {"cpu_user_us", "999", COLUMN_server_cpu_us_per_msg},    /* it went back */
        {"cpu_user_us", "-7", COLUMN_server_cpu_us_per_msg},     /* negative */
        {"cpu_user_us", "nan", COLUMN_server_cpu_us_per_msg},    /* no number */
        {"cpu_sys_us", "1e300", COLUMN_server_cpu_load},         /* beyond all counters */
        {"cpu_sys_us", "9000000", COLUMN_server_cpu_us_per_msg}, /* 9 s in 1.1 s of 2 processors */
        {"context_switches", "9", COLUMN_context_switches},
        {"wait_calls", "99", COLUMN_wait_calls},
        {"wait_calls", "99", COLUMN_syscalls_per_msg},
        {"wait_calls", "18446744073709551615", COLUMN_wait_calls},
        {"wait_events", "5", COLUMN_events_per_wait},
        {"wait_scanned", "5", COLUMN_scanned_per_wait},
        {"wait_set_bytes", "x", COLUMN_set_bytes_per_wait},
        {"recv_calls", "2300000000", COLUMN_recv_calls}, /* more than one a ns and processor */
        {"send_calls", "", COLUMN_send_calls},
        {"other_calls", "7", COLUMN_other_calls},
        {"completions", "4000", COLUMN_completions}, /* of 2,200 receives and sends */
        {"would_block", "4000", COLUMN_would_block},
        {"threads_peak", "0", COLUMN_server_threads_peak},
        {"rss_peak_bytes", "-1", COLUMN_server_rss_peak_bytes},
        {"cpu_resolution_us", "-1", COLUMN_cpu_resolution_us},
        {"time_ns", "4999999999", COLUMN_server_cpu_us_per_msg},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        begin(1);
        tell(1, cases[i].key, cases[i].value);
        server_cost_fill(&row, &evidence);
        bool warned = warning_has(&row, WARNING_IMPOSSIBLE_STATISTICS);
        bool cleared = !number_is_known(row_number(&row, cases[i].column));
        if (!warned || !cleared)
            fprintf(stderr, "%s=%s: warned %d, cleared %d\n", cases[i].key, cases[i].value, warned,
                    cleared);
        CHECK(warned && cleared);
        CHECK(!warning_has(&row, WARNING_SNAPSHOTS_LATE));
        if (cases[i].column == COLUMN_would_block)
            CHECK(is_near(row.server_cpu_us_per_msg, 10) && row.recv_calls == 1100);
    }
}

/* The clients know what they sent, and what came back. */
static void test_received_by_the_clients_word(void)
{
    static const char *const wrong[] = {"128001", "63999", "6399"};
    for (size_t i = 0; i < 3; i++) {
        begin(1);
        tell(1, "recv_bytes", wrong[i]);
        server_cost_fill(&row, &evidence);
        CHECK(warning_has(&row, WARNING_IMPOSSIBLE_STATISTICS));
        CHECK(is_near(row.server_messages, 1100)); /* as of a server that does not count */
    }
    static const char *const right[] = {"128000", "64000"};
    for (size_t i = 0; i < 2; i++) {
        begin(1);
        tell(1, "recv_bytes", right[i]);
        server_cost_fill(&row, &evidence);
        CHECK(!warning_has(&row, WARNING_IMPOSSIBLE_STATISTICS));
        CHECK(!is_near(row.server_messages, 1100));
    }
    /* Not of other generators' clients, nor of those that misbehave. */
    begin(2);
    tell(1, "recv_bytes", "128001");
    server_cost_fill(&row, &evidence);
    CHECK(!warning_has(&row, WARNING_IMPOSSIBLE_STATISTICS));
    begin(1);
    workload.misbehaving = 1;
    tell(1, "recv_bytes", "128001");
    server_cost_fill(&row, &evidence);
    CHECK(!warning_has(&row, WARNING_IMPOSSIBLE_STATISTICS));
}

/* What is at the edge of what can be, is taken. */
static void test_possible(void)
{
    static const struct {
        const char *key, *value;
        double at_least;
    } cases[] = {
        {"cpu_sys_us", "2400000", 2.3},             /* two processors, all the time */
        {"recv_calls", "2200000199", 2199999999.0}, /* one a ns and processor */
        {"completions", "3205", 3200},              /* the counters are read one after the other */
        {"wait_scanned", "900000000000", 1e9},      /* a wait may be handed any number */
        {"threads_peak", "1", 1},
    };
    static const enum column_id columns[] = {COLUMN_server_cpu_sys_s, COLUMN_recv_calls,
                                             COLUMN_completions, COLUMN_scanned_per_wait,
                                             COLUMN_server_threads_peak};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        begin(1);
        tell(1, cases[i].key, cases[i].value);
        server_cost_fill(&row, &evidence);
        CHECK(!warning_has(&row, WARNING_IMPOSSIBLE_STATISTICS));
        CHECK(row_number(&row, columns[i]) >= cases[i].at_least);
    }
    /* What is not told is no fault. */
    begin(1);
    tell(1, "context_switches", NULL);
    tell(1, "time_ns", NULL);
    server_statistics_read(&statistics, &evidence, NAN);
    CHECK(!statistics.is_impossible && !number_is_known(statistics.context_switches) &&
          !number_is_known(statistics.span_s));
    /* Where nobody knows how many processors there are, they are no limit. */
    begin(1);
    tell(1, "cpu_sys_us", "9000000");
    server_statistics_read(&statistics, &evidence, NAN);
    CHECK(!statistics.is_impossible && is_near(statistics.cpu_sys_s, 8.997));
}

/* The lines end with the shares of the threads. */
static void tell_shares(const char *before, const char *after)
{
    begin(1);
    strcat(evidence.statistics[0], before);
    strcat(evidence.statistics[1], after);
    server_cost_fill(&row, &evidence);
}

static void test_shares_of_threads(void)
{
    tell_shares(" threads_recv_bytes=10,20,0 threads_accepts=0,0,0",
                " threads_recv_bytes=10,120,100 threads_accepts=6,0,0");
    CHECK(is_near(row.threads_jain, 200.0 * 200 / (3 * 20000)));
    CHECK(is_near(row.accepts_jain, 1.0 / 3));
    CHECK(!warning_has(&row, WARNING_IMPOSSIBLE_STATISTICS));
    /* Nothing to share. */
    tell_shares(" threads_recv_bytes=10,20", " threads_recv_bytes=10,20 threads_accepts=0,0");
    CHECK(!number_is_known(row.threads_jain) && !number_is_known(row.accepts_jain));
    tell_shares("", "");
    CHECK(!number_is_known(row.threads_jain) && !number_is_known(row.accepts_jain));
    /* Threads that come and go are not compared. */
    tell_shares(" threads_recv_bytes=10,20", " threads_recv_bytes=10,20,30");
    CHECK(!number_is_known(row.threads_jain));
    CHECK(!warning_has(&row, WARNING_IMPOSSIBLE_STATISTICS));
    static const char *const impossible[] = {" threads_recv_bytes=9,21", " threads_recv_bytes=10,",
                                             " threads_recv_bytes=10,-1",
                                             " threads_recv_bytes=10,x"};
    for (size_t i = 0; i < sizeof impossible / sizeof impossible[0]; i++) {
        tell_shares(" threads_recv_bytes=10,20", impossible[i]);
        CHECK(!number_is_known(row.threads_jain));
        CHECK(warning_has(&row, WARNING_IMPOSSIBLE_STATISTICS));
    }
}

int main(void)
{
    test_shares_of_threads();
    test_figures();
    test_cost_is_of_the_servers_own_messages();
    test_late_snapshots();
    test_impossible();
    test_received_by_the_clients_word();
    test_possible();
    return check_report();
}
