#include "load/load.h"

#include <stdio.h>
#include <stdlib.h>

#include "load/load_state.h"

enum {
    CONNECTS_AT_ONCE = 128, /* fewer than a listener's usual backlog */
    RECEIVE_BYTES_MOST = 64 * 1024
};

void load_fail(struct load *load, const char *what, int error)
{
    load->result->error_text[0] = '\0';
    load_note(load, what, error);
    load->result->error = error;
    team_end(load->team);
}

void load_look_for_cancel(struct load *load)
{
    if (load->thread > 0 || !load->options->cancelled(load->options->context))
        return;
    load->result->cancelled = true;
    team_end(load->team);
}

/*
 * Sends what is due, waits once and makes what came of it. False: the phase's time is over, or the
 * run.
 */
static bool load_step(struct load *load)
{
    uint64_t now = load_now(load), until = now + LOAD_WAIT_NS_MOST;
    load_advance(load, now);
    if (load_is_over(load) || now >= load->deadline_ns)
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
    else
        load_look_for_cancel(load);
    return !load_is_over(load);
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
    for (unsigned i = 0; load->again > 0 && i < load->begun && may_connect(load); i++) {
        struct load_connection *connection = connection_at(load, i);
        if (!connection->again)
            continue;
        connection->again = false;
        load->again--;
        connect_begin(load, connection);
    }
    while (load->begun < load->part.count && may_connect(load)) {
        struct load_connection *connection = connection_at(load, load->begun);
        connection->engine.id = load_part_id(&load->part, load->begun++);
        connection->completes_at = load->workload->message_bytes;
        connect_begin(load, connection);
    }
}

/*
 * All are begun, and so few wait for their first echo that the next thread can begin: they may wait
 * for good. Where the server lets clients wait, those that come first have to be established first.
 */
static bool leaves_room(const struct load *load)
{
    unsigned most = CONNECTS_AT_ONCE / 2 / load->team->threads;
    return load->options->clients_at_once == 0 && load->begun == load->part.count &&
           load->again == 0 && load->awaited <= (most > 0 ? most : 1);
}

static void connects_make(struct load *load)
{
    do {
        connects_begin(load);
        if (leaves_room(load))
            team_pass_turn(load);
    } while ((load->awaited > 0 || load->again > 0) && load_step(load));
    if (load->options->connect_pause_ns != 0 && load->awaited > 0)
        team_capacity_found(load->team);
}

/*
 * The threads do it one after the other: few more than CONNECTS_AT_ONCE are under way, the first
 * connections are those that the server serves first. False: there is nothing to measure.
 */
static bool connect_all(struct load *load)
{
    struct load_result *result = load->result;
    struct load_connection *connection;
    uint64_t pause_ns = load->options->connect_pause_ns;
    load->phase = PHASE_CONNECT;
    team_await_turn(load);
    if (load_is_over(load))
        return false;
    load->deadline_ns = pause_ns != 0 ? clock_now_ns() + pause_ns : load->team->connect_until_ns;
    if (!team_capacity_is_found(load->team))
        connects_make(load);
    if (load_is_over(load))
        return false;
    team_pass_turn(load);
    /* All that was lost was made good. */
    if (load->again_ns != 0 && result->established == load->part.count &&
        result->errors + result->verify_failures == 0) {
        result->error_text[0] = '\0';
        load->noted_ns = 0;
    }
    for (unsigned i = 0;
         load->awaited > 0 && (connection = connection_next_open(load, &i)) != NULL;) {
        load_note(load, "no first echo in time", 0);
        if (connection->awaited)
            connection_close(load, connection);
    }
    return team_connected(load);
}

static void drain(struct load *load)
{
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
    for (unsigned i = 0;
         !load->kind->is_open && (connection = connection_next_open(load, &i)) != NULL;)
        load->result->unanswered += connection->outstanding;
    team_drained(load);
}

/* When the warm-up is meant to begin, which is waited for. */
static uint64_t begin_await(struct load *load)
{
    if (load->options->begin_at_ns == 0)
        return load->team->begin_ns;
    load->deadline_ns = load->options->begin_at_ns;
    while (load_step(load))
        continue;
    return load->options->begin_at_ns;
}

static void measure(struct load *load)
{
    struct load_connection *connection;
    load->schedule_begin_ns = begin_await(load);
    if (load_is_over(load))
        return;
    load->phase = PHASE_WARMUP;
    load->deadline_ns = load->schedule_begin_ns + load->options->warmup_ns;
    for (unsigned i = 0; (connection = connection_next_open(load, &i)) != NULL;)
        if (load_is_active(load, connection))
            load->kind->proceed(load, connection, clock_now_ns());
    while (load->phase != PHASE_DRAIN && load_step(load))
        continue;
    if (load->phase == PHASE_WINDOW) /* cancelled */
        window_end(load, clock_now_ns());
    if (load->phase == PHASE_DRAIN)
        drain(load);
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
        if (load_is_over(load) || connection->outstanding > 0 || connection->connecting) {
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
        if (!load_is_over(load)) {
            load_note(load, "the server did not end a connection after its client", 0);
            load->result->errors++;
        }
        connection_close(load, connection);
    }
    team_closed(load);
}

