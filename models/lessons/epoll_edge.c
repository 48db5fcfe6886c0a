/*
 * epoll_edge: epoll, but edge-triggered: a change is reported once, and not what is still so.
 *
 * Changed  EPOLLET, and both directions are watched from the start: no EPOLL_CTL_MOD for a client
 *          that reads slowly. A wake-up that leaves bytes unread is the last one, so a connection is
 *          received from until a receive finds nothing.
 * Gain     Where clients read slowly, the calls that watch the other direction. Where they do not,
 *          none: the receive that finds nothing is a call for each message.
 * Shows    syscalls_per_msg and server_cpu_us_per_msg: bench --suite lessons.
 *
 * Documentation: epoll(7), "Level-triggered and edge-triggered".
 */
#include <sys/epoll.h>
#include <unistd.h>

#include "crew.h"
#include "model.h"
#include "parts/arrivals.h"
#include "turn.h"

/* Most that one wait hands out; what is left heads the kernel's list for the next. */
enum { EVENTS_AT_ONCE = 256 };

/* Receives that found something, then the others get their turn. */
enum { ROUNDS_AT_ONCE = 4 };

static const uint32_t watched = EPOLLIN | EPOLLOUT | EPOLLET;

/* ---- state ---- */

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
    struct epoll_event event = {.events = watched, .data.ptr = connection};
    int error =
        observe_call(&thread->worker, connection, "epoll_ctl(EPOLL_CTL_ADD, EPOLLET)",
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

/* To change what is watched, even to the same, makes the kernel report again what is so. */
static int report_again(struct epoll_worker *thread, struct connection *connection)
{
    struct epoll_event event = {.events = watched, .data.ptr = connection};
    return observe_call(&thread->worker, connection, "epoll_ctl(EPOLL_CTL_MOD, EPOLLET)",
                        epoll_ctl(thread->set, EPOLL_CTL_MOD, connection->socket, &event) == 0);
}

/* EPOLLERR and EPOLLHUP come unasked, and the call that was waited for then says why. */
static void connection_turn(struct epoll_worker *thread, struct connection *connection)
{
    struct worker *worker = &thread->worker;
    struct turn turn;
    unsigned rounds = 0;
    do {
        turn = turn_begin(&connection->session, 1);
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
    } while (turn_wants(&turn) == SESSION_RECV && !turn.found_nothing && ++rounds < ROUNDS_AT_ONCE);

    int error = rounds == ROUNDS_AT_ONCE ? report_again(thread, connection) : turn.error;
    /* A socket is once among the ready ones, so nothing behind this one in the array points here.
     */
    if (turn_wants(&turn) == SESSION_CLOSE || error != 0)
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

const struct io_model model_epoll_edge = {
    .threads_apply = true,
    .thread_stack_bytes = THREAD_STACK_BYTES,
    .serve = serve,
};
