/*
 * iocp_unbounded_inline: iocp, but what is complete at once is dealt with at once, without a bound.
 *
 * Changed  With FILE_SKIP_COMPLETION_PORT_ON_SUCCESS an operation that is complete at once is not
 *          queued. Here its connection goes on for as long as that happens.
 * Harm     A client that sends as fast as it is served never waits, and never lets go of the thread:
 *          the others wait for as long as it likes.
 * Shows    fairness_jain and connections_starved, with streams: bench --suite lessons.
 *
 * Documentation: SetFileCompletionNotificationModes (Microsoft).
 */
#include "accept_ex_win32.h"
#include "model.h"
#include "overlapped_win32.h"

enum { PACKETS_AT_ONCE = 64 };

/* ---- state ---- */

struct iocp_connection {
    struct connection connection;
    WSAOVERLAPPED overlapped; /* its one operation, under way or in the queue */
};

/* What all workers share. The key of a connection's packets is the connection, of accepts' 0. */
struct iocp {
    HANDLE port;
    struct accept_ex accept_ex;
};

struct iocp_worker {
    struct worker worker;
    struct iocp *iocp;
    OVERLAPPED_ENTRY packets[PACKETS_AT_ONCE];
};

/* ---- accept ---- */

static void operation_start(struct iocp_worker *thread, struct iocp_connection *own);

static void connection_begin(struct iocp_worker *thread, struct connection *connection)
{
    struct worker *worker = &thread->worker;
    HANDLE handle = (HANDLE)connection->socket;
    int error = observe_call(worker, connection, "set non-blocking",
                             net_set_nonblocking(connection->socket, true) == 0, NULL);
    if (error == 0)
        error = observe_call(
            worker, connection, "CreateIoCompletionPort(socket)",
            CreateIoCompletionPort(handle, thread->iocp->port, (ULONG_PTR)connection, 0) != NULL,
            NULL);
    if (error == 0)
        error = observe_call(
            worker, connection, "SetFileCompletionNotificationModes(skip)",
            SetFileCompletionNotificationModes(handle, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS |
                                                           FILE_SKIP_SET_EVENT_ON_HANDLE) != 0,
            NULL);
    if (error != 0)
        server_release(worker, connection, error);
    else
        operation_start(thread, (struct iocp_connection *)connection);
}

static void accept_completed(struct iocp_worker *thread, WSAOVERLAPPED *overlapped)
{
    struct worker *worker = &thread->worker;
    net_socket socket;
    if (!accept_ex_completed(worker, &thread->iocp->accept_ex, overlapped, &socket))
        return;
    struct connection *connection = server_admit(worker, socket);
    if (connection != NULL)
        connection_begin(thread, connection);
}

/* ---- received, sent, close ---- */

/* Starts the next operation; one that is complete at once, and those after it, are dealt with. */
static void operation_start(struct iocp_worker *thread, struct iocp_connection *own)
{
    struct worker *worker = &thread->worker;
    struct connection *connection = &own->connection;
    int error = 0;
    for (;;) {
        int64_t result = overlapped_post(worker, connection, &own->overlapped, NULL);
        if (result == OVERLAPPED_PENDING)
            return; /* from here on the connection is any thread's */
        if (result < 0) {
            error = (int)result;
            break;
        }
        if (overlapped_step(worker, connection, result, &error) == SESSION_CLOSE)
            break;
    }
    server_release(worker, connection, error);
}

static void operation_completed(struct iocp_worker *thread, struct iocp_connection *own)
{
    struct worker *worker = &thread->worker;
    struct connection *connection = &own->connection;
    int error = 0;
    if (!server_stopping(worker->server)) {
        int64_t result = overlapped_result(worker, connection, &own->overlapped);
        if (overlapped_step(worker, connection, result, &error) != SESSION_CLOSE) {
            operation_start(thread, own);
            return;
        }
    }
    server_release(worker, connection, error);
}

/* ---- serve ---- */

/* Takes completions from the port, or waits for one. 0 or a negative error, after server_fail. */
static int packets_take(struct iocp_worker *thread)
{
    struct worker *worker = &thread->worker;
    ULONG count = 0;
    int taken =
        observe_wait(worker, "GetQueuedCompletionStatusEx", 0, 0,
                     GetQueuedCompletionStatusEx(thread->iocp->port, thread->packets,
                                                 PACKETS_AT_ONCE, &count, INFINITE, FALSE) != 0
                         ? (int)count
                         : -1);
    if (taken < 0)
        return server_fail(worker->server, "GetQueuedCompletionStatusEx", taken);
    for (int i = 0; i < taken; i++) {
        const OVERLAPPED_ENTRY *packet = &thread->packets[i];
        if (packet->lpCompletionKey != 0)
            operation_completed(thread, (struct iocp_connection *)packet->lpCompletionKey);
        else if (packet->lpOverlapped != NULL)
            accept_completed(thread, packet->lpOverlapped);
    }
    return 0;
}

static void worker_wake(struct worker *worker)
{
    PostQueuedCompletionStatus(((struct iocp_worker *)worker)->iocp->port, 0, 0, NULL);
}

static void worker_run(struct worker *worker)
{
    struct iocp_worker *thread = (struct iocp_worker *)worker;
    if (worker->index == 0)
        accept_ex_start(worker, &thread->iocp->accept_ex);
    while (!server_stopping(worker->server) && packets_take(thread) == 0)
        continue;
    worker_wake(worker); /* the connection that stops the server wakes any one: it goes round */
}

/* Cancels what is under way, and takes its packets: only then may the memory be freed. */
static void operations_drain(struct iocp_worker *thread)
{
    struct server *server = thread->worker.server;
    server_interrupt_connections(server);
    CancelIoEx((HANDLE)server->listener, NULL);
    while (server_open_connections(server) > 0 || accept_ex_posted(&thread->iocp->accept_ex))
        if (packets_take(thread) != 0)
            return;
}

static int port_open(struct iocp *iocp, struct server *server)
{
    iocp->port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, server->threads);
    if (iocp->port == NULL ||
        CreateIoCompletionPort((HANDLE)server->listener, iocp->port, 0, 0) == NULL)
        return server_fail(server, "CreateIoCompletionPort", net_last_error());
    return accept_ex_open(&iocp->accept_ex, server);
}

static int serve(struct server *server)
{
    struct crew crew;
    struct iocp iocp = {.port = NULL};
    int error = crew_open(&crew, server, sizeof(struct iocp_worker), worker_run, worker_wake);
    if (error == 0)
        error = port_open(&iocp, server);
    if (error == 0) {
        for (unsigned i = 0; i < crew.count; i++)
            ((struct iocp_worker *)crew_worker(&crew, i))->iocp = &iocp;
        error = crew_run(&crew);
        operations_drain((struct iocp_worker *)crew_worker(&crew, 0));
    }
    if (iocp.port != NULL)
        CloseHandle(iocp.port);
    crew_close(&crew);
    return error;
}

const struct io_model model_iocp_unbounded_inline = {
    .notification = MODEL_COMPLETION,
    .threads_apply = true,
    .connections_per_thread = 0,
    .thread_stack_bytes = THREAD_STACK_BYTES,
    .connection_bytes = sizeof(struct iocp_connection),
    .serve = serve,
};
