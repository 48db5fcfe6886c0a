/* Sends the messages of an open loop by their schedule. */
#include "load/load_state.h"

uint64_t open_loop_message(const struct load *load, const struct load_connection *connection,
                           uint64_t nth)
{
    return nth * load->workload->connections + connection->engine.id;
}

uint64_t open_loop_meant_ns(const struct load *load, uint64_t message)
{
    return load->schedule_begin_ns + schedule_moment(&load->schedule, message);
}

uint64_t open_loop_between(const struct load *load, uint64_t from_ns, uint64_t to_ns)
{
    uint64_t begin = load->schedule_begin_ns;
    return schedule_before(&load->schedule, to_ns - begin) -
           schedule_before(&load->schedule, from_ns - begin);
}

void open_loop_proceed(struct load *load, struct load_connection *connection, uint64_t now)
{
    const struct workload *workload = load->workload;
    while (connection->engine.open && connection->outstanding < workload->pipeline_depth) {
        uint64_t nth = connection->completed + connection->outstanding - 1;
        uint64_t meant = open_loop_meant_ns(load, open_loop_message(load, connection, nth));
        if (meant > now || meant >= load->window_end_ns)
            return;
        if (load_in_window(load, meant) && connection->freed_ns <= meant)
            histogram_record(&load->result->send_late, now - meant);
        connection_offer(load, connection, connection->begins_at + workload->message_bytes, now);
        if (connection->outstanding < workload->pipeline_depth) {
            now = load_now(load); /* the send took its time */
            load_advance(load, now);
        }
    }
}

uint64_t open_loop_send(struct load *load, uint64_t now)
{
    unsigned connections = load->workload->connections, index;
    uint64_t due = schedule_before(&load->schedule, now - load->schedule_begin_ns + 1);
    /* Further back there is nothing but more of the same connections. */
    uint64_t message = due - load->due > connections ? due - connections : load->due;
    while ((message = load_part_message(&load->part, connections, message, &index)) < due) {
        now = load_now(load);
        load_advance(load, now);
        open_loop_proceed(load, connection_at(load, index), now);
        message++;
    }
    load->due = due;
    return open_loop_meant_ns(load, message);
}
