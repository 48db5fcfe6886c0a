/*
 * select_macros: select, but with sets built by FD_SET and tested by FD_ISSET, as the samples do.
 *
 * Changed  For each wait every socket is put into its set by FD_SET, which on Winsock looks for it in
 *          the whole array first, and after it every socket is asked for by FD_ISSET, which searches
 *          too.
 * Harm     n searches of up to n entries, twice a wait: O(n * n), all of it in the program.
 * Limit    FD_SETSIZE, here raised; beyond it FD_SET silently does nothing.
 * Shows    the time of one client's message beside many idle ones (--workload idle). Not the suite:
 *          where all are ready one wait, with its searches, is shared by all.
 *
 * Documentation: select, FD_SET in winsock2.h (Microsoft).
 */
#define FD_SETSIZE 16384 /* before winsock2.h, which declares fd_set by it */

#include "crew.h"
#include "model.h"
#include "parts/arrivals.h"
#include "turn.h"

enum {
    CONNECTIONS_MOST = FD_SETSIZE - 1, /* and the thread's own socket */
    RESET_LOOK_US = 100000,            /* as in select.c */
    RESET_LOOK_WAITS = 64
};

/* ---- state ---- */

struct select_connection {
    struct connection connection;
    bool sending;  /* watched for writing, and for reading until that was reported: see select.c */
    bool reported; /* it was, and so it is not watched for a reset */
};

/* A thread and what it watches. */
struct select_worker {
    struct worker worker;
    struct arrivals arrivals;
    unsigned waits;
    unsigned count;
    struct select_connection *connections[CONNECTIONS_MOST];
    fd_set reading, writing;
};

/* ---- accept ---- */

static void connection_begin(struct select_worker *thread, struct connection *connection)
{
    thread->connections[thread->count++] = (struct select_connection *)connection;
}

static void connections_accept(struct select_worker *thread)
{
    struct worker *worker = &thread->worker;
    for (unsigned i = 0; i < SERVER_ACCEPTS_AT_ONCE; i++) {
        struct connection *begin;
        net_socket socket;
        int error = observe_accept(worker, socket = accept(worker->server->listener, NULL, NULL));
        if (!server_accepted(worker, error, socket, &begin))
            return;
        if (begin != NULL)
            connection_begin(thread, begin);
    }
}

static void connections_assigned(struct select_worker *thread)
{
    struct connection *connection;
    arrivals_clear(&thread->arrivals,
                   &thread->worker); /* before looking, so that no wake-up is lost */
    while ((connection = crew_next_assigned(&thread->worker)) != NULL)
        connection_begin(thread, connection);
}

/* ---- readable, writable, close ---- */

static void connection_turn(struct select_worker *thread, unsigned at)
{
    struct worker *worker = &thread->worker;
    struct select_connection *own = thread->connections[at];
    struct connection *connection = &own->connection;
    struct turn turn = turn_begin(&connection->session, own->sending ? 0 : TURN_RECEIVES);
    while (turn_next(&turn) != TURN_OVER)
        if (turn.step == TURN_RECV)
            turn_received(&turn, server_work(worker, connection,
                                             observe_recv(worker, connection, turn.span.size,
                                                          recv(connection->socket, turn.span.at,
                                                               (net_length)turn.span.size, 0))));
        else
            turn_sent(&turn, observe_send(worker, connection, turn.span.size,
                                          send(connection->socket, turn.span.at,
                                               (net_length)turn.span.size, NET_SEND_FLAGS)));

    own->sending = turn_wants(&turn) == SESSION_SEND;
    own->reported = own->reported && own->sending;
    if (turn_wants(&turn) == SESSION_CLOSE) {
        thread->connections[at] = thread->connections[--thread->count];
        server_release(worker, connection, turn.error);
    }
}

/* ---- serve ---- */

static void set_add(fd_set *set, net_socket socket)
{
    FD_SET(socket, set);
}

static bool set_has(const fd_set *set, net_socket socket)
{
    return FD_ISSET(socket, set) != 0;
}

static int ready_wait(struct select_worker *thread)
{
    FD_ZERO(&thread->reading);
    FD_ZERO(&thread->writing);
    set_add(&thread->reading, thread->arrivals.socket);
    bool deaf = false;
    for (unsigned i = 0; i < thread->count; i++) {
        const struct select_connection *own = thread->connections[i];
        if (!own->reported)
            set_add(&thread->reading, own->connection.socket);
        deaf = deaf || own->reported;
        if (own->sending)
            set_add(&thread->writing, own->connection.socket);
    }
    unsigned watched = thread->reading.fd_count + thread->writing.fd_count;
    struct timeval look = {.tv_usec = RESET_LOOK_US};
    return observe_wait(&thread->worker, "select", "socket", watched, watched * sizeof(SOCKET),
                        select(0, &thread->reading, &thread->writing, NULL, deaf ? &look : NULL));
}

/* All are watched for a reset again, until the reading set reports them. */
static void resets_watch(struct select_worker *thread)
{
    for (unsigned i = 0; i < thread->count; i++)
        thread->connections[i]->reported = false;
}

static void worker_run(struct worker *worker)
{
    struct select_worker *thread = (struct select_worker *)worker;
    while (!server_stopping(worker->server)) {
        int ready = ready_wait(thread);
        if (ready < 0) {
            server_fail(worker->server, "select", ready);
            break;
        }
        for (unsigned i = thread->count; i > 0; i--) {
            struct select_connection *own = thread->connections[i - 1];
            bool readable = set_has(&thread->reading, own->connection.socket);
            own->reported = own->sending && (own->reported || readable);
            if (readable || (own->sending && set_has(&thread->writing, own->connection.socket)))
                connection_turn(thread, i - 1);
        }
        if (ready == 0 || ++thread->waits % RESET_LOOK_WAITS == 0)
            resets_watch(thread);
        if (!set_has(&thread->reading, thread->arrivals.socket))
            continue;
        if (worker->index == 0)
            connections_accept(thread);
        else
            connections_assigned(thread);
    }
}

static int worker_open(struct worker *worker)
{
    return arrivals_open(&((struct select_worker *)worker)->arrivals, worker);
}

static void worker_wake(struct worker *worker, struct worker *by)
{
    arrivals_wake(&((struct select_worker *)worker)->arrivals, by);
}

static void worker_close(struct worker *worker)
{
    arrivals_close(&((struct select_worker *)worker)->arrivals);
}

static int serve(struct server *server)
{
    static const struct crew_calls calls = {sizeof(struct select_worker), worker_open, worker_run,
                                            worker_wake, worker_close};
    return crew_serve(server, &calls);
}

const struct io_model model_select_macros = {
    .threads_apply = true,
    .connections_per_thread = CONNECTIONS_MOST,
    .thread_stack_bytes = THREAD_STACK_BYTES,
    .connection_bytes = sizeof(struct select_connection),
    .serve = serve,
};
