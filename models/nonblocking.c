/*
 * nonblocking: nothing is waited for. Every call on every socket is tried, again and again, and one
 * that finds nothing to do says so at once.
 *
 * Idea     The second of the five models in Stevens' "UNIX Network Programming". No thread is ever
 *          asleep in the kernel for a socket, so nothing has to wake it: between the arrival of a byte
 *          and its receive lies at most one round over all sockets. The price is that every round
 *          calls every socket, whether or not anything has come.
 * Calls    For ever, in rounds: accept (accept4), then recv or send for each connection. After a round
 *          in which nothing was moved: sched_yield, on Windows SwitchToThread.
 * Re-arms  Nothing: nothing is reported.
 * Limit    A processor for each serving thread, also while nobody sends. The back-off is the yield and
 *          nothing more: other programs that want the processor get it before the next round, which is
 *          what lets a client run on a machine with one processor; where nobody wants it, the yield
 *          returns at once. A longer back-off, a sleep, would spare the processor, and each message
 *          would wait for the end of the sleep instead.
 * Choose   To see what waiting is good for. Else where a processor is given away for the shortest
 *          reaction to few sockets, as programs that poll a network card do.
 *
 * Documentation: recv(2), "EAGAIN"; sched_yield(2); FIONBIO ("ioctlsocket"), SwitchToThread
 * (Microsoft).
 */
#include "crew.h"
#include "model.h"
#include "turn.h"

#include <stdlib.h>

/* The one platform block: how a non-blocking socket is accepted, and how the processor is yielded. */
#ifdef _WIN32
#define accept_nonblocking(listener) accept(listener, NULL, NULL) /* it has the listener's mode */
#define yield()                      SwitchToThread()
#define YIELD_CALL                   "SwitchToThread()"
#else
#include <sched.h>
#define accept_nonblocking(listener) accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)
#define yield()                      sched_yield()
#define YIELD_CALL                   "sched_yield()"
#endif

/* ---- state ---- */

/* A thread and its connections. */
struct nonblocking_worker {
    struct worker worker;
    struct connection **connections; /* without gaps */
    unsigned count;
    bool moved; /* something has come or gone in this round */
    bool lacks; /* the last accept failed, and not because nobody waits */
};

/* ---- accept ---- */

static void connection_begin(struct nonblocking_worker *thread, struct connection *connection)
{
    thread->connections[thread->count++] = connection;
    thread->moved = true;
}

static void connections_accept(struct nonblocking_worker *thread)
{
    struct worker *worker = &thread->worker;
    /* An accept that fails for want of anything takes a pause, also where nobody waits. */
    if (thread->lacks && !net_has_arrival(worker->server->listener))
        return;
    for (unsigned i = 0; i < SERVER_ACCEPTS_AT_ONCE; i++) {
        struct connection *begin;
        net_socket socket;
        int error = observe_accept(worker, socket = accept_nonblocking(worker->server->listener));
        if (!server_accepted(worker, error, socket, &begin)) {
            thread->lacks = net_error_kind(error) != NET_ERROR_WOULD_BLOCK;
            return;
        }
        if (begin != NULL)
            connection_begin(thread, begin);
    }
}

static void connections_assigned(struct nonblocking_worker *thread)
{
    struct connection *connection;
    while ((connection = crew_next_assigned(&thread->worker)) != NULL)
        connection_begin(thread, connection);
}

/* ---- readable, writable, close ---- */

static void connection_turn(struct nonblocking_worker *thread, unsigned at)
{
    struct worker *worker = &thread->worker;
    struct connection *connection = thread->connections[at];
    struct turn turn = turn_begin(&connection->session, TURN_RECEIVES);
    while (turn_next(&turn) != TURN_OVER) {
        int64_t moved;
        if (turn.step == TURN_RECV)
            turn_received(&turn,
                          server_work(worker, connection,
                                      moved = observe_recv(worker, connection, turn.span.size,
                                                           recv(connection->socket, turn.span.at,
                                                                (net_length)turn.span.size, 0))));
        else
            turn_sent(&turn,
                      moved = observe_send(worker, connection, turn.span.size,
                                           send(connection->socket, turn.span.at,
                                                (net_length)turn.span.size, NET_SEND_FLAGS)));
        thread->moved = thread->moved || moved >= 0;
    }
    if (turn_wants(&turn) == SESSION_CLOSE) {
        thread->connections[at] = thread->connections[--thread->count];
        server_release(worker, connection, turn.error);
    }
}

/* ---- serve ---- */

static void worker_run(struct worker *worker)
{
    struct nonblocking_worker *thread = (struct nonblocking_worker *)worker;
    while (!server_stopping(worker->server)) {
        thread->moved = false;
        if (worker->index == 0)
            connections_accept(thread);
        connections_assigned(thread);
        /* Downwards: the last one moves into a gap, and has had its turn. */
        for (unsigned at = thread->count; at-- > 0;)
            connection_turn(thread, at);
        if (!thread->moved) {
            observe_call(worker, NULL, YIELD_CALL, (yield(), true));
            observe_repeats(worker);
        }
    }
}

static int worker_open(struct worker *worker)
{
    struct nonblocking_worker *thread = (struct nonblocking_worker *)worker;
    struct server *server = worker->server;
    thread->connections = calloc(server->capacity, sizeof(struct connection *));
    if (thread->connections == NULL)
        return server_fail(server, "calloc", -NET_NO_MEMORY);
    return worker->index != 0 ? 0
                              : server_require(worker, NET_NONBLOCKING_CALL,
                                               net_set_nonblocking(server->listener, true) == 0);
}

/* No thread waits, so nothing has to wake it: it looks at the flag and its inbox in each round. */
static void worker_wake(struct worker *worker, struct worker *by)
{
    (void)worker;
    (void)by;
}

static void worker_close(struct worker *worker)
{
    free((void *)((struct nonblocking_worker *)worker)->connections);
}

static int serve(struct server *server)
{
    static const struct crew_calls calls = {sizeof(struct nonblocking_worker), worker_open,
                                            worker_run, worker_wake, worker_close};
    return crew_serve(server, &calls);
}

const struct io_model model_nonblocking = {
    .threads_apply = true,
    .thread_stack_bytes = THREAD_STACK_BYTES,
    .serve = serve,
};
