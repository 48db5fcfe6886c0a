#include "load/load.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "load/load_state.h"
#include "load/payload.h"
#include "stats/statistics.h"

enum {
    CONNECTS_AT_ONCE = 128, /* fewer than a listener's usual backlog */
    RECEIVE_BYTES_MOST = 64 * 1024,
    CONNECT_AGAIN_NS = 20 * 1000 * 1000,
    WAIT_NS_MOST = 50 * 1000 * 1000, /* so often at least the caller can cancel */
    PAUSE_NS_LEAST = 100 * 1000 * 1000,
    LOOPBACK = 0x7f000000, /* 127.0.0.0; a server is at 127.0.0.1 */
    LOOPBACK_HOSTS = 0x00fffffe,
    SOURCES_EACH_PORT = 256
};
/* The longest time in which the server ends none of the connections that its clients have ended. */
static const uint64_t close_pause_ns = UINT64_C(5000000000);

/* ---- state ---- */

struct load_connection *load_connection_at(const struct load *load, unsigned index)
{
    return (struct load_connection *)(void *)(load->connections + index * load->connection_bytes);
}

/* The open connections in their order: the next one from *index on, or NULL. */
static struct load_connection *open_next(const struct load *load, unsigned *index)
{
    while (*index < load->begun) {
        struct load_connection *connection = load_connection_at(load, (*index)++);
        if (connection->engine.open)
            return connection;
    }
    return NULL;
}

/* Keeps what went wrong first. error: 0 where it has no code. */
static void failure_note(struct load *load, const char *what, int error)
{
    char cause[120], limit[NET_LIMIT_TEXT];
    struct load_result *result = load->result;
    if (result->error_text[0] != '\0')
        return;
    load->first_error = error;
    if (error == 0) {
        snprintf(result->error_text, sizeof result->error_text, "%s", what);
        return;
    }
    net_limit_text(error, limit, sizeof limit);
    snprintf(result->error_text, sizeof result->error_text, "%s: %s%s%s", what,
             net_error_text(error, cause, sizeof cause), limit[0] == '\0' ? "" : "; ", limit);
}

static void connect_failed(struct load *load, const struct load_connection *connection, int error)
{
    failure_note(load, "connect", error);
    load->result->without_port += connection->established && net_out_of_ports(error);
}

static void load_fail(struct load *load, const char *what, int error)
{
    load->result->error_text[0] = '\0';
    failure_note(load, what, error);
    load->result->error = error;
    load->over = true;
}

/* The server does not serve it before one of the others leaves, which they don't. */
static bool has_to_wait(const struct load *load, const struct load_connection *connection)
{
    unsigned at_once = load->options->clients_at_once;
    return at_once != 0 && connection->engine.id >= at_once && !load->workload->reconnects;
}

static void connection_await(struct load *load, struct load_connection *connection)
{
    connection->awaited = true;
    load->awaited++;
}

static void connection_settle(struct load *load, struct load_connection *connection)
{
    load->awaited -= connection->awaited;
    connection->awaited = false;
}

/* ---- the window ---- */

bool load_in_window(const struct load *load, uint64_t at_ns)
{
    return at_ns >= load->window_begin_ns && at_ns < load->window_end_ns;
}

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
    if (!load->workload->is_open || connection->completed == 0)
        return connection->begun_ns[connection->oldest];
    return schedule_meant_ns(load, schedule_message(load, connection, connection->completed - 1));
}

static void window_end(struct load *load, uint64_t now)
{
    struct load_result *result = load->result;
    const struct load_connection *connection;
    load->phase = PHASE_DRAIN;
    load->deadline_ns = now; /* the drain is begun outside the callbacks */
    load->window_end_ns = now;
    load->options->at_window(load->options->context, true);
    result->window_ns = now - load->window_begin_ns;
    for (unsigned i = 0; (connection = open_next(load, &i)) != NULL;) {
        if (!is_owed(connection))
            continue;
        uint64_t since = waits_since(load, connection);
        result->starved +=
            connection->answered_ns < load->window_begin_ns && since <= load->window_begin_ns;
        if (now - since > result->oldest_unanswered_ns)
            result->oldest_unanswered_ns = now - since;
    }
}

