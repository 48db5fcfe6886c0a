/*
 * io_uring: what is to be done, and what has been done, in two queues that are shared with the
 * kernel; one system call hands in all of the one and waits for the other.
 *
 * Idea     The kernel does the calls: a receive is posted and comes back when bytes are in the
 *          buffer. Handing in and waiting are one call for all connections together, so the busier
 *          the server the fewer calls for a message; alone on an idle one it takes two.
 * Calls    io_uring_setup, mmap; then for ever io_uring_enter. No accept, recv or send.
 * Re-arms  Each receive and send is posted anew. The accept is multishot: it stays until it fails.
 * Limit    None of its own: one completion for each connection fits the queue. Linux 5.19; often
 *          forbidden, by the sysctl kernel.io_uring_disabled or in containers by seccomp. An
 *          operation's buffer is the kernel's until it has completed, also when one wants to end.
 * Choose   On recent Linux, where system calls are what a server spends its time on, or where files
 *          have to be as asynchronous as sockets.
 *
 * Documentation: io_uring(7), io_uring_enter(2). The queues themselves: parts/uring.h.
 */
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "crew.h"
#include "model.h"
#include "parts/uring.h"

/* What a completion is of (user_data): the address of a connection, or one of these. */
enum operation { OPERATION_ACCEPT, OPERATION_SOMEBODY_QUEUED, OPERATION_WAKE };

/* Most operations that one completion leads to: a new connection's first, and the next accept. */
enum { OPERATIONS_EACH = 2 };

/* A thread and its ring. */
struct ring_worker {
    struct worker worker;
    struct uring ring;
    unsigned under_way; /* completions that are still to come */
    int wake;           /* an eventfd: connections for it have come, or the stop */
    uint64_t wakes;     /* what is read from it */
};

static struct io_uring_sqe *operation_new(struct ring_worker *own, uint64_t user_data,
                                          enum io_uring_op opcode, int fd)
{
    struct io_uring_sqe *next = uring_submission(&own->ring);
    next->opcode = (unsigned char)opcode;
    next->fd = fd;
    next->user_data = user_data;
    own->under_way++;
    return next;
}

/*
 * What the session wants next; one operation of a connection is under way at a time. To link the
 * next receive to a send (IOSQE_IO_LINK, IOSQE_CQE_SKIP_SUCCESS) spares an idle server a call and
 * a busy one nothing, and nobody hears of a send before something else is received.
 */
static void connection_post(struct ring_worker *own, struct connection *connection)
{
    bool sending = session_wants(&connection->session) == SESSION_SEND;
    struct session_span span =
        sending ? session_send_span(&connection->session) : session_recv_span(&connection->session);
    struct io_uring_sqe *next = operation_new(
        own, (uintptr_t)connection, sending ? IORING_OP_SEND : IORING_OP_RECV, connection->socket);
    next->addr = (uintptr_t)span.at;
    next->len = (unsigned)span.size;
    next->msg_flags = sending ? NET_SEND_FLAGS | MSG_WAITALL : 0; /* not done before all is sent */
}

/* ---- accept ---- */

static void accept_post(struct ring_worker *own)
{
    struct io_uring_sqe *next =
        operation_new(own, OPERATION_ACCEPT, IORING_OP_ACCEPT, own->worker.server->listener);
    next->ioprio = IORING_ACCEPT_MULTISHOT;
    next->accept_flags = SOCK_CLOEXEC;
}

static void accepted(struct ring_worker *own, net_socket socket)
{
    struct connection *connection = server_admit(&own->worker, socket);
    if (connection != NULL && crew_assign(&own->worker, connection) != NULL)
        connection_post(own, connection);
}

static void accept_completed(struct ring_worker *own, int result, bool ended)
{
    struct worker *worker = &own->worker;
    int error = observe_accept_done(worker, result);
    if (error == 0)
        accepted(own, result);
    if (!ended || server_stopping(worker->server))
        return;
    if (error != 0 && net_error_kind(error) == NET_ERROR_NO_RESOURCES) {
        /* Without descriptors it fails so whether or not anybody is in the queue: wait for one. */
        struct io_uring_sqe *next = operation_new(own, OPERATION_SOMEBODY_QUEUED,
                                                  IORING_OP_POLL_ADD, worker->server->listener);
        next->poll_events = POLLIN;
    } else if (error == 0 || server_accept_failed(worker, error) >= 0) {
        accept_post(own);
    }
}

/* And take or refuse that one by a plain call. */
static void somebody_queued(struct ring_worker *own)
{
    struct worker *worker = &own->worker;
    net_socket socket;
    if (server_stopping(worker->server))
        return;
    int error = observe_accept(worker, socket = accept(worker->server->listener, NULL, NULL));
    if (error == 0)
        accepted(own, socket);
    if (error == 0 || server_accept_failed(worker, error) >= 0)
        accept_post(own);
}

