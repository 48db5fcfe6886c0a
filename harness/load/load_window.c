/* Begins and ends the measured window. */
#include "load/load_state.h"

static void window_begin(struct load *load, uint64_t now)
{
    load->phase = PHASE_WINDOW;
    load->window_begin_ns = now;
    load->deadline_ns = now + load->options->duration_ns;
    load->options->at_window(load->options->context, false);
}

/* Whether the server owes it something: an answer, the connect or its own end. */
static bool is_owed(const struct load_connection *connection)
{
    return connection->outstanding > 0 || connection->connecting || connection->finishing;
}

/* From when on what it is owed is due. */
static uint64_t waits_since(const struct load *load, const struct load_connection *connection)
{
    if (connection->connecting)
        return connection->connect_begun_ns;
    if (connection->finishing)
        return connection->finished_ns;
    if (!load->kind->is_open || connection->completed == 0)
        return connection->begun_ns[connection->oldest];
    return open_loop_meant_ns(load, open_loop_message(load, connection, connection->completed - 1));
}

void window_end(struct load *load, uint64_t now)
{
    struct load_result *result = load->result;
    const struct load_connection *connection;
    load->phase = PHASE_DRAIN;
    load->deadline_ns = now; /* the drain is begun outside the callbacks */
    load->window_end_ns = now;
    load->options->at_window(load->options->context, true);
    result->window_ns = now - load->window_begin_ns;
    for (unsigned i = 0; (connection = connection_next_open(load, &i)) != NULL;) {
        if (!is_owed(connection))
            continue;
        uint64_t since = waits_since(load, connection);
        result->starved +=
            connection->answered_ns < load->window_begin_ns && since <= load->window_begin_ns;
        if (now - since > result->oldest_unanswered_ns)
            result->oldest_unanswered_ns = now - since;
    }
}

void window_pause_count(struct load *load, uint64_t gap_ns)
{
    if (load->phase == PHASE_WINDOW || (load->phase == PHASE_DRAIN && load->kind->is_open))
        load->result->paused_ns += gap_ns - LOAD_WAIT_NS_MOST;
}

void load_phase_end(struct load *load, uint64_t now)
{
    if (load->phase == PHASE_WARMUP)
        window_begin(load, now);
    else if (load->phase == PHASE_WINDOW)
        window_end(load, now);
}
