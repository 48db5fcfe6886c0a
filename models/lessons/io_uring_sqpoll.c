/*
 * io_uring_sqpoll: io_uring, but a thread of the kernel takes the submissions, so the server makes no
 * call to hand them in.
 *
 * Changed  IORING_SETUP_SQPOLL: a kernel thread, one for each ring, looks at the queue of submissions
 *          for ever and does what it finds. io_uring_enter is left for waiting, where nothing is
 *          complete yet, and for waking that thread, which sleeps after IDLE_MS without work.
 * Gain     A busy server makes no system call at all: operations and completions go through memory.
 * Harm     The kernel thread uses a whole processor while there is work, and IDLE_MS longer. Where it
 *          has to share one with the serving thread or the client, everything is slower. Its time is
 *          the server's (it is a thread of the process), so server_cpu_us_per_msg shows it. And the
 *          kernel can't do its work inside our wait any more (no IORING_SETUP_DEFER_TASKRUN).
 * Shows    syscalls_per_msg and server_cpu_us_per_msg: bench --suite lessons. Give the server a
 *          processor more: bench --server-cpus 0,1 --client-cpus 2.
 *
 * Documentation: io_uring_setup(2), IORING_SETUP_SQPOLL; io_uring_enter(2), IORING_ENTER_SQ_WAKEUP.
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

/* How long the kernel's thread goes on looking at an empty queue. */
enum { IDLE_MS = 20 };

/* Most operations that one completion leads to: a new connection's first, and the next accept. */
enum { OPERATIONS_EACH = 2 };

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
    struct io_uring_params params = uring_params_polled(IDLE_MS, completions);
    int error = observe_call(worker, NULL, "io_uring_setup(SQPOLL)",
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

/*
 * Lets the kernel's thread see what has been posted, waits where nothing is complete, and deals with
 * what has been done. False: it failed.
 */
static bool ring_round(struct ring_worker *thread)
{
    struct uring *ring = &thread->ring;
    unsigned queued = uring_hand_in(ring);
    bool complete = uring_completed(ring) > 0;
    unsigned flags = (uring_needs_wakeup(ring) ? IORING_ENTER_SQ_WAKEUP : 0) |
                     (uring_room(ring) < OPERATIONS_EACH ? IORING_ENTER_SQ_WAIT : 0) |
                     (complete ? 0 : IORING_ENTER_GETEVENTS);
    /* Interrupted, or to be repeated once completions have been taken out (EAGAIN, EBUSY). */
    int ready = flags == 0
                    ? 0
                    : observe_wait(&thread->worker, "io_uring_enter", "operation", queued,
                                   queued * sizeof(struct io_uring_sqe),
                                   io_uring_enter(thread->ring_fd, queued, !complete, flags) >= 0 ||
                                           errno == EINTR || errno == EAGAIN || errno == EBUSY
                                       ? (int)uring_completed(ring)
                                       : -1);
    if (ready < 0) {
        server_fail(thread->worker.server, "io_uring_enter", ready);
        return false;
    }
    struct io_uring_cqe completion;
    /* No more than there are now: the kernel's thread goes on accepting. */
    for (unsigned left = uring_completed(ring); left > 0 && uring_room(ring) >= OPERATIONS_EACH;
         left--) {
        (void)uring_completion(ring, &completion);
        completed(thread, &completion);
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

const struct io_model model_io_uring_sqpoll = {
    .threads_apply = true,
    .thread_stack_bytes = THREAD_STACK_BYTES,
    .unavailable = uring_polled_unavailable,
    .serve = serve,
};
