#include "run/run.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/failure.h"
#include "clock.h"
#include "compiler.h"
#include "host/host.h"
#include "program.h"
#include "rows/warnings.h"
#include "run/measured.h"

enum {
    CONNECT_TIMEOUT_S = 30,
    RAMP_PAUSE_S = 5,
    DRAIN_TIMEOUT_S = 10,
    CHURN_ROOM = 16,
    IDLE_LOOK_MS = 60,  /* six steps of the kernel's 100 Hz accounting on each processor */
    IDLE_WAIT_MS = 250, /* between looks at a host that is busy */
    WAIT_STEP_MS = 50,  /* so often at least a wait can be cancelled */
    NS_PER_MS = 1000000,
    NS_PER_S = 1000000000
};

static bool window_cancelled(void *context)
{
    const struct measured_window *window = context;
    return window->settings->cancelled(window->settings->context);
}

static void set_status(struct row *row, enum row_status status, const char *format, ...)
    COMPILER_PRINTF(3, 4);

static void set_status(struct row *row, enum row_status status, const char *format, ...)
{
    char reason[TARGET_MESSAGE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    row->status = status;
    row_set_text(row->status_reason, sizeof row->status_reason, reason);
}

void run_skip(struct row *row, const char *reason)
{
    set_status(row, ROW_SKIPPED, "%s", reason);
}

void run_describe(struct row *row, const struct run_settings *settings, const struct target *target,
                  const char *model, const struct workload *workload, unsigned trial)
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
    row_set_text(row->workload, sizeof row->workload, workload_name(workload->kind));
    row->loop = workload_is_open(workload->kind) ? LOOP_OPEN : LOOP_CLOSED;
    row->connections = workload->connections;
    row->connections_active = workload->active != 0 ? workload->active : workload->connections;
    row->connections_misbehaving = workload->misbehaving;
    row->message_bytes = (double)workload->message_bytes;
    row->pipeline_depth = workload->pipeline_depth;
    if (workload->rate_msgs_per_s != 0)
        row->target_rate_msgs_per_s = (double)workload->rate_msgs_per_s;
    if (workload->burst_interval_ns != 0)
        row->burst_interval_us = (double)workload->burst_interval_ns / 1e3;
    row->tcp_nodelay = settings->nodelay ? NODELAY_YES : NODELAY_NO;
    row->buffer_bytes = (double)settings->buffer_bytes;
    row_set_text(row->placement, sizeof row->placement, settings->placement);
    row->trial = trial;
    row->warmup_s = (double)settings->warmup_ns / NS_PER_S;
    row->duration_s = (double)settings->duration_ns / NS_PER_S;
    row_set_text(row->clock_source, sizeof row->clock_source, clock_source());
    row->clock_resolution_ns = (double)clock_resolution_ns();
}

/*
 * Waits until the host is idle enough; the row keeps how busy it was, and that it stayed so. Only
 * who starts the server restarts Wine's: another generator would end what the first has started.
 */
static void idle_wait(struct row *row, const struct run_settings *settings, bool remote)
{
    const char *cpus[HOST_SIDES];
    size_t sides = measured_sides(settings, remote, cpus);
    uint64_t begun_ns = clock_now_ns();
    unsigned look_ms = IDLE_LOOK_MS;
    do {
        struct host_times from[HOST_SIDES], to[HOST_SIDES];
        uint64_t server_from = 0, server_to = 0;
        unsigned long wineserver = host_wineserver_pid();
        bool server_known = wineserver != 0 && host_process_cpu_ns(wineserver, &server_from);
        if (!host_times_now(cpus, from, sides))
            return;
        clock_sleep_ms(look_ms);
        if (!host_times_now(cpus, to, sides))
            return;
        row->host_busy_before = host_busiest_share(from, to, sides);
        server_known = server_known && host_process_cpu_ns(wineserver, &server_to);
        if (server_known && settings->generator->index == 1 &&
            (double)(server_to - server_from) > HOST_WINESERVER_SPINS_SHARE * look_ms * NS_PER_MS) {
            if (host_wineserver_restart())
                warning_add(row, WARNING_WINESERVER_RESTARTED);
        } else if (row->host_busy_before < HOST_IDLE_SHARE) {
            return;
        }
        if (settings->cancelled(settings->context))
            return;
        look_ms = IDLE_WAIT_MS;
    } while (clock_now_ns() - begun_ns < settings->idle_wait_ns);
    warning_add(row, WARNING_HOST_BUSY);
}

