#include "load.h"

#include "clock.h"
#include "engine.h"
#include "payload.h"
#include "statistics.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CONNECTS_AT_ONCE = 128, /* fewer than a listener's usual backlog */
    RECEIVE_BYTES_MOST = 64 * 1024,
    WAIT_NS_MOST = 50 * 1000 * 1000, /* so often at least the caller can cancel */
    FIRST_SOURCE = 0x7f000002        /* 127.0.0.2 */
};
/* For the server's orderly end of each connection; what takes longer is cut off. */
static const uint64_t close_timeout_ns = UINT64_C(2000000000);

enum phase { PHASE_CONNECT, PHASE_WARMUP, PHASE_WINDOW, PHASE_DRAIN, PHASE_CLOSE };

/*
 * A connection carries one stream of bytes, cut into messages of equal size; these are offsets in
 * it: received <= sent <= offered <= begins_at.
 */
struct load_connection {
    struct engine_connection engine; /* first: the engine's callbacks bring it */
    bool established;
    bool awaited; /* the phase waits for it */
    bool blocked; /* a send was cut short, `writable` follows */
    uint64_t received;
    uint64_t sent;
    uint64_t offered;      /* may be sent */
    uint64_t completes_at; /* where the oldest outstanding message ends */
    uint64_t begins_at;    /* where the next message begins */
    uint64_t window_messages;
    uint64_t window_bytes;
    unsigned oldest;      /* the place of the oldest outstanding message in begun_ns */
    unsigned outstanding; /* messages begun and not complete */
    uint64_t begun_ns[];  /* a ring */
};

struct load {
    const struct load_options *options;
    const struct workload *workload;
    struct load_result *result;
    struct engine *engine;
    unsigned char *connections; /* the table, connection_bytes each */
    size_t connection_bytes;
    unsigned ring; /* places of begun_ns */
    double *shares;
    enum phase phase;
    uint64_t deadline_ns; /* of the phase */
    unsigned awaited;     /* connections that the phase still waits for */
    unsigned begun;       /* connections of which the connect was begun */
    uint64_t window_begin_ns;
    int first_error; /* of the failure that error_text tells */
    bool over;       /* cancelled or failed */
};

/*
 * What tells one workload from another. The rest is one code, in which closed-loop ping-pong is the
 * window of one message.
 */
struct workload {
    const char *name;
    bool compares_bytes; /* Jain's index does, not messages */
    /* How far into its stream the connection may send now; called when something came back. */
    uint64_t (*offer_end)(const struct load *load, const struct load_connection *connection);
};

/* ---- the workloads ---- */

static uint64_t pingpong_offer_end(const struct load *load,
                                   const struct load_connection *connection)
{
    (void)load;
    return connection->completes_at;
}

static uint64_t stream_offer_end(const struct load *load, const struct load_connection *connection)
{
    const struct load_options *options = load->options;
    return connection->received + options->message_bytes * options->pipeline_depth;
}

static const struct workload workloads[] = {
    [LOAD_PINGPONG] = {"pingpong", false, pingpong_offer_end},
    [LOAD_STREAM] = {"stream", true, stream_offer_end},
};

const char *load_workload_name(enum load_workload workload)
{
    return workloads[workload].name;
}

bool load_workload_find(const char *name, enum load_workload *workload)
{
    for (size_t i = 0; i < sizeof workloads / sizeof workloads[0]; i++) {
        if (strcmp(workloads[i].name, name) == 0) {
            *workload = (enum load_workload)i;
            return true;
        }
    }
    return false;
}

/* ---- state ---- */

static struct load_connection *connection_at(const struct load *load, unsigned index)
{
    return (struct load_connection *)(void *)(load->connections + index * load->connection_bytes);
}

/* The open connections in their order: the next one from *index on, or NULL. */
static struct load_connection *open_next(const struct load *load, unsigned *index)
{
    while (*index < load->begun) {
        struct load_connection *connection = connection_at(load, (*index)++);
        if (connection->engine.open)
            return connection;
    }
    return NULL;
}

