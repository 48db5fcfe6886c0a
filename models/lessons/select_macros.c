/*
 * select_macros: select, but with sets built by FD_SET and tested by FD_ISSET, as the samples do.
 *
 * Changed  For each wait every socket is put into its set by FD_SET, which on Winsock looks for it in
 *          the whole array first, and after it every socket is asked for by FD_ISSET, which searches
 *          too.
 * Harm     n searches of up to n entries, twice a wait: O(n * n), of which the kernel knows nothing.
 * Limit    FD_SETSIZE, here raised; beyond it FD_SET silently does nothing.
 * Shows    the time of one client's message beside many idle ones (--workload idle). Not the suite:
 *          where all are ready one wait, with its searches, is shared by all.
 *
 * Documentation: select, FD_SET in winsock2.h (Microsoft).
 */
#define FD_SETSIZE 16384 /* before winsock2.h, which declares fd_set by it */

#include "crew.h"
#include "model.h"
#include "readiness.h"

enum { CONNECTIONS_MOST = FD_SETSIZE - 1 }; /* and the thread's own socket */

/* ---- state ---- */

struct macros_connection {
    struct connection connection;
    bool sending;  /* watched for writing, and for reading until that was reported: see select.c */
    bool reported; /* it was */
};

/* A thread and what it watches. */
struct selector {
    struct readiness_worker own;
    unsigned count;
    struct macros_connection *connections[CONNECTIONS_MOST];
    fd_set reading, writing;
};

/* ---- accept ---- */

static void connection_begin(struct worker *worker, struct connection *connection)
{
    struct selector *selector = (struct selector *)worker;
    selector->connections[selector->count++] = (struct macros_connection *)connection;
}

/* ---- readable, writable, close ---- */

static bool connection_is_set(const struct selector *selector, struct macros_connection *own)
{
    bool readable = FD_ISSET(own->connection.socket, &selector->reading) != 0;
    own->reported = own->sending && (own->reported || readable);
    return readable || (own->sending && FD_ISSET(own->connection.socket, &selector->writing) != 0);
}

/* The last one moves into the gap. */
static void connection_ready(struct selector *selector, unsigned at)
{
    struct worker *worker = &selector->own.worker;
    struct macros_connection *own = selector->connections[at];
    enum readiness_received received;
    int error;
    enum session_want want = readiness_step(
        worker, &own->connection, own->sending ? 0 : READINESS_RECEIVES, &received, &error);
    own->sending = want == SESSION_SEND;
    own->reported = own->reported && own->sending;
    if (want == SESSION_CLOSE) {
        selector->connections[at] = selector->connections[--selector->count];
        server_release(worker, &own->connection, error);
    }
}

/* ---- serve ---- */

static void set_add(fd_set *set, net_socket socket)
{
    FD_SET(socket, set);
}

static int selector_wait(struct selector *selector)
{
    FD_ZERO(&selector->reading);
    FD_ZERO(&selector->writing);
    set_add(&selector->reading, selector->own.own_socket);
    for (unsigned i = 0; i < selector->count; i++) {
        const struct macros_connection *own = selector->connections[i];
        if (!own->reported)
            set_add(&selector->reading, own->connection.socket);
        if (own->sending)
            set_add(&selector->writing, own->connection.socket);
    }
    unsigned watched = selector->reading.fd_count + selector->writing.fd_count;
    return observe_wait(&selector->own.worker, "select", watched, watched * sizeof(SOCKET),
                        select(0, &selector->reading, &selector->writing, NULL, NULL));
}

static void selector_run(struct worker *worker)
{
    struct selector *selector = (struct selector *)worker;
    while (!server_stopping(worker->server)) {
        int ready = selector_wait(selector);
        if (ready < 0) {
            server_fail(worker->server, "select", ready);
            break;
        }
        for (unsigned i = selector->count; i > 0; i--)
            if (connection_is_set(selector, selector->connections[i - 1]))
                connection_ready(selector, i - 1);
        if (FD_ISSET(selector->own.own_socket, &selector->reading))
            readiness_own_socket(worker, connection_begin);
    }
}

static int serve(struct server *server)
{
    static const struct crew_calls calls = {sizeof(struct selector), readiness_open, selector_run,
                                            readiness_wake, readiness_close};
    return crew_serve(server, &calls);
}

const struct io_model model_select_macros = {
    .notification = MODEL_READINESS,
    .threads_apply = true,
    .connections_per_thread = CONNECTIONS_MOST,
    .thread_stack_bytes = THREAD_STACK_BYTES,
    .connection_bytes = sizeof(struct macros_connection),
    .serve = serve,
};
