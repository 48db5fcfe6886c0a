#include "run/shared_measurement.h"

#include "clock.h"
#include "run/row_fill.h"

enum {
    WAIT_STEP_MS = 50, /* so often at least a wait can be cancelled */
    NS_PER_MS = 1000000
};

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

/* False: cancelled. */
static bool load_in_slot(struct evidence *evidence, struct load_result *load, const char *model,
                         const struct generator_slot *slot)
{
    struct load_options options = measurement_load_options(evidence, model);
    options.begin_at_ns = slot->warmup_ns;
    options.connect_pause_ns = 0;                  /* the slot's time is all there is */
    options.connect_again = !evidence->has_server; /* which another one starts, and may be late */
    options.drain_timeout_ns = slot->drain_ns;
    if (!evidence->has_server && !wait_until(evidence->settings, slot->connect_ns))
        return false;
    uint64_t now_ns = clock_now_ns();
    options.connect_timeout_ns = now_ns < slot->warmup_ns ? slot->warmup_ns - now_ns : 0;
    load_run(&options, load);
    uint64_t begun_ns = evidence->moments[0].at_ns;
    evidence->late_ns = begun_ns > slot->window_ns ? begun_ns - slot->window_ns : 0;
    return !load->cancelled;
}

/* The first generator. False: cancelled. connections: of all generators. */
static bool serve_and_load(struct evidence *evidence, struct load_result *load, const char *model,
                           uint16_t port, unsigned connections, const struct generator_slot *slot)
{
    const struct run_settings *settings = evidence->settings;
    if (!measurement_start_server(evidence, model, port, connections))
        return !settings->cancelled(settings->context);
    bool goes_on = load_in_slot(evidence, load, model, slot);
    goes_on = measurement_read_statistics(evidence) && goes_on;
    if (goes_on && !evidence->server_died)
        goes_on = wait_until(settings, slot->stop_ns);
    measurement_stop_server(evidence);
    return goes_on;
}

bool shared_measurement_take(struct row *row, struct load_result *load,
                             const struct run_settings *settings, const struct target *target,
                             const struct workload *workload)
{
    struct generator *generator = settings->generator;
    const struct workload share = workload_share(workload, generator->index, generator->count);
    struct evidence evidence = {
        .settings = settings, .target = target, .workload = &share, .load = load};
    uint16_t port = server_ports_take(settings->ports);
    struct generator_slot slot =
        generator_slot_take(generator, settings->warmup_ns, settings->duration_ns);
    clock_utc_format(slot.begin_utc_ns, row->started_at_utc, sizeof row->started_at_utc);
    if (share.connections == 0) {
        row_fill_skipped(row, "fewer connections than load generators: none is left for this one");
        row->connections_attempted = 0;
        return true;
    }
    if (!wait_until(settings, slot.begin_ns))
        return false;
    if (clock_now_ns() >= slot.warmup_ns) {
        row_fill_failed(row, "this generator was still busy when the others began; a longer "
                             "--allowance may help");
        return true;
    }
    if (!measurement_prepare(&evidence))
        return false;
    bool complete;
    if (generator->index == 1) {
        complete = serve_and_load(&evidence, load, row->model, port,
                                  workload_server_connections(workload), &slot);
    } else {
        target_server_assume(&evidence.server, target, port);
        complete = load_in_slot(&evidence, load, row->model, &slot);
    }
    if (complete)
        measurement_fill(row, &evidence);
    return complete;
}
