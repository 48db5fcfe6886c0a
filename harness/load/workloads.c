#include "load/load_state.h"

#include "names.h"

static bool all_active(const struct load *load, const struct load_connection *connection)
{
    (void)load;
    (void)connection;
    return true;
}

/* ---- closed loops ---- */

static void pingpong_proceed(struct load *load, struct load_connection *connection, uint64_t now)
{
    load_offer(load, connection, connection->completes_at, now);
}

static void stream_proceed(struct load *load, struct load_connection *connection, uint64_t now)
{
    const struct load_options *options = load->options;
    load_offer(load, connection,
               connection->received + options->message_bytes * options->pipeline_depth, now);
}

/* Evenly spread, a single one in the middle: what looks at all in turn finds neither end first. */
static bool idle_is_active(const struct load *load, const struct load_connection *connection)
{
    uint64_t all = load->options->connections, active = load->options->active;
    uint64_t before = connection->engine.id * active + all / 2;
    return (before + active) / all > before / all;
}

static void churn_proceed(struct load *load, struct load_connection *connection, uint64_t now)
{
    (void)now;
    if (connection->outstanding == 0 && !connection->connecting)
        load_finish(load, connection);
}

/* ---- open loops ---- */

uint64_t schedule_message(const struct load *load, const struct load_connection *connection,
                          uint64_t nth)
{
    return nth * load->options->connections + connection->engine.id;
}

uint64_t schedule_meant_ns(const struct load *load, uint64_t message)
{
    return load->schedule_begin_ns + schedule_moment(&load->schedule, message);
}

uint64_t schedule_in_window(const struct load *load)
{
    uint64_t begin = load->schedule_begin_ns;
    return schedule_before(&load->schedule, load->window_end_ns - begin) -
           schedule_before(&load->schedule, load->window_begin_ns - begin);
}

static void schedule_proceed(struct load *load, struct load_connection *connection, uint64_t now)
{
    const struct load_options *options = load->options;
    while (connection->engine.open && connection->outstanding < options->pipeline_depth) {
        uint64_t nth = connection->completed + connection->outstanding - 1;
        uint64_t meant = schedule_meant_ns(load, schedule_message(load, connection, nth));
        if (meant > now || meant >= load->window_end_ns)
            return;
        if (load_in_window(load, meant) && connection->freed_ns <= meant)
            histogram_record(&load->result->send_late, now - meant);
        load_offer(load, connection, connection->begins_at + options->message_bytes, now);
        if (connection->outstanding < options->pipeline_depth)
            now = load_now(load); /* the send took its time */
    }
}

uint64_t schedule_send(struct load *load, uint64_t now)
{
    unsigned connections = load->options->connections;
    uint64_t due = schedule_before(&load->schedule, now - load->schedule_begin_ns + 1);
    /* Further back there is nothing but more of the same connections. */
    uint64_t message = due - load->due > connections ? due - connections : load->due;
    for (; message < due; message++)
        schedule_proceed(load, load_connection_at(load, (unsigned)(message % connections)),
                         load_now(load));
    load->due = due;
    return schedule_meant_ns(load, due);
}

static void rate_prepare(struct load *load)
{
    load->schedule = schedule_rate(load->options->rate_msgs_per_s);
}

static void burst_prepare(struct load *load)
{
    load->schedule = schedule_bursts(load->options->connections, load->options->burst_interval_ns);
    load->burst_lack = load->options->connections;
}

/*
 * Each connection's echoes come in their order, so a burst is complete once its echo is back on the
 * slowest one. So bursts that overlap need no memory each.
 */
static void burst_completed(struct load *load, uint64_t message, uint64_t now)
{
    unsigned connections = load->options->connections;
    if (message / connections != load->burst || --load->burst_lack > 0)
        return;
    uint64_t meant = schedule_meant_ns(load, message);
    if (load_in_window(load, meant)) {
        load->result->bursts++;
        histogram_record(&load->result->burst_last, now - meant);
    }
    load->burst++;
    for (unsigned i = 0; i < connections; i++)
        load->burst_lack += load_connection_at(load, i)->completed - 1 == load->burst;
}

/* ---- the list ---- */

const struct workload_conduct workload_conducts[] = {
    [WORKLOAD_PINGPONG] = {.name = "pingpong",
                           .summary = "each connection sends a message when the last one is back",
                           .is_active = all_active,
                           .proceed = pingpong_proceed},
    [WORKLOAD_STREAM] = {.name = "stream",
                         .summary = "each keeps --pipeline blocks in flight, both ways at once",
                         .share = SHARE_BYTES,
                         .is_active = all_active,
                         .proceed = stream_proceed},
    [WORKLOAD_RATE] = {.name = "rate",
                       .summary = "--rate messages a second, whether answers come or not: latency\n"
                                  "counts from when a message was meant to be sent",
                       .is_open = true,
                       .is_active = all_active,
                       .prepare = rate_prepare,
                       .proceed = schedule_proceed},
    [WORKLOAD_BURST] = {.name = "burst",
                        .summary = "all connections send at the same moment, each --burst-every",
                        .is_open = true,
                        .share = SHARE_ROUND_TRIPS,
                        .is_active = all_active,
                        .prepare = burst_prepare,
                        .proceed = schedule_proceed,
                        .completed = burst_completed},
    [WORKLOAD_IDLE] = {.name = "idle",
                       .summary = "ping-pong on --active of the connections; the others are silent",
                       .is_active = idle_is_active,
                       .proceed = pingpong_proceed},
    [WORKLOAD_CHURN] = {.name = "churn",
                        .summary =
                            "each connects, echoes one message, closes in good order, and again",
                        .reconnects = true,
                        .is_active = all_active,
                        .proceed = churn_proceed},
    [WORKLOAD_MIXED] = {.name = "mixed",
                        .summary =
                            "rate, while --misbehaving clients never read, send a byte at a time\n"
                            "or break their connections: what the others feel",
                        .is_open = true,
                        .is_active = all_active,
                        .prepare = rate_prepare,
                        .proceed = schedule_proceed},
    [WORKLOAD_RAMP] =
        {.name = "ramp",
         .summary = "ping-pong on 1/S, 2/S ... of the connections, --steps S, each a row of\n"
                    "its own: how many can be had, and what they cost",
         .is_active = all_active,
         .proceed = pingpong_proceed},
};

enum { WORKLOADS = sizeof workload_conducts / sizeof workload_conducts[0] };

unsigned workload_count(void)
{
    return WORKLOADS;
}

const char *workload_name(enum workload_kind workload)
{
    return workload_conducts[workload].name;
}

const char *workload_summary(enum workload_kind workload)
{
    return workload_conducts[workload].summary;
}

bool workload_is_open(enum workload_kind workload)
{
    return workload_conducts[workload].is_open;
}

bool workload_find(const char *name, enum workload_kind *workload)
{
    for (size_t i = 0; i < WORKLOADS; i++)
        if (name_equals(workload_conducts[i].name, name)) {
            *workload = (enum workload_kind)i;
            return true;
        }
    return false;
}
