/* Messages at a given rate, each connection in turn. */
#include "load/load_state.h"

void rate_prepare(struct load *load)
{
    load->schedule = schedule_rate(load->workload->rate_msgs_per_s);
}

const struct workload_kind workload_rate = {
    .name = "rate",
    .summary = "--rate messages a second, whether answers come or not: latency\n"
               "counts from when a message was meant to be sent",
    .defaults = {.connections = 32,
                 .message_bytes = 64,
                 .pipeline_depth = 1,
                 .rate_msgs_per_s = 10000},
    .options = WORKLOAD_PIPELINE | WORKLOAD_RATE,
    .is_open = true,
    .prepare = rate_prepare,
    .proceed = open_loop_proceed,
};
