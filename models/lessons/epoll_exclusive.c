/*
 * epoll_exclusive: epoll, but each thread accepts: all of them watch the one listener.
 *
 * Changed  Each thread has the listener in its set, and serves what it accepts; nothing is handed over.
 *          EPOLLEXCLUSIVE: a new client wakes one of the threads that wait, not all of them.
 * Gain     No single thread has to accept for all, and no thread has to be woken for a client that
 *          another thread has accepted: that is a call and a wait less for most clients.
 * Harm     Nobody chooses who is least loaded. Of the threads that wait the kernel wakes the one that
 *          began first to watch the listener, so connections gather at the first threads, and stay
 *          there for as long as they last. A thread that was not woken may still find the listener in
 *          its set, and its accept nothing to take.
 * Shows    accepts_jain and threads_jain: bench --workload churn --threads 4.
 *
 * Documentation: epoll_ctl(2), EPOLLEXCLUSIVE (Linux 4.5).
 */
#include <sys/epoll.h>
#include <unistd.h>

#include "crew.h"
#include "model.h"
#include "turn.h"

/* Most that one wait hands out; what is left heads the kernel's list for the next. */
enum { EVENTS_AT_ONCE = 256 };

/* ---- state ---- */

struct epoll_connection {
    struct connection connection;
    bool sending; /* watched for EPOLLOUT, not for EPOLLIN */
};

/* A thread and its set. */
struct epoll_worker {
    struct worker worker;
    int set; /* the epoll instance; open where opened */
    bool opened;
    struct epoll_event ready[EVENTS_AT_ONCE];
};

/* ---- accept ---- */

static void connection_begin(struct epoll_worker *thread, struct connection *connection)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    int error =
        observe_call(&thread->worker, connection, "epoll_ctl(EPOLL_CTL_ADD, EPOLLIN)",
                     epoll_ctl(thread->set, EPOLL_CTL_ADD, connection->socket, &event) == 0);
    if (error != 0)
        server_release(&thread->worker, connection, error);
}

static void connections_accept(struct epoll_worker *thread)
{
    struct worker *worker = &thread->worker;
    for (unsigned i = 0; i < SERVER_ACCEPTS_AT_ONCE; i++) {
        struct connection *connection;
        net_socket socket;
        int error = observe_accept(worker, socket = accept4(worker->server->listener, NULL, NULL,
                                                            SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (error != 0 && server_accept_failed(worker, error) <= 0)
            return;
        if (error == 0 && (connection = server_admit(worker, socket)) != NULL)
            connection_begin(thread, connection);
    }
}

/* ---- readable, writable, close ---- */

static int watch_other(struct epoll_worker *thread, struct epoll_connection *own)
{
    own->sending = !own->sending;
    struct epoll_event event = {.events = own->sending ? EPOLLOUT : EPOLLIN, .data.ptr = own};
    return observe_call(&thread->worker, &own->connection,
                        own->sending ? "epoll_ctl(EPOLL_CTL_MOD, EPOLLOUT)"
                                     : "epoll_ctl(EPOLL_CTL_MOD, EPOLLIN)",
                        epoll_ctl(thread->set, EPOLL_CTL_MOD, own->connection.socket, &event) == 0);
}

/* EPOLLERR and EPOLLHUP come unasked, and the call that was waited for then says why. */
static void connection_turn(struct epoll_worker *thread, struct epoll_connection *own)
{
    struct worker *worker = &thread->worker;
    struct connection *connection = &own->connection;
    struct turn turn = turn_begin(&connection->session, own->sending ? 0 : TURN_RECEIVES);
    while (turn_next(&turn) != TURN_OVER)
        if (turn.step == TURN_RECV)
            turn_received(&turn, server_work(worker, connection,
                                             observe_recv(worker, connection, turn.span.size,
                                                          recv(connection->socket, turn.span.at,
                                                               turn.span.size, 0))));
        else
            turn_sent(&turn, observe_send(worker, connection, turn.span.size,
                                          send(connection->socket, turn.span.at, turn.span.size,
                                               MSG_NOSIGNAL)));

    enum session_want want = turn_wants(&turn);
    int error = turn.error;
    if (want != SESSION_CLOSE && own->sending != (want == SESSION_SEND))
        error = watch_other(thread, own);
    /* A socket is once among the ready ones, so nothing behind this one in the array points here.
     */
    if (want == SESSION_CLOSE || error != 0)
        server_release(worker, connection, error);
}

/* ---- serve ---- */

/* The shutdown wakes all threads that watch the listener, also those that wait exclusively. */
static void worker_wake(struct worker *worker, struct worker *by)
{
    observe_call(by, NULL, "shutdown(listener)", (net_interrupt(worker->server->listener), true));
}

static void worker_run(struct worker *worker)
{
    struct epoll_worker *thread = (struct epoll_worker *)worker;
    while (!server_stopping(worker->server)) {
        int ready = observe_wait(worker, "epoll_wait(until an event)", NULL, 0, 0,
                                 epoll_wait(thread->set, thread->ready, EVENTS_AT_ONCE, -1));
        if (ready < 0 && net_error_kind(ready) != NET_ERROR_INTERRUPTED)
            server_fail(worker->server, "epoll_wait", ready);
        for (int i = 0; i < ready; i++) {
            if (thread->ready[i].data.ptr != NULL)
                connection_turn(thread, thread->ready[i].data.ptr);
            else
                connections_accept(thread);
        }
    }
    worker_wake(worker, worker); /* the stop's connection woke only one thread */
}

static int worker_open(struct worker *worker)
{
    struct epoll_worker *thread = (struct epoll_worker *)worker;
    net_socket listener = worker->server->listener;
    struct epoll_event event = {.events = EPOLLIN | EPOLLEXCLUSIVE, .data.ptr = NULL};
    int error =
        server_require(worker, NET_NONBLOCKING_CALL, net_set_nonblocking(listener, true) == 0);
    if (error == 0)
        error = server_require(worker, "epoll_create1()",
                               (thread->set = epoll_create1(EPOLL_CLOEXEC)) >= 0);
    if (error != 0)
        return error;
    thread->opened = true;
    return server_require(worker, "epoll_ctl(EPOLL_CTL_ADD, EPOLLEXCLUSIVE)",
                          epoll_ctl(thread->set, EPOLL_CTL_ADD, listener, &event) == 0);
}

static void worker_close(struct worker *worker)
{
    struct epoll_worker *thread = (struct epoll_worker *)worker;
    if (thread->opened)
        observe_call(worker, NULL, "close()", close(thread->set) == 0);
}

static int serve(struct server *server)
{
    static const struct crew_calls calls = {sizeof(struct epoll_worker), worker_open, worker_run,
                                            worker_wake, worker_close};
    return crew_serve(server, &calls);
}

const struct io_model model_epoll_exclusive = {
    .threads_apply = true,
    .thread_stack_bytes = THREAD_STACK_BYTES,
    .connection_bytes = sizeof(struct epoll_connection),
    .serve = serve,
};
