/* The life of one connection: it connects, sends, checks what comes back, and ends. */
#include <stdio.h>

#include "load/load_state.h"
#include "load/payload.h"
#include "load/unexpected.h"

enum {
    CONNECT_AGAIN_NS = 20 * 1000 * 1000,
    LOOPBACK = 0x7f000000, /* 127.0.0.0; a server is at 127.0.0.1 */
    LOOPBACK_HOSTS = 0x00fffffe,
    SOURCES_EACH_PORT = 256
};

struct load_connection *connection_next_open(const struct load *load, unsigned *index)
{
    while (*index < load->begun) {
        struct load_connection *connection = connection_at(load, (*index)++);
        if (connection->engine.open)
            return connection;
    }
    return NULL;
}

void load_note(struct load *load, const char *what, int error)
{
    char cause[120], limit[NET_LIMIT_TEXT];
    struct load_result *result = load->result;
    if (result->error_text[0] != '\0')
        return;
    load->first_error = error;
    load->noted_ns = clock_now_ns();
    if (error == 0) {
        snprintf(result->error_text, sizeof result->error_text, "%s", what);
        return;
    }
    net_limit_text(error, limit, sizeof limit);
    snprintf(result->error_text, sizeof result->error_text, "%s: %s%s%s", what,
             net_error_text(error, cause, sizeof cause), limit[0] == '\0' ? "" : "; ", limit);
}

/* Whoever waits is served once another has left, and in the workload they leave. */
static bool clients_take_turns(const struct load *load)
{
    return load->options->clients_at_once != 0 && load->kind->reconnects;
}

bool connection_has_to_wait(const struct load *load, const struct load_connection *connection)
{
    unsigned at_once = load->options->clients_at_once;
    return at_once != 0 && connection->engine.id >= at_once &&
           !(clients_take_turns(load) && load->phase == PHASE_DRAIN);
}

void connection_await(struct load *load, struct load_connection *connection)
{
    connection->awaited = true;
    load->awaited++;
}

static void connection_settle(struct load *load, struct load_connection *connection)
{
    load->awaited -= connection->awaited;
    connection->awaited = false;
}

static void connect_failed(struct load *load, const struct load_connection *connection, int error)
{
    load_note(load, "connect", error);
    load->result->without_port += connection->established && net_out_of_ports(error);
}

void connection_close(struct load *load, struct load_connection *connection)
{
    engine_close(load->engine, &connection->engine, true);
    connection_settle(load, connection);
}

/* Was it lost before its first echo, it may be connected once more, as if it had not been begun. */
static void connect_later(struct load *load, struct load_connection *connection)
{
    if (load->phase != PHASE_CONNECT || connection->established || !load->options->connect_again)
        return;
    *connection = (struct load_connection){
        .engine = connection->engine, .completes_at = load->workload->message_bytes, .again = true};
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
        load_note(load, what, error);
        load->result->errors += connection->established;
    } else if (load->phase == PHASE_CLOSE) {
        load->deadline_ns = clock_now_ns() + LOAD_CLOSE_PAUSE_NS;
    }
    connection_close(load, connection);
    connect_later(load, connection);
}

void connection_finish(struct load *load, struct load_connection *connection)
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
        load->result->sent_bytes += (uint64_t)taken;
        connection->blocked = (size_t)taken < span;
    }
}

void connection_offer(struct load *load, struct load_connection *connection, uint64_t end,
                      uint64_t now)
{
    connection->offered = end;
    for (; connection->begins_at < end; connection->begins_at += load->workload->message_bytes) {
        unsigned place = connection->oldest + connection->outstanding++;
        connection->begun_ns[place < load->ring ? place : place - load->ring] = now;
    }
    connection_send(load, connection);
}

/* at_ns: the moment inside the window by which it counts. */
static void message_count(struct load *load, struct load_connection *connection, uint64_t rtt_ns,
                          uint64_t at_ns)
{
    load->result->messages++;
    connection->window_messages++;
    connection->window_rtt_ns += rtt_ns;
    if (rtt_ns > connection->window_rtt_max_ns)
        connection->window_rtt_max_ns = rtt_ns;
    histogram_record(&load->result->rtt, rtt_ns);
    if (load->result->interval_count > 0)
        compact_histogram_record(&interval_at(load, at_ns)->rtt, rtt_ns);
}

/* In an open loop it counts by when it was meant to be sent, wherever it is complete. */
static void scheduled_complete(struct load *load, struct load_connection *connection, uint64_t sent,
                               uint64_t now)
{
    if (connection->completed == 1) /* the first echo, which is none of the schedule's */
        return;
    uint64_t message = open_loop_message(load, connection, connection->completed - 2);
    uint64_t meant = open_loop_meant_ns(load, message);
    if (load_in_window(load, meant)) {
        message_count(load, connection, now - meant, meant);
        histogram_record(&load->result->rtt_from_sent, now - sent);
    }
    if (load->kind->completed != NULL)
        load->kind->completed(load, message, now);
}