/* ---- readable, writable, close ---- */

static void connection_completed(struct ring_worker *own, struct connection *connection, int result)
{
    struct worker *worker = &own->worker;
    struct session *session = &connection->session;
    int64_t count;
    if (session_wants(session) == SESSION_SEND) {
        count = observe_send_done(worker, connection, session_send_span(session).size, result);
        if (count >= 0)
            session_sent(session, (size_t)count);
    } else {
        count = observe_recv_done(worker, connection, session_recv_span(session).size, result);
        if (count >= 0)
            session_received(session, (size_t)count);
    }
    int error = count < 0 && net_error_kind((int)count) != NET_ERROR_INTERRUPTED ? (int)count : 0;
    if (error != 0 || session_wants(session) == SESSION_CLOSE || server_stopping(worker->server))
        server_release(worker, connection, error);
    else
        connection_post(own, connection);
}

/* ---- serve ---- */

static void ring_wake(struct worker *worker)
{
    eventfd_write(((struct ring_worker *)worker)->wake, 1);
}

static void wake_post(struct ring_worker *own)
{
    struct io_uring_sqe *next = operation_new(own, OPERATION_WAKE, IORING_OP_READ, own->wake);
    next->addr = (uintptr_t)&own->wakes;
    next->len = sizeof own->wakes;
}

static void woken(struct ring_worker *own)
{
    if (server_stopping(own->worker.server))
        return;
    wake_post(own);
    struct connection *connection;
    while (uring_room(&own->ring) > 0 && (connection = crew_next_assigned(&own->worker)) != NULL)
        connection_post(own, connection);
    if (uring_room(&own->ring) == 0)
        ring_wake(&own->worker); /* the rest of them when there is room again */
}

static void completed(struct ring_worker *own, const struct io_uring_cqe *completion)
{
    bool ended = (completion->flags & IORING_CQE_F_MORE) == 0;
    own->under_way -= ended;
    switch (completion->user_data) {
    case OPERATION_ACCEPT:
        accept_completed(own, completion->res, ended);
        break;
    case OPERATION_SOMEBODY_QUEUED:
        somebody_queued(own);
        break;
    case OPERATION_WAKE:
        woken(own);
        break;
    default:
        connection_completed(own, (struct connection *)(uintptr_t)completion->user_data,
                             completion->res);
    }
}

/* Hands in what has been posted, waits, and deals with what has been done. False: it failed. */
static bool ring_round(struct ring_worker *own)
{
    unsigned queued = uring_queued(&own->ring);
    int ready = observe_wait(&own->worker, "io_uring_enter", queued,
                             queued * sizeof(struct io_uring_sqe), uring_enter(&own->ring));
    if (ready < 0) {
        server_fail(own->worker.server, "io_uring_enter", ready);
        return false;
    }
    struct io_uring_cqe completion;
    while (uring_room(&own->ring) >= OPERATIONS_EACH && uring_completion(&own->ring, &completion))
        completed(own, &completion);
    return true;
}

static void ring_run(struct worker *worker)
{
    struct ring_worker *own = (struct ring_worker *)worker;
    struct server *server = worker->server;
    /* Here and not in ring_open: a ring belongs to the thread that makes it. */
    int error = uring_open(&own->ring, server->capacity + SERVER_ACCEPTS_AT_ONCE);
    if (error != 0) {
        server_fail(server, "io_uring_setup", error);
        return;
    }
    if (worker->index == 0)
        accept_post(own);
    else
        wake_post(own);
    while (!server_stopping(server) && ring_round(own))
        continue;
    /*
     * Until an operation has come back its memory is the kernel's. With the sockets shut down all
     * of them end, those of the other workers too; to cancel them costs n * n for n of them.
     */
    if (worker->index == 0) {
        net_interrupt(server->listener);
        server_interrupt_connections(server);
    }
    while (own->under_way > 0 && ring_round(own))
        continue;
    uring_close(&own->ring);
}

static int ring_open(struct worker *worker)
{
    struct ring_worker *own = (struct ring_worker *)worker;
    own->wake = eventfd(0, EFD_CLOEXEC);
    return own->wake >= 0 ? 0 : server_fail(worker->server, "eventfd", net_last_error());
}

static void ring_close(struct worker *worker)
{
    struct ring_worker *own = (struct ring_worker *)worker;
    if (own->wake >= 0)
        close(own->wake);
}

static int serve(struct server *server)
{
    static const struct crew_calls calls = {sizeof(struct ring_worker), ring_open, ring_run,
                                            ring_wake, ring_close};
    return crew_serve(server, &calls);
}

const struct io_model model_io_uring = {
    .notification = MODEL_COMPLETION,
    .threads_apply = true,
    .thread_stack_bytes = THREAD_STACK_BYTES,
    .unavailable = uring_unavailable,
    .serve = serve,
};
