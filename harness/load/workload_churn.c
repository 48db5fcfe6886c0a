/* Connect, echo one message, end in good order, and again. */
#include "load/load_state.h"

static void churn_proceed(struct load *load, struct load_connection *connection, uint64_t now)
{
    (void)now;
    if (connection->outstanding == 0 && !connection->connecting)
        connection_finish(load, connection);
}

const struct workload_kind workload_churn = {
    .name = "churn",
    .summary = "each connects, echoes one message, closes in good order, and again",
    .defaults = {.connections = 16, .message_bytes = 64, .pipeline_depth = 1},
    .reconnects = true,
    .proceed = churn_proceed,
};