/* Nothing here waits for longer than WAIT_NS_MOST: what lies beyond, others have taken. */
static void pause_count(struct load *load, uint64_t now)
{
    uint64_t gap_ns = now - load->read_ns;
    bool counts =
        load->phase == PHASE_WINDOW || (load->phase == PHASE_DRAIN && load->workload->is_open);
    if (counts && gap_ns >= WAIT_NS_MOST + PAUSE_NS_LEAST)
        load->result->paused_ns += gap_ns - WAIT_NS_MOST;
    load->read_ns = now;
}

uint64_t load_now(struct load *load)
{
    uint64_t now = clock_now_ns();
    pause_count(load, now);
    if (now >= load->deadline_ns) {
        if (load->phase == PHASE_WARMUP)
            window_begin(load, now);
        else if (load->phase == PHASE_WINDOW)
            window_end(load, now);
    }
    return now;
}

/* ---- send, receive, close ---- */

static void connection_close(struct load *load, struct load_connection *connection)
{
    engine_close(load->engine, &connection->engine, true);
    connection_settle(load, connection);
}

/* Was it lost before its first echo, it may be connected once more, as if it had not been begun. */
static void connect_later(struct load *load, struct load_connection *connection)
{
    const struct load_options *options = load->options;
    if (load->phase != PHASE_CONNECT || connection->established || !options->connect_again)
        return;
    *connection = (struct load_connection){
        .engine = connection->engine, .completes_at = options->message_bytes, .again = true};
    load->again++;
    load->again_ns = clock_now_ns() + CONNECT_AGAIN_NS;
}

/* It ended by itself. error: 0 where the server ended it in good order. */
static void connection_ended(struct load *load, struct load_connection *connection, int error)
{
    if (!connection->finishing || error != 0) {
        char what[80];
        snprintf(what, sizeof what, "%s%s",
                 error != 0 ? "a connection broke" : "the server ended a connection",
                 connection->established ? "" : " before its first echo");
        failure_note(load, what, error);
        load->result->errors += connection->established;
    } else if (load->phase == PHASE_CLOSE) {
        load->deadline_ns = clock_now_ns() + close_pause_ns;
    }
    connection_close(load, connection);
    connect_later(load, connection);
}

void load_finish(struct load *load, struct load_connection *connection)
{
    connection->finishing = true;
    connection->finished_ns = clock_now_ns();
    engine_finish_sending(load->engine, &connection->engine);
}

static void connection_send(struct load *load, struct load_connection *connection)
{
    while (!connection->blocked && connection->sent < connection->offered) {
        size_t span, left = (size_t)(connection->offered - connection->sent);
        const uint8_t *data = payload_span(connection->engine.id, connection->sent, left, &span);
        int64_t taken = engine_send(load->engine, &connection->engine, data, span);
        if (taken < 0) {
            connection_ended(load, connection, (int)taken);
            return;
        }
        connection->sent += (uint64_t)taken;
        connection->blocked = (size_t)taken < span;
    }
}

void load_offer(struct load *load, struct load_connection *connection, uint64_t end, uint64_t now)
{
    connection->offered = end;
    for (; connection->begins_at < end; connection->begins_at += load->options->message_bytes) {
        unsigned place = connection->oldest + connection->outstanding++;
        connection->begun_ns[place < load->ring ? place : place - load->ring] = now;
    }
    connection_send(load, connection);
}

static void message_count(struct load *load, struct load_connection *connection, uint64_t rtt_ns)
{
    load->result->messages++;
    connection->window_messages++;
    connection->window_rtt_ns += rtt_ns;
    histogram_record(&load->result->rtt, rtt_ns);
}

