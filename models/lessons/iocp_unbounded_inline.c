/*
 * iocp_unbounded_inline: iocp, but what is complete at once is dealt with at once, without a bound.
 *
 * Changed  With FILE_SKIP_COMPLETION_PORT_ON_SUCCESS an operation that is complete at once is not
 *          queued. Here its connection goes on for as long as that happens.
 * Harm     A client that sends as fast as it is served never waits, and never lets go of the thread:
 *          the others wait for as long as it likes.
 * Doubt    The same as in iocp_inline: it can't serve where a layered provider forbids the mode.
 * Shows    fairness_jain and connections_starved, with streams: bench --suite lessons.
 *
 * Documentation: SetFileCompletionNotificationModes (Microsoft).
 */
#include "crew.h"
#include "model.h"
#include "parts/accept_ex_win32.h"
#include "skip_mode_win32.h"
#include "turn.h"

enum { PACKETS_AT_ONCE = 64, ACCEPTS_POSTED = 16 };
enum { ACCEPT_ADDRESS = sizeof(struct sockaddr_storage) + 16 }; /* bytes, as AcceptEx prescribes */

/* ---- state ---- */

struct iocp_connection {
    struct connection connection;
    WSAOVERLAPPED overlapped; /* its one operation; the system's until it is complete */
};

struct iocp_accept {
    WSAOVERLAPPED overlapped;
    net_socket socket; /* of the connection to come; NET_SOCKET_NONE: not posted */
    char addresses[2 * ACCEPT_ADDRESS];
};

/* What all workers share. The key of a connection's packets is the connection, of accepts' 0. */
struct iocp {
    HANDLE port;
    LPFN_ACCEPTEX AcceptEx;
    struct iocp_accept accepts[ACCEPTS_POSTED];
};

struct iocp_worker {
    struct worker worker;
    struct iocp *iocp;
    OVERLAPPED_ENTRY packets[PACKETS_AT_ONCE];
};

/* ---- received, sent, close ---- */

/* result: of the operation that is complete. False: the connection is over and was released. */
static bool connection_turn(struct worker *worker, struct connection *connection, int64_t result)
{
    struct turn turn = turn_begin(&connection->session, 0);
    turn_completed(&turn,
                   server_work(worker, connection, observe_done(worker, connection, result)));
    while (turn_next(&turn) == TURN_SEND)
        turn_sent(&turn,
                  observe_send(worker, connection, turn.span.size,
                               send(connection->socket, turn.span.at, (int)turn.span.size, 0)));
    if (turn_wants(&turn) != SESSION_CLOSE && !server_stopping(worker->server))
        return true;
    server_release(worker, connection, turn.error);
    return false;
}

/* ---- post ---- */

/* The bytes of an operation that was complete at once, -WSA_IO_PENDING, or another error. */
static int64_t operation_begin(struct worker *worker, struct iocp_connection *own)
{
    struct session *session = &own->connection.session;
    net_socket socket = own->connection.socket;
    bool sending = session_wants(session) == SESSION_SEND;
    struct session_span span = sending ? session_send_span(session) : session_recv_span(session);
    WSABUF buffer = {.len = (ULONG)span.size, .buf = span.at};
    DWORD bytes = 0, flags = 0;
    /* By the id: when the call returns, another thread may have ended the connection. */
    uint32_t id = own->connection.id;
    return observe_post(
        worker, id, sending ? "WSASend" : "WSARecv", span.size,
        (sending ? WSASend(socket, &buffer, 1, &bytes, 0, &own->overlapped, NULL)
                 : WSARecv(socket, &buffer, 1, &bytes, &flags, &own->overlapped, NULL)) == 0
            ? (int)bytes
            : -1);
}

static void operation_post(struct worker *worker, struct iocp_connection *own)
{
    int64_t posted;
    do
        posted = operation_begin(worker, own);
    while (posted >= 0 && connection_turn(worker, &own->connection, posted));
    if (posted < 0 && posted != -WSA_IO_PENDING)
        server_release(worker, &own->connection, (int)posted);
}

/* ---- accept ---- */