static size_t intervals_of(const struct load_options *options)
{
    if (options->interval_ns == 0)
        return 0;
    uint64_t count = (options->duration_ns + options->interval_ns - 1) / options->interval_ns;
    return count < LOAD_INTERVALS_MOST ? (size_t)count : LOAD_INTERVALS_MOST;
}

/* The state of a thread, but for what the thread makes itself. 0, or -1 without memory. */
static int load_init(struct load_team *team, unsigned thread, struct load_result *result)
{
    const struct load_options *options = team->options;
    const struct workload *workload = &options->workload;
    struct load *load = &team->loads[thread];
    bool nobody_waits =
        options->clients_at_once == 0 || options->clients_at_once >= workload->connections;
    bool in_turn = workload->kind->is_active == NULL && nobody_waits;
    *load =
        (struct load){.options = options,
                      .workload = workload,
                      .kind = workload->kind,
                      .team = team,
                      .thread = thread,
                      .part = load_part_of(workload->connections, team->threads, thread, in_turn),
                      .result = result != NULL ? result : &load->own,
                      .window_begin_ns = UINT64_MAX,
                      .window_end_ns = UINT64_MAX,
                      .ports = engine_ports_per_source(),
                      .ring = workload->pipeline_depth + 1,
                      .connection_bytes = sizeof(struct load_connection) +
                                          (workload->pipeline_depth + 1) * sizeof(uint64_t)};
    if (result == NULL && load_result_init(load->result) != 0)
        return -1;
    load_result_clear(load->result, thread == 0 ? workload->connections : 0);
    load->connections = calloc(load->part.count, load->connection_bytes);
    bool has_shares = thread == 0 && options->per_connection;
    if (load->connections == NULL ||
        load_result_make_room(load->result, intervals_of(options),
                              has_shares ? workload->connections : 0) != 0)
        return -1;
    return 0;
}

/* On its own thread. 0, or -1 after load_fail. */
static int load_open(struct load *load)
{
    const struct workload *workload = load->workload;
    uint64_t window_bytes = (uint64_t)workload->message_bytes * workload->pipeline_depth;
    const struct load_part misbehaving =
        load_part_of(workload->misbehaving, load->team->threads, load->thread, true);
    int error = -NET_NO_MEMORY;
    load->engine = engine_open(
        &load_callbacks, load, workload->connections + workload->misbehaving,
        window_bytes < RECEIVE_BYTES_MOST ? (size_t)window_bytes : RECEIVE_BYTES_MOST, &error);
    if (load->engine != NULL && misbehaving.count > 0)
        load->misbehaving = misbehaving_open(load->engine, load->options, &misbehaving);
    if (load->engine == NULL || (misbehaving.count > 0 && load->misbehaving == NULL)) {
        load_fail(load, "preparing the connections", error);
        return -1;
    }
    if (load->kind->is_open)
        engine_wait_precisely(load->engine);
    if (load->kind->prepare != NULL)
        load->kind->prepare(load);
    return 0;
}

static void load_main(void *argument)
{
    struct load *load = argument;
    const struct load_options *options = load->options;
    int error =
        load->thread == 0 || options->at_thread == NULL ? 0 : options->at_thread(options->context);
    if (error != 0) {
        load_fail(load, "preparing a client thread", error);
        return;
    }
    if (load_open(load) == 0) {
        if (connect_all(load))
            measure(load);
        else if (!load_is_over(load))
            team_end(load->team);
        close_all(load);
    }
    engine_free(load->engine);
    misbehaving_free(load->misbehaving);
}

/* Everything that the threads share or begin with. 0, or -1 after load_fail. */
static int team_prepare(struct load_team *team, struct load_result *result)
{
    size_t intervals = intervals_of(team->options);
    bool has_room = true;
    for (unsigned i = 0; i < team->threads; i++)
        has_room = load_init(team, i, i == 0 ? result : NULL) == 0 && has_room;
    team->shares = calloc(team->options->workload.connections, sizeof *team->shares);
    if (team->options->at_interval != NULL && intervals > 0) {
        team->progress = calloc(intervals, sizeof *team->progress);
        has_room = has_room && team->progress != NULL;
    }
    if (has_room && team->shares != NULL)
        return 0;
    load_fail(&team->loads[0], "preparing the connections", -NET_NO_MEMORY);
    return -1;
}

/* The threads' parts, the first on this one, until all have ended. */
static void team_run(struct load_team *team)
{
    unsigned started = 1;
    for (; started < team->threads; started++) {
        struct load *load = &team->loads[started];
        int error = thread_start(&load->handle, load_main, load, 0);
        if (error != 0) {
            load_fail(&team->loads[0], "starting a client thread", error);
            break;
        }
    }
    load_main(&team->loads[0]);
    for (unsigned i = 1; i < started; i++)
        thread_join(team->loads[i].handle);
}

int load_run(const struct load_options *options, struct load_result *result)
{
    struct load_team team;
    int error = team_open(&team, options);
    if (error != 0) {
        char cause[120];
        load_result_clear(result, options->workload.connections);
        snprintf(result->error_text, sizeof result->error_text, "preparing the client threads: %s",
                 net_error_text(error, cause, sizeof cause));
        result->error = error;
    } else if (team_prepare(&team, result) == 0) {
        team_run(&team);
        team_settle(&team);
    }
    team_close(&team);
    return result->error;
}
