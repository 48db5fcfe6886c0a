#include "run/measured.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "program.h"
#include "rows/bottleneck.h"
#include "rows/warnings.h"
#include "run/window_checks.h"

enum { NS_PER_S = 1000000000 };

/* An open loop that got no more than this share of its messages done asked for too much. */
static const double RATE_HELD_SHARE = 0.99;

/* Its answers must lie apart by so much of the window. */
static const double SNAPSHOTS_SPAN = 0.9;
static const double SNAPSHOTS_SPAN_MOST = 1.5;

size_t measured_sides(const struct run_settings *settings, bool remote,
                      const char *cpus[HOST_SIDES])
{
    cpus[0] = settings->client_cpus;
    cpus[1] = settings->server_cpus;
    return remote || (cpus[0] == NULL && cpus[1] == NULL) ? 1 : 2;
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

static struct measured_moment moment_now(const struct measured_window *window)
{
    const char *cpus[HOST_SIDES];
    size_t sides = measured_sides(window->settings, window->remote, cpus);
    struct measured_moment now = {.at_ns = clock_now_ns(),
                                  .boot_ns = clock_boot_ns(),
                                  .awake_ns = clock_awake_ns(),
                                  .utc_ns = clock_utc_ns(),
                                  .client_cpu_ns = program_cpu_ns()};
    now.server_known = window->server->child != NULL && !window->remote &&
                       host_process_cpu_ns(child_pid(window->server->child), &now.server_cpu_ns);
    now.wineserver_known =
        window->wineserver != 0 && host_process_cpu_ns(window->wineserver, &now.wineserver_cpu_ns);
    now.quota_stops = host_quota_stops(&window->quotas);
    now.host_known = host_times_now(cpus, now.host, sides);
    return now;
}

void measured_host_now(struct measured_window *window, bool at_end)
{
    uint64_t bytes;
    window->kernel_memory[at_end] = host_kernel_memory(&bytes) ? (double)bytes : NAN;
    window->throttles[at_end] = host_throttles();
}

void measured_at_window(void *context, bool at_end)
{
    struct measured_window *window = context;
    window->moments[at_end] = moment_now(window);
    /* What was before the window does not count, nor what comes after it. */
    if (window->server->child != NULL)
        window->server_stopped = child_was_stopped(window->server->child) && at_end;
    if (window->server->child != NULL)
        target_server_ask(window->server);
    if (at_end)
        measured_host_now(window, at_end);
}

/* How much one clock gained on the other within the window. */
static int64_t gained_ns(uint64_t from, uint64_t to, uint64_t other_from, uint64_t other_to)
{
    return (int64_t)(to - from) - (int64_t)(other_to - other_from);
}

bool measured_take_time(struct row *row, const struct measured_window *window,
                        const struct load_result *load, char *reason, size_t size)
{
    const struct measured_moment *from = &window->moments[0], *to = &window->moments[1];
    struct window_time time = {.asked_ns = window->settings->duration_ns,
                               .window_ns = load->window_ns,
                               .paused_ns = load->paused_ns,
                               .server_stopped = !window->remote && window->server_stopped};
    if (to->at_ns == 0)
        return true;
    time.suspended_ns = gained_ns(from->boot_ns, to->boot_ns, from->awake_ns, to->awake_ns);
    time.stepped_ns = gained_ns(from->utc_ns, to->utc_ns, from->boot_ns, to->boot_ns);
    return window_check_time(row, &time, reason, size);
}

static void take_round_trips(struct row *row, const struct load_result *load, bool is_open)
{
    /* In an open loop what got no answer is a round trip too, whose length nobody knows. */
    uint64_t slower = is_open ? load->unanswered : 0;
    row_set_text(row->latency_basis, sizeof row->latency_basis, is_open ? "intended" : "sent");
    row_set_round_trips(row, &load->rtt, slower);
}

/* Whether the schedule was not kept: more is missing than can be on its way at the window's end. */
static bool is_overloaded(const struct load_result *load, const struct workload *workload)
{
    uint64_t meant = load->messages + load->unanswered;
    return (double)load->echoes < RATE_HELD_SHARE * (double)meant &&
           meant - load->echoes > (uint64_t)workload->connections * workload->pipeline_depth;
}

static void take_open_loop(struct row *row, const struct load_result *load,
                           const struct workload *workload)
{
    const struct histogram *last = &load->burst_last;
    row->achieved_rate_msgs_per_s = row->throughput_msgs_per_s;
    row_set_uncorrected(row, &load->rtt_from_sent, load->unanswered);
    row->send_late_p99_us = row_percentile_us(&load->send_late, 0, 99);
    if (is_overloaded(load, workload))
        warning_add(row, WARNING_OVERLOAD);
    if (workload->burst_interval_ns == 0)
        return;
    row->bursts = (double)load->bursts;
    row->burst_last_p50_us = row_percentile_us(last, 0, 50);
    if (last->total > 0)
        row->burst_last_max_us = (double)last->max / 1e3;
}

static void take_connects(struct row *row, const struct load_result *load)
{
    row->connects = (double)load->connects;
    row->connects_per_s = (double)load->connects * NS_PER_S / (double)load->window_ns;
    row_set_connects(row, &load->connect);
}

void measured_take_load(struct row *row, const struct load_result *load,
                        const struct workload *workload)
{
    bool is_open = workload_is_open(workload->kind);
    row->connections_attempted = load->attempted;
    row->connections_established = load->established;
    row->errors = (double)load->errors;
    row->verify_failures = (double)load->verify_failures;
    if (load->error != 0 || load->window_ns == 0)
        return;
    double seconds = (double)load->window_ns / NS_PER_S;
    row->window_s = seconds;
    row->messages = (double)load->messages;
    row->messages_unanswered = (double)load->unanswered;
    row->throughput_msgs_per_s = (double)load->echoes / seconds;
    row->throughput_bytes_per_s = (double)load->bytes / seconds;
    row->fairness_jain = load->fairness_jain;
    row->connections_starved = load->starved;
    row->oldest_unanswered_us = (double)load->oldest_unanswered_ns / 1e3;
    take_round_trips(row, load, is_open);
    if (is_open)
        take_open_loop(row, load, workload);
    if (workload->kind == WORKLOAD_CHURN)
        take_connects(row, load);
    warnings_take_load(row, &load->rtt);
}

static double delta(const struct measured_statistics *statistics, const char *key)
{
    return target_line_number(statistics->lines[1], key) -
           target_line_number(statistics->lines[0], key);
}

/*
 * CPU time of the server in seconds: as the host saw the process that was started, where that
 * agrees with what the server says of itself (a wrapper's doesn't), since under Wine a process sees
 * its own time in steps of 10 ms only.
 */
static double server_cpu_s(struct row *row, const struct measured_window *window)
{
    const struct measured_moment *from = &window->moments[0], *to = &window->moments[1];
    double told = row->server_cpu_user_s + row->server_cpu_sys_s;
    double fine = (double)(to->server_cpu_ns - from->server_cpu_ns) / NS_PER_S;
    if (from->server_known && to->server_known && row->cpu_resolution_us > 1 &&
        fabs(fine - told) <= 2 * row->cpu_resolution_us / 1e6 + 0.02 * told) {
        row->cpu_resolution_us = 1;
        return fine;
    }
    return told;
}

void measured_take_client(struct row *row, const struct measured_window *window, double echoes)
{
    const struct measured_moment *from = &window->moments[0], *to = &window->moments[1];
    row->client_cpu_s = (double)(to->client_cpu_ns - from->client_cpu_ns) / NS_PER_S;
    row->client_cpu_us_per_msg = row->client_cpu_s * 1e6 / echoes;
    row->client_cpu_load = row->client_cpu_s * NS_PER_S / (double)(to->at_ns - from->at_ns);
}

/* What the host did meanwhile, beside the run's own processes. server_cpu_s: in the same window. */
static void take_host(struct row *row, const struct measured_window *window, double server_cpu_s)
{
    const struct measured_moment *from = &window->moments[0], *to = &window->moments[1];
    char governor[32];
    const char *cpus[HOST_SIDES];
    struct window_host host = {.throttled = window->throttles[1] > window->throttles[0]};
    if (!window->remote) {
        server_cpu_s += row->host_kind == HOST_WINE ? row->wineserver_cpu_s : 0;
        row->kernel_memory_bytes = window->kernel_memory[1] - window->kernel_memory[0];
    }
    if (from->host_known && to->host_known)
        host.sides = measured_sides(window->settings, window->remote, cpus);
    for (size_t i = 0; i < host.sides; i++) {
        host.from[i] = from->host[i];
        host.to[i] = to->host[i];
        if (window->remote)
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

/* echoes: complete inside the client's window. */
/* A span of time of which the server's cost is known. */
struct cost {
    double window_s;
    double messages; /* echoed in it */
    double cpu_s;    /* NaN: not known */
    bool counted;    /* the server's counters are of it too */
};

/* Whether the process that was started is the server, not a wrapper, which has hardly used any. */
static bool is_server_itself(const struct measured_statistics *statistics,
                             const struct measured_window *window)
{
    const struct measured_moment *from = &window->moments[0], *to = &window->moments[1];
    double told_us = target_line_number(statistics->lines[0], "cpu_user_us") +
                     target_line_number(statistics->lines[0], "cpu_sys_us");
    return from->server_known && to->server_known && (double)to->server_cpu_ns > told_us * 1e3 / 2;
}

/* Between the server's two answers, which are not quite the client's moments. */
static struct cost cost_told(struct row *row, const struct measured_statistics *statistics,
                             const struct measured_window *window, double window_s, double echoes)
{
    bool alone = window->settings->generator->count == 1;
    struct cost cost = {.window_s = delta(statistics, "time_ns") / NS_PER_S, .counted = true};
    cost.messages = delta(statistics, "recv_bytes") / row->message_bytes;
    /* A build that counts nothing; and what misbehaving clients send is none of the messages. */
    if (!(cost.messages > 0) || row->connections_misbehaving > 0)
        cost.messages = alone ? echoes * cost.window_s / window_s : NAN;
    cost.cpu_s = server_cpu_s(row, window);
    if (cost.window_s >= SNAPSHOTS_SPAN * window_s &&
        cost.window_s <= SNAPSHOTS_SPAN_MOST * window_s)
        return cost;
    /* A server that was kept from running answers both at once. */
    warning_add(row, WARNING_SNAPSHOTS_LATE);
    cost.counted = false;
    cost.cpu_s = NAN;
    if (!alone || !is_server_itself(statistics, window))
        return cost;
    row->cpu_resolution_us = 1;
    return (struct cost){
        .window_s = window_s,
        .messages = echoes,
        .cpu_s = (double)(window->moments[1].server_cpu_ns - window->moments[0].server_cpu_ns) /
                 NS_PER_S};
}

static void take_counters(struct row *row, const struct measured_statistics *statistics,
                          double messages)
{
    row->server_messages = messages;
    row->context_switches = delta(statistics, "context_switches");
    row->wait_calls = delta(statistics, "wait_calls");
    row->recv_calls = delta(statistics, "recv_calls");
    row->send_calls = delta(statistics, "send_calls");
    row->other_calls = delta(statistics, "other_calls");
    row->completions = delta(statistics, "completions");
    row->would_block = delta(statistics, "would_block");
    /* Of a peer that tells of none, each receive and send is a call. */
    double posted = number_is_known(row->completions) ? row->completions : 0;
    row->syscalls_per_msg =
        (row->wait_calls + row->recv_calls + row->send_calls + row->other_calls - posted) /
        messages;
    if (row->wait_calls > 0) {
        row->events_per_wait = delta(statistics, "wait_events") / row->wait_calls;
        row->scanned_per_wait = delta(statistics, "wait_scanned") / row->wait_calls;
        row->set_bytes_per_wait = delta(statistics, "wait_set_bytes") / row->wait_calls;
    }
}

void measured_take_statistics(struct row *row, const struct measured_statistics *statistics,
                              const struct measured_window *window, double echoes)
{
    const struct run_settings *settings = window->settings;
    const struct measured_moment *from = &window->moments[0], *to = &window->moments[1];
    double window_s = (double)(to->at_ns - from->at_ns) / NS_PER_S, wineserver_load = 0;
    bool alone = settings->generator->count == 1;
    bool wine = row->host_kind == HOST_WINE;

    row->server_cpu_user_s = delta(statistics, "cpu_user_us") / 1e6;
    row->server_cpu_sys_s = delta(statistics, "cpu_sys_us") / 1e6;
    row->cpu_resolution_us = target_line_number(statistics->lines[1], "cpu_resolution_us");
    struct cost cost = cost_told(row, statistics, window, window_s, echoes);
    if (!alone) /* the others have as many as the server says */
        echoes = cost.messages * window_s / cost.window_s;
    row->server_cpu_us_per_msg = cost.cpu_s * 1e6 / cost.messages;
    warnings_take_cpu(row, cost.cpu_s);
    if (wine) {
        if (from->wineserver_known && to->wineserver_known)
            row->wineserver_cpu_s =
                (double)(to->wineserver_cpu_ns - from->wineserver_cpu_ns) / NS_PER_S;
        wineserver_load = row->wineserver_cpu_s / window_s;
        row->server_cpu_us_per_msg += row->wineserver_cpu_s * 1e6 / echoes;
    }
    row->server_threads_peak = target_line_number(statistics->lines[1], "threads_peak");
    double cpus = window->remote ? target_line_number(window->server->listening, "cpus")
                                 : settings->server_cpu_count;
    if (number_is_known(cpus))
        row->server_cpu_load =
            (cost.cpu_s / cost.window_s + wineserver_load) / fmin(row->server_threads_peak, cpus);
    if (alone) {
        row->bound = bottleneck_of(row);
        take_host(row, window, cost.cpu_s * window_s / cost.window_s);
    }
    row->server_rss_peak_bytes = target_line_number(statistics->lines[1], "rss_peak_bytes");
    if (cost.counted)
        take_counters(row, statistics, cost.messages);
}
