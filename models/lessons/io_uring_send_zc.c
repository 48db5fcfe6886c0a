/*
 * io_uring_send_zc: io_uring, but its sends leave the bytes where they are (zero-copy).
 *
 * Changed  Each send is IORING_OP_SEND_ZC. It completes twice: first with the number of bytes sent, then
 *          with a notification (IORING_CQE_F_NOTIF) that the kernel has done with the buffer. Only
 *          after the second one may the session receive into its buffer again.
 * Gain     Of large messages to another machine: the network card reads the bytes out of the
 *          buffer, and the processor does not copy them.
 * Harm     A completion more for each send, the work of locking the buffer's pages, and a buffer that
 *          is the kernel's until the peer has acknowledged the bytes. Where more pages would be locked
 *          than RLIMIT_MEMLOCK allows, a send fails, and is made again with a copy. Where the bytes
 *          have to be copied after all, nothing is gained: on loopback each receiver has a copy made.
 * Shows    server_cpu_us_per_msg: bench --suite lessons. How many sends were copied all the same:
 *          copied_sends in the statistics of serve --control; trace shows it for each send.
 *
 * Documentation: io_uring_enter(2), IORING_OP_SEND_ZC and IORING_SEND_ZC_REPORT_USAGE; Linux' "MSG_ZEROCOPY".
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

struct zero_copy_connection {
    struct connection connection;
    int result;  /* of its operation */
    bool copies; /* its send is a plain one, since the kernel could not lock the pages */
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

/* What the session wants next; one operation of a connection is under way at a time. */
static void connection_post(struct ring_worker *thread, struct connection *connection)
{
    bool sending = session_wants(&connection->session) == SESSION_SEND;
    struct session_span span =
        sending ? session_send_span(&connection->session) : session_recv_span(&connection->session);
    bool copies = ((struct zero_copy_connection *)connection)->copies;
    struct io_uring_sqe *next = uring_submission(&thread->ring, (uintptr_t)connection,
                                                 !sending ? IORING_OP_RECV
                                                 : copies ? IORING_OP_SEND
                                                          : IORING_OP_SEND_ZC,
                                                 connection->socket);
    next->addr = (uintptr_t)span.at;
    next->len = (unsigned)span.size;
    next->msg_flags = sending ? NET_SEND_FLAGS | MSG_WAITALL : 0; /* not done before all is sent */
    next->ioprio = sending && !copies ? IORING_SEND_ZC_REPORT_USAGE : 0;
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

/* What a send has brought counts from its notification on: until then its buffer is not free. */
static void operation_completed(struct ring_worker *thread, struct zero_copy_connection *own,
                                const struct io_uring_cqe *completion)
{
    bool notification = (completion->flags & IORING_CQE_F_NOTIF) != 0;
    if (notification)
        observe_sent_uncopied(&thread->worker, &own->connection,
                              ((unsigned)completion->res & IORING_NOTIF_USAGE_ZC_COPIED) != 0);
    else
        own->result = completion->res;
    if ((completion->flags & IORING_CQE_F_MORE) != 0)
        return;
    own->copies = !own->copies && session_wants(&own->connection.session) == SESSION_SEND &&
                  net_error_kind(own->result) == NET_ERROR_NO_RESOURCES &&
                  !server_stopping(thread->worker.server);
    if (own->copies) {
        observe_note(&thread->worker, own->connection.id, "no pages can be locked",
                     "sent with a copy instead");
        connection_post(thread, &own->connection);
    } else {
        connection_completed(thread, &own->connection, own->result);
    }
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
        operation_completed(thread, (struct zero_copy_connection *)(uintptr_t)completion->user_data,
                            completion);
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
    unsigned completions = 2 * worker->server->capacity + SERVER_ACCEPTS_AT_ONCE;
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

/* A buffer that the peer has not acknowledged becomes free when the connection forgets its bytes. */
static void bytes_forget(net_socket socket)
{
    const struct sockaddr nobody = {.sa_family = AF_UNSPEC};
    net_interrupt(socket);
    (void)connect(socket, &nobody, sizeof nobody); /* fails where it was not connected any more */
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
     * Until an operation has come back its memory is the kernel's. With the sockets disconnected all
     * of them end, those of the other workers too; to cancel them costs n * n for n of them.
     */
    if (worker->index == 0) {
        net_interrupt(server->listener);
        server_each_socket(server, bytes_forget);
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

const struct io_model model_io_uring_send_zc = {
    .threads_apply = true,
    .thread_stack_bytes = THREAD_STACK_BYTES,
    .connection_bytes = sizeof(struct zero_copy_connection),
    .unavailable = uring_zero_copy_unavailable,
    .serve = serve,
};