/* In an open loop it counts by when it was meant to be sent, wherever it is complete. */
static void scheduled_complete(struct load *load, struct load_connection *connection, uint64_t sent,
                               uint64_t now)
{
    if (connection->completed == 1) /* the first echo, which is none of the schedule's */
        return;
    uint64_t message = schedule_message(load, connection, connection->completed - 2);
    uint64_t meant = schedule_meant_ns(load, message);
    if (load_in_window(load, meant)) {
        message_count(load, connection, now - meant);
        histogram_record(&load->result->rtt_from_sent, now - sent);
    }
    if (load->workload->completed != NULL)
        load->workload->completed(load, message, now);
}

static void message_complete(struct load *load, struct load_connection *connection, uint64_t now)
{
    uint64_t sent = connection->begun_ns[connection->oldest];
    if (connection->outstanding == load->options->pipeline_depth)
        connection->freed_ns = now;
    connection->oldest = connection->oldest + 1 < load->ring ? connection->oldest + 1 : 0;
    connection->outstanding--;
    connection->completes_at += load->options->message_bytes;
    connection->completed++;
    connection->answered_ns = now;
    load->result->echoes += load->phase == PHASE_WINDOW;
    if (load->workload->is_open)
        scheduled_complete(load, connection, sent, now);
    /* Wherever it began: to ask that it began inside too would leave out the slow ones. */
    else if (load->phase == PHASE_WINDOW)
        message_count(load, connection, now - sent);
}

/* Everything that was sent is back, or won't be; and the phase lets nothing more be sent. */
static void connection_answered(struct load *load, struct load_connection *connection)
{
    if (load->phase == PHASE_CONNECT && !connection->established) {
        connection->established = true;
        load->result->established++;
        if (load->options->connect_pause_ns != 0)
            load->deadline_ns = clock_now_ns() + load->options->connect_pause_ns;
    }
    connection_settle(load, connection);
}

/*
 * Where one loopback address has not enough ports, the next ones of 127.0.0.0/8 have as many. What
 * is closed holds its port for a while (TIME_WAIT), also from run to run: each server's clients
 * begin at another address.
 */
static bool source_choose(const struct load *load, uint64_t attempt, struct net_address *source)
{
    unsigned ports = load->ports;
    *source = load->options->server;
    struct sockaddr_in *ipv4 = (struct sockaddr_in *)&source->storage;
    bool enough = load->options->connections <= ports && !load->workload->reconnects;
    if (enough || ipv4->sin_family != AF_INET || ntohl(ipv4->sin_addr.s_addr) >> 24 != 127)
        return false;
    uint64_t host = (uint64_t)net_address_port(source) * SOURCES_EACH_PORT + attempt / ports;
    ipv4->sin_addr.s_addr = htonl((uint32_t)(LOOPBACK + 1 + host % LOOPBACK_HOSTS));
    ipv4->sin_port = 0;
    return true;
}

static int connection_connect(struct load *load, struct load_connection *connection)
{
    struct net_address source;
    bool chosen = source_choose(load, load->connects_begun++, &source);
    connection->connecting = true;
    connection->finishing = connection->blocked = false;
    connection->connect_begun_ns = clock_now_ns();
    int error = engine_connect(load->engine, &connection->engine, &load->options->server,
                               chosen ? &source : NULL, load->options->nodelay);
    if (error == 0)
        return 0;
    connect_failed(load, connection, error);
    connection->connecting = false;
    connect_later(load, connection);
    return error;
}

static bool is_loading(const struct load *load)
{
    return load->phase == PHASE_WARMUP || load->phase == PHASE_WINDOW;
}

/* What an open loop's schedule had inside the window is sent in the drain too. */
static bool sends_on(const struct load *load)
{
    return is_loading(load) || (load->phase == PHASE_DRAIN && load->workload->is_open);
}

static bool is_misbehaving(const struct load *load, const struct engine_connection *connection)
{
    return connection->id >= load->options->connections;
}

static void wrong_bytes(struct load *load)
{
    failure_note(load, "wrong bytes came back", 0);
    load->result->verify_failures++;
}

