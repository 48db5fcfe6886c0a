#include "check.h"
#include "report/explain.h"

#include <stdlib.h>

#define TEMPORARY "test_explain.tmp"

/* As select is with 250 clients of which one is ready now and then: a thousand messages. */
static struct row row(const char *model)
{
    struct row record;
    row_clear(&record);
    row_set_text(record.target, sizeof record.target, "native");
    row_set_text(record.server_os, sizeof record.server_os, "linux");
    record.host_kind = HOST_NATIVE;
    row_set_text(record.model, sizeof record.model, model);
    row_set_text(record.workload, sizeof record.workload, "pingpong");
    record.status = ROW_OK;
    record.connections = record.connections_active = 250;
    record.message_bytes = 64;
    record.server_messages = 1000;
    record.wait_calls = 800;
    record.events_per_wait = 1.2;
    record.scanned_per_wait = 250;
    record.set_bytes_per_wait = 5000;
    record.recv_calls = record.send_calls = 1000;
    record.other_calls = record.completions = record.would_block = 0;
    record.context_switches = 0;
    record.server_cpu_us_per_msg = 5.5;
    return record;
}

static const char *sentence_of(const struct row *record)
{
    static char text[512];
    double figures[EXPLAIN_FIGURES];
    for (int i = 0; i < EXPLAIN_FIGURES; i++)
        figures[i] = explain_figure_of(record, (enum explain_figure)i);
    return explain_sentence(figures, "", text, sizeof text);
}

static void test_figures_are_by_message(void)
{
    struct row record = row("select");
    record.context_switches = 20;
    record.completions = 500;
    CHECK_NEAR(explain_figure_of(&record, EXPLAIN_WAITS), 0.8, 1e-12);
    CHECK_NEAR(explain_figure_of(&record, EXPLAIN_SCANNED), 200, 1e-9);
    CHECK_NEAR(explain_figure_of(&record, EXPLAIN_SET_BYTES), 4000, 1e-9);
    CHECK_NEAR(explain_figure_of(&record, EXPLAIN_SWITCHES), 0.02, 1e-12);
    CHECK_NEAR(explain_figure_of(&record, EXPLAIN_POSTED), 0.5, 1e-12);
    CHECK_NEAR(explain_figure_of(&record, EXPLAIN_CPU_US), 5.5, 0);
    /* By the server's own messages, never by those that the client counted in another window. */
    record.messages = 1;
    CHECK_NEAR(explain_figure_of(&record, EXPLAIN_RECEIVES), 1, 0);
    record.server_messages = NAN;
    CHECK_NAN(explain_figure_of(&record, EXPLAIN_RECEIVES));
    record = row("blocking");
    record.wait_calls = 0;
    record.scanned_per_wait = record.set_bytes_per_wait = NAN;
    CHECK_NEAR(explain_figure_of(&record, EXPLAIN_SET_BYTES), 0, 0);
}

static void test_sentence_of_waits(void)
{
    struct row record = row("select");
    CHECK_EQ_TEXT(
        sentence_of(&record),
        "each wait hands the kernel a list of 250 entries, with only 1.2 ready; the kernel "
        "reads 4,000 bytes of list for each message; one receive and one send for each message, "
        "and 0.8 waits");
    record.events_per_wait = 200;
    record.wait_calls = 5;
    CHECK_EQ_TEXT(
        sentence_of(&record),
        "one receive and one send for each message, and 0.005 waits: 200 messages share "
        "a wait; each wait hands the kernel a list of 250 entries, with 200 ready; the kernel "
        "reads 25 bytes of list for each message");
    record.scanned_per_wait = record.set_bytes_per_wait = 0;
    record.wait_calls = 20;
    record.events_per_wait = 50;
    record.context_switches = 500;
    CHECK_EQ_TEXT(
        sentence_of(&record),
        "one receive and one send for each message, and 0.02 waits: 50 messages share a "
        "wait; a wait hands the kernel no list and returns 50 events; 0.5 context switches");
    record.events_per_wait = record.scanned_per_wait = record.context_switches = NAN;
    CHECK_EQ_TEXT(sentence_of(&record),
                  "one receive and one send for each message, and 0.02 waits: 50 messages share a "
                  "wait");
}

static void test_sentence_without_waits(void)
{
    struct row record = row("select"); /* the name says nothing */
    record.wait_calls = 0;
    record.context_switches = 2000;
    CHECK_EQ_TEXT(sentence_of(&record),
                  "no waits; two context switches for each message: a thread sleeps in each "
                  "receive; one receive and one send for each message");
    record.context_switches = 300;
    CHECK_EQ_TEXT(sentence_of(&record),
                  "no waits; 0.3 context switches for each message: a thread sleeps in some "
                  "receives; one receive and one send for each message");
    record.context_switches = 10;
    CHECK_EQ_TEXT(sentence_of(&record),
                  "no waits; 0.01 context switches for each message: a thread mostly finds its "
                  "message there already; one receive and one send for each message");
    record.context_switches = NAN;
    CHECK_EQ_TEXT(sentence_of(&record),
                  "no waits: a thread stays in each receive until it is done; one receive and one "
                  "send for each message");
    record.recv_calls = 4000;
    record.would_block = 3000;
    CHECK_EQ_TEXT(sentence_of(&record), "no waits: it asks again and again; 4 receives and one "
                                        "send for each message, of which 3 find nothing");
}

