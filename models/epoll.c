/*
 * epoll: the kernel keeps the set of watched sockets and hands out only those that are ready.
 *
 * Idea     Interest is told once for each socket and kept in the kernel, which puts a socket on the
 *          ready list when something happens to it: a wait costs what is ready, however many are
 *          idle. Level-triggered, as here, a socket is on the list for as long as it is ready.
 * Calls    epoll_ctl(EPOLL_CTL_ADD) once; then for ever epoll_wait, recv, send. EPOLL_CTL_MOD to
 *          wait for writable, and back. close takes the socket out of the set.
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
#include "readiness.h"

/* Most that one wait hands out; what is left heads the kernel's list for the next. */
enum { EVENTS_AT_ONCE = 256 };

struct epoll_connection {
    struct connection connection;
    bool sending; /* watched for EPOLLOUT, not for EPOLLIN */
};

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
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    int error =
        observe_call(worker, connection, "epoll_ctl(EPOLL_CTL_ADD, EPOLLIN)",
                     epoll_ctl(poller->set, EPOLL_CTL_ADD, connection->socket, &event) == 0, NULL);
    if (error != 0)
        server_release(worker, connection, error);
}

/* ---- readable, writable, close ---- */

static int watch_other(struct poller *poller, struct epoll_connection *own)
{
    own->sending = !own->sending;
    struct epoll_event event = {.events = own->sending ? EPOLLOUT : EPOLLIN, .data.ptr = own};
    return observe_call(
        &poller->own.worker, &own->connection,
        own->sending ? "epoll_ctl(EPOLL_CTL_MOD, EPOLLOUT)" : "epoll_ctl(EPOLL_CTL_MOD, EPOLLIN)",
        epoll_ctl(poller->set, EPOLL_CTL_MOD, own->connection.socket, &event) == 0, NULL);
}

/* EPOLLERR and EPOLLHUP come unasked, and the call that was waited for then tells why. */
static void connection_ready(struct poller *poller, struct epoll_connection *own)
{
    struct worker *worker = &poller->own.worker;
    enum readiness_received received;
    int error;
    enum session_want want = readiness_step(
        worker, &own->connection, own->sending ? 0 : READINESS_RECEIVES, &received, &error);
    if (want != SESSION_CLOSE && own->sending != (want == SESSION_SEND))
        error = watch_other(poller, own);
    /* A socket is once among the ready ones, so nothing behind this one in the array points here.
     */
    if (want == SESSION_CLOSE || error != 0)
        server_release(worker, &own->connection, error);
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

const struct io_model model_epoll = {
    .notification = MODEL_READINESS,
    .threads_apply = true,
    .thread_stack_bytes = THREAD_STACK_BYTES,
    .connection_bytes = sizeof(struct epoll_connection),
    .serve = serve,
};
