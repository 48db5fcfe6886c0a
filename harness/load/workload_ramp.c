/* Ping-pong on as many of the connections as could be made. */
#include "load/load_state.h"

const struct workload_kind workload_ramp = {
    .name = "ramp",
    .summary = "ping-pong on 1/S, 2/S ... of the connections, --steps S, each a row of\n"
               "its own: how many can be had, and what they cost",
    .defaults = {.connections = 1000, .message_bytes = 64, .pipeline_depth = 1},
    .options = WORKLOAD_STEPS,
    .steps = 4,
    .finds_capacity = true,
    .proceed = pingpong_proceed,
};
