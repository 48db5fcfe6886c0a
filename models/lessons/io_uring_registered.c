/*
 * io_uring_registered: io_uring, but the ring has each socket and each buffer in a table.
 *
 * Changed  A connection's socket and its buffer are registered when it comes (io_uring_register), and
 *          its operations name their slot: IOSQE_FIXED_FILE, and IORING_OP_READ_FIXED for a receive.
 *          Sends stay IORING_OP_SEND, because a write to a peer that has gone raises SIGPIPE.
 * Gain     The kernel does not look up the descriptor for each operation. Registered buffers spare
 *          work where a device writes into them; what comes from a socket is copied all the same.
 * Harm     Four calls more for each connection. Its whole buffer is locked in memory while it is idle
 *          too; where RLIMIT_MEMLOCK allows no more, it has plain receives. And the table holds a file
 *          open: a socket that is closed before its slot is emptied sends no FIN, so its client waits.
 *          To accept right into the table (IORING_FILE_INDEX_ALLOC) leaves no descriptor at all, and
 *          shutdown and setsockopt take nothing else.
 * Shows    server_cpu_us_per_msg: bench --suite lessons. server_rss_peak_bytes with many connections;
 *          connects a second of --workload churn. Linux 6.14.
 *
 * Documentation: io_uring_register(2); io_uring_enter(2), IOSQE_FIXED_FILE and IORING_OP_READ_FIXED.
 */
#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/uio.h>
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

enum { SLOTS_MOST = 16384 }; /* a table of buffers can't have more */

struct registered_connection {
    struct connection connection;
    unsigned short slot; /* in both tables, */
    bool has_file;       /* where its socket is in that of the files, */
    bool has_buffer;     /* and its buffer in that of the buffers */
};

/* A thread and its ring. */
struct ring_worker {
    struct worker worker;
    int ring_fd;
    void *queues, *submissions; /* shared with the kernel; their places are in ring */
    size_t queues_bytes, submissions_bytes;
    struct uring ring;
    unsigned short slots[SLOTS_MOST]; /* of the tables; the first slots_free of them are free */
    unsigned slots_free;
    bool locks_no_more; /* a buffer was refused, and none has been given back since */
    int wake;           /* an eventfd: connections for it have come, or the stop */
    uint64_t wakes;     /* what is read from it */
};

/* ---- the tables ---- */

/* Empty ones. 0, or negative after server_fail. */
static int tables_open(struct ring_worker *thread)
{
    struct worker *worker = &thread->worker;
    int fd = thread->ring_fd;
    struct io_uring_rsrc_register empty = {.nr = worker->server->capacity,
                                           .flags = IORING_RSRC_REGISTER_SPARSE};
    long descriptors = sysconf(_SC_OPEN_MAX); /* no table of files may be larger */
    if (empty.nr > SLOTS_MOST)
        empty.nr = SLOTS_MOST;
    if (descriptors > 0 && empty.nr > (unsigned long)descriptors)
        empty.nr = (unsigned)descriptors;
    while (thread->slots_free < empty.nr) {
        thread->slots[thread->slots_free] = (unsigned short)thread->slots_free;
        thread->slots_free++;
    }
    int error =
        server_require(worker, "io_uring_register(a table of files)",
                       io_uring_register(fd, IORING_REGISTER_FILES2, &empty, sizeof empty) == 0);
    if (error == 0)
        error = server_require(
            worker, "io_uring_register(a table of buffers)",
            io_uring_register(fd, IORING_REGISTER_BUFFERS2, &empty, sizeof empty) == 0);
    return error;
}

/* Into the connection's slot; -1 empties it. 0, or a negative error. */
static int file_register(struct ring_worker *thread, struct registered_connection *own,
                         net_socket socket)
{
    struct io_uring_files_update update = {.offset = own->slot, .fds = (uintptr_t)&socket};
    return observe_call(
        &thread->worker, &own->connection,
        socket < 0 ? "io_uring_register(no socket)" : "io_uring_register(its socket)",
        io_uring_register(thread->ring_fd, IORING_REGISTER_FILES_UPDATE, &update, 1) == 1);
}