static void on_received(void *context, struct engine_connection *engine_connection,
                        const uint8_t *data, int64_t count)
{
    struct load *load = context;
    struct load_connection *connection = (struct load_connection *)engine_connection;
    if (is_misbehaving(load, engine_connection)) {
        if (!misbehaving_received(load->misbehaving, engine_connection, data, count))
            wrong_bytes(load);
        return;
    }
    if (count <= 0) {
        bool again = load->workload->reconnects && connection->finishing && count == 0;
        connection_ended(load, connection, (int)count);
        if (again && is_loading(load) && connection_connect(load, connection) != 0)
            load->result->errors++;
        return;
    }
    /* More than was sent is wrong too, whatever the bytes are. */
    if ((uint64_t)count > connection->sent - connection->received ||
        !payload_verify(connection->engine.id, connection->received, data, (size_t)count)) {
        wrong_bytes(load);
        connection_close(load, connection);
        return;
    }
    connection->received += (uint64_t)count;
    /* One reading ends a message and begins the one whose send follows at once. */
    uint64_t now = load_now(load);
    if (load->phase == PHASE_WINDOW) {
        load->result->bytes += (uint64_t)count;
        connection->window_bytes += (uint64_t)count;
    }
    while (connection->received >= connection->completes_at)
        message_complete(load, connection, now);
    if (sends_on(load))
        load->workload->proceed(load, connection, now);
    if (connection->outstanding == 0 && !is_loading(load))
        connection_answered(load, connection);
}

static void on_writable(void *context, struct engine_connection *engine_connection)
{
    struct load *load = context;
    struct load_connection *connection = (struct load_connection *)engine_connection;
    if (is_misbehaving(load, engine_connection)) {
        misbehaving_writable(load->misbehaving, engine_connection);
        return;
    }
    connection->blocked = false;
    connection_send(load, connection);
}

static void on_connected(void *context, struct engine_connection *engine_connection, int error)
{
    struct load *load = context;
    struct load_connection *connection = (struct load_connection *)engine_connection;
    if (is_misbehaving(load, engine_connection)) {
        misbehaving_connected(load->misbehaving, engine_connection, error);
        return;
    }
    bool itself = error == 0 && net_connected_to_itself(connection->engine.socket);
    uint64_t now = load_now(load);
    connection->connecting = false;
    if (error != 0 || itself) {
        if (itself)
            failure_note(load, "connect: nobody listens there any more", 0);
        else
            connect_failed(load, connection, error);
        load->result->errors += connection->established;
        connection_close(load, connection);
        connect_later(load, connection);
        return;
    }
    if (load->phase == PHASE_WINDOW && load->workload->reconnects) {
        load->result->connects++;
        histogram_record(&load->result->connect, now - connection->connect_begun_ns);
    }
    if (load->phase == PHASE_DRAIN)
        connection_settle(load, connection);
    else
        load_offer(load, connection, connection->completes_at, now);
    if (connection->engine.open && has_to_wait(load, connection))
        connection_answered(load, connection);
}

/* ---- the run ---- */

/*
 * Sends what is due, waits once and makes what came of it. False: the phase's time is over, or the
 * run.
 */
static bool load_step(struct load *load)
{
    uint64_t now = load_now(load), until = now + WAIT_NS_MOST;
    if (load->over || now >= load->deadline_ns)
        return false;
    if (load->workload->is_open && is_loading(load)) {
        uint64_t next = schedule_send(load, now);
        until = next < until ? next : until;
        now = load_now(load);
    }
    if (load->misbehaving != NULL && (is_loading(load) || load->phase == PHASE_DRAIN)) {
        uint64_t next = misbehaving_act(load->misbehaving, now);
        until = next < until ? next : until;
    }
    until = load->deadline_ns < until ? load->deadline_ns : until;
    int error = engine_run(load->engine, until > now ? until - now : 0);
    if (error != 0)
        load_fail(load, "waiting for connections", error);
    else if (load->options->cancelled(load->options->context))
        load->over = load->result->cancelled = true;
    return !load->over;
}

static void connect_begin(struct load *load, struct load_connection *connection)
{
    if (connection_connect(load, connection) == 0)
        connection_await(load, connection);
}

