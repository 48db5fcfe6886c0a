/* Ping-pong on some of the connections; the others are silent after their first echo. */
#include "load/load_state.h"

/* Evenly spread, a single one in the middle: what looks at all in turn finds neither end first. */
static bool idle_is_active(const struct load *load, const struct load_connection *connection)
{
    uint64_t all = load->workload->connections, active = load->workload->active;
    uint64_t before = connection->engine.id * active + all / 2;
    return (before + active) / all > before / all;
}

const struct workload_kind workload_idle = {
    .name = "idle",
    .summary = "ping-pong on --active of the connections; the others are silent",
    .defaults = {.connections = 1000, .active = 1, .message_bytes = 64, .pipeline_depth = 1},
    .options = WORKLOAD_ACTIVE,
    .is_active = idle_is_active,
    .proceed = pingpong_proceed,
};
