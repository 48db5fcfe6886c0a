#include "run/row_fill.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "compiler.h"
#include "rows/warnings.h"
#include "run/server_cost.h"
#include "run/window_checks.h"

enum { NS_PER_S = 1000000000, NS_PER_MS = 1000000 };

/* An open loop that got no more than this share of its messages done asked for too much. */
static const double RATE_HELD_SHARE = 0.99;

/* How late a window may begin after the other generators': its length divided by these. */
enum { LATE_WARNED = 20, LATE_FAILED = 2 };

/* ---- its status ---- */

static void status_set(struct row *row, enum row_status status, const char *format, ...)
    COMPILER_PRINTF(3, 4);

static void status_set(struct row *row, enum row_status status, const char *format, ...)
{
    char reason[TARGET_MESSAGE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    row->status = status;
    row_set_text(row->status_reason, sizeof row->status_reason, reason);
}

static bool is_ok(const struct row *row)
{
    return row->status == ROW_OK;
}

static bool is_open(const struct row *row)
{
    return row->loop == LOOP_OPEN;
}

void row_fill_skipped(struct row *row, const char *reason)
{
    status_set(row, ROW_SKIPPED, "%s", reason);
}

void row_fill_failed(struct row *row, const char *reason)
{
    status_set(row, ROW_FAILED, "%s", reason);
}

/* ---- before the load ---- */

void row_fill_server(struct row *row, const struct workload *workload)
{
    const struct work_time *cpu = &workload->work_cpu, *wait = &workload->work_wait;
    if (cpu->mean_ns > 0)
        row->work_cpu_us = (double)cpu->mean_ns / 1e3;
    if (wait->mean_ns > 0)
        row->work_wait_us = (double)wait->mean_ns / 1e3;
    row_set_text(row->work_exponential, sizeof row->work_exponential,
                 cpu->exponential && wait->exponential ? "cpu wait"
                 : cpu->exponential                    ? "cpu"
                 : wait->exponential                   ? "wait"
                                                       : "");
    if (workload->threads != 0)
        row->threads = workload->threads;
}

void row_fill_workload(struct row *row, const struct workload *workload)
{
    row_set_text(row->workload, sizeof row->workload, workload->kind->name);
    row->loop = workload->kind->is_open ? LOOP_OPEN : LOOP_CLOSED;
    row->connections = workload->connections;
    row->connections_active = workload->active != 0 ? workload->active : workload->connections;
    row->connections_misbehaving = workload->misbehaving;
    row->message_bytes = (double)workload->message_bytes;
    row->pipeline_depth = workload->pipeline_depth;
    if (workload->rate_msgs_per_s != 0)
        row->target_rate_msgs_per_s = (double)workload->rate_msgs_per_s;
    if (workload->burst_interval_ns != 0)
        row->burst_interval_us = (double)workload->burst_interval_ns / 1e3;
    /* Empty with one, as in rows of versions that had no more. */
    if (workload_client_threads(workload) > 1)
        row->client_threads = workload_client_threads(workload);
    row_fill_server(row, workload);
}

void row_fill_factors(struct row *row, const struct run_settings *settings,
                      const struct target *target, const char *model,
                      const struct workload *workload, unsigned trial)
{
    char text[128];
    row_clear(row);
    row->schema_version = ROW_SCHEMA_VERSION;
    row_set_text(row->run_id, sizeof row->run_id, settings->run_id);
    clock_utc_text(row->started_at_utc, sizeof row->started_at_utc);
    row_set_text(row->tool_version, sizeof row->tool_version, IOMODELS_VERSION);
    row_set_text(row->generator, sizeof row->generator,
                 generator_text(settings->generator, text, sizeof text));
    row_set_text(row->target, sizeof row->target, target->name);
    row_set_text(row->cpu_model, sizeof row->cpu_model, host_cpu_model(text, sizeof text));
    row->cpu_count = host_cpu_count();
    row_set_text(row->model, sizeof row->model, model);
    row_fill_workload(row, workload);
    row->tcp_nodelay = settings->nodelay ? NODELAY_YES : NODELAY_NO;
    row->buffer_bytes = (double)settings->buffer_bytes;
    row_set_text(row->placement, sizeof row->placement, settings->placement);
    row->trial = trial;
    row->warmup_s = (double)settings->warmup_ns / NS_PER_S;
    row->duration_s = (double)settings->duration_ns / NS_PER_S;
    row_set_text(row->clock_source, sizeof row->clock_source, clock_source());
    row->clock_resolution_ns = (double)clock_resolution_ns();
}

static void fill_wait(struct row *row, const struct evidence *evidence)
{
    row->host_busy_before = evidence->busy_before;
    if (evidence->wineserver_restarted)
        warning_add(row, WARNING_WINESERVER_RESTARTED);
    if (evidence->host_busy)
        warning_add(row, WARNING_HOST_BUSY);
}

/* Where it was not told what to use, or can't be read back, nothing contradicts. */
static bool cpus_agree(const char *asked, const char *found)
{
    char text[HOST_CPUS_TEXT];
    return asked == NULL || found[0] == '\0' ||
           strcmp(host_cpus_text(asked, text, sizeof text), found) == 0;
}

/* Where both sides ran. */
static void fill_places(struct row *row, const struct evidence *evidence)
{
    const struct run_settings *settings = evidence->settings;
    row_set_text(row->client_cpus, sizeof row->client_cpus, evidence->client_cpus);
    row_set_text(row->server_cpus, sizeof row->server_cpus, evidence->server_cpus);
    if (!cpus_agree(settings->client_cpus, row->client_cpus) ||
        !cpus_agree(settings->server_cpus, row->server_cpus))
        warning_add(row, WARNING_NOT_PINNED);
    if (evidence->wineserver_not_pinned)
        warning_add(row, WARNING_WINESERVER_NOT_PINNED);
    if (!evidence->has_server)
        return;
    row_set_text(row->server_os, sizeof row->server_os, evidence->server_system);
    row->host_kind = evidence_is_wine(evidence)     ? HOST_WINE
                     : evidence_is_remote(evidence) ? HOST_REMOTE
                                                    : HOST_NATIVE;
    row->server_threads = target_line_number(evidence->server.listening, "threads");
}

/* ---- the load ---- */

/* Whether the schedule was not kept: more is missing than can be on its way at the window's end. */
static bool is_overloaded(const struct load_result *load, const struct workload *workload)
{
    uint64_t meant = load->messages + load->unanswered;
    return (double)load->echoes < RATE_HELD_SHARE * (double)meant &&
           meant - load->echoes > (uint64_t)workload->connections * workload->pipeline_depth;
}

static void fill_open_loop(struct row *row, const struct load_result *load,
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

static void fill_load(struct row *row, const struct load_result *load,
                      const struct workload *workload)
{
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
    row_set_text(row->latency_basis, sizeof row->latency_basis, is_open(row) ? "intended" : "sent");
    /* In an open loop what got no answer is a round trip too, whose length nobody knows. */
    row_set_round_trips(row, &load->rtt, is_open(row) ? load->unanswered : 0);
    if (is_open(row))
        fill_open_loop(row, load, workload);
    if (workload->kind->reconnects) {
        row->connects = (double)load->connects;
        row->connects_per_s = (double)load->connects * NS_PER_S / (double)load->window_ns;
        row_set_connects(row, &load->connect);
    }
    warnings_take_load(row, &load->rtt);
}

/* Whether what the load saw is a measurement. */
static void judge_load(struct row *row, const struct load_result *load,
                       const struct workload *workload)
{
    bool missing = load->established < load->attempted;
    const char *cause = load->error_text, *colon = cause[0] == '\0' ? "" : ": ";
    if (load->error != 0)
        status_set(row, ROW_FAILED, "%s", cause);
    else if (load->verify_failures > 0)
        status_set(row, ROW_FAILED, "%llu connections brought back wrong bytes%s%s",
                   (unsigned long long)load->verify_failures, colon, cause);
    else if (missing && !workload->kind->finds_capacity)
        status_set(row, ROW_FAILED, "%u of %u connections were established%s%s", load->established,
                   load->attempted, colon, cause);
    else if (load->errors > 0 && load->errors == load->without_port)
        status_set(row, ROW_FAILED,
                   "the client has used up its ports, %llu connects found none%s%s",
                   (unsigned long long)load->without_port, colon, cause);
    else if (load->errors > 0)
        status_set(row, ROW_FAILED, "%llu connections broke%s%s", (unsigned long long)load->errors,
                   colon, cause);
    else if (load->messages == 0 && is_open(row) && load->unanswered == 0)
        status_set(row, ROW_FAILED,
                   "no message was meant to be sent within the window; a longer --duration holds "
                   "one");
    else if (load->messages == 0)
        status_set(row, ROW_FAILED, "no message came back within the window");
    else if (missing) {
        warning_add(row, WARNING_CONNECTIONS_MISSING);
        status_set(row, ROW_OK, "%u of %u connections were established%s%s", load->established,
                   load->attempted, colon, cause);
    } else {
        status_set(row, ROW_OK, "%s", "");
    }
}

/* How much one clock gained on the other within the window. */
static int64_t gained_ns(uint64_t from, uint64_t to, uint64_t other_from, uint64_t other_to)
{
    return (int64_t)(to - from) - (int64_t)(other_to - other_from);
}

/* Whether nothing but the time can be to blame for what is missing. */
static bool is_silent(const struct load_result *load)
{
    return load->error == 0 && load->errors == 0 && load->verify_failures == 0 &&
           load->established == load->attempted && load->messages == 0;
}

/* Whether the window is the one that was asked for. */
static void judge_time(struct row *row, const struct evidence *evidence)
{
    const struct evidence_moment *from = &evidence->moments[0], *to = &evidence->moments[1];
    char reason[TARGET_MESSAGE_BYTES];
    struct window_time time = {.asked_ns = evidence->settings->duration_ns,
                               .window_ns = evidence->load->window_ns,
                               .paused_ns = evidence->load->paused_ns,
                               .server_stopped =
                                   !evidence_is_remote(evidence) && evidence->server_stopped};
    if (to->at_ns == 0)
        return;
    time.suspended_ns = gained_ns(from->boot_ns, to->boot_ns, from->awake_ns, to->awake_ns);
    time.stepped_ns = gained_ns(from->utc_ns, to->utc_ns, from->boot_ns, to->boot_ns);
    if (!window_check_time(row, &time, reason, sizeof reason) &&
        (is_ok(row) || is_silent(evidence->load)))
        row_fill_failed(row, reason);
}

/* Nothing came through: more often the network's doing than the server's, which says it listens. */
static void say_unreachable(struct row *row, const struct net_address *server)
{
    char address[NET_ADDRESS_TEXT], cause[sizeof row->status_reason];
    memcpy(cause, row->status_reason, sizeof cause);
    status_set(row, ROW_FAILED,
               "%s port %u can't be reached (%s): let it through the firewall (--server-port fixes "
               "it), check --connect",
               net_address_format(server, address, sizeof address), net_address_port(server),
               cause);
}

/* How many processors the client could use at a time: one for each thread that has to send. */
static double client_processors(const struct evidence *evidence)
{
    const struct workload *workload = evidence->workload;
    const char *cpus = evidence->settings->client_cpus;
    unsigned threads = workload_client_threads(workload);
    unsigned own = cpus == NULL ? host_cpu_count() : host_cpus_count(cpus);
    if (workload->active > 0 && workload->active < threads)
        threads = workload->active;
    return own > 0 && own < threads ? own : threads;
}

static void fill_client(struct row *row, const struct evidence *evidence)
{
    const struct evidence_moment *from = &evidence->moments[0], *to = &evidence->moments[1];
    if (to->at_ns == 0)
        return;
    row->client_cpu_s = (double)(to->client_cpu_ns - from->client_cpu_ns) / NS_PER_S;
    row->client_cpu_us_per_msg = row->client_cpu_s * 1e6 / (double)evidence->load->echoes;
    row->client_cpu_load = row->client_cpu_s * NS_PER_S / (double)(to->at_ns - from->at_ns) /
                           client_processors(evidence);
}

/* Whether its window was at the same time as the other generators'. */
static void judge_late(struct row *row, uint64_t late_ns, uint64_t duration_ns)
{
    if (late_ns > duration_ns / LATE_FAILED)
        status_set(row, ROW_FAILED,
                   "its window began %.0f ms after the others'; a longer --allowance may help",
                   (double)late_ns / NS_PER_MS);
    else if (late_ns > duration_ns / LATE_WARNED)
        warning_add(row, WARNING_WINDOW_LATE);
}

/* ---- the server's end ---- */

/* Why the server refused connections, it knows best. */
static void say_refused(struct row *row, const struct evidence *evidence)
{
    static const char refused[] = "iomodels serve: connections are refused: ";
    const struct load_result *load = evidence->load;
    bool is_why = is_ok(row) || strstr(row->status_reason, "connections were established");
    if (is_why && load->error == 0 && load->established < load->attempted &&
        strncmp(evidence->last_words, refused, sizeof refused - 1) == 0)
        status_set(row, is_ok(row) ? ROW_OK : ROW_FAILED,
                   "%u of %u connections were established: %s", load->established, load->attempted,
                   evidence->last_words + sizeof refused - 1);
}

static void judge_end(struct row *row, const struct evidence *evidence)
{
    const char *words = evidence->last_words;
    /* First, since all else that went wrong may come of it. */
    if (!evidence->server_killed && (evidence->server_died || evidence->exit_status != 0))
        status_set(row, ROW_FAILED, "the server died with exit status %d%s%s",
                   evidence->exit_status, words[0] == '\0' ? "" : ": ", words);
    else if (is_ok(row) && !evidence->has_statistics)
        status_set(row, ROW_FAILED, "the server gave no statistics: %s", evidence->failure.text);
}

void row_fill(struct row *row, const struct evidence *evidence)
{
    const struct run_settings *settings = evidence->settings;
    const struct load_result *load = evidence->load;
    bool starts_server = settings->generator->index == 1;

    fill_wait(row, evidence);
    if (starts_server && !evidence->has_server) {
        row_fill_failed(row, evidence->failure.text);
        return;
    }
    fill_places(row, evidence);
    if (evidence->moments[1].quota_stops > evidence->moments[0].quota_stops)
        warning_add(row, WARNING_CPU_QUOTA);

    fill_load(row, load, evidence->workload);
    judge_load(row, load, evidence->workload);
    judge_time(row, evidence);
    if (load->established == 0 && load->verify_failures == 0 &&
        evidence->target->kind != TARGET_TCP &&
        (evidence_is_remote(evidence) || !evidence->has_server))
        say_unreachable(row, &evidence->server.address);
    fill_client(row, evidence);
    if (is_ok(row))
        judge_late(row, evidence->late_ns, settings->duration_ns);
    if (!evidence->has_server)
        return;

    if (evidence->server_killed)
        warning_add(row, WARNING_SERVER_KILLED);
    say_refused(row, evidence);
    if (evidence->has_statistics)
        server_cost_fill(row, evidence);
    judge_end(row, evidence);
}

size_t row_fill_histograms(const struct row *row, const struct load_result *load,
                           struct row_histogram histograms[ROW_FILL_HISTOGRAMS_MAX])
{
    size_t count = 0;
    histograms[count++] = (struct row_histogram){row->latency_basis, &load->rtt};
    if (is_open(row))
        histograms[count++] = (struct row_histogram){"sent", &load->rtt_from_sent};
    if (number_is_known(row->connects))
        histograms[count++] = (struct row_histogram){"connect", &load->connect};
    return count;
}
