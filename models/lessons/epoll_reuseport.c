/*
 * epoll_reuseport: epoll, but each thread has a listener of its own at the same port.
 *
 * Changed  Listeners with SO_REUSEPORT share a port: the kernel gives each new client to one of them, by
 *          a hash of its address and port. Each thread accepts from its own and serves what it accepts.
 * Gain     The threads share nothing, neither a queue of new clients nor its lock: with many processors
 *          and short connections that queue is where threads meet.
 * Harm     The hash knows neither load nor state. Few clients are shared unevenly by chance, and a
 *          client in the queue of a thread that is busy waits for that thread while others are idle.
 *          What is in the queue of a listener that is closed is reset. (A program could attach a filter
 *          that chooses: SO_ATTACH_REUSEPORT_EBPF.)
 * Shows    accepts_jain and threads_jain, and the latencies where messages wait: bench --workload churn
 *          --threads 4 --work-wait exp:2ms.
 *
 * The option is set on the first listener after its bind, though socket(7) wants it before: Linux looks
 * at it when another socket is bound. So nobody else could bind the port before this server has it, as
 * server_open promises.
 *
 * Documentation: socket(7), SO_REUSEPORT (Linux 3.9).
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
    bool listens; /* at a listener of its own: all but worker 0, which has the server's */
    int set;      /* the epoll instance; open where opened */
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
        int error = observe_accept(
            worker, socket = accept4(worker->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC));
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

/* A listener that is shut down wakes the thread that watches it. */
static void worker_wake(struct worker *worker, struct worker *by)
{
    observe_call(by, NULL, "shutdown(listener)", (net_interrupt(worker->listener), true));
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
    /* The stop's connection may have woken another thread than worker 0, which watches this one. */
    observe_call(worker, NULL, "shutdown(listener)",
                 (net_interrupt(worker->server->listener), true));
}

/* 0, or a negative error after server_fail. */
static int listener_open(struct epoll_worker *thread)
{
    struct worker *worker = &thread->worker;
    const struct server *server = worker->server;
    const struct sockaddr *name = (const struct sockaddr *)&server->address.storage;
    net_socket listener;
    int yes = 1;
    if (server_require(
            worker, "socket()",
            (listener = socket(name->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) >=
                0) != 0)
        return server->failure;
    worker->listener = listener;
    thread->listens = true;
    if (server_require(worker, "setsockopt(SO_REUSEADDR)",
                       setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0) !=
            0 ||
        server_require(worker, "setsockopt(SO_REUSEPORT)",
                       setsockopt(listener, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof yes) == 0) !=
            0 ||
        (name->sa_family == AF_INET6 &&
         server_require(worker, "setsockopt(IPV6_V6ONLY)",
                        setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof yes) == 0) !=
             0) ||
        server_require(worker, "bind()", bind(listener, name, server->address.length) == 0) != 0)
        return server->failure;
    return server_require(worker, "listen()", listen(listener, server->options.backlog) == 0);
}

/* Of worker 0: the server's listener, which lets the others share its port. */
static int listener_share(struct worker *worker)
{
    int yes = 1, error = server_require(worker, NET_NONBLOCKING_CALL,
                                        net_set_nonblocking(worker->listener, true) == 0);
    if (error != 0)
        return error;
    return server_require(
        worker, "setsockopt(SO_REUSEPORT)",
        setsockopt(worker->listener, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof yes) == 0);
}

static int worker_open(struct worker *worker)
{
    struct epoll_worker *thread = (struct epoll_worker *)worker;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    int error = worker->index == 0 ? listener_share(worker) : listener_open(thread);
    if (error == 0)
        error = server_require(worker, "epoll_create1()",
                               (thread->set = epoll_create1(EPOLL_CLOEXEC)) >= 0);
    if (error != 0)
        return error;
    thread->opened = true;
    return server_require(worker, "epoll_ctl(EPOLL_CTL_ADD, EPOLLIN)",
                          epoll_ctl(thread->set, EPOLL_CTL_ADD, worker->listener, &event) == 0);
}

static void worker_close(struct worker *worker)
{
    struct epoll_worker *thread = (struct epoll_worker *)worker;
    if (thread->opened)
        observe_call(worker, NULL, "close()", close(thread->set) == 0);
    if (thread->listens)
        server_close_socket(worker, worker->listener);
}

static int serve(struct server *server)
{
    static const struct crew_calls calls = {sizeof(struct epoll_worker), worker_open, worker_run,
                                            worker_wake, worker_close};
    return crew_serve(server, &calls);
}

const struct io_model model_epoll_reuseport = {
    .threads_apply = true,
    .thread_stack_bytes = THREAD_STACK_BYTES,
    .connection_bytes = sizeof(struct epoll_connection),
    .serve = serve,
};
