#include "run/server_statistics.h"

#include <math.h>
#include <string.h>

#include "base/units.h"
#include "rows/columns.h"
#include "stats/statistics.h"

enum {
    NS_PER_S = 1000000000,
    THREADS_TOLD = 1024 /* most that a line has figures of */
};

/* Of what fits into 64 bits, and of what is counted. */
static const double NS_MOST = 18446744073709551616.0, COUNT_MOST = COLUMN_MOST;

/* No call, switch or event takes a processor less than a nanosecond. */
static const double COUNTS_PER_NS = 1;
/* CPU time is read a moment before or after the time. */
static const double CPU_SHARE_MOST = 1.1, CPU_SLACK_S = 0.1;
/* The counters are read one after the other while they go on. */
static const double COUNT_SLACK = 1000;

/* A figure of the first or of the second line. */
static double figure(struct server_statistics *statistics, const struct evidence *evidence,
                     size_t line, const char *key, double least, double most)
{
    char text[64];
    double number;
    if (!target_line_text(evidence->statistics[line], key, text, sizeof text))
        return NAN;
    if (units_parse_double(text, &number) && number >= least && number <= most)
        return number;
    statistics->is_impossible = true;
    return NAN;
}

/* A figure that cannot be is not known. */
static double check(struct server_statistics *statistics, double number, bool can_be)
{
    if (!number_is_known(number) || can_be)
        return number;
    statistics->is_impossible = true;
    return NAN;
}

/* By how much a counter rose from the first line to the second; most: by no more. */
static double rise(struct server_statistics *statistics, const struct evidence *evidence,
                   const char *key, double most)
{
    double highest = most > COUNT_MOST ? NS_MOST : COUNT_MOST;
    double rose = figure(statistics, evidence, 1, key, 0, highest) -
                  figure(statistics, evidence, 0, key, 0, highest);
    return check(statistics, rose, rose >= 0 && rose <= most);
}

static void read_cpu_time(struct server_statistics *s, const struct evidence *evidence,
                          double processors)
{
    s->cpu_user_s = rise(s, evidence, "cpu_user_us", COUNT_MOST) / 1e6;
    s->cpu_sys_s = rise(s, evidence, "cpu_sys_us", COUNT_MOST) / 1e6;
    s->cpu_before_s = (figure(s, evidence, 0, "cpu_user_us", 0, COUNT_MOST) +
                       figure(s, evidence, 0, "cpu_sys_us", 0, COUNT_MOST)) /
                      1e6;
    s->cpu_resolution_us = figure(s, evidence, 1, "cpu_resolution_us", 0, COUNT_MOST);
    double steps_s = 2 * s->cpu_resolution_us / 1e6;
    double most_s = CPU_SHARE_MOST * s->span_s * processors + CPU_SLACK_S +
                    (number_is_known(steps_s) ? steps_s : 0);
    if (s->cpu_user_s + s->cpu_sys_s > most_s) {
        s->cpu_user_s = s->cpu_sys_s = NAN;
        s->is_impossible = true;
    }
}

/*
 * The clients know what they have sent, if they are all here and behave. The server has received no
 * more than that, and no less than what came back in the window.
 */
static void read_received(struct server_statistics *s, const struct evidence *evidence)
{
    const struct load_result *load = evidence->load;
    double bytes = figure(s, evidence, 1, "recv_bytes", 0, COUNT_MOST);
    s->recv_bytes = rise(s, evidence, "recv_bytes", COUNT_MOST);
    bool knows = evidence->settings->generator->count == 1 && evidence->workload->misbehaving == 0;
    if (knows && bytes > 0)
        s->recv_bytes = check(s, s->recv_bytes,
                              bytes <= (double)load->sent_bytes && bytes >= (double)load->bytes);
}

static void read_calls(struct server_statistics *s, const struct evidence *evidence,
                       double processors)
{
    double most = s->span_s * NS_PER_S * processors * COUNTS_PER_NS;
    if (!(most < COUNT_MOST))
        most = COUNT_MOST;
    s->context_switches = rise(s, evidence, "context_switches", most);
    s->wait_calls = rise(s, evidence, "wait_calls", most);
    s->wait_events = rise(s, evidence, "wait_events", most);
    s->wait_scanned = rise(s, evidence, "wait_scanned", COUNT_MOST);
    s->wait_set_bytes = rise(s, evidence, "wait_set_bytes", COUNT_MOST);
    s->recv_calls = rise(s, evidence, "recv_calls", most);
    s->send_calls = rise(s, evidence, "send_calls", most);
    s->other_calls = rise(s, evidence, "other_calls", most);
    s->completions = rise(s, evidence, "completions", most);
    s->would_block = rise(s, evidence, "would_block", most);
    /* Both are some of the receives and sends. */
    double moves = s->recv_calls + s->send_calls + COUNT_SLACK;
    s->completions = check(s, s->completions, !(s->completions > moves));
    s->would_block = check(s, s->would_block, !(s->would_block > moves));
}

/* The numbers of a list. Returns how many, 0 where there is no such list. */
static size_t list_read(struct server_statistics *statistics, const struct evidence *evidence,
                        size_t line, const char *key, double numbers[THREADS_TOLD])
{
    char text[TARGET_LINE_BYTES];
    size_t count = 0;
    if (!target_line_text(evidence->statistics[line], key, text, sizeof text))
        return 0;
    for (char *at = text, *end; at != NULL; at = end) {
        end = strchr(at, ',');
        if (end != NULL)
            *end++ = '\0';
        if (count == THREADS_TOLD || !units_parse_double(at, &numbers[count]) ||
            !(numbers[count] >= 0 && numbers[count] <= COUNT_MOST)) {
            statistics->is_impossible = true;
            return 0;
        }
        count++;
    }
    return count;
}

static void read_shares(struct server_statistics *s, const struct evidence *evidence)
{
    double from[THREADS_TOLD], to[THREADS_TOLD];
    size_t before = list_read(s, evidence, 0, "threads_recv_bytes", from);
    size_t count = list_read(s, evidence, 1, "threads_recv_bytes", to);
    s->threads_jain = s->accepts_jain = NAN;
    for (size_t i = 0; i < count && count == before; i++) {
        to[i] = check(s, to[i] - from[i], to[i] >= from[i]);
        if (!number_is_known(to[i]))
            count = 0;
    }
    if (count > 1 && count == before)
        s->threads_jain = statistics_jain(to, count);
    count = list_read(s, evidence, 1, "threads_accepts", to);
    if (count > 1)
        s->accepts_jain = statistics_jain(to, count);
}

void server_statistics_read(struct server_statistics *statistics, const struct evidence *evidence,
                            double processors)
{
    struct server_statistics *s = statistics;
    *s = (struct server_statistics){.is_impossible = false};
    s->span_s = rise(s, evidence, "time_ns", NS_MOST) / NS_PER_S;
    read_cpu_time(s, evidence, processors);
    read_received(s, evidence);
    read_calls(s, evidence, processors);
    s->threads_peak = figure(s, evidence, 1, "threads_peak", 1, COUNT_MOST);
    read_shares(s, evidence);
    s->rss_peak_bytes = figure(s, evidence, 1, "rss_peak_bytes", 0, COUNT_MOST);
}