/* The same with a buffer; one at NULL empties the slot. */
static int buffer_register(struct ring_worker *thread, struct registered_connection *own,
                           struct iovec buffer)
{
    struct io_uring_rsrc_update2 update = {
        .offset = own->slot, .data = (uintptr_t)&buffer, .nr = 1};
    return observe_call(&thread->worker, &own->connection,
                        buffer.iov_base == NULL ? "io_uring_register(no buffer)"
                                                : "io_uring_register(its buffer)",
                        io_uring_register(thread->ring_fd, IORING_REGISTER_BUFFERS_UPDATE, &update,
                                          sizeof update) == 1);
}

/* What the session wants next; one operation of a connection is under way at a time. */
static void connection_post(struct ring_worker *thread, struct registered_connection *own)
{
    struct session *session = &own->connection.session;
    bool sending = session_wants(session) == SESSION_SEND;
    struct session_span span = sending ? session_send_span(session) : session_recv_span(session);
    struct io_uring_sqe *next =
        uring_submission(&thread->ring, (uintptr_t)own,
                         sending           ? IORING_OP_SEND
                         : own->has_buffer ? IORING_OP_READ_FIXED
                                           : IORING_OP_RECV,
                         own->has_file ? own->slot : own->connection.socket);
    next->flags = own->has_file ? IOSQE_FIXED_FILE : 0;
    next->addr = (uintptr_t)span.at;
    next->len = (unsigned)span.size;
    if (sending)
        next->msg_flags = NET_SEND_FLAGS | MSG_WAITALL; /* not done before all is sent */
    else if (own->has_buffer)
        next->buf_index = own->slot;
}

/* On the thread that will serve it, which its ring belongs to. */
static void connection_begin(struct ring_worker *thread, struct connection *connection)
{
    struct registered_connection *own = (struct registered_connection *)connection;
    struct session_span all = session_recv_span(&connection->session);
    if (thread->slots_free > 0) {
        own->slot = thread->slots[thread->slots_free - 1];
        own->has_file = file_register(thread, own, connection->socket) == 0;
        thread->slots_free -= own->has_file;
    }
    /* A buffer that is refused has been made resident by then: no more are tried in vain. */
    if (own->has_file && !thread->locks_no_more) {
        own->has_buffer = buffer_register(thread, own, (struct iovec){all.at, all.size}) == 0;
        thread->locks_no_more = !own->has_buffer;
    }
    if (!own->has_buffer)
        observe_note(&thread->worker, connection->id, "its buffer is not registered",
                     "plain receives instead");
    connection_post(thread, own);
}

/* Ends it. Its slot is emptied first: the table would hold socket and buffer for ever. */
static void connection_end(struct ring_worker *thread, struct registered_connection *own, int error)
{
    struct worker *worker = &thread->worker;
    int kept = own->has_buffer ? buffer_register(thread, own, (struct iovec){NULL, 0}) : 0;
    if (kept == 0 && own->has_file)
        kept = file_register(thread, own, -1);
    if (kept != 0)
        server_fail(worker->server, "io_uring_register", kept);
    else if (own->has_file)
        thread->slots[thread->slots_free++] = own->slot;
    if (own->has_buffer)
        thread->locks_no_more = false;
    server_release(worker, &own->connection, error);
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
        connection_begin(thread, connection);
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

static void connection_completed(struct ring_worker *thread, struct registered_connection *own,
                                 int result)
{
    struct worker *worker = &thread->worker;
    struct connection *connection = &own->connection;
    struct turn turn = turn_begin(&connection->session, 0);
    turn_completed(&turn,
                   server_work(worker, connection, observe_done(worker, connection, result)));
    if (turn_wants(&turn) == SESSION_CLOSE || server_stopping(worker->server))
        connection_end(thread, own, turn.error);
    else
        connection_post(thread, own);
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
        connection_begin(thread, connection);
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
        connection_completed(thread,
                             (struct registered_connection *)(uintptr_t)completion->user_data,
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
    return tables_open(thread);
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

const struct io_model model_io_uring_registered = {
    .threads_apply = true,
    .thread_stack_bytes = THREAD_STACK_BYTES,
    .connection_bytes = sizeof(struct registered_connection),
    .unavailable = uring_registered_unavailable,
    .serve = serve,
};
