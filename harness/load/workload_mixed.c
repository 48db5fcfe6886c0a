/* A rate, beside clients that misbehave, which are no part of what is measured. */
#include "load/load_state.h"

const struct workload_kind workload_mixed = {
    .name = "mixed",
    .summary = "rate, while --misbehaving clients never read, send a byte at a time\n"
               "or break their connections: what the others feel, beside the\n"
               "same rate without them",
    .defaults = {.connections = 32,
                 .misbehaving = 6,
                 .message_bytes = 64,
                 .pipeline_depth = 1,
                 .rate_msgs_per_s = 10000},
    .options = WORKLOAD_PIPELINE | WORKLOAD_RATE | WORKLOAD_MISBEHAVING,
    .undisturbed = &workload_rate,
    .is_open = true,
    .prepare = rate_prepare,
    .proceed = open_loop_proceed,
};
