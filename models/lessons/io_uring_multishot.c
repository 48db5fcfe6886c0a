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
#include <sys/mman.h>
#include <unistd.h>

#include "crew.h"
#include "model.h"
#include "parts/uring.h"

/* What a completion belongs to (user_data): a connection, by its address, or one of these. */
enum operation { OPERATION_ACCEPT, OPERATION_SOMEBODY_QUEUED, OPERATION_WAKE };

enum {
    OPERATIONS_EACH = 2, /* most that one completion leads to: a send, a receive or an accept */
    BYTES_AT_ONCE = 128 * 1024, /* then what is queued is handed in: larger rounds cost more */
    COMPLETIONS_AT_ONCE = 256   /* then a round ends, so that the next wait lets others in */
};

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
    bool starved;          /* its receive ended because all buffers were in use */
    struct multishot_connection *starved_next;
};

/* A thread and its ring. */
struct ring_worker {
    struct worker worker;
    int ring_fd;
    void *queues, *submissions; /* shared with the kernel; their places are in ring */
    size_t queues_bytes, submissions_bytes;
    struct uring ring;
    struct uring_buffers buffers;
    unsigned buffer_next[BUFFERS]; /* in the chain of its connection */
    size_t buffer_used[BUFFERS];
    unsigned pending; /* buffers in all chains together */
    struct multishot_connection *starved_first, *starved_last;
    int wake;       /* an eventfd: connections for it have come, or the stop */
    uint64_t wakes; /* what is read from it */
};

static struct io_uring_sqe *part_new(struct ring_worker *thread, struct multishot_connection *of,
                                     enum part part, enum io_uring_op opcode)
{
    of->parts[part] = true;
    return uring_submission(&thread->ring, (uintptr_t)of | part, opcode, of->connection.socket);
}

static void receive_post(struct ring_worker *thread, struct multishot_connection *of)
{
    struct io_uring_sqe *next = part_new(thread, of, PART_RECEIVE, IORING_OP_RECV);
    next->ioprio = IORING_RECV_MULTISHOT;
    next->flags = IOSQE_BUFFER_SELECT;
    next->buf_group = 0;
}

static void receive_cancel(struct ring_worker *thread, struct multishot_connection *of)
{
    struct io_uring_sqe *next = part_new(thread, of, PART_CANCEL, IORING_OP_ASYNC_CANCEL);
    next->fd = -1;
    next->addr = (uintptr_t)of | PART_RECEIVE;
}

static size_t send_size(const struct ring_worker *thread, const struct multishot_connection *of)
{
    return thread->buffer_used[of->first] - of->sent;
}

static void send_post(struct ring_worker *thread, struct multishot_connection *of)
{
    struct io_uring_sqe *next = part_new(thread, of, PART_SEND, IORING_OP_SEND);
    next->addr = (uintptr_t)(uring_buffer(&thread->buffers, of->first) + of->sent);
    next->len = (unsigned)send_size(thread, of);
    next->msg_flags = NET_SEND_FLAGS | MSG_WAITALL; /* not done before all is sent */
}

/* ---- buffers ---- */

static void buffer_append(struct ring_worker *thread, struct multishot_connection *of, unsigned id,
                          size_t used)
{
    thread->buffer_used[id] = used;
    thread->pending++;
    if (of->pending++ == 0)
        of->first = id;
    else
        thread->buffer_next[of->last] = id;
    of->last = id;
}

static void starved_add(struct ring_worker *thread, struct multishot_connection *of)
{
    of->starved = true;
    of->starved_next = NULL;
    if (thread->starved_first == NULL)
        thread->starved_first = of;
    else
        thread->starved_last->starved_next = of;
    thread->starved_last = of;
}

static void starved_remove(struct ring_worker *thread, struct multishot_connection *of)
{
    struct multishot_connection **at = &thread->starved_first, *before = NULL;
    for (; *at != of; at = &(*at)->starved_next)
        before = *at;
    *at = of->starved_next;
    if (thread->starved_last == of)
        thread->starved_last = before;
    of->starved = false;
}

/* The first of the chain has been sent, or never will be. */
static void buffer_drop(struct ring_worker *thread, struct multishot_connection *of)
{
    unsigned id = of->first;
    of->first = thread->buffer_next[id];
    of->sent = 0;
    of->pending--;
    thread->pending--;
    uring_buffer_return(&thread->buffers, id);
}

/* ---- what comes next ---- */