static void test_sentence_of_other_calls(void)
{
    struct row record = row("blocking");
    record.scanned_per_wait = record.set_bytes_per_wait = 0;
    record.wait_calls = 1000;
    record.events_per_wait = 1;
    record.other_calls = 2000;
    CHECK_EQ_TEXT(sentence_of(&record),
                  "one receive and one send for each message, beside two other calls, and one "
                  "wait; a wait hands the kernel no list and returns one event");
    record.completions = 2000;
    CHECK_EQ_TEXT(sentence_of(&record),
                  "one receive and one send for each message, posted by two other calls, and one "
                  "wait; a wait hands the kernel no list and returns one event");
    record.other_calls = 0;
    record.would_block = 1000;
    CHECK_EQ_TEXT(
        sentence_of(&record),
        "one receive and one send for each message, of which one finds nothing, posted "
        "with the waits, and one wait; a wait hands the kernel no list and returns one event");
}

static char printed[8192];

static const char *print(const struct row *rows, size_t count, unsigned width)
{
    FILE *file = fopen(TEMPORARY, "w+b");
    if (file == NULL)
        abort();
    explain_print(file, rows, count, &(struct text_list){.count = 0}, width);
    rewind(file);
    printed[fread(printed, 1, sizeof printed - 1, file)] = '\0';
    fclose(file);
    remove(TEMPORARY);
    return printed;
}

static bool has(const char *text)
{
    return strstr(printed, text) != NULL;
}

static void test_table(void)
{
    struct row rows[] = {row("epoll"), row("select"), row("select"), row("select")};
    rows[0].wait_calls = 20;
    rows[0].scanned_per_wait = rows[0].set_bytes_per_wait = 0;
    rows[1].recv_calls = 5000;
    rows[2].recv_calls = 3000;
    print(rows, 4, 100);
    CHECK(has("native: linux; pingpong 64 B x 250\n"));
    CHECK(!has("  pingpong 64 B x 250\n"));
    const char *select = strstr(printed, "\n  select  "), *epoll = strstr(printed, "\n  epoll  ");
    CHECK(select != NULL && epoll != NULL && select < epoll); /* as the registry has them */
    /* Of the receives the median. */
    CHECK(has("\n  select   0.80       200      4000      3.00   1.00      0        0         0    "
              "  5.50\n"));
    CHECK(has("\n  epoll    0.02         0         0      1.00"));
    CHECK(has("\n  select: each wait hands the kernel a list of 250 entries"));
    CHECK(!has("Wine") && !has("left out"));
    rows[1].recv_calls = 1000;
    print(rows, 4, 100);
    CHECK(has("\n  select   0.80       200      4000      1.00"));
    rows[0].status = ROW_FAILED;
    print(rows, 4, 100);
    CHECK(!has("epoll"));
}

static void test_configurations_and_targets_apart(void)
{
    struct row rows[] = {row("select"), row("select"), row("select")};
    rows[1].connections = rows[1].connections_active = 63;
    row_set_text(rows[2].target, sizeof rows[2].target, "other");
    rows[2].host_kind = HOST_WINE;
    print(rows, 3, 100);
    CHECK(has("pingpong 64 B x 250\n") && has("pingpong 64 B x 63\n"));
    const char *other = strstr(printed, "other: Wine's implementation");
    CHECK(other != NULL && strstr(printed, "wineserver.") > other);
}

static void test_left_out_without_counters(void)
{
    struct row rows[] = {row("select"), row("poll"), row("epoll")};
    for (size_t i = 1; i < 3; i++)
        rows[i].wait_calls = rows[i].recv_calls = rows[i].send_calls = NAN;
    print(rows, 3, 200);
    CHECK(has("left out, since the server's calls in the window are not known (it does not count "
              "them, or a warning says why): poll, "
              "epoll\n"));
    CHECK(has("  select: ") && !has("  poll: "));
    rows[0].recv_calls = NAN;
    print(rows, 3, 200);
    CHECK(has(": select, poll, epoll\n") && !has("receives"));
    print(rows, 0, 100);
    CHECK_EQ_TEXT(printed, "");
}

static void test_width(void)
{
    struct row rows[] = {row("select"), row("poll"), row("epoll")};
    /* The cost is what stays longest. */
    for (unsigned width = 20; width <= 90; width += 10) {
        print(rows, 3, width);
        CHECK(has("CPU"));
        CHECK((strstr(printed, "no room") != NULL) == (width < 90));
    }
    print(rows, 1, 60);
    for (const char *at = printed; *at != '\0'; at += strcspn(at, "\n") + 1)
        CHECK(strcspn(at, "\n") <= 60);
}

int main(void)
{
    test_figures_are_by_message();
    test_sentence_of_waits();
    test_sentence_without_waits();
    test_sentence_of_other_calls();
    test_table();
    test_configurations_and_targets_apart();
    test_left_out_without_counters();
    test_width();
    return check_report();
}
