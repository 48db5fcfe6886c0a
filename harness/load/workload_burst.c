/* A message on each connection at the same moment, again and again. */
#include "load/load_state.h"

static void burst_prepare(struct load *load)
{
    const struct workload *workload = load->workload;
    load->schedule = schedule_bursts(workload->connections, workload->burst_interval_ns);
    load->burst_lack = workload->connections;
}

/*
 * Each connection's echoes come in their order, so a burst is complete once its echo is back on the
 * slowest one. So bursts that overlap need no memory each.
 */
static void burst_completed(struct load *load, uint64_t message, uint64_t now)
{
    unsigned connections = load->workload->connections;
    if (message / connections != load->burst || --load->burst_lack > 0)
        return;
    uint64_t meant = open_loop_meant_ns(load, message);
    if (load_in_window(load, meant)) {
        load->result->bursts++;
        histogram_record(&load->result->burst_last, now - meant);
    }
    load->burst++;
    for (unsigned i = 0; i < connections; i++)
        load->burst_lack += connection_at(load, i)->completed - 1 == load->burst;
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
};