static void connection_begin(struct iocp_worker *thread, struct connection *connection)
{
    struct worker *worker = &thread->worker;
    HANDLE port = thread->iocp->port;
    int error = observe_call(worker, connection, NET_NONBLOCKING_CALL,
                             net_set_nonblocking(connection->socket, true) == 0);
    if (error == 0)
        error = observe_call(worker, connection, "CreateIoCompletionPort(socket)",
                             CreateIoCompletionPort((HANDLE)connection->socket, port,
                                                    (ULONG_PTR)connection, 0) != 0);
    if (error == 0)
        error =
            observe_call(worker, connection, "SetFileCompletionNotificationModes(skip)",
                         SetFileCompletionNotificationModes(
                             (HANDLE)connection->socket, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS |
                                                             FILE_SKIP_SET_EVENT_ON_HANDLE) != 0);
    if (error != 0)
        server_release(worker, connection, error);
    else
        operation_post(worker, (struct iocp_connection *)connection);
}

/* 0, or a negative error: it is not posted. */
static int accept_post(struct iocp_worker *thread, struct iocp_accept *own)
{
    struct worker *worker = &thread->worker;
    struct server *server = worker->server;
    LPFN_ACCEPTEX AcceptEx = thread->iocp->AcceptEx;
    int family = server->address.storage.ss_family;
    DWORD bytes;
    net_socket socket;
    int error = observe_call(
        worker, NULL, "WSASocket()",
        (socket = own->socket = WSASocketW(family, SOCK_STREAM, IPPROTO_TCP, NULL, 0,
                                           WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT)) !=
            NET_SOCKET_NONE);
    if (error != 0)
        return error;
    /* If it succeeds, another thread may have the completion before the call returns. */
    error =
        observe_call_result(worker, NULL, "AcceptEx()",
                            AcceptEx(server->listener, socket, own->addresses, 0, ACCEPT_ADDRESS,
                                     ACCEPT_ADDRESS, &bytes, &own->overlapped) != 0 ||
                                WSAGetLastError() == WSA_IO_PENDING,
                            "posted");
    if (error != 0) {
        own->socket = NET_SOCKET_NONE;
        server_close_socket(worker, socket);
    }
    return error;
}

/* Tries until it is posted or the server stops. error: how it failed before, or 0. */
static void accept_post_again(struct iocp_worker *thread, struct iocp_accept *own, int error)
{
    struct worker *worker = &thread->worker;
    for (; error != 0 || (error = accept_post(thread, own)) != 0; error = 0)
        if (server_accept_failed(worker, error) < 0 || server_stopping(worker->server))
            return;
}

static void accept_completed(struct iocp_worker *thread, struct iocp_accept *own)
{
    struct worker *worker = &thread->worker;
    net_socket listener = worker->server->listener, socket = own->socket;
    DWORD bytes, flags;
    char limit[NET_LIMIT_TEXT];
    own->socket = NET_SOCKET_NONE;
    if (server_stopping(worker->server)) {
        server_close_socket(worker, socket);
        return;
    }
    int error = observe_call(
        worker, NULL, "WSAGetOverlappedResult(AcceptEx)",
        WSAGetOverlappedResult(listener, &own->overlapped, &bytes, FALSE, &flags) != 0);
    /* The listener has accepted, so an error of this call belongs to the connection. */
    if (error != 0 ||
        observe_call(worker, NULL, "setsockopt(SO_UPDATE_ACCEPT_CONTEXT)",
                     setsockopt(socket, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT,
                                (const char *)&listener, sizeof listener) == 0) != 0) {
        server_close_socket(worker, socket);
        accept_post_again(thread, own, error);
        return;
    }
    if ((error = accept_post(thread, own)) != 0) {
        /* No socket is left for the next accept, so this connection is given up for it. */
        server_lacks(worker->server, "AcceptEx", error, net_limit_text(error, limit, sizeof limit));
        server_refuse(worker, socket);
        accept_post_again(thread, own, 0);
        return;
    }
    struct connection *connection = server_admit(worker, socket);
    if (connection != NULL)
        connection_begin(thread, connection);
}

/* ---- completed ---- */

static void operation_completed(struct worker *worker, struct iocp_connection *own)
{
    struct connection *connection = &own->connection;
    DWORD bytes = 0, flags = 0;
    int error = observe_call(
        worker, connection, "WSAGetOverlappedResult()",
        WSAGetOverlappedResult(connection->socket, &own->overlapped, &bytes, FALSE, &flags) != 0);
    if (connection_turn(worker, connection, error == 0 ? (int64_t)bytes : error))
        operation_post(worker, own);
}

/* ---- serve ---- */

