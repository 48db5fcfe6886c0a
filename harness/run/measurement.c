#include "run/measurement.h"

#include "base/terminal.h"
#include "rows/warnings.h"
#include "run/row_fill.h"

static const uint64_t CONNECT_TIMEOUT_NS = (uint64_t)30 * 1000000000;
static const uint64_t CAPACITY_PAUSE_NS = (uint64_t)5 * 1000000000;
static const uint64_t DRAIN_TIMEOUT_NS = (uint64_t)10 * 1000000000;

bool measurement_prepare(struct evidence *evidence)
{
    const struct run_settings *settings = evidence->settings;
    evidence_wait_idle(evidence);
    if (settings->cancelled(settings->context))
        return false;
    host_self_cpus(evidence->client_cpus, sizeof evidence->client_cpus);
    host_quotas_add(&evidence->quotas, 0);
    return true;
}

/* Where the server runs that has been started, and Wine's server beside it. */
static void server_place(struct evidence *evidence)
{
    const char *cpus = evidence->settings->server_cpus;
    const struct target_server *server = &evidence->server;
    target_line_text(server->listening, "system", evidence->server_system,
                     sizeof evidence->server_system);
    if (evidence_is_remote(evidence))
        return;
    host_process_cpus(child_pid(server->child), evidence->server_cpus,
                      sizeof evidence->server_cpus);
    host_quotas_add(&evidence->quotas, child_pid(server->child));
    if (!evidence_is_wine(evidence))
        return;
    evidence->wineserver = host_wineserver_pid();
    evidence->wineserver_not_pinned = evidence->wineserver != 0 && cpus != NULL &&
                                      host_pin_process(evidence->wineserver, cpus) != 0;
}

bool measurement_start_server(struct evidence *evidence, const char *model, uint16_t port,
                              unsigned connections)
{
    const struct run_settings *settings = evidence->settings;
    const struct target_serve serve = {
        .model = model,
        .max_connections = connections,
        .threads = evidence->workload->threads,
        .buffer_bytes = settings->buffer_bytes,
        .nodelay = settings->nodelay,
        .work = {.cpu = evidence->workload->work_cpu,
                 .wait = evidence->workload->work_wait,
                 .message_bytes = evidence->workload->message_bytes},
        .port = port,
        .cpus = evidence_is_remote(evidence) ? NULL : settings->server_cpus,
    };
    evidence_look_at_host(evidence, false);
    evidence->has_server =
        target_server_start(&evidence->server, evidence->target, &serve, settings->cancelled,
                            settings->context, &evidence->failure) == 0;
    if (evidence->has_server)
        server_place(evidence);
    return evidence->has_server;
}

static bool load_cancelled(void *context)
{
    const struct run_settings *settings = ((const struct evidence *)context)->settings;
    return settings->cancelled(settings->context);
}

/* How many the server serves while the others wait; 0: all. */
static unsigned clients_at_once(const struct evidence *evidence, const char *model)
{
    struct target_model found = target_find(evidence->target, model);
    double threads = target_line_number(evidence->server.listening, "threads");
    if (!found.threads_apply)
        return found.clients_at_once;
    return found.clients_at_once * (threads >= 1 && threads <= UINT16_MAX
                                        ? (unsigned)threads
                                        : evidence->workload->threads);
}

struct load_options measurement_load_options(struct evidence *evidence, const char *model)
{
    const struct workload *workload = evidence->workload;
    const struct run_settings *settings = evidence->settings;
    return (struct load_options){
        .server = evidence->server.address,
        .workload = *workload,
        .clients_at_once = clients_at_once(evidence, model),
        .nodelay = settings->nodelay,
        .warmup_ns = settings->warmup_ns,
        .duration_ns = settings->duration_ns,
        .connect_timeout_ns = CONNECT_TIMEOUT_NS,
        .connect_pause_ns = workload->kind->finds_capacity ? CAPACITY_PAUSE_NS : 0,
        .drain_timeout_ns = DRAIN_TIMEOUT_NS,
        .interval_ns = settings->interval_ns,
        .per_connection = settings->per_connection,
        .at_window = evidence_at_window,
        .at_interval = terminal_is(stderr) ? evidence_at_interval : NULL,
        .at_thread = evidence_at_thread,
        .cancelled = load_cancelled,
        .context = evidence,
    };
}

bool measurement_read_statistics(struct evidence *evidence)
{
    const struct run_settings *settings = evidence->settings;
    bool answers = evidence->moments[1].at_ns != 0 && !evidence->load->cancelled;
    for (size_t i = 0; i < 2 && answers; i++)
        answers = target_server_read(&evidence->server, "stats", evidence->statistics[i],
                                     sizeof evidence->statistics[i], &evidence->failure);
    evidence->has_statistics = answers;
    evidence->server_died = target_server_ended(&evidence->server);
    evidence->server_floods = target_server_floods(&evidence->server);
    return !evidence->load->cancelled && (answers || !settings->cancelled(settings->context));
}

void measurement_stop_server(struct evidence *evidence)
{
    evidence->exit_status = target_server_stop(&evidence->server, &evidence->server_killed,
                                               evidence->last_words, sizeof evidence->last_words);
}

void measurement_fill(struct row *row, const struct evidence *evidence)
{
    row_fill(row, evidence);
    if (evidence->server_floods)
        warning_add(row, WARNING_STDERR_FLOOD);
}

bool measurement_take(struct row *row, struct load_result *load,
                      const struct run_settings *settings, const struct target *target,
                      const struct workload *workload)
{
    struct evidence evidence = {
        .settings = settings, .target = target, .workload = workload, .load = load};
    uint16_t port = server_ports_take(settings->ports);
    if (!measurement_prepare(&evidence))
        return false;
    if (measurement_start_server(&evidence, row->model, port,
                                 workload_server_connections(workload))) {
        const struct load_options options = measurement_load_options(&evidence, row->model);
        load_run(&options, load);
        bool complete = measurement_read_statistics(&evidence);
        measurement_stop_server(&evidence);
        if (!complete)
            return false;
    } else if (settings->cancelled(settings->context)) {
        return false;
    }
    measurement_fill(row, &evidence);
    return true;
}
