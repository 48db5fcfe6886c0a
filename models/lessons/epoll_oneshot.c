/*
 * epoll_oneshot: epoll, but one set for all threads: whichever is free takes the next connection.
 *
 * Changed  All threads wait for the same set. EPOLLONESHOT: what has been reported is not watched any
 *          more until it is armed again by EPOLL_CTL_MOD, which each turn ends with. So one thread at a
 *          time has a connection, and any thread may have its next turn.
 * Gain     The load needs no balancing: no client waits for a thread while another thread is idle.
 *          That helps where messages take long and not all alike (--work-cpu, --work-wait).
 * Harm     A call to arm for each turn, on one set that all threads lock, and one at the end to take it
 *          out of the set before the close; and a connection goes from processor to processor, and its
 *          memory with it. A thread serves by itself what one wait has handed to it, so a wait may hand
 *          out few only.
 * Shows    syscalls_per_msg, server_cpu_us_per_msg and threads_jain: bench --threads 4 --work-wait
 *          exp:2ms.
 *
 * Documentation: epoll_ctl(2), EPOLLONESHOT; epoll_wait(2), "Notes", on several threads.
 */
#include <stdatomic.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "crew.h"
#include "model.h"
#include "turn.h"

/* Most that one wait hands to a thread; the other threads can have the rest. */
enum { EVENTS_AT_ONCE = 8 };

/* ---- state ---- */

/*
 * What a thread has written here the next one reads. The kernel keeps that order between epoll_ctl and
 * epoll_wait, but the language knows an order between threads from atomic variables only.
 */
struct shared_connection {
    struct connection connection;
    atomic_bool armed;
};

struct epoll_worker {
    struct worker worker;
    int set; /* the epoll instance of all threads */
    struct epoll_event ready[EVENTS_AT_ONCE];
};

/* ---- arm ---- */

/* 0, or a negative error. After success another thread may have the connection already. */
static int connection_arm(struct epoll_worker *thread, struct connection *connection, int operation)
{
    bool sending = session_wants(&connection->session) == SESSION_SEND;
    uint32_t id = connection->id;
    net_socket socket = connection->socket;
    struct epoll_event event = {.events = (sending ? EPOLLOUT : EPOLLIN) | EPOLLONESHOT,
                                .data.ptr = connection};
    atomic_store_explicit(&((struct shared_connection *)connection)->armed, true,
                          memory_order_release);
    return observe_call_id(&thread->worker, id,
                           operation == EPOLL_CTL_ADD ? "epoll_ctl(EPOLL_CTL_ADD, EPOLLONESHOT)"
                                                      : "epoll_ctl(EPOLL_CTL_MOD, EPOLLONESHOT)",
                           epoll_ctl(thread->set, operation, socket, &event) == 0);
}

/* events: EPOLLIN, once or for as long as it is so. */
static void listener_arm(struct epoll_worker *thread, struct worker *by, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = NULL};
    server_require(by, "epoll_ctl(EPOLL_CTL_MOD, listener)",
                   epoll_ctl(thread->set, EPOLL_CTL_MOD, by->server->listener, &event) == 0);
}

/* ---- accept ---- */

static void connections_accept(struct epoll_worker *thread)
{
    struct worker *worker = &thread->worker;
    for (unsigned i = 0; i < SERVER_ACCEPTS_AT_ONCE; i++) {
        struct connection *connection;
        net_socket socket;
        int error = observe_accept(worker, socket = accept4(worker->server->listener, NULL, NULL,
                                                            SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (error != 0 && server_accept_failed(worker, error) <= 0)
            break;
        if (error != 0 || (connection = server_admit(worker, socket)) == NULL)
            continue;
        error = connection_arm(thread, connection, EPOLL_CTL_ADD);
        if (error != 0)
            server_release(worker, connection, error);
    }
    listener_arm(thread, worker, EPOLLIN | EPOLLONESHOT);
}

/* ---- readable, writable, close ---- */

/*
 * To close the socket takes it out of the set, too. But where another thread's epoll_wait just looks at
 * it, Linux 6.18 closes it when that call returns, which may be never: the peer waits for the end.
 * epoll_ctl does not return before such a look is over.
 */
static void connection_end(struct epoll_worker *thread, struct connection *connection, int error)
{
    observe_call(&thread->worker, connection, "epoll_ctl(EPOLL_CTL_DEL)",
                 epoll_ctl(thread->set, EPOLL_CTL_DEL, connection->socket, NULL) == 0);
    server_release(&thread->worker, connection, error);
}

/* EPOLLERR and EPOLLHUP come unasked, and the call that was waited for then says why. */
static void connection_turn(struct epoll_worker *thread, struct shared_connection *own)
{
    struct worker *worker = &thread->worker;
    struct connection *connection = &own->connection;
    (void)atomic_load_explicit(&own->armed, memory_order_acquire);
    bool sending = session_wants(&connection->session) == SESSION_SEND;
    struct turn turn = turn_begin(&connection->session, sending ? 0 : TURN_RECEIVES);
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

    bool over = turn_wants(&turn) == SESSION_CLOSE;
    int error = over ? turn.error : connection_arm(thread, connection, EPOLL_CTL_MOD);
    if (over || error != 0)
        connection_end(thread, connection, error);
}

/* ---- serve ---- */

/* A listener that is shut down, and watched for as long as it is so, wakes all threads that wait. */
static void worker_wake(struct worker *worker, struct worker *by)
{
    observe_call(by, NULL, "shutdown(listener)", (net_interrupt(worker->server->listener), true));
    listener_arm((struct epoll_worker *)worker, by, EPOLLIN);
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

/* 0, or a negative error after server_fail. */
static int set_open(struct worker *worker, int *set)
{
    net_socket listener = worker->server->listener;
    struct epoll_event event = {.events = EPOLLIN | EPOLLONESHOT, .data.ptr = NULL};
    int error =
        server_require(worker, NET_NONBLOCKING_CALL, net_set_nonblocking(listener, true) == 0);
    if (error == 0)
        error =
            server_require(worker, "epoll_create1()", (*set = epoll_create1(EPOLL_CLOEXEC)) >= 0);
    if (error != 0)
        return error;
    return server_require(worker, "epoll_ctl(EPOLL_CTL_ADD, listener)",
                          epoll_ctl(*set, EPOLL_CTL_ADD, listener, &event) == 0);
}

static int serve(struct server *server)
{
    struct crew crew;
    int set = -1;
    int error = crew_open(&crew, server, sizeof(struct epoll_worker), worker_run, worker_wake);
    struct worker *first = crew_worker(&crew, 0);
    if (error == 0)
        error = set_open(first, &set);
    if (error == 0) {
        for (unsigned i = 0; i < crew.count; i++)
            ((struct epoll_worker *)crew_worker(&crew, i))->set = set;
        error = crew_run(&crew);
    }
    if (set >= 0)
        observe_call(first, NULL, "close()", close(set) == 0);
    crew_close(&crew);
    return error;
}

const struct io_model model_epoll_oneshot = {
    .threads_apply = true,
    .thread_stack_bytes = THREAD_STACK_BYTES,
    .connection_bytes = sizeof(struct shared_connection),
    .serve = serve,
};
