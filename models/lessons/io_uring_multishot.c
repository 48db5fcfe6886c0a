/*
 * io_uring_multishot: io_uring, but the ring owns the buffers, and one receive goes on for good.
 *
 * Changed  A receive is posted once for each connection (IORING_RECV_MULTISHOT); when bytes come the
 *          kernel takes one of the ring's buffers for them. That breaks the session's rule: more is
 *          received while an echo is pending, so what is pending is a chain of buffers.
 * Gain     No receive is posted for a message, and an idle connection holds no buffer.
 * Harm     The back-pressure is gone and has to be made by hand: past PENDING_MOST buffers of a
 *          connection its receive is cancelled. And all share the buffers: clients that do not read
 *          can take them all, and the others wait.
 * Shows    server_cpu_us_per_msg: bench --suite lessons. Linux 6.0.
 *
 * Documentation: io_uring_prep_recv_multishot(3), io_uring_register_buf_ring(3), io_uring_enter(2).
 */
#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "crew.h"
#include "model.h"
#include "parts/uring.h"

/* What a completion is of (user_data): the address of a connection, or one of these. */
enum operation { OPERATION_ACCEPT, OPERATION_SOMEBODY_QUEUED, OPERATION_WAKE };

/* Most operations that one completion leads to: a send and a receive, or a receive and an accept. */
enum { OPERATIONS_EACH = 2 };

enum {
    BUFFERS = 1024, /* of a thread, for all of its connections */
    BUFFER_BYTES = 16 * 1024,
    PENDING_MOST = 64 /* buffers of a connection, but for those that come before it is cancelled */
};

/* What a completion of a connection is of: the low bits of its address. */
enum part { PART_RECEIVE, PART_SEND, PART_CANCEL, PART_MASK = 3 };

struct multishot_connection {
    struct connection connection;
    bool parts[PART_MASK]; /* which of them are under way */
    bool finished;         /* nothing more is to be received */
    int error;             /* why it ends early, or 0 */
    unsigned pending;      /* buffers received and not yet sent */
    unsigned first, last;  /* of them */
    size_t sent;           /* of the first one */
    bool starved;          /* its receive ended for want of buffers */
    struct multishot_connection *starved_next;
};

