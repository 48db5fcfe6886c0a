/*
 * epoll_edge: epoll, but edge-triggered: a change is told once, and not what is still so.
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
#include "readiness.h"

/* Most that one wait hands out; what is left heads the kernel's list for the next. */
enum { EVENTS_AT_ONCE = 256 };

/* Receives that found something, then the others get their turn. */
enum { ROUNDS_AT_ONCE = 4 };

static const uint32_t watched = EPOLLIN | EPOLLOUT | EPOLLET;

/* A thread and its set. */
struct poller {
    struct readiness_worker own;
    int set; /* the epoll instance; open where opened */
    bool opened;
    struct epoll_event ready[EVENTS_AT_ONCE];
};

/* ---- accept ---- */

static void connection_begin(struct worker *worker, struct connection *connection)
{
    struct poller *poller = (struct poller *)worker;
    struct epoll_event event = {.events = watched, .data.ptr = connection};
    int error =
        observe_call(worker, connection, "epoll_ctl(EPOLL_CTL_ADD, EPOLLET)",
                     epoll_ctl(poller->set, EPOLL_CTL_ADD, connection->socket, &event) == 0, NULL);
    if (error != 0)
        server_release(worker, connection, error);
}

/* ---- readable, writable, close ---- */

/* To change what is watched, even to the same, tells again what is so. */
static int tell_again(struct poller *poller, struct connection *connection)
{
    struct epoll_event event = {.events = watched, .data.ptr = connection};
    return observe_call(&poller->own.worker, connection, "epoll_ctl(EPOLL_CTL_MOD, EPOLLET)",
                        epoll_ctl(poller->set, EPOLL_CTL_MOD, connection->socket, &event) == 0,
                        NULL);
}

/* EPOLLERR and EPOLLHUP come unasked, and the call that was waited for then tells why. */
static void connection_ready(struct poller *poller, struct connection *connection)
{
    struct worker *worker = &poller->own.worker;
    enum readiness_received received = READINESS_SOMETHING;
    enum session_want want = SESSION_RECV;
    int error = 0;
    for (int round = 0; want == SESSION_RECV && received == READINESS_SOMETHING; round++) {
        if (round == ROUNDS_AT_ONCE) {
            error = tell_again(poller, connection);
            break;
        }
        want = readiness_step(worker, connection, 1, &received, &error);
    }
    /* A socket is once among the ready ones, so nothing behind this one in the array points here.
     */
    if (want == SESSION_CLOSE || error != 0)
        server_release(worker, connection, error);
}

/* ---- serve ---- */

static void poller_run(struct worker *worker)
{
    struct poller *poller = (struct poller *)worker;
    while (!server_stopping(worker->server)) {
        int ready = observe_wait(worker, "epoll_wait", 0, 0,
                                 epoll_wait(poller->set, poller->ready, EVENTS_AT_ONCE, -1));
        if (ready < 0 && net_error_kind(ready) != NET_ERROR_INTERRUPTED)
            server_fail(worker->server, "epoll_wait", ready);
        for (int i = 0; i < ready; i++) {
            if (poller->ready[i].data.ptr != NULL)
                connection_ready(poller, poller->ready[i].data.ptr);
            else
                readiness_own_socket(worker, connection_begin);
        }
    }
}

static int poller_open(struct worker *worker)
{
    struct poller *poller = (struct poller *)worker;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    int error = readiness_open(worker);
    if (error != 0)
        return error;
    poller->set = epoll_create1(EPOLL_CLOEXEC);
    poller->opened = poller->set >= 0;
    if (!poller->opened)
        return server_fail(worker->server, "epoll_create1", net_last_error());
    if (epoll_ctl(poller->set, EPOLL_CTL_ADD, poller->own.own_socket, &event) != 0)
        return server_fail(worker->server, "epoll_ctl", net_last_error());
    return 0;
}

static void poller_close(struct worker *worker)
{
    struct poller *poller = (struct poller *)worker;
    if (poller->opened)
        close(poller->set);
    readiness_close(worker);
}

static int serve(struct server *server)
{
    static const struct crew_calls calls = {sizeof(struct poller), poller_open, poller_run,
                                            readiness_wake, poller_close};
    return crew_serve(server, &calls);
}

const struct io_model model_epoll_edge = {
    .notification = MODEL_READINESS,
    .threads_apply = true,
    .thread_stack_bytes = THREAD_STACK_BYTES,
    .serve = serve,
};
