#include "check.h"
#include "report/summary_table.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

#define TEMPORARY "test_summary_table.tmp"

enum { TRIALS = 6, ROWS_MAX = 8 * TRIALS };

static struct row rows[ROWS_MAX];
static size_t count;
static char printed[16384];

/* Six trials, whose CPU time is around cpu_us. */
static struct row *add(const char *target, const char *model, const char *workload,
                       double connections, double cpu_us)
{
    struct row *first = &rows[count];
    for (size_t i = 0; i < TRIALS; i++) {
        struct row *row = &rows[count++];
        row_clear(row);
        row_set_text(row->target, sizeof row->target, target);
        row_set_text(row->server_os, sizeof row->server_os, "linux");
        row_set_text(row->model, sizeof row->model, model);
        row_set_text(row->workload, sizeof row->workload, workload);
        row->host_kind = HOST_NATIVE;
        row->status = ROW_OK;
        row->loop = LOOP_CLOSED;
        row->connections = row->connections_active = connections;
        row->message_bytes = 64;
        row->server_cpu_us_per_msg = cpu_us * (1 + (double)i / 100);
        row->throughput_msgs_per_s = 1e6 / cpu_us;
        row->throughput_bytes_per_s = 64e6 / cpu_us;
        row->rtt_p99_us = 10 * cpu_us;
    }
    return first;
}

static const char *print(const struct text_list *targets, unsigned width)
{
    FILE *file = fopen(TEMPORARY, "w+b");
    if (file == NULL)
        abort();
    summary_table_print(file, rows, count, targets, width);
    rewind(file);
    printed[fread(printed, 1, sizeof printed - 1, file)] = '\0';
    fclose(file);
    remove(TEMPORARY);
    count = 0;
    return printed;
}

static bool has(const char *text)
{
    return strstr(printed, text) != NULL;
}

static const struct text_list none = {.count = 0};

static void test_one_workload_has_its_figures_side_by_side(void)
{
    add("native", "select", "pingpong", 63, 8);
    add("native", "blocking", "pingpong", 63, 10);
    CHECK_EQ_TEXT(print(&none, 80),
                  "\n"
                  "native: linux; pingpong 64 B x 63\n"
                  "\n"
                  "                                          round trip,\n"
                  "            server's CPU                         99th\n"
                  "              time for a   messages per   percentile,\n"
                  "             message, us         second            us\n"
                  "  blocking     10.2 +-2%      100k +-0%      100 +-0%\n"
                  "  select       8.20 +-2%*     125k +-0%*    80.0 +-0%*\n"
                  "\n"
                  "* best of its column: a test tells it apart from each other model (p < "
                  "0.05)\n");
}

static void test_several_workloads_have_a_table_for_each_figure(void)
{
    add("native", "select", "pingpong", 63, 8);
    add("native", "select", "pingpong", 250, 9);
    add("native", "blocking", "pingpong", 63, 10);
    print(&none, 80);
    CHECK(has("  server's CPU time for a message, us\n"
              "             pingpong     pingpong\n"
              "            64 B x 63   64 B x 250\n"
              "  blocking  10.2 +-2%            -\n"
              "  select    8.20 +-2%*   9.22 +-2%\n"));
    CHECK(has("  messages per second\n") && has("  round trip, 99th percentile, us\n"));
    CHECK(has("* best of its column") && !has("(starved)") && !has("per second, each way"));
}

/* Of an open loop it is the schedule's, and of a stream bytes are what counts. */
static void test_what_a_workload_fixes_is_no_column(void)
{
    struct row *open = add("native", "select", "rate", 63, 8);
    for (size_t i = 0; i < TRIALS; i++) {
        open[i].loop = LOOP_OPEN;
        open[i].target_rate_msgs_per_s = 10000;
        open[i].rtt_uncorrected_p99_us = 33;
    }
    print(&none, 200);
    CHECK(!has("second") && has("round trip,") && has("sending,"));
    CHECK(has("after sending: without the time"));
    add("native", "select", "stream", 16, 8);
    print(&none, 200);
    CHECK(!has("messages per") && has("bytes per") && !has("sending"));
}