static bool is_under_way(const struct multishot_connection *of)
{
    return of->parts[PART_RECEIVE] || of->parts[PART_SEND] || of->parts[PART_CANCEL];
}

static void connection_end(struct ring_worker *thread, struct multishot_connection *of)
{
    if (is_under_way(of)) {
        net_interrupt(of->connection.socket); /* so that those parts end */
        return;
    }
    while (of->pending > 0)
        buffer_drop(thread, of);
    if (of->starved)
        starved_remove(thread, of);
    server_release(&thread->worker, &of->connection, of->error);
}

static void connection_next(struct ring_worker *thread, struct multishot_connection *of)
{
    bool stopping = server_stopping(thread->worker.server);
    bool echoed = of->finished && of->pending == 0 && !of->parts[PART_RECEIVE];
    if (stopping || of->error != 0 || echoed) {
        connection_end(thread, of);
        return;
    }
    if (of->pending > 0 && !of->parts[PART_SEND])
        send_post(thread, of);
    if (of->pending >= PENDING_MOST && of->parts[PART_RECEIVE] && !of->parts[PART_CANCEL])
        receive_cancel(thread, of);
    if (of->pending < PENDING_MOST && !of->finished && !of->starved && !of->parts[PART_RECEIVE])
        receive_post(thread, of);
}

/*
 * Those who wait for a buffer, one for each that is in no chain. One for which the kernel has another
 * use already will wait again, and be met when that completion has been taken. What there is no room
 * for has its turn in the next round, which is soon: data has come for all who wait here.
 */
static void starved_serve(struct ring_worker *thread)
{
    for (unsigned left = BUFFERS - thread->pending;
         left > 0 && thread->starved_first != NULL && uring_room(&thread->ring) >= OPERATIONS_EACH;
         left--) {
        struct multishot_connection *of = thread->starved_first;
        starved_remove(thread, of);
        connection_next(thread, of);
    }
}

/* ---- accept ---- */

static void accept_post(struct ring_worker *thread)
{
    struct io_uring_sqe *next = uring_submission(&thread->ring, OPERATION_ACCEPT, IORING_OP_ACCEPT,
                                                 thread->worker.server->listener);
    next->ioprio = IORING_ACCEPT_MULTISHOT;
    next->accept_flags = SOCK_CLOEXEC;
}

static void accepted(struct ring_worker *thread, net_socket socket)
{
    struct connection *connection = server_admit(&thread->worker, socket);
    if (connection != NULL && crew_assign(&thread->worker, connection) != NULL)
        connection_next(thread, (struct multishot_connection *)connection);
}

static void accept_completed(struct ring_worker *thread, int result, bool ended)
{
    struct worker *worker = &thread->worker;
    int error = observe_accept_done(worker, result);
    if (error == 0)
        accepted(thread, result);
    if (!ended || server_stopping(worker->server))
        return;
    if (error != 0 && net_error_kind(error) == NET_ERROR_NO_RESOURCES) {
        /* Without free descriptors it fails even while nobody is there: wait for a client. */
        struct io_uring_sqe *next = uring_submission(&thread->ring, OPERATION_SOMEBODY_QUEUED,
                                                     IORING_OP_POLL_ADD, worker->server->listener);
        next->poll_events = POLLIN;
    } else if (error == 0 || server_accept_failed(worker, error) >= 0) {
        accept_post(thread);
    }
}

/* Takes or refuses that client by a plain call. */
static void somebody_queued(struct ring_worker *thread)
{
    struct worker *worker = &thread->worker;
    net_socket socket;
    observe_note(worker, 0, "poll completed", "somebody is queued");
    if (server_stopping(worker->server))
        return;
    int error = observe_accept(worker, socket = accept(worker->server->listener, NULL, NULL));
    if (error == 0)
        accepted(thread, socket);
    if (error == 0 || server_accept_failed(worker, error) >= 0)
        accept_post(thread);
}

/* ---- readable, writable, close ---- */

static void received(struct ring_worker *thread, struct multishot_connection *of,
                     const struct io_uring_cqe *completion)
{
    if (completion->res == -ENOBUFS) {
        starved_add(thread, of);
        return;
    }
    if (completion->res == -ECANCELED)
        return;
    int64_t count =
        observe_recv_done(&thread->worker, &of->connection, BUFFER_BYTES, completion->res);
    server_work(&thread->worker, &of->connection, count);
    if (count > 0)
        buffer_append(thread, of, completion->flags >> IORING_CQE_BUFFER_SHIFT, (size_t)count);
    else if (count == 0)
        of->finished = true;
    else if (net_error_kind((int)count) != NET_ERROR_INTERRUPTED)
        of->error = (int)count;
}

