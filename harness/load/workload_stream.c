/* Blocks in flight, both ways at once, as fast as they go. */
#include "load/load_state.h"

static void stream_proceed(struct load *load, struct load_connection *connection, uint64_t now)
{
    const struct workload *workload = load->workload;
    uint64_t window_bytes = (uint64_t)workload->message_bytes * workload->pipeline_depth;
    connection_offer(load, connection, connection->received + window_bytes, now);
}

const struct workload_kind workload_stream = {
    .name = "stream",
    .summary = "each keeps --pipeline blocks in flight, both ways at once",
    .defaults = {.connections = 16, .message_bytes = (size_t)64 * 1024, .pipeline_depth = 4},
    .options = WORKLOAD_PIPELINE,
    .fairness = FAIRNESS_OF_BYTES,
    .proceed = stream_proceed,
};
