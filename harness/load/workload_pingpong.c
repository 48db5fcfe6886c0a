/* The next message when the last one is back. */
#include "load/load_state.h"

void pingpong_proceed(struct load *load, struct load_connection *connection, uint64_t now)
{
    connection_offer(load, connection, connection->completes_at, now);
}

const struct workload_kind workload_pingpong = {
    .name = "pingpong",
    .summary = "each connection sends a message when the last one is back",
    .defaults = {.connections = 16, .message_bytes = 64, .pipeline_depth = 1},
    .proceed = pingpong_proceed,
};
