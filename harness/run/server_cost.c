#include "run/server_cost.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "rows/bottleneck.h"
#include "rows/warnings.h"
#include "run/server_statistics.h"
#include "run/window_checks.h"

enum { NS_PER_S = 1000000000 };

/* The server's two answers must lie apart by so much of the window. */
static const double SNAPSHOTS_SPAN = 0.9;
static const double SNAPSHOTS_SPAN_MOST = 1.5;
/* More processors than any system has. */
static const double CPUS_MOST = 65536;

/* What the server used in a span of time, which is not quite the client's window. */
struct cost {
    double span_s;
    double messages; /* echoed in it */
    double cpu_s;    /* NaN: not known */
    double cpu_resolution_us;
    bool counted; /* the server's counters are of that span too */
};

/* The CPU time of the process that was started, as the host saw it. NaN: not known. */
static double process_cpu_s(const struct evidence *evidence)
{
    const struct evidence_moment *from = &evidence->moments[0], *to = &evidence->moments[1];
    return from->server_known && to->server_known
               ? (double)(to->server_cpu_ns - from->server_cpu_ns) / NS_PER_S
               : NAN;
}

/* Whether the process that was started is the server, not a wrapper, which has hardly used any. */
static bool is_server_itself(const struct evidence *evidence,
                             const struct server_statistics *statistics)
{
    const struct evidence_moment *from = &evidence->moments[0], *to = &evidence->moments[1];
    return from->server_known && to->server_known &&
           (double)to->server_cpu_ns / NS_PER_S > statistics->cpu_before_s / 2;
}

/*
 * told_s: what the server says of itself in that span. Where the host agrees, its figure is taken (a
 * wrapper's doesn't), since under Wine a process sees its own time in steps of 10 ms only.
 */
static void cost_take_cpu(struct cost *cost, double told_s, double process_s)
{
    cost->cpu_s = told_s;
    if (cost->cpu_resolution_us > 1 &&
        fabs(process_s - told_s) <= 2 * cost->cpu_resolution_us / 1e6 + 0.02 * told_s) {
        cost->cpu_s = process_s;
        cost->cpu_resolution_us = 1;
    }
}

/* window_s: of the client, with `echoes` in it. */
static struct cost cost_of(struct row *row, const struct evidence *evidence,
                           const struct server_statistics *statistics, double window_s,
                           double echoes)
{
    bool alone = evidence->settings->generator->count == 1;
    double process_s = process_cpu_s(evidence);
    struct cost cost = {.span_s = statistics->span_s,
                        .messages = statistics->recv_bytes / row->message_bytes,
                        .cpu_resolution_us = statistics->cpu_resolution_us,
                        .counted = true};
    /* A build that counts nothing, or wrongly; what misbehaving clients send is none of the messages. */
    if (!(cost.messages > 0) || row->connections_misbehaving > 0)
        cost.messages = alone ? echoes * cost.span_s / window_s : NAN;
    cost_take_cpu(&cost, statistics->cpu_user_s + statistics->cpu_sys_s, process_s);
    if (cost.span_s >= SNAPSHOTS_SPAN * window_s && cost.span_s <= SNAPSHOTS_SPAN_MOST * window_s)
        return cost;
    /* A server that was kept from running answers both at once. */
    if (number_is_known(cost.span_s))
        warning_add(row, WARNING_SNAPSHOTS_LATE);
    cost.counted = false;
    cost.cpu_s = NAN;
    if (alone && is_server_itself(evidence, statistics))
        cost = (struct cost){
            .span_s = window_s, .messages = echoes, .cpu_s = process_s, .cpu_resolution_us = 1};
    return cost;
}

/* Wine's server has its part in each message. echoes: of all generators. */
static void fill_wineserver(struct row *row, const struct evidence *evidence, double echoes)
{
    const struct evidence_moment *from = &evidence->moments[0], *to = &evidence->moments[1];
    if (from->wineserver_known && to->wineserver_known)
        row->wineserver_cpu_s =
            (double)(to->wineserver_cpu_ns - from->wineserver_cpu_ns) / NS_PER_S;
    row->server_cpu_us_per_msg += row->wineserver_cpu_s * 1e6 / echoes;
}

/* Whether the two lists have no processor in common. */
static bool sides_apart(const char *const cpus[HOST_SIDES])
{
    char both[2 * HOST_CPUS_TEXT];
    if (cpus[0] == NULL || cpus[1] == NULL)
        return false;
    snprintf(both, sizeof both, "%s,%s", cpus[0], cpus[1]);
    return host_cpus_count(both) == host_cpus_count(cpus[0]) + host_cpus_count(cpus[1]);
}