/* Where it was not told what to use, or can't be read back, nothing contradicts. */
static bool cpus_agree(const char *asked, const char *found)
{
    char text[HOST_CPUS_TEXT];
    return asked == NULL || found[0] == '\0' ||
           strcmp(host_cpus_text(asked, text, sizeof text), found) == 0;
}

static void take_server(struct row *row, const struct target_server *server,
                        const struct run_settings *settings, bool remote)
{
    char text[HOST_CPUS_TEXT], system[16] = "";
    row_set_text(row->client_cpus, sizeof row->client_cpus, host_self_cpus(text, sizeof text));
    if (!cpus_agree(settings->client_cpus, row->client_cpus))
        warning_add(row, WARNING_NOT_PINNED);
    if (server->child == NULL)
        return;
    target_line_text(server->listening, "system", system, sizeof system);
    row_set_text(row->server_os, sizeof row->server_os, system);
    row->host_kind = strcmp(system, "wine") == 0 ? HOST_WINE : remote ? HOST_REMOTE : HOST_NATIVE;
    row->server_threads = target_line_number(server->listening, "threads");
    if (!remote)
        row_set_text(row->server_cpus, sizeof row->server_cpus,
                     host_process_cpus(child_pid(server->child), text, sizeof text));
    if (!remote && !cpus_agree(settings->server_cpus, row->server_cpus))
        warning_add(row, WARNING_NOT_PINNED);
}

/* The Wine target's wineserver beside its server. Its process, or 0. */
static unsigned long wineserver_place(struct row *row, const struct run_settings *settings)
{
    if (row->host_kind != HOST_WINE)
        return 0;
    unsigned long pid = host_wineserver_pid();
    if (pid != 0 && settings->server_cpus != NULL &&
        host_pin_process(pid, settings->server_cpus) != 0)
        warning_add(row, WARNING_WINESERVER_NOT_PINNED);
    return pid;
}

unsigned run_server_connections(const struct workload *workload)
{
    /* A client's next connection can arrive before the server has noticed the last one's end. */
    if (workload->kind == WORKLOAD_CHURN)
        return 2 * workload->connections + CHURN_ROOM;
    return workload->connections + 2 * workload->misbehaving;
}

size_t run_histograms(const struct row *row, const struct load_result *load,
                      struct row_histogram histograms[RUN_HISTOGRAMS_MAX])
{
    size_t count = 0;
    histograms[count++] = (struct row_histogram){row->latency_basis, &load->rtt};
    if (row->loop == LOOP_OPEN)
        histograms[count++] = (struct row_histogram){"sent", &load->rtt_from_sent};
    if (number_is_known(row->connects))
        histograms[count++] = (struct row_histogram){"connect", &load->connect};
    return count;
}

static enum run_status failed(struct row *row, const char *reason)
{
    set_status(row, ROW_FAILED, "%s", reason);
    return RUN_FAILED;
}

