/*
 * io_uring: what is to be done, and what has been done, in two queues that are shared with the
 * kernel; one system call hands in all of the one and waits for the other.
 *
 * Idea     The kernel does the calls: a receive is posted and comes back when bytes are in the
 *          buffer. Handing in and waiting are one call for all connections together, so the busier
 *          the server the fewer calls for a message; alone on an idle one it takes two.
 * Calls    io_uring_setup, mmap; then for ever io_uring_enter. Accepts, receives and sends are
 *          operations in the queue, no calls, except accept where descriptors are used up.
 * Re-arms  Each receive and send is posted once more. The accept is multishot: it stays until it fails.
 * Limit    None of its own: one completion for each connection fits the queue. Linux 5.19; often
 *          forbidden, by the sysctl kernel.io_uring_disabled or in containers by seccomp. An
 *          operation's buffer is the kernel's until it has completed, also when one wants to end.
 * Choose   On recent Linux, where system calls are what a server spends its time on, or where files
 *          have to be as asynchronous as sockets.
 *
 * Documentation: io_uring(7), io_uring_enter(2). The queues as data: parts/uring.h.
 */
#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "crew.h"
#include "model.h"
#include "parts/uring.h"
#include "turn.h"

/* What a completion belongs to (user_data): a connection, by its address, or one of these. */
enum operation { OPERATION_ACCEPT, OPERATION_SOMEBODY_QUEUED, OPERATION_WAKE };

enum {
    OPERATIONS_EACH = 2,        /* most that one completion leads to: a first receive, an accept */
    BYTES_AT_ONCE = 128 * 1024, /* then what is queued is handed in: larger rounds cost more */
    COMPLETIONS_AT_ONCE = 256   /* then a round ends, so that the next wait lets others in */
};

/* A thread and its ring. */
struct ring_worker {
    struct worker worker;
    int ring_fd;
    void *queues, *submissions; /* shared with the kernel; their places are in ring */
    size_t queues_bytes, submissions_bytes;
    struct uring ring;
    int wake;       /* an eventfd: connections for it have come, or the stop */
    uint64_t wakes; /* what is read from it */
};

/*
 * What the session wants next; one operation of a connection is under way at a time. To link the
 * next receive to a send (IOSQE_IO_LINK, IOSQE_CQE_SKIP_SUCCESS) spares an idle server a call and
 * a busy one nothing, and nobody hears of a send before something else is received.
 */
static void connection_post(struct ring_worker *thread, struct connection *connection)
{
    bool sending = session_wants(&connection->session) == SESSION_SEND;
    struct session_span span =
        sending ? session_send_span(&connection->session) : session_recv_span(&connection->session);
    struct io_uring_sqe *next =
        uring_submission(&thread->ring, (uintptr_t)connection,
                         sending ? IORING_OP_SEND : IORING_OP_RECV, connection->socket);
    next->addr = (uintptr_t)span.at;
    next->len = (unsigned)span.size;
    next->msg_flags = sending ? NET_SEND_FLAGS | MSG_WAITALL : 0; /* not done before all is sent */
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
        connection_post(thread, connection);
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

static void connection_completed(struct ring_worker *thread, struct connection *connection,
                                 int result)
{
    struct worker *worker = &thread->worker;
    struct turn turn = turn_begin(&connection->session, 0);
    turn_completed(&turn,
                   server_work(worker, connection, observe_done(worker, connection, result)));
    if (turn_wants(&turn) == SESSION_CLOSE || server_stopping(worker->server))
        server_release(worker, connection, turn.error);
    else
        connection_post(thread, connection);
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
        connection_post(thread, connection);
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
        connection_completed(thread, (struct connection *)(uintptr_t)completion->user_data,
                             completion->res);
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
    return true;
}

static void worker_run(struct worker *worker)
{
    struct ring_worker *thread = (struct ring_worker *)worker;
    struct server *server = worker->server;
    if (ring_open(thread) != 0)
        goto close_ring;
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

const struct io_model model_io_uring = {
    .threads_apply = true,
    .thread_stack_bytes = THREAD_STACK_BYTES,
    .unavailable = uring_unavailable,
    .serve = serve,
};