/* What the host did meanwhile, beside the run's own processes. server_cpu_s: in the same window. */
static void fill_host(struct row *row, const struct evidence *evidence, double server_cpu_s)
{
    const struct evidence_moment *from = &evidence->moments[0], *to = &evidence->moments[1];
    bool remote = evidence_is_remote(evidence);
    char governor[32];
    const char *cpus[HOST_SIDES];
    struct window_host host = {.throttled = evidence->throttles[1] > evidence->throttles[0]};
    if (!remote) {
        server_cpu_s += evidence_is_wine(evidence) ? row->wineserver_cpu_s : 0;
        row->kernel_memory_bytes = evidence->kernel_memory[1] - evidence->kernel_memory[0];
    }
    if (from->host_known && to->host_known)
        host.sides = evidence_sides(evidence, cpus);
    for (size_t i = 0; i < host.sides; i++) {
        host.from[i] = from->host[i];
        host.to[i] = to->host[i];
        if (remote)
            host.own_cpu_s[i] = row->client_cpu_s;
        else if (host.sides == HOST_SIDES && sides_apart(cpus))
            host.own_cpu_s[i] = i == 0 ? row->client_cpu_s : server_cpu_s;
        else
            host.own_cpu_s[i] = row->client_cpu_s + server_cpu_s;
    }
    window_check_host(row, &host);
    host_cpu_governor(governor, sizeof governor);
    if (governor[0] != '\0' && strcmp(governor, "performance") != 0)
        warning_add(row, WARNING_CPU_GOVERNOR);
}

static void fill_counters(struct row *row, const struct server_statistics *statistics,
                          double messages)
{
    row->server_messages = messages;
    row->context_switches = statistics->context_switches;
    row->wait_calls = statistics->wait_calls;
    row->recv_calls = statistics->recv_calls;
    row->send_calls = statistics->send_calls;
    row->other_calls = statistics->other_calls;
    row->completions = statistics->completions;
    row->would_block = statistics->would_block;
    /* A peer that reports no completions makes a call for each receive and send. */
    double posted = number_is_known(row->completions) ? row->completions : 0;
    row->syscalls_per_msg =
        (row->wait_calls + row->recv_calls + row->send_calls + row->other_calls - posted) /
        messages;
    if (row->wait_calls > 0) {
        row->events_per_wait = statistics->wait_events / row->wait_calls;
        row->scanned_per_wait = statistics->wait_scanned / row->wait_calls;
        row->set_bytes_per_wait = statistics->wait_set_bytes / row->wait_calls;
    }
}

/* That the server may use: a remote one tells it. NaN: not known. */
static double server_cpus(const struct evidence *evidence)
{
    double told = target_line_number(evidence->server.listening, "cpus");
    if (!evidence_is_remote(evidence))
        return evidence->settings->server_cpu_count;
    return told >= 1 && told <= CPUS_MOST ? told : NAN;
}

void server_cost_fill(struct row *row, const struct evidence *evidence)
{
    bool alone = evidence->settings->generator->count == 1;
    double window_s = (double)(evidence->moments[1].at_ns - evidence->moments[0].at_ns) / NS_PER_S;
    double echoes = (double)evidence->load->echoes, wineserver_load = 0;

    double cpus = server_cpus(evidence);
    struct server_statistics statistics;
    server_statistics_read(&statistics, evidence,
                           evidence_is_remote(evidence) ? cpus : fmax(cpus, row->cpu_count));
    if (statistics.is_impossible)
        warning_add(row, WARNING_IMPOSSIBLE_STATISTICS);
    row->server_cpu_user_s = statistics.cpu_user_s;
    row->server_cpu_sys_s = statistics.cpu_sys_s;
    const struct cost cost = cost_of(row, evidence, &statistics, window_s, echoes);
    row->cpu_resolution_us = cost.cpu_resolution_us;
    row->server_cpu_us_per_msg = cost.cpu_s * 1e6 / cost.messages;
    warnings_take_cpu(row, cost.cpu_s);
    if (!alone) /* the others have as many as the server says */
        echoes = cost.messages * window_s / cost.span_s;
    if (evidence_is_wine(evidence)) {
        fill_wineserver(row, evidence, echoes);
        wineserver_load = row->wineserver_cpu_s / window_s;
    }
    row->server_threads_peak = statistics.threads_peak;
    row->server_rss_peak_bytes = statistics.rss_peak_bytes;
    row->threads_jain = statistics.threads_jain;
    row->accepts_jain = statistics.accepts_jain;
    if (cost.counted)
        fill_counters(row, &statistics, cost.messages);

    if (number_is_known(cpus))
        row->server_cpu_load =
            (cost.cpu_s / cost.span_s + wineserver_load) / fmin(row->server_threads_peak, cpus);
    if (alone) {
        row->bound = bottleneck_of(row);
        fill_host(row, evidence, cost.cpu_s * window_s / cost.span_s);
    }
}