/* A thread and its ring. */
struct ring_worker {
    struct worker worker;
    struct uring ring;
    struct uring_buffers buffers;
    unsigned buffer_next[BUFFERS]; /* in the chain of its connection */
    size_t buffer_used[BUFFERS];
    unsigned pending; /* buffers in all chains together */
    struct multishot_connection *starved_first, *starved_last;
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

static struct io_uring_sqe *part_new(struct ring_worker *own, struct multishot_connection *of,
                                     enum part part, enum io_uring_op opcode)
{
    of->parts[part] = true;
    return operation_new(own, (uintptr_t)of | part, opcode, of->connection.socket);
}

static void receive_post(struct ring_worker *own, struct multishot_connection *of)
{
    struct io_uring_sqe *next = part_new(own, of, PART_RECEIVE, IORING_OP_RECV);
    next->ioprio = IORING_RECV_MULTISHOT;
    next->flags = IOSQE_BUFFER_SELECT;
    next->buf_group = 0;
}

static void receive_cancel(struct ring_worker *own, struct multishot_connection *of)
{
    struct io_uring_sqe *next = part_new(own, of, PART_CANCEL, IORING_OP_ASYNC_CANCEL);
    next->fd = -1;
    next->addr = (uintptr_t)of | PART_RECEIVE;
}

static size_t send_size(const struct ring_worker *own, const struct multishot_connection *of)
{
    return own->buffer_used[of->first] - of->sent;
}

static void send_post(struct ring_worker *own, struct multishot_connection *of)
{
    struct io_uring_sqe *next = part_new(own, of, PART_SEND, IORING_OP_SEND);
    next->addr = (uintptr_t)(uring_buffer(&own->buffers, of->first) + of->sent);
    next->len = (unsigned)send_size(own, of);
    next->msg_flags = NET_SEND_FLAGS | MSG_WAITALL; /* not done before all is sent */
}

/* ---- buffers ---- */

static void buffer_append(struct ring_worker *own, struct multishot_connection *of, unsigned id,
                          size_t used)
{
    own->buffer_used[id] = used;
    own->pending++;
    if (of->pending++ == 0)
        of->first = id;
    else
        own->buffer_next[of->last] = id;
    of->last = id;
}

static void starved_add(struct ring_worker *own, struct multishot_connection *of)
{
    of->starved = true;
    of->starved_next = NULL;
    if (own->starved_first == NULL)
        own->starved_first = of;
    else
        own->starved_last->starved_next = of;
    own->starved_last = of;
}

static void starved_remove(struct ring_worker *own, struct multishot_connection *of)
{
    struct multishot_connection **at = &own->starved_first, *before = NULL;
    for (; *at != of; at = &(*at)->starved_next)
        before = *at;
    *at = of->starved_next;
    if (own->starved_last == of)
        own->starved_last = before;
    of->starved = false;
}

/* The first of the chain has been sent, or never will be. */
static void buffer_drop(struct ring_worker *own, struct multishot_connection *of)
{
    unsigned id = of->first;
    of->first = own->buffer_next[id];
    of->sent = 0;
    of->pending--;
    own->pending--;
    uring_buffer_return(&own->buffers, id);
}

/* ---- what comes next ---- */

static bool is_under_way(const struct multishot_connection *of)
{
    return of->parts[PART_RECEIVE] || of->parts[PART_SEND] || of->parts[PART_CANCEL];
}

static void connection_end(struct ring_worker *own, struct multishot_connection *of)
{
    if (is_under_way(of)) {
        net_interrupt(of->connection.socket); /* so that those parts end */
        return;
    }
    while (of->pending > 0)
        buffer_drop(own, of);
    if (of->starved)
        starved_remove(own, of);
    server_release(&own->worker, &of->connection, of->error);
}

static void connection_next(struct ring_worker *own, struct multishot_connection *of)
{
    bool stopping = server_stopping(own->worker.server);
    bool echoed = of->finished && of->pending == 0 && !of->parts[PART_RECEIVE];
    if (stopping || of->error != 0 || echoed) {
        connection_end(own, of);
        return;
    }
    if (of->pending > 0 && !of->parts[PART_SEND])
        send_post(own, of);
    if (of->pending >= PENDING_MOST && of->parts[PART_RECEIVE] && !of->parts[PART_CANCEL])
        receive_cancel(own, of);
    if (of->pending < PENDING_MOST && !of->finished && !of->starved && !of->parts[PART_RECEIVE])
        receive_post(own, of);
}

/*
 * Those who wait for a buffer, one for each that is in no chain. One for which the kernel has another
 * use already will wait again, and be met when that completion has been taken. What there is no room
 * for has its turn in the next round, which is soon: data has come for all who wait here.
 */
static void starved_serve(struct ring_worker *own)
{
    for (unsigned left = BUFFERS - own->pending;
         left > 0 && own->starved_first != NULL && uring_room(&own->ring) >= OPERATIONS_EACH;
         left--) {
        struct multishot_connection *of = own->starved_first;
        starved_remove(own, of);
        connection_next(own, of);
    }
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
        connection_next(own, (struct multishot_connection *)connection);
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

static void received(struct ring_worker *own, struct multishot_connection *of,
                     const struct io_uring_cqe *completion)
{
    if (completion->res == -ENOBUFS) {
        starved_add(own, of);
        return;
    }
    if (completion->res == -ECANCELED)
        return;
    int64_t count = observe_recv_done(&own->worker, &of->connection, BUFFER_BYTES, completion->res);
    if (count > 0)
        buffer_append(own, of, completion->flags >> IORING_CQE_BUFFER_SHIFT, (size_t)count);
    else if (count == 0)
        of->finished = true;
    else if (net_error_kind((int)count) != NET_ERROR_INTERRUPTED)
        of->error = (int)count;
}

static void sent(struct ring_worker *own, struct multishot_connection *of, int result)
{
    int64_t count = observe_send_done(&own->worker, &of->connection, send_size(own, of), result);
    if (count < 0) {
        if (net_error_kind((int)count) != NET_ERROR_INTERRUPTED)
            of->error = (int)count;
        return;
    }
    of->sent += (size_t)count;
    if (send_size(own, of) == 0)
        buffer_drop(own, of);
}

static void connection_completed(struct ring_worker *own, const struct io_uring_cqe *completion,
                                 bool ended)
{
    struct multishot_connection *of =
        (struct multishot_connection *)(uintptr_t)(completion->user_data & ~(uint64_t)PART_MASK);
    enum part part = (enum part)(completion->user_data & PART_MASK);
    if (ended)
        of->parts[part] = false;
    if (part == PART_RECEIVE)
        received(own, of, completion);
    else if (part == PART_SEND)
        sent(own, of, completion->res);
    connection_next(own, of);
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
        connection_next(own, (struct multishot_connection *)connection);
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
        connection_completed(own, completion, ended);
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
    starved_serve(own);
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
    error = uring_buffers_open(&own->buffers, &own->ring, BUFFERS, BUFFER_BYTES);
    if (error != 0) {
        server_fail(server, "io_uring_register(PBUF_RING)", error);
        uring_close(&own->ring);
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
    uring_buffers_close(&own->buffers);
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

const struct io_model model_io_uring_multishot = {
    .notification = MODEL_COMPLETION,
    .threads_apply = true,
    .buffers_pooled = true,
    .thread_stack_bytes = THREAD_STACK_BYTES,
    .connection_bytes = sizeof(struct multishot_connection),
    .unavailable = uring_unavailable,
    .serve = serve,
};