static void sent(struct ring_worker *thread, struct multishot_connection *of, int result)
{
    int64_t count =
        observe_send_done(&thread->worker, &of->connection, send_size(thread, of), result);
    if (count < 0) {
        if (net_error_kind((int)count) != NET_ERROR_INTERRUPTED)
            of->error = (int)count;
        return;
    }
    of->sent += (size_t)count;
    if (send_size(thread, of) == 0)
        buffer_drop(thread, of);
}

static void connection_completed(struct ring_worker *thread, const struct io_uring_cqe *completion,
                                 bool ended)
{
    struct multishot_connection *of =
        (struct multishot_connection *)(uintptr_t)(completion->user_data & ~(uint64_t)PART_MASK);
    enum part part = (enum part)(completion->user_data & PART_MASK);
    if (ended)
        of->parts[part] = false;
    if (part == PART_RECEIVE)
        received(thread, of, completion);
    else if (part == PART_SEND)
        sent(thread, of, completion->res);
    connection_next(thread, of);
}

/* ---- serve ---- */

static void worker_wake(struct worker *worker, struct worker *by)
{
    observe_call(by, NULL, "eventfd_write(to wake a thread)",
                 eventfd_write(((struct ring_worker *)worker)->wake, 1) == 0);
}

static void wake_post(struct ring_worker *thread)
{
    struct io_uring_sqe *next =
        uring_submission(&thread->ring, OPERATION_WAKE, IORING_OP_READ, thread->wake);
    next->addr = (uintptr_t)&thread->wakes;
    next->len = sizeof thread->wakes;
}

static void woken(struct ring_worker *thread)
{
    observe_note(&thread->worker, 0, "read completed", "woken");
    if (server_stopping(thread->worker.server))
        return;
    wake_post(thread);
    struct connection *connection;
    while (uring_room(&thread->ring) > 0 &&
           (connection = crew_next_assigned(&thread->worker)) != NULL)
        connection_next(thread, (struct multishot_connection *)connection);
    if (uring_room(&thread->ring) == 0)
        worker_wake(&thread->worker,
                    &thread->worker); /* the rest follow when there is room again */
}

static void completed(struct ring_worker *thread, const struct io_uring_cqe *completion)
{
    bool ended = (completion->flags & IORING_CQE_F_MORE) == 0;
    switch (completion->user_data) {
    case OPERATION_ACCEPT:
        accept_completed(thread, completion->res, ended);
        break;
    case OPERATION_SOMEBODY_QUEUED:
        somebody_queued(thread);
        break;
    case OPERATION_WAKE:
        woken(thread);
        break;
    default:
        connection_completed(thread, completion, ended);
    }
}

/* MAP_FAILED after server_fail. */
static void *queue_map(struct ring_worker *thread, size_t bytes, off_t offset)
{
    void *mapped;
    server_require(&thread->worker, "mmap()",
                   (mapped = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
                                  thread->ring_fd, offset)) != MAP_FAILED);
    return mapped;
}

/* On the worker's thread, which the ring belongs to. 0, or negative after server_fail. */
static int ring_open(struct ring_worker *thread)
{
    struct worker *worker = &thread->worker;
    unsigned completions = worker->server->capacity + SERVER_ACCEPTS_AT_ONCE;
    struct io_uring_params params;
    int error = -EINVAL;
    for (unsigned i = 0; error == -EINVAL && uring_params(&params, i, completions); i++)
        error = observe_call(worker, NULL, "io_uring_setup()",
                             (thread->ring_fd = io_uring_setup(URING_SUBMISSIONS, &params)) >= 0);
    if (error != 0)
        return server_fail(worker->server, uring_setup_call(error), error);
    thread->queues_bytes = uring_queues_bytes(&params);
    thread->submissions_bytes = uring_submissions_bytes(&params);
    thread->queues = queue_map(thread, thread->queues_bytes, IORING_OFF_SQ_RING);
    thread->submissions = queue_map(thread, thread->submissions_bytes, IORING_OFF_SQES);
    if (thread->queues == MAP_FAILED || thread->submissions == MAP_FAILED)
        return -1;
    uring_lay_out(&thread->ring, &params, thread->queues, thread->submissions);
    thread->ring.worker = worker;
    return 0;
}