/* Keeps what went wrong first. error: 0 where it has no code. */
static void failure_note(struct load *load, const char *what, int error)
{
    char cause[120], limit[120];
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

static void load_fail(struct load *load, const char *what, int error)
{
    load->result->error_text[0] = '\0';
    failure_note(load, what, error);
    load->result->error = error;
    load->over = true;
}

/* The server does not serve it before one of the others leaves. */
static bool has_to_wait(const struct load *load, const struct load_connection *connection)
{
    unsigned at_once = load->options->clients_at_once;
    return at_once != 0 && connection->engine.id >= at_once;
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

static void window_begin(struct load *load, uint64_t now)
{
    load->phase = PHASE_WINDOW;
    load->window_begin_ns = now;
    load->deadline_ns = now + load->options->duration_ns;
    load->options->at_window(load->options->context, false);
}

static void window_end(struct load *load, uint64_t now)
{
    struct load_result *result = load->result;
    const struct load_connection *connection;
    load->phase = PHASE_DRAIN;
    load->deadline_ns = now; /* the drain is begun outside the callbacks */
    load->options->at_window(load->options->context, true);
    result->window_ns = now - load->window_begin_ns;
    for (unsigned i = 0; (connection = open_next(load, &i)) != NULL;) {
        if (connection->outstanding == 0)
            continue;
        uint64_t begun = connection->begun_ns[connection->oldest];
        result->starved += connection->window_messages == 0 && begun <= load->window_begin_ns;
        if (now - begun > result->oldest_unanswered_ns)
            result->oldest_unanswered_ns = now - begun;
    }
}

/*
 * Reads the clock, and by that ends the warm-up and the window: both ends of the window are the
 * first reading at or past the time, what is stamped with the first one belongs to it, what with
 * the second does not. So no batch of callbacks, however long, blurs it.
 */
static uint64_t load_now(struct load *load)
{
    uint64_t now = clock_now_ns();
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

/* It ended by itself. error: 0 where the server ended it in good order. */
static void connection_ended(struct load *load, struct load_connection *connection, int error)
{
    if (load->phase != PHASE_CLOSE || error != 0) {
        char what[80];
        snprintf(what, sizeof what, "%s%s",
                 error != 0 ? "a connection broke" : "the server ended a connection",
                 connection->established ? "" : " before its first echo");
        failure_note(load, what, error);
        load->result->errors += connection->established;
    }
    connection_close(load, connection);
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

static void connection_offer(struct load *load, struct load_connection *connection, uint64_t end,
                             uint64_t now)
{
    connection->offered = end;
    for (; connection->begins_at < end; connection->begins_at += load->options->message_bytes) {
        unsigned place = connection->oldest + connection->outstanding++;
        connection->begun_ns[place < load->ring ? place : place - load->ring] = now;
    }
    connection_send(load, connection);
}

static void message_complete(struct load *load, struct load_connection *connection, uint64_t now)
{
    uint64_t begun = connection->begun_ns[connection->oldest];
    connection->oldest = connection->oldest + 1 < load->ring ? connection->oldest + 1 : 0;
    connection->outstanding--;
    connection->completes_at += load->options->message_bytes;
    /* Wherever it began: to ask that it began inside too would leave out the slow ones. */
    if (load->phase == PHASE_WINDOW) {
        load->result->messages++;
        connection->window_messages++;
        histogram_record(&load->result->rtt, now - begun);
    }
}

/* Everything that was sent is back, or won't be; and the phase lets nothing more be sent. */
static void connection_answered(struct load *load, struct load_connection *connection)
{
    if (load->phase == PHASE_CONNECT && !connection->established) {
        connection->established = true;
        load->result->established++;
    }
    connection_settle(load, connection);
}

static void on_received(void *context, struct engine_connection *engine_connection,
                        const uint8_t *data, int64_t count)
{
    struct load *load = context;
    struct load_connection *connection = (struct load_connection *)engine_connection;
    if (count <= 0) {
        connection_ended(load, connection, (int)count);
        return;
    }
    /* More than was sent is wrong too, whatever the bytes are. */
    if ((uint64_t)count > connection->sent - connection->received ||
        !payload_verify(connection->engine.id, connection->received, data, (size_t)count)) {
        failure_note(load, "wrong bytes came back", 0);
        load->result->verify_failures++;
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
    if (load->phase == PHASE_WARMUP || load->phase == PHASE_WINDOW)
        connection_offer(load, connection, load->workload->offer_end(load, connection), now);
    else if (connection->outstanding == 0)
        connection_answered(load, connection);
}

static void on_writable(void *context, struct engine_connection *engine_connection)
{
    struct load_connection *connection = (struct load_connection *)engine_connection;
    connection->blocked = false;
    connection_send(context, connection);
}

static void on_connected(void *context, struct engine_connection *engine_connection, int error)
{
    struct load *load = context;
    struct load_connection *connection = (struct load_connection *)engine_connection;
    bool itself = error == 0 && net_connected_to_itself(connection->engine.socket);
    if (error != 0 || itself) {
        failure_note(load, itself ? "connect: nobody listens there any more" : "connect", error);
        connection_close(load, connection);
        return;
    }
    connection_offer(load, connection, load->options->message_bytes, clock_now_ns());
    if (connection->engine.open && has_to_wait(load, connection))
        connection_answered(load, connection);
}

/* ---- the run ---- */

/* Waits once and makes what came of it. False: the phase's time is over, or the run. */
static bool load_step(struct load *load)
{
    uint64_t now = load_now(load);
    if (load->over || now >= load->deadline_ns)
        return false;
    uint64_t left = load->deadline_ns - now;
    int error = engine_run(load->engine, left < WAIT_NS_MOST ? left : WAIT_NS_MOST);
    if (error != 0)
        load_fail(load, "waiting for connections", error);
    else if (load->options->cancelled(load->options->context))
        load->over = load->result->cancelled = true;
    return !load->over;
}

/* Where one loopback address has not enough ports, the next ones of 127.0.0.0/8 have as many. */
static bool source_choose(const struct load *load, unsigned index, struct net_address *source)
{
    unsigned ports = engine_ports_per_source();
    *source = load->options->server;
    struct sockaddr_in *ipv4 = (struct sockaddr_in *)&source->storage;
    if (load->options->connections <= ports || ipv4->sin_family != AF_INET ||
        ntohl(ipv4->sin_addr.s_addr) >> 24 != 127)
        return false;
    ipv4->sin_addr.s_addr = htonl(FIRST_SOURCE + index / ports);
    ipv4->sin_port = 0;
    return true;
}

/*
 * So many at a time that no backlog runs over. One that is connected counts until its first echo:
 * only then it surely is out of the backlog.
 */
static void connects_begin(struct load *load)
{
    const struct load_options *options = load->options;
    struct net_address source;
    while (load->begun < options->connections && load->awaited < CONNECTS_AT_ONCE) {
        struct load_connection *connection = connection_at(load, load->begun);
        bool chosen = source_choose(load, load->begun, &source);
        connection->engine.id = load->begun++;
        connection->completes_at = options->message_bytes;
        int error = engine_connect(load->engine, &connection->engine, &options->server,
                                   chosen ? &source : NULL, options->nodelay);
        if (error == 0)
            connection_await(load, connection);
        else
            failure_note(load, "connect", error);
    }
}

static void connect_all(struct load *load)
{
    struct load_result *result = load->result;
    struct load_connection *connection;
    load->phase = PHASE_CONNECT;
    load->deadline_ns = clock_now_ns() + load->options->connect_timeout_ns;
    do
        connects_begin(load);
    while (load->awaited > 0 && load_step(load));
    if (load->over)
        return;
    for (unsigned i = 0; load->awaited > 0 && (connection = open_next(load, &i)) != NULL;) {
        failure_note(load, "no first echo in time", 0);
        if (connection->awaited)
            connection_close(load, connection);
    }
    if (result->established == 0) {
        result->error = load->first_error != 0 ? load->first_error : -ECONNREFUSED;
        load->over = true;
    }
}

static void drain(struct load *load)
{
    struct load_connection *connection;
    load->deadline_ns = clock_now_ns() + load->options->drain_timeout_ns;
    for (unsigned i = 0; (connection = open_next(load, &i)) != NULL;) {
        /* A message of which a part was offered is sent whole, so that it can be answered. */
        connection_offer(load, connection, connection->begins_at, 0);
        if (connection->engine.open && connection->outstanding > 0 &&
            !has_to_wait(load, connection))
            connection_await(load, connection);
    }
    while (load->awaited > 0 && load_step(load))
        continue;
    for (unsigned i = 0; (connection = open_next(load, &i)) != NULL;)
        load->result->unanswered += connection->outstanding;
}

static void measure(struct load *load)
{
    struct load_connection *connection;
    unsigned shares = 0;
    load->phase = PHASE_WARMUP;
    load->deadline_ns = clock_now_ns() + load->options->warmup_ns;
    for (unsigned i = 0; (connection = open_next(load, &i)) != NULL;)
        connection_offer(load, connection, load->workload->offer_end(load, connection),
                         clock_now_ns());
    while (load->phase != PHASE_DRAIN && load_step(load))
        continue;
    if (load->phase == PHASE_WINDOW) /* cancelled */
        window_end(load, clock_now_ns());
    if (load->phase != PHASE_DRAIN)
        return;
    drain(load);
    for (unsigned i = 0; i < load->begun; i++) {
        connection = connection_at(load, i);
        if (connection->established)
            load->shares[shares++] = load->workload->compares_bytes
                                         ? (double)connection->window_bytes
                                         : (double)connection->window_messages;
    }
    load->result->fairness_jain = statistics_jain(load->shares, shares);
}

/*
 * The clients end first, so that the server sees the orderly end of each session. The price is
 * their TIME_WAIT, which hinders nobody: every run's server has a port of its own. What is
 * unanswered is cut off.
 */
static void close_all(struct load *load)
{
    struct load_connection *connection;
    load->phase = PHASE_CLOSE;
    load->deadline_ns = clock_now_ns() + close_timeout_ns;
    for (unsigned i = 0; (connection = open_next(load, &i)) != NULL;) {
        if (load->over || connection->outstanding > 0) {
            connection_close(load, connection);
        } else {
            engine_finish_sending(load->engine, &connection->engine);
            connection_await(load, connection);
        }
    }
    while (load->awaited > 0 && load_step(load))
        continue;
    for (unsigned i = 0; (connection = open_next(load, &i)) != NULL;)
        connection_close(load, connection);
}

static int load_open(struct load *load, const struct load_options *options,
                     struct load_result *result)
{
    static const struct engine_callbacks callbacks = {on_connected, on_received, on_writable};
    size_t window_bytes = options->message_bytes * options->pipeline_depth;
    int error = -ENOMEM;
    *load = (struct load){.options = options,
                          .workload = &workloads[options->workload],
                          .result = result,
                          .ring = options->pipeline_depth + 1};
    load->connection_bytes = sizeof(struct load_connection) + load->ring * sizeof(uint64_t);
    load->connections = calloc(options->connections, load->connection_bytes);
    load->shares = calloc(options->connections, sizeof *load->shares);
    if (load->connections != NULL && load->shares != NULL)
        load->engine = engine_open(
            &callbacks, load, options->connections,
            window_bytes < RECEIVE_BYTES_MOST ? window_bytes : RECEIVE_BYTES_MOST, &error);
    if (load->engine != NULL)
        return 0;
    load_fail(load, "preparing the connections", error);
    return error;
}

int load_run(const struct load_options *options, struct load_result *result)
{
    struct load load;
    *result = (struct load_result){
        .attempted = options->connections, .fairness_jain = NAN, .rtt = result->rtt};
    histogram_clear(&result->rtt);
    if (load_open(&load, options, result) == 0) {
        connect_all(&load);
        if (!load.over)
            measure(&load);
        close_all(&load);
    }
    engine_free(load.engine);
    free(load.connections);
    free(load.shares);
    return result->error;
}