/* They are words, since letters behind a figure were taken for its unit. */
static void test_marks_are_words(void)
{
    struct row *starved = add("native", "select", "pingpong", 63, 121);
    add("native", "poll", "pingpong", 63, 50);
    starved[2].connections_starved = 1;
    print(&none, 80);
    CHECK(has("1210 +-0% (starved)\n") && has("(starved) some clients"));
    CHECK(!has("121 +-2% (starved)")); /* it says nothing of the CPU time */
    /* What all models have is said once, above them. */
    struct row *all = add("native", "select", "pingpong", 1, 8);
    add("native", "poll", "pingpong", 1, 8);
    for (size_t i = 0; i < 2 * (size_t)TRIALS; i++)
        all[i].bound = BOUND_LATENCY;
    add("native", "poll", "pingpong", 63, 8);
    print(&none, 80);
    CHECK(has("  (latency)") && !has("% (latency)") && !has("%\t") &&
          has("(latency) neither side"));
    struct row *client = add("native", "select", "pingpong", 1, 8);
    add("native", "poll", "pingpong", 1, 8);
    for (size_t i = 0; i < TRIALS; i++)
        client[i].bound = BOUND_CLIENT;
    print(&none, 80);
    CHECK(has("125k +-0% (client)") && !has("8.20 +-2% (client)"));
    struct row *unanswered = add("native", "select", "rate", 1, 8);
    for (size_t i = 0; i < TRIALS; i++) {
        unanswered[i].loop = LOOP_OPEN;
        unanswered[i].messages_unanswered = 1;
        unanswered[i].rtt_p99_us = NAN;
    }
    print(&none, 80);
    CHECK(has("- (unanswered)") || has("(unanswered)\n")); /* in the cell or in the head */
    CHECK(has("the true figure is larger"));
}

static void test_targets_are_in_the_order_given(void)
{
    const struct text_list given = {{"old", "new"}, 2};
    add("new", "select", "pingpong", 1, 8);
    add("another", "select", "pingpong", 1, 8);
    add("old", "select", "pingpong", 1, 8);
    print(&given, 80);
    const char *old = strstr(printed, "old: "), *new = strstr(printed, "new: ");
    CHECK(old != NULL && new != NULL &&old < new &&new < strstr(printed, "another: "));
}

static void test_too_little_room(void)
{
    for (unsigned width = 30; width <= 120; width += 10) {
        add("native", "wsaeventselect", "pingpong", 1, 8);
        add("native", "wsaeventselect", "pingpong", 63, 8);
        add("native", "wsaeventselect", "pingpong", 250, 8);
        add("native", "wsaeventselect", "pingpong", 1000, 8);
        print(&none, width);
        CHECK(has("64 B x 1\n") || has("64 B x 1 "));
        CHECK(has("no room for: ") == (width < 70));
        for (const char *at = printed; *at != '\0'; at += strcspn(at, "\n") + 1)
            CHECK(utf8_columns(at, strcspn(at, "\n")) <= (width < 40 ? 40 : width));
    }
}

static void test_why_rows_have_no_figures(void)
{
    struct row *skipped = add("native", "iocp", "pingpong", 1, 8);
    for (size_t i = 0; i < TRIALS; i++) {
        skipped[i].status = ROW_SKIPPED;
        row_set_text(skipped[i].status_reason, sizeof skipped[i].status_reason, "needs Windows");
    }
    CHECK_EQ_TEXT(print(&none, 80), "\nskipped: iocp on native (6 rows): needs Windows\n");
}

int main(void)
{
    test_one_workload_has_its_figures_side_by_side();
    test_several_workloads_have_a_table_for_each_figure();
    test_what_a_workload_fixes_is_no_column();
    test_marks_are_words();
    test_targets_are_in_the_order_given();
    test_too_little_room();
    test_why_rows_have_no_figures();
    return check_report();
}