/*
 * So many at a time that no backlog runs over. One that is connected counts until its first echo:
 * only then it surely is out of the backlog. And none right after one was lost.
 */
static bool may_connect(const struct load *load)
{
    return load->awaited < CONNECTS_AT_ONCE &&
           (load->again == 0 || clock_now_ns() >= load->again_ns);
}

static void connects_begin(struct load *load)
{
    const struct load_options *options = load->options;
    for (unsigned i = 0; load->again > 0 && i < load->begun && may_connect(load); i++) {
        struct load_connection *connection = load_connection_at(load, i);
        if (!connection->again)
            continue;
        connection->again = false;
        load->again--;
        connect_begin(load, connection);
    }
    while (load->begun < options->connections && may_connect(load)) {
        struct load_connection *connection = load_connection_at(load, load->begun);
        connection->engine.id = load->begun++;
        connection->completes_at = options->message_bytes;
        connect_begin(load, connection);
    }
}

static void connect_all(struct load *load)
{
    struct load_result *result = load->result;
    struct load_connection *connection;
    load->phase = PHASE_CONNECT;
    load->deadline_ns =
        clock_now_ns() + (load->options->connect_pause_ns != 0 ? load->options->connect_pause_ns
                                                               : load->options->connect_timeout_ns);
    do
        connects_begin(load);
    while ((load->awaited > 0 || load->again > 0) && load_step(load));
    if (load->over)
        return;
    /* All that was lost was made good. */
    if (load->again_ns != 0 && result->established == load->options->connections &&
        result->errors + result->verify_failures == 0)
        result->error_text[0] = '\0';
    for (unsigned i = 0; load->awaited > 0 && (connection = open_next(load, &i)) != NULL;) {
        failure_note(load, "no first echo in time", 0);
        if (connection->awaited)
            connection_close(load, connection);
    }
    if (result->established == 0) {
        result->error = load->first_error != 0 ? load->first_error : -NET_REFUSED;
        load->over = true;
    }
}

static void drain(struct load *load)
{
    struct load_result *result = load->result;
    struct load_connection *connection;
    load->deadline_ns = clock_now_ns() + load->options->drain_timeout_ns;
    for (unsigned i = 0; (connection = open_next(load, &i)) != NULL;) {
        if (load->workload->is_open)
            load->workload->proceed(load, connection, clock_now_ns());
        /* A message of which a part was offered is sent whole, so that it can be answered. */
        if (connection->engine.open)
            load_offer(load, connection, connection->begins_at, 0);
        if (connection->engine.open && (connection->outstanding > 0 || connection->connecting) &&
            !has_to_wait(load, connection))
            connection_await(load, connection);
    }
    while (load->awaited > 0 && load_step(load))
        continue;
    if (load->workload->is_open)
        result->unanswered = schedule_in_window(load) - result->messages;
    for (unsigned i = 0; !load->workload->is_open && (connection = open_next(load, &i)) != NULL;)
        result->unanswered += connection->outstanding;
}

static double share_of(const struct load *load, const struct load_connection *connection)
{
    if (load->workload->share == SHARE_BYTES)
        return (double)connection->window_bytes;
    if (load->workload->share == SHARE_ROUND_TRIPS)
        return (double)connection->window_rtt_ns / (double)connection->window_messages;
    return (double)connection->window_messages;
}

static double fairness(const struct load *load)
{
    unsigned shares = 0;
    for (unsigned i = 0; i < load->begun; i++) {
        const struct load_connection *connection = load_connection_at(load, i);
        if (!connection->established || !load->workload->is_active(load, connection) ||
            (load->workload->share == SHARE_ROUND_TRIPS && connection->window_messages == 0))
            continue;
        load->shares[shares++] = share_of(load, connection);
    }
    return statistics_jain(load->shares, shares);
}

/* When the warm-up is meant to begin, which is waited for. */
static uint64_t begin_await(struct load *load)
{
    if (load->options->begin_at_ns == 0)
        return clock_now_ns();
    load->deadline_ns = load->options->begin_at_ns;
    while (load_step(load))
        continue;
    return load->options->begin_at_ns;
}