/* Whether what the load saw is a measurement. */
static enum run_status judge(struct row *row, const struct load_result *load)
{
    bool is_ramp = strcmp(row->workload, workload_name(WORKLOAD_RAMP)) == 0;
    const char *cause = load->error_text, *colon = cause[0] == '\0' ? "" : ": ";
    if (load->error != 0)
        set_status(row, ROW_FAILED, "%s", cause);
    else if (load->verify_failures > 0)
        set_status(row, ROW_FAILED, "%llu connections brought back wrong bytes",
                   (unsigned long long)load->verify_failures);
    else if (load->established < load->attempted && !is_ramp)
        set_status(row, ROW_FAILED, "%u of %u connections were established%s%s", load->established,
                   load->attempted, colon, cause);
    else if (load->errors > 0 && load->errors == load->without_port)
        set_status(row, ROW_FAILED,
                   "the client has used up its ports, %llu connects found none%s%s",
                   (unsigned long long)load->without_port, colon, cause);
    else if (load->errors > 0)
        set_status(row, ROW_FAILED, "%llu connections broke%s%s", (unsigned long long)load->errors,
                   colon, cause);
    else if (load->messages == 0 && row->loop == LOOP_OPEN && load->unanswered == 0)
        set_status(row, ROW_FAILED,
                   "no message was meant to be sent within the window; a longer --duration holds "
                   "one");
    else if (load->messages == 0)
        set_status(row, ROW_FAILED, "no message came back within the window");
    else if (load->established < load->attempted) {
        warning_add(row, WARNING_CONNECTIONS_MISSING);
        set_status(row, ROW_OK, "%u of %u connections were established%s%s", load->established,
                   load->attempted, colon, cause);
    } else {
        set_status(row, ROW_OK, "%s", "");
    }
    return row->status == ROW_OK ? RUN_OK : RUN_FAILED;
}

/* Nothing came through: more often the network's doing than the server's, which says it listens. */
static void say_unreachable(struct row *row, const struct target_server *server)
{
    char address[NET_ADDRESS_TEXT], cause[sizeof row->status_reason];
    memcpy(cause, row->status_reason, sizeof cause);
    set_status(row, ROW_FAILED,
               "%s port %u can't be reached (%s): let it through the firewall (--server-port fixes "
               "it), check --connect",
               net_address_format(&server->address, address, sizeof address),
               net_address_port(&server->address), cause);
}

/* False: cancelled meanwhile. */
static bool wait_until(const struct run_settings *settings, uint64_t at_ns)
{
    for (;;) {
        uint64_t now_ns = clock_now_ns();
        if (settings->cancelled(settings->context))
            return false;
        if (now_ns >= at_ns)
            return true;
        uint64_t left_ms = (at_ns - now_ns) / NS_PER_MS + 1;
        clock_sleep_ms(left_ms < WAIT_STEP_MS ? (unsigned)left_ms : WAIT_STEP_MS);
    }
}

/* Together with the others. The server, which one of them starts, may be late. */
static void load_in_slot(struct load_options *options, struct load_result *load,
                         const struct run_settings *settings, const struct generator_slot *slot,
                         bool own_server)
{
    options->begin_at_ns = slot->warmup_ns;
    options->connect_pause_ns = 0; /* the slot's time is all there is */
    options->connect_again = !own_server;
    options->drain_timeout_ns = slot->drain_ns;
    load->cancelled = !own_server && !wait_until(settings, slot->connect_ns);
    if (load->cancelled)
        return;
    uint64_t now_ns = clock_now_ns();
    options->connect_timeout_ns = now_ns < slot->warmup_ns ? slot->warmup_ns - now_ns : 0;
    load_run(options, load);
}

/* Whether its window was at the same time as the others'. */
static enum run_status judge_slot(struct row *row, const struct measured_window *window,
                                  const struct generator_slot *slot, uint64_t duration_ns)
{
    uint64_t begun_ns = window->moments[0].at_ns;
    uint64_t late_ns = begun_ns > slot->window_ns ? begun_ns - slot->window_ns : 0;
    if (late_ns > duration_ns / 2) {
        set_status(row, ROW_FAILED,
                   "its window began %.0f ms after the others'; a longer --allowance may help",
                   (double)late_ns / NS_PER_MS);
        return RUN_FAILED;
    }
    if (late_ns > duration_ns / 20)
        warning_add(row, WARNING_WINDOW_LATE);
    return RUN_OK;
}

/* Reads what was asked for at the window's ends. False, with a failure. */
static bool statistics_read(struct measured_statistics *statistics, struct target_server *server,
                            struct failure *failure)
{
    for (size_t i = 0; i < 2; i++)
        if (!target_server_read(server, "stats", statistics->lines[i], sizeof statistics->lines[i],
                                failure))
            return false;
    return true;
}

