/*
 * epoll: the kernel keeps the set of watched sockets and hands out only those that are ready.
 *
 * Idea     Which sockets are of interest is said once and kept in the kernel, which puts a socket on the
 *          ready list when something happens to it: a wait costs what is ready, however many are
 *          idle. Level-triggered, as here, a socket is on the list for as long as it is ready.
 * Calls    epoll_ctl(EPOLL_CTL_ADD) once; then for ever epoll_wait, accept4, recv, send.
 *          EPOLL_CTL_MOD to wait for writable, and back. close takes the socket out of the set.
 * Re-arms  Nothing (EPOLLET would: a recv or send that failed with EAGAIN). EPOLLOUT is asked for
 *          only while bytes are pending, else every socket would be ready always.
 * Limit    /proc/sys/fs/epoll/max_user_watches, a share of memory. Readiness only, and of files
 *          that can't be polled (on disk) nothing.
 * Choose   On Linux, for anything from a handful of sockets to hundreds of thousands.
 *
 * Documentation: epoll(7), epoll_ctl(2), epoll_wait(2).
 */
#include <sys/epoll.h>
#include <unistd.h>

#include "crew.h"
#include "model.h"
#include "parts/arrivals.h"
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
    struct arrivals arrivals;
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
        struct connection *begin;
        net_socket socket;
        int error = observe_accept(worker, socket = accept4(worker->server->listener, NULL, NULL,
                                                            SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (!server_accepted(worker, error, socket, &begin))
            return;
        if (begin != NULL)
            connection_begin(thread, begin);
    }
}

static void connections_assigned(struct epoll_worker *thread)
{
    struct connection *connection;
    arrivals_clear(&thread->arrivals,
                   &thread->worker); /* before looking, so that no wake-up is lost */
    while ((connection = crew_next_assigned(&thread->worker)) != NULL)
        connection_begin(thread, connection);
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
            else if (worker->index == 0)
                connections_accept(thread);
            else
                connections_assigned(thread);
        }
    }
}

static int worker_open(struct worker *worker)
{
    struct epoll_worker *thread = (struct epoll_worker *)worker;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    int error = arrivals_open(&thread->arrivals, worker);
    if (error != 0)
        return error;
    error = server_require(worker, "epoll_create1()",
                           (thread->set = epoll_create1(EPOLL_CLOEXEC)) >= 0);
    if (error != 0)
        return error;
    thread->opened = true;
    return server_require(worker, "epoll_ctl(EPOLL_CTL_ADD, EPOLLIN)",
                          epoll_ctl(thread->set, EPOLL_CTL_ADD, thread->arrivals.socket, &event) ==
                              0);
}

static void worker_wake(struct worker *worker, struct worker *by)
{
    arrivals_wake(&((struct epoll_worker *)worker)->arrivals, by);
}

static void worker_close(struct worker *worker)
{
    struct epoll_worker *thread = (struct epoll_worker *)worker;
    if (thread->opened)
        observe_call(worker, NULL, "close()", close(thread->set) == 0);
    arrivals_close(&thread->arrivals);
}

static int serve(struct server *server)
{
    static const struct crew_calls calls = {sizeof(struct epoll_worker), worker_open, worker_run,
                                            worker_wake, worker_close};
    return crew_serve(server, &calls);
}

const struct io_model model_epoll = {
    .threads_apply = true,
    .thread_stack_bytes = THREAD_STACK_BYTES,
    .connection_bytes = sizeof(struct epoll_connection),
    .serve = serve,
};