static void measure(struct load *load)
{
    struct load_connection *connection;
    load->schedule_begin_ns = begin_await(load);
    if (load->over)
        return;
    load->phase = PHASE_WARMUP;
    load->deadline_ns = load->schedule_begin_ns + load->options->warmup_ns;
    for (unsigned i = 0; (connection = open_next(load, &i)) != NULL;)
        if (load->workload->is_active(load, connection))
            load->workload->proceed(load, connection, clock_now_ns());
    while (load->phase != PHASE_DRAIN && load_step(load))
        continue;
    if (load->phase == PHASE_WINDOW) /* cancelled */
        window_end(load, clock_now_ns());
    if (load->phase != PHASE_DRAIN)
        return;
    drain(load);
    load->result->fairness_jain = fairness(load);
}

/*
 * The clients end first, so that the server sees the orderly end of each session. The price is
 * their TIME_WAIT, which hinders nobody: every run's server has a port of its own. What is
 * unanswered is cut off; a server that does not follow in the others is one that breaks them.
 */
static void close_all(struct load *load)
{
    struct load_connection *connection;
    load->phase = PHASE_CLOSE;
    load->deadline_ns = clock_now_ns() + close_pause_ns;
    if (load->misbehaving != NULL)
        misbehaving_stop(load->misbehaving);
    for (unsigned i = 0; (connection = open_next(load, &i)) != NULL;) {
        if (load->over || connection->outstanding > 0 || connection->connecting) {
            connection_close(load, connection);
        } else {
            if (!connection->finishing)
                load_finish(load, connection);
            connection_await(load, connection);
        }
    }
    while (load->awaited > 0 && load_step(load))
        continue;
    for (unsigned i = 0; (connection = open_next(load, &i)) != NULL;) {
        if (!load->over) {
            failure_note(load, "the server did not end a connection after its client", 0);
            load->result->errors++;
        }
        connection_close(load, connection);
    }
}

static int load_open(struct load *load, const struct load_options *options,
                     struct load_result *result)
{
    static const struct engine_callbacks callbacks = {on_connected, on_received, on_writable};
    size_t window_bytes = options->message_bytes * options->pipeline_depth;
    int error = -NET_NO_MEMORY;
    *load = (struct load){.options = options,
                          .workload = &workload_conducts[options->workload],
                          .result = result,
                          .window_begin_ns = UINT64_MAX,
                          .window_end_ns = UINT64_MAX,
                          .ports = engine_ports_per_source(),
                          .ring = options->pipeline_depth + 1};
    load->connection_bytes = sizeof(struct load_connection) + load->ring * sizeof(uint64_t);
    load->connections = calloc(options->connections, load->connection_bytes);
    load->shares = calloc(options->connections, sizeof *load->shares);
    if (load->connections != NULL && load->shares != NULL)
        load->engine = engine_open(
            &callbacks, load, options->connections + options->misbehaving,
            window_bytes < RECEIVE_BYTES_MOST ? window_bytes : RECEIVE_BYTES_MOST, &error);
    if (load->engine != NULL && options->misbehaving > 0)
        load->misbehaving = misbehaving_open(load->engine, options);
    if (load->engine != NULL && (options->misbehaving == 0 || load->misbehaving != NULL)) {
        if (load->workload->is_open)
            engine_wait_precisely(load->engine);
        if (load->workload->prepare != NULL)
            load->workload->prepare(load);
        return 0;
    }
    load_fail(load, "preparing the connections", error);
    return error;
}

int load_run(const struct load_options *options, struct load_result *result)
{
    struct load load;
    load_result_clear(result, options->connections);
    if (load_open(&load, options, result) == 0) {
        connect_all(&load);
        if (!load.over)
            measure(&load);
        close_all(&load);
    }
    engine_free(load.engine);
    misbehaving_free(load.misbehaving);
    free(load.connections);
    free(load.shares);
    return result->error;
}