/* Why the server refused connections, it knows best. words: its last on standard error. */
static void say_refused(struct row *row, const struct load_result *load, const char *words,
                        enum run_status status)
{
    static const char refused[] = "iomodels serve: connections are refused: ";
    bool is_why = status == RUN_OK || strstr(row->status_reason, "connections were established");
    if (is_why && load->error == 0 && load->established < load->attempted &&
        strncmp(words, refused, sizeof refused - 1) == 0)
        set_status(row, status == RUN_OK ? ROW_OK : ROW_FAILED,
                   "%u of %u connections were established: %s", load->established, load->attempted,
                   words + sizeof refused - 1);
}

/*
 * Ends the run of a server of one's own: reads what it tells, stops it, and judges its end. status:
 * what is known so far.
 */
static enum run_status server_finish(struct row *row, struct measured_window *window,
                                     const struct load_result *load,
                                     const struct generator_slot *slot, enum run_status status)
{
    struct failure failure = {""};
    char words[TARGET_MESSAGE_BYTES];
    struct measured_statistics statistics = {{"", ""}};
    struct target_server *server = window->server;
    bool killed, told = false;
    if (window->moments[1].at_ns != 0 && !load->cancelled)
        told = statistics_read(&statistics, server, &failure);
    bool dead = child_ended(server->child, NULL);
    bool cancelled = load->cancelled;
    if (slot != NULL && !dead && !cancelled)
        cancelled = !wait_until(window->settings, slot->stop_ns);
    int ended_with = target_server_stop(server, &killed, words, sizeof words);
    if (cancelled)
        return RUN_CANCELLED;
    if (killed)
        warning_add(row, WARNING_SERVER_KILLED);
    say_refused(row, load, words, status);
    if (told)
        measured_take_statistics(row, &statistics, window, (double)load->echoes);
    /* First, since all else that went wrong may come of it. */
    if (!killed && (dead || ended_with != 0))
        set_status(row, ROW_FAILED, "the server died with exit status %d%s%s", ended_with,
                   words[0] == '\0' ? "" : ": ", words);
    else if (status == RUN_OK && !told)
        set_status(row, ROW_FAILED, "the server gave no statistics: %s", failure.text);
    else
        return status;
    return RUN_FAILED;
}

/* What is this generator's part of it. */
static struct workload workload_share(const struct workload *workload,
                                      const struct generator *generator)
{
    struct workload share = *workload;
    share.connections = (unsigned)generator_share(generator, workload->connections);
    share.active = (unsigned)generator_share(generator, workload->active);
    share.misbehaving = (unsigned)generator_share(generator, workload->misbehaving);
    share.rate_msgs_per_s =
        generator_share_by(generator, workload->connections, workload->rate_msgs_per_s);
    return share;
}

/* workload: this generator's share. slot: of several generators; NULL: alone. */
static enum run_status measure(struct row *row, struct load_result *load,
                               struct measured_window *window, const struct target *target,
                               const struct workload *workload, const struct generator_slot *slot)
{
    const struct run_settings *settings = window->settings;
    const struct target_server *server = window->server;
    bool own_server = server->child != NULL;

    take_server(row, server, settings, window->remote);
    if (own_server && !window->remote)
        window->wineserver = wineserver_place(row, settings);
    host_quotas_add(&window->quotas, 0);
    if (own_server && !window->remote)
        host_quotas_add(&window->quotas, child_pid(server->child));
    struct load_options options = {
        .server = server->address,
        .workload = workload->kind,
        .connections = workload->connections,
        .active = workload->active,
        .misbehaving = workload->misbehaving,
        .message_bytes = workload->message_bytes,
        .pipeline_depth = workload->pipeline_depth,
        .rate_msgs_per_s = workload->rate_msgs_per_s,
        .burst_interval_ns = workload->burst_interval_ns,
        .clients_at_once = target_find(target, row->model).clients_at_once,
        .nodelay = settings->nodelay,
        .warmup_ns = settings->warmup_ns,
        .duration_ns = settings->duration_ns,
        .connect_timeout_ns = (uint64_t)CONNECT_TIMEOUT_S * NS_PER_S,
        .connect_pause_ns = workload->kind == WORKLOAD_RAMP ? (uint64_t)RAMP_PAUSE_S * NS_PER_S : 0,
        .drain_timeout_ns = (uint64_t)DRAIN_TIMEOUT_S * NS_PER_S,
        .at_window = measured_at_window,
        .cancelled = window_cancelled,
        .context = window,
    };
    if (slot == NULL)
        load_run(&options, load);
    else
        load_in_slot(&options, load, settings, slot, own_server);
    char interrupted[TARGET_MESSAGE_BYTES];
    if (window->moments[1].quota_stops > window->moments[0].quota_stops)
        warning_add(row, WARNING_CPU_QUOTA);
    measured_take_load(row, load, workload);
    enum run_status status = judge(row, load);
    if (!measured_take_time(row, window, load, interrupted, sizeof interrupted) && status == RUN_OK)
        status = failed(row, interrupted);
    if ((target->reach.remote || !own_server) && load->established == 0 && !load->cancelled)
        say_unreachable(row, server);
    if (window->moments[1].at_ns != 0)
        measured_take_client(row, window, (double)load->echoes);
    if (slot != NULL && status == RUN_OK)
        status = judge_slot(row, window, slot, settings->duration_ns);
    if (own_server)
        return server_finish(row, window, load, slot, status);
    return load->cancelled ? RUN_CANCELLED : status;
}