/* Works on one that was opened in part, too. */
static void ring_close(struct ring_worker *thread)
{
    struct worker *worker = &thread->worker;
    if (thread->ring_fd < 0)
        return;
    if (thread->queues != MAP_FAILED)
        observe_call(worker, NULL, "munmap()", munmap(thread->queues, thread->queues_bytes) == 0);
    if (thread->submissions != MAP_FAILED)
        observe_call(worker, NULL, "munmap()",
                     munmap(thread->submissions, thread->submissions_bytes) == 0);
    observe_call(worker, NULL, "close(ring)", close(thread->ring_fd) == 0);
}

/* In the middle of a round. What the kernel does not take is handed in by the next wait. */
static void ring_hand_in(struct ring_worker *thread)
{
    unsigned queued = uring_hand_in(&thread->ring);
    observe_call(&thread->worker, NULL, "io_uring_enter(without waiting)",
                 io_uring_enter(thread->ring_fd, queued, 0, 0) >= 0);
}

/* Hands in what has been posted, waits, and deals with what has been done. False: it failed. */
static bool ring_round(struct ring_worker *thread)
{
    unsigned queued = uring_hand_in(&thread->ring);
    int fd = thread->ring_fd;
    /* Interrupted, or to be repeated once completions have been taken out (EAGAIN, EBUSY). */
    int ready = observe_wait(&thread->worker, "io_uring_enter", "operation", queued,
                             queued * sizeof(struct io_uring_sqe),
                             io_uring_enter(fd, queued, 1, IORING_ENTER_GETEVENTS) >= 0 ||
                                     errno == EINTR || errno == EAGAIN || errno == EBUSY
                                 ? (int)uring_completed(&thread->ring)
                                 : -1);
    if (ready < 0) {
        server_fail(thread->worker.server, "io_uring_enter", ready);
        return false;
    }
    struct io_uring_cqe completion;
    size_t bytes = 0;
    int left = ready > COMPLETIONS_AT_ONCE ? ready : COMPLETIONS_AT_ONCE;
    while (left-- > 0 && uring_room(&thread->ring) >= OPERATIONS_EACH &&
           uring_completion(&thread->ring, &completion)) {
        completed(thread, &completion);
        bytes += completion.res > 0 ? (size_t)completion.res : 0;
        if (bytes >= BYTES_AT_ONCE || uring_room(&thread->ring) < OPERATIONS_EACH) {
            ring_hand_in(thread);
            bytes = 0;
        }
    }
    starved_serve(thread);
    return true;
}

static void worker_run(struct worker *worker)
{
    struct ring_worker *thread = (struct ring_worker *)worker;
    struct server *server = worker->server;
    if (ring_open(thread) != 0)
        goto close_ring;
    int error = uring_buffers_open(&thread->buffers, thread->ring_fd, BUFFERS, BUFFER_BYTES);
    if (error != 0) {
        server_fail(server, "io_uring_register(PBUF_RING)", error);
        goto close_ring;
    }
    if (worker->index == 0)
        accept_post(thread);
    else
        wake_post(thread);
    while (!server_stopping(server) && ring_round(thread))
        continue;
    /*
     * Until an operation has come back its memory is the kernel's. With the sockets shut down all
     * of them end, those of the other workers too; to cancel them costs n * n for n of them.
     */
    if (worker->index == 0) {
        net_interrupt(server->listener);
        server_interrupt_connections(server);
    }
    while (thread->ring.under_way > 0 && ring_round(thread))
        continue;
close_ring:
    ring_close(thread);
    uring_buffers_close(&thread->buffers);
}

static int worker_open(struct worker *worker)
{
    struct ring_worker *thread = (struct ring_worker *)worker;
    return server_require(worker, "eventfd()", (thread->wake = eventfd(0, EFD_CLOEXEC)) >= 0);
}

static void worker_close(struct worker *worker)
{
    struct ring_worker *thread = (struct ring_worker *)worker;
    if (thread->wake >= 0)
        observe_call(worker, NULL, "close()", close(thread->wake) == 0);
}

static int serve(struct server *server)
{
    static const struct crew_calls calls = {sizeof(struct ring_worker), worker_open, worker_run,
                                            worker_wake, worker_close};
    return crew_serve(server, &calls);
}

const struct io_model model_io_uring_multishot = {
    .threads_apply = true,
    .buffers_pooled = true,
    .thread_stack_bytes = THREAD_STACK_BYTES,
    .connection_bytes = sizeof(struct multishot_connection),
    .unavailable = uring_unavailable,
    .serve = serve,
};