/* Takes completions from the port, or waits for one. 0 or a negative error, after server_fail. */
static int packets_take(struct iocp_worker *thread)
{
    struct worker *worker = &thread->worker;
    ULONG count = 0;
    HANDLE port = thread->iocp->port;
    int taken = observe_wait(
        worker, "GetQueuedCompletionStatusEx(until a completion)", NULL, 0, 0,
        GetQueuedCompletionStatusEx(port, thread->packets, PACKETS_AT_ONCE, &count, INFINITE, FALSE)
            ? (int)count
            : -1);
    if (taken < 0)
        return server_fail(worker->server, "GetQueuedCompletionStatusEx", taken);
    for (int i = 0; i < taken; i++) {
        ULONG_PTR key = thread->packets[i].lpCompletionKey;
        OVERLAPPED *done = thread->packets[i].lpOverlapped;
        if (key != 0)
            operation_completed(worker, (struct iocp_connection *)key);
        else if (done != NULL) /* NULL: the packet only wakes */
            accept_completed(thread, CONTAINING_RECORD(done, struct iocp_accept, overlapped));
    }
    return 0;
}

static void worker_wake(struct worker *worker, struct worker *by)
{
    HANDLE port = ((struct iocp_worker *)worker)->iocp->port;
    observe_call(by, NULL, "PostQueuedCompletionStatus(to wake a thread)",
                 PostQueuedCompletionStatus(port, 0, 0, NULL) != 0);
}

static void worker_run(struct worker *worker)
{
    struct iocp_worker *thread = (struct iocp_worker *)worker;
    for (unsigned i = 0; worker->index == 0 && i < ACCEPTS_POSTED; i++)
        accept_post_again(thread, &thread->iocp->accepts[i], 0);
    while (!server_stopping(worker->server) && packets_take(thread) == 0)
        continue;
    worker_wake(worker,
                worker); /* the stop's connection woke only one worker: each wakes the next */
}

/* Cancels what is under way and takes its packets. Only after that may the memory be freed. */
static void operations_drain(struct iocp_worker *thread)
{
    struct server *server = thread->worker.server;
    HANDLE listener = (HANDLE)server->listener;
    server_interrupt_connections(server);
    observe_call(&thread->worker, NULL, "CancelIoEx(listener)", CancelIoEx(listener, NULL) != 0);
    int error = 0;
    while (error == 0 && server_open_connections(server) > 0)
        error = packets_take(thread);
    for (unsigned i = 0; i < ACCEPTS_POSTED; i++)
        while (error == 0 && thread->iocp->accepts[i].socket != NET_SOCKET_NONE)
            error = packets_take(thread);
}

static int port_open(struct iocp *iocp, struct worker *worker)
{
    struct server *server = worker->server;
    for (unsigned i = 0; i < ACCEPTS_POSTED; i++)
        iocp->accepts[i].socket = NET_SOCKET_NONE;
    HANDLE listener = (HANDLE)server->listener, none = INVALID_HANDLE_VALUE;
    if (server_require(worker, "CreateIoCompletionPort()",
                       (iocp->port = CreateIoCompletionPort(none, NULL, 0, server->threads)) !=
                           0) != 0 ||
        server_require(worker, "CreateIoCompletionPort(listener)",
                       CreateIoCompletionPort(listener, iocp->port, 0, 0) != 0) != 0 ||
        accept_ex_find(worker, &iocp->AcceptEx) != 0)
        return server->failure;
    /* For the accepts of server_accept_failed; an AcceptEx stays pending in either mode. */
    return server_require(worker, NET_NONBLOCKING_CALL,
                          net_set_nonblocking(server->listener, true) == 0);
}

static int serve(struct server *server)
{
    struct crew crew;
    struct iocp iocp = {.port = NULL};
    int error = crew_open(&crew, server, sizeof(struct iocp_worker), worker_run, worker_wake);
    struct worker *first = crew_worker(&crew, 0);
    if (error == 0)
        error = port_open(&iocp, first);
    if (error == 0) {
        for (unsigned i = 0; i < crew.count; i++)
            ((struct iocp_worker *)crew_worker(&crew, i))->iocp = &iocp;
        error = crew_run(&crew);
        operations_drain((struct iocp_worker *)first);
    }
    if (iocp.port != NULL)
        observe_call(first, NULL, "CloseHandle(port)", CloseHandle(iocp.port) != 0);
    crew_close(&crew);
    return error;
}

const struct io_model model_iocp_unbounded_inline = {
    .threads_apply = true,
    .thread_stack_bytes = THREAD_STACK_BYTES,
    .connection_bytes = sizeof(struct iocp_connection),
    .unavailable = skip_mode_unavailable,
    .serve = serve,
};