/* With a server of one's own. */
static enum run_status serve_and_measure(struct row *row, struct load_result *load,
                                         const struct run_settings *settings,
                                         const struct target *target,
                                         const struct workload *workload, uint16_t port,
                                         const struct generator_slot *slot)
{
    struct failure failure = {""};
    struct target_server server = {0};
    struct measured_window window = {
        .settings = settings, .server = &server, .remote = target->reach.remote};
    const struct target_serve serve = {
        .model = row->model,
        .max_connections = run_server_connections(workload),
        .threads = settings->threads,
        .buffer_bytes = settings->buffer_bytes,
        .nodelay = settings->nodelay,
        .port = port,
        .cpus = target->reach.remote ? NULL : settings->server_cpus,
    };
    idle_wait(row, settings, target->reach.remote);
    if (settings->cancelled(settings->context))
        return RUN_CANCELLED;
    measured_host_now(&window, false);
    if (target_server_start(&server, target, &serve, settings->cancelled, settings->context,
                            &failure) != 0)
        return settings->cancelled(settings->context) ? RUN_CANCELLED : failed(row, failure.text);
    const struct workload share = workload_share(workload, settings->generator);
    return measure(row, load, &window, target, &share, slot);
}

/* One of several generators, in the slot that all of them have for this run. */
static enum run_status measure_in_slot(struct row *row, struct load_result *load,
                                       const struct run_settings *settings,
                                       const struct target *target, const struct workload *workload,
                                       uint16_t port)
{
    struct generator *generator = settings->generator;
    struct target_server server;
    struct measured_window window = {
        .settings = settings, .server = &server, .remote = target->reach.remote};
    struct generator_slot slot =
        generator_slot_take(generator, settings->warmup_ns, settings->duration_ns);
    clock_utc_format(slot.begin_utc_ns, row->started_at_utc, sizeof row->started_at_utc);
    const struct workload share = workload_share(workload, generator);
    if (share.connections == 0) {
        run_skip(row, "fewer connections than load generators: none is left for this one");
        row->connections_attempted = 0;
        return RUN_SKIPPED;
    }
    if (!wait_until(settings, slot.begin_ns))
        return RUN_CANCELLED;
    if (clock_now_ns() >= slot.warmup_ns)
        return failed(row, "this generator was still busy when the others began; a longer "
                           "--allowance may help");
    if (generator->index == 1)
        return serve_and_measure(row, load, settings, target, workload, port, &slot);
    idle_wait(row, settings, target->reach.remote);
    target_server_assume(&server, target, port);
    return measure(row, load, &window, target, &share, &slot);
}

enum run_status run_execute(struct row *row, struct load_result *load,
                            const struct run_settings *settings, const struct target *target,
                            const struct workload *workload)
{
    uint16_t port = server_ports_take(settings->ports);
    if (settings->generator->count == 1)
        return serve_and_measure(row, load, settings, target, workload, port, NULL);
    return measure_in_slot(row, load, settings, target, workload, port);
}
