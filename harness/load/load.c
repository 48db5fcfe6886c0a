#include "load/load.h"

#include <math.h>
#include <stdlib.h>

#include "load/load_state.h"
#include "stats/statistics.h"

enum {
    CONNECTS_AT_ONCE = 128, /* fewer than a listener's usual backlog */
    RECEIVE_BYTES_MOST = 64 * 1024
};
static void load_fail(struct load *load, const char *what, int error)
{
    load->result->error_text[0] = '\0';
    load_note(load, what, error);
    load->result->error = error;
    load->over = true;
}

/*
 * Sends what is due, waits once and makes what came of it. False: the phase's time is over, or the
 * run.
 */
static bool load_step(struct load *load)
{
    uint64_t now = load_now(load), until = now + LOAD_WAIT_NS_MOST;
    load_advance(load, now);
    if (load->over || now >= load->deadline_ns)
        return false;
    if (load->kind->is_open && load_is_loading(load)) {
        uint64_t next = open_loop_send(load, now);
        until = next < until ? next : until;
        now = load_now(load);
        load_advance(load, now);
    }
    if (load->misbehaving != NULL && (load_is_loading(load) || load->phase == PHASE_DRAIN)) {
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
    const struct workload *workload = load->workload;
    for (unsigned i = 0; load->again > 0 && i < load->begun && may_connect(load); i++) {
        struct load_connection *connection = connection_at(load, i);
        if (!connection->again)
            continue;
        connection->again = false;
        load->again--;
        connect_begin(load, connection);
    }
    while (load->begun < workload->connections && may_connect(load)) {
        struct load_connection *connection = connection_at(load, load->begun);
        connection->engine.id = load->begun++;
        connection->completes_at = workload->message_bytes;
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
    if (load->again_ns != 0 && result->established == load->workload->connections &&
        result->errors + result->verify_failures == 0)
        result->error_text[0] = '\0';
    for (unsigned i = 0;
         load->awaited > 0 && (connection = connection_next_open(load, &i)) != NULL;) {
        load_note(load, "no first echo in time", 0);
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
    for (unsigned i = 0; (connection = connection_next_open(load, &i)) != NULL;) {
        if (load->kind->is_open)
            load->kind->proceed(load, connection, clock_now_ns());
        /* A message that was offered in part is sent whole, so that it can be answered. */
        if (connection->engine.open)
            connection_offer(load, connection, connection->begins_at, 0);
        if (connection->engine.open && (connection->outstanding > 0 || connection->connecting) &&
            !connection_has_to_wait(load, connection))
            connection_await(load, connection);
    }
    while (load->awaited > 0 && load_step(load))
        continue;
    if (load->kind->is_open)
        result->unanswered = open_loop_in_window(load) - result->messages;
    for (unsigned i = 0;
         !load->kind->is_open && (connection = connection_next_open(load, &i)) != NULL;)
        result->unanswered += connection->outstanding;
}

static double fairness_of(const struct load *load, const struct load_connection *connection)
{
    if (load->kind->fairness == FAIRNESS_OF_BYTES)
        return (double)connection->window_bytes;
    if (load->kind->fairness == FAIRNESS_OF_ROUND_TRIPS)
        return (double)connection->window_rtt_ns / (double)connection->window_messages;
    return (double)connection->window_messages;
}

/* Whether the connection sends more than its first echo. */
static bool is_active(const struct load *load, const struct load_connection *connection)
{
    return load->kind->is_active == NULL || load->kind->is_active(load, connection);
}

static double fairness(const struct load *load)
{
    unsigned shares = 0;
    for (unsigned i = 0; i < load->begun; i++) {
        const struct load_connection *connection = connection_at(load, i);
        if (!connection->established || !is_active(load, connection) ||
            (load->kind->fairness == FAIRNESS_OF_ROUND_TRIPS && connection->window_messages == 0))
            continue;
        load->shares[shares++] = fairness_of(load, connection);
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
    for (unsigned i = 0; (connection = connection_next_open(load, &i)) != NULL;)
        if (is_active(load, connection))
            load->kind->proceed(load, connection, clock_now_ns());
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
    load->deadline_ns = clock_now_ns() + LOAD_CLOSE_PAUSE_NS;
    if (load->misbehaving != NULL)
        misbehaving_stop(load->misbehaving);
    for (unsigned i = 0; (connection = connection_next_open(load, &i)) != NULL;) {
        if (load->over || connection->outstanding > 0 || connection->connecting) {
            connection_close(load, connection);
        } else {
            if (!connection->finishing)
                connection_finish(load, connection);
            connection_await(load, connection);
        }
    }
    while (load->awaited > 0 && load_step(load))
        continue;
    for (unsigned i = 0; (connection = connection_next_open(load, &i)) != NULL;) {
        if (!load->over) {
            load_note(load, "the server did not end a connection after its client", 0);
            load->result->errors++;
        }
        connection_close(load, connection);
    }
}

static int load_open(struct load *load, const struct load_options *options,
                     struct load_result *result)
{
    const struct workload *workload = &options->workload;
    unsigned connections = workload->connections, misbehaving = workload->misbehaving;
    size_t window_bytes = workload->message_bytes * workload->pipeline_depth;
    int error = -NET_NO_MEMORY;
    *load = (struct load){.options = options,
                          .workload = workload,
                          .kind = workload->kind,
                          .result = result,
                          .window_begin_ns = UINT64_MAX,
                          .window_end_ns = UINT64_MAX,
                          .ports = engine_ports_per_source(),
                          .ring = workload->pipeline_depth + 1};
    load->connection_bytes = sizeof(struct load_connection) + load->ring * sizeof(uint64_t);
    load->connections = calloc(connections, load->connection_bytes);
    load->shares = calloc(connections, sizeof *load->shares);
    if (load->connections != NULL && load->shares != NULL)
        load->engine = engine_open(
            &load_callbacks, load, connections + misbehaving,
            window_bytes < RECEIVE_BYTES_MOST ? window_bytes : RECEIVE_BYTES_MOST, &error);
    if (load->engine != NULL && misbehaving > 0)
        load->misbehaving = misbehaving_open(load->engine, options);
    if (load->engine != NULL && (misbehaving == 0 || load->misbehaving != NULL)) {
        if (load->kind->is_open)
            engine_wait_precisely(load->engine);
        if (load->kind->prepare != NULL)
            load->kind->prepare(load);
        return 0;
    }
    load_fail(load, "preparing the connections", error);
    return error;
}

int load_run(const struct load_options *options, struct load_result *result)
{
    struct load load;
    load_result_clear(result, options->workload.connections);
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