static void message_complete(struct load *load, struct load_connection *connection, uint64_t now)
{
    uint64_t sent = connection->begun_ns[connection->oldest];
    if (connection->outstanding == load->workload->pipeline_depth)
        connection->freed_ns = now;
    connection->oldest = connection->oldest + 1 < load->ring ? connection->oldest + 1 : 0;
    connection->outstanding--;
    connection->completes_at += load->workload->message_bytes;
    connection->completed++;
    connection->answered_ns = now;
    load->result->echoes += load->phase == PHASE_WINDOW;
    if (load->kind->is_open)
        scheduled_complete(load, connection, sent, now);
    /* Wherever it began: to ask that it began inside too would leave out the slow ones. */
    else if (load->phase == PHASE_WINDOW)
        message_count(load, connection, now - sent, now);
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
    bool enough = load->workload->connections <= ports && !load->kind->reconnects;
    if (enough || ipv4->sin_family != AF_INET || ntohl(ipv4->sin_addr.s_addr) >> 24 != 127)
        return false;
    uint64_t host = (uint64_t)net_address_port(source) * SOURCES_EACH_PORT + attempt / ports;
    ipv4->sin_addr.s_addr = htonl((uint32_t)(LOOPBACK + 1 + host % LOOPBACK_HOSTS));
    ipv4->sin_port = 0;
    return true;
}

int connection_connect(struct load *load, struct load_connection *connection)
{
    struct net_address source;
    /* The threads take turns in counting them. */
    uint64_t attempt = load->connects_begun++ * load->team->threads + load->thread;
    bool chosen = source_choose(load, attempt, &source);
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

/*
 * What an open loop's schedule had inside the window is sent in the drain too. And where clients take
 * turns, one that has been answered leaves then, so that the next is answered.
 */
static bool goes_on(const struct load *load)
{
    return load_is_loading(load) ||
           (load->phase == PHASE_DRAIN && (load->kind->is_open || clients_take_turns(load)));
}

static bool is_misbehaving(const struct load *load, const struct engine_connection *connection)
{
    return connection->id >= load->workload->connections;
}

static void wrong_bytes(struct load *load, const char *what)
{
    load_note(load, what, 0);
    load->result->verify_failures++;
}

static void on_received(void *context, struct engine_connection *engine_connection,
                        const uint8_t *data, int64_t count)
{
    struct load *load = context;
    struct load_connection *connection = (struct load_connection *)engine_connection;
    if (is_misbehaving(load, engine_connection)) {
        if (!misbehaving_received(load->misbehaving, engine_connection, data, count))
            wrong_bytes(load, "to a misbehaving client");
        return;
    }
    if (count <= 0) {
        bool again = load->kind->reconnects && connection->finishing && count == 0;
        connection_ended(load, connection, (int)count);
        if (again && load_is_loading(load) && connection_connect(load, connection) != 0)
            load->result->errors++;
        return;
    }
    /* More than was sent is wrong too, whatever the bytes are. */
    if ((uint64_t)count > connection->sent - connection->received ||
        !payload_verify(connection->engine.id, connection->received, data, (size_t)count)) {
        char what[UNEXPECTED_TEXT];
        wrong_bytes(load, unexpected_text(connection->engine.id, connection->received,
                                          connection->sent, data, (size_t)count, what));
        connection_close(load, connection);
        return;
    }
    connection->received += (uint64_t)count;
    /* One reading ends a message and begins the one whose send follows at once. */
    uint64_t now = load_now(load);
    load_advance(load, now);
    if (load->phase == PHASE_WINDOW) {
        load->result->bytes += (uint64_t)count;
        connection->window_bytes += (uint64_t)count;
    }
    while (connection->received >= connection->completes_at)
        message_complete(load, connection, now);
    if (goes_on(load))
        load->kind->proceed(load, connection, now);
    if (connection->outstanding == 0 && !load_is_loading(load))
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
    load_advance(load, now);
    connection->connecting = false;
    if (error != 0 || itself) {
        if (itself)
            load_note(load, "connect: nobody listens there any more", 0);
        else
            connect_failed(load, connection, error);
        load->result->errors += connection->established;
        connection_close(load, connection);
        connect_later(load, connection);
        return;
    }
    if (load->phase == PHASE_WINDOW && load->kind->reconnects) {
        load->result->connects++;
        histogram_record(&load->result->connect, now - connection->connect_begun_ns);
    }
    if (load->phase == PHASE_DRAIN) {
        connection_settle(load, connection);
        if (clients_take_turns(load))
            connection_finish(load, connection);
    } else {
        connection_offer(load, connection, connection->completes_at, now);
    }
    if (connection->engine.open && connection_has_to_wait(load, connection))
        connection_answered(load, connection);
}

const struct engine_callbacks load_callbacks = {on_connected, on_received, on_writable};
