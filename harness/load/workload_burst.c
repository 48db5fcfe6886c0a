/* A message on each connection at the same moment, again and again. */
#include "base/array.h"
#include "load/load_state.h"

static void burst_prepare(struct load *load)
{
    const struct workload *workload = load->workload;
    load->schedule = schedule_bursts(workload->connections, workload->burst_interval_ns);
    load->burst_lack = load->part.count;
}

static void burst_keep(struct load *load, uint64_t last_ns)
{
    uint64_t *kept =
        array_grow(load->bursts, sizeof *kept, load->burst_count, &load->burst_capacity);
    if (kept == NULL) {
        load_fail(load, "keeping the bursts", -NET_NO_MEMORY);
        return;
    }
    load->bursts = kept;
    load->bursts[load->burst_count++] = last_ns;
}

/*
 * Each connection's echoes come in their order, so a thread's part of a burst is complete once its
 * echo is back on the slowest one. So bursts that overlap need no memory each.
 */
static void burst_completed(struct load *load, uint64_t message, uint64_t now)
{
    if (message / load->workload->connections != load->burst || --load->burst_lack > 0)
        return;
    uint64_t meant = open_loop_meant_ns(load, message);
    if (load_in_window(load, meant))
        burst_keep(load, now - meant);
    load->burst++;
    for (unsigned i = 0; i < load->part.count; i++)
        load->burst_lack += connection_at(load, i)->completed - 1 == load->burst;
}

/* A burst is complete where its part of each thread is, and ends with the last of these. */
static void burst_settle(struct load *load)
{
    const struct load_team *team = load->team;
    for (size_t burst = 0;; burst++) {
        uint64_t last_ns = 0;
        for (unsigned i = 0; i < team->threads; i++) {
            const struct load *part = &team->loads[i];
            if (burst >= part->burst_count)
                return;
            last_ns = part->bursts[burst] > last_ns ? part->bursts[burst] : last_ns;
        }
        load->result->bursts++;
        histogram_record(&load->result->burst_last, last_ns);
    }
}

const struct workload_kind workload_burst = {
    .name = "burst",
    .summary = "all connections send at the same moment, each --burst-every",
    .defaults = {.connections = 100,
                 .message_bytes = 64,
                 .pipeline_depth = 1,
                 .burst_interval_ns = 10000000},
    .options = WORKLOAD_PIPELINE | WORKLOAD_BURST_EVERY,
    .is_open = true,
    .fairness = FAIRNESS_OF_ROUND_TRIPS,
    .prepare = burst_prepare,
    .proceed = open_loop_proceed,
    .completed = burst_completed,
    .settle = burst_settle,
};
