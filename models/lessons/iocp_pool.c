/*
 * iocp_pool: iocp, but the work between receive and send is done by a pool of threads.
 *
 * Changed  One thread takes completions, posts and sends: the loop. What has been received it posts to
 *          a second completion port, the pool's queue, where the next free thread takes it and does the
 *          work; PostQueuedCompletionStatus to the first port brings the answer back. --threads is the
 *          pool's size, POOL_THREADS by default; the loop's thread comes on top of it.
 * Gain     While a message waits (--work-wait), the loop goes on with the other clients. A server that
 *          already has its calls in one thread needs no lock for what its connections share.
 * Harm     Two changes of thread for each message. A port gives its completions to any number of
 *          threads anyway, so iocp --threads 16 does the same without them.
 * Shows    throughput and server_cpu_us_per_msg: bench --suite work.
 *
 * Documentation: "I/O Completion Ports", PostQueuedCompletionStatus (Microsoft).
 */
#include <stdlib.h>

#include "clock.h"
#include "crew.h"
#include "model.h"
#include "parts/accept_ex_win32.h"
#include "turn.h"

enum { PACKETS_AT_ONCE = 64, ACCEPTS_POSTED = 16, POOL_THREADS = 16 };
enum {
    NO_MEMORY_PAUSE_MS = 10
}; /* before a packet that the system had no memory for is tried again */
enum { ACCEPT_ADDRESS = sizeof(struct sockaddr_storage) + 16 }; /* bytes, as AcceptEx prescribes */

/* ---- state ---- */

struct iocp_connection {
    struct connection connection;
    WSAOVERLAPPED overlapped; /* its one operation; the system's until it is complete */
    int64_t received;         /* bytes, whose work the pool has to do */
};

struct iocp_accept {
    WSAOVERLAPPED overlapped;
    net_socket socket; /* of the connection to come; NET_SOCKET_NONE: not posted */
    char addresses[2 * ACCEPT_ADDRESS];
};

struct pool_worker {
    struct worker worker;
    struct loop *loop;
    thread_handle thread;
};

/*
 * The key of a connection's packets is the connection, of accepts' 0. The pool's answers come without
 * an operation. At the pool's port 0 ends a thread.
 */
struct loop {
    struct worker worker;
    HANDLE port, pool_port;
    struct pool_worker *workers; /* the first `started` of them run */
    unsigned started;
    LPFN_ACCEPTEX AcceptEx;
    struct iocp_accept accepts[ACCEPTS_POSTED];
    OVERLAPPED_ENTRY packets[PACKETS_AT_ONCE];
};

/* ---- the pool ---- */

/* The loop has it then: nobody may touch it afterwards. It waits for each answer, also at the stop. */
static void answer_post(struct pool_worker *thread, struct connection *connection)
{
    HANDLE port = thread->loop->port;
    uint32_t id = connection->id;
    while (observe_call_id(&thread->worker, id, "PostQueuedCompletionStatus(the answer)",
                           PostQueuedCompletionStatus(port, 0, (ULONG_PTR)connection, NULL) != 0) !=
           0)
        clock_sleep_ms(NO_MEMORY_PAUSE_MS);
}

/* Waits for one. NULL: the pool ends. */
static struct connection *received_take(struct pool_worker *thread)
{
    DWORD bytes;
    ULONG_PTR key = 0;
    OVERLAPPED *none;
    HANDLE port = thread->loop->pool_port;
    /* Without an operation a packet and a failure differ by the key only. */
    observe_wait(&thread->worker, "GetQueuedCompletionStatus(until there is work)", NULL, 0, 0,
                 GetQueuedCompletionStatus(port, &bytes, &key, &none, INFINITE) ? 1 : -1);
    return (struct connection *)key;
}

static void pool_worker_main(void *argument)
{
    struct pool_worker *thread = argument;
    struct connection *connection;
    worker_begin(&thread->worker, thread->loop->worker.server);
    while ((connection = received_take(thread)) != NULL) {
        server_work(&thread->worker, connection, ((struct iocp_connection *)connection)->received);
        answer_post(thread, connection);
    }
    worker_end(&thread->worker);
}

/* 0, or a negative error after server_fail; pool_close in any case. */
static int pool_open(struct loop *loop)
{
    struct server *server = loop->worker.server;
    HANDLE none = INVALID_HANDLE_VALUE;
    loop->workers = calloc(server->threads, sizeof *loop->workers);
    if (loop->workers == NULL)
        return server_fail(server, "calloc", -NET_NO_MEMORY);
    int error = server_require(
        &loop->worker, "CreateIoCompletionPort(of the pool)",
        (loop->pool_port = CreateIoCompletionPort(none, NULL, 0, server->threads)) != 0);
    while (error == 0 && loop->started < server->threads) {
        struct pool_worker *thread = &loop->workers[loop->started];
        thread->loop = loop;
        error = thread_start(&thread->thread, pool_worker_main, thread, THREAD_STACK_BYTES);
        if (error != 0)
            return server_fail_thread(server, "starting a thread of the pool", error);
        loop->started++;
    }
    return error;
}

static void pool_close(struct loop *loop)
{
    HANDLE port = loop->pool_port;
    for (unsigned i = 0; i < loop->started; i++)
        observe_call(&loop->worker, NULL, "PostQueuedCompletionStatus(to end a thread)",
                     PostQueuedCompletionStatus(port, 0, 0, NULL) != 0);
    while (loop->started > 0)
        thread_join(loop->workers[--loop->started].thread);
    if (port != NULL)
        observe_call(&loop->worker, NULL, "CloseHandle(port of the pool)", CloseHandle(port) != 0);
    free(loop->workers);
}

/* ---- post ---- */

static void operation_post(struct worker *worker, struct iocp_connection *own)
{
    struct session *session = &own->connection.session;
    net_socket socket = own->connection.socket;
    bool sending = session_wants(session) == SESSION_SEND;
    struct session_span span = sending ? session_send_span(session) : session_recv_span(session);
    WSABUF buffer = {.len = (ULONG)span.size, .buf = span.at};
    DWORD bytes = 0, flags = 0;
    /* By the id: when the call returns, another thread may have ended the connection. */
    uint32_t id = own->connection.id;
    int64_t posted = observe_post(
        worker, id, sending ? "WSASend" : "WSARecv", span.size,
        (sending ? WSASend(socket, &buffer, 1, &bytes, 0, &own->overlapped, NULL)
                 : WSARecv(socket, &buffer, 1, &bytes, &flags, &own->overlapped, NULL)) == 0
            ? (int)bytes
            : -1);
    if (posted < 0 && posted != -WSA_IO_PENDING)
        server_release(worker, &own->connection, (int)posted);
}

/* ---- accept ---- */

static void connection_begin(struct loop *loop, struct connection *connection)
{
    struct worker *worker = &loop->worker;
    HANDLE port = loop->port;
    int error = observe_call(worker, connection, NET_NONBLOCKING_CALL,
                             net_set_nonblocking(connection->socket, true) == 0);
    if (error == 0)
        error = observe_call(worker, connection, "CreateIoCompletionPort(socket)",
                             CreateIoCompletionPort((HANDLE)connection->socket, port,
                                                    (ULONG_PTR)connection, 0) != 0);
    if (error != 0)
        server_release(worker, connection, error);
    else
        operation_post(worker, (struct iocp_connection *)connection);
}

/* 0, or a negative error: it is not posted. */
static int accept_post(struct loop *loop, struct iocp_accept *own)
{
    struct worker *worker = &loop->worker;
    struct server *server = worker->server;
    LPFN_ACCEPTEX AcceptEx = loop->AcceptEx;
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
static void accept_post_again(struct loop *loop, struct iocp_accept *own, int error)
{
    struct worker *worker = &loop->worker;
    for (; error != 0 || (error = accept_post(loop, own)) != 0; error = 0)
        if (server_accept_failed(worker, error) < 0 || server_stopping(worker->server))
            return;
}

static void accept_completed(struct loop *loop, struct iocp_accept *own)
{
    struct worker *worker = &loop->worker;
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
        accept_post_again(loop, own, error);
        return;
    }
    if ((error = accept_post(loop, own)) != 0) {
        /* No socket is left for the next accept, so this connection is given up for it. */
        server_lacks(worker->server, "AcceptEx", error, net_limit_text(error, limit, sizeof limit));
        server_refuse(worker, socket);
        accept_post_again(loop, own, 0);
        return;
    }
    struct connection *connection = server_admit(worker, socket);
    if (connection != NULL)
        connection_begin(loop, connection);
}

/* ---- received, worked, sent, close ---- */

/* result: of the operation that is complete, its work done. */
static void connection_turn(struct worker *worker, struct connection *connection, int64_t result)
{
    struct turn turn = turn_begin(&connection->session, 0);
    turn_completed(&turn, result);
    while (turn_next(&turn) == TURN_SEND)
        turn_sent(&turn,
                  observe_send(worker, connection, turn.span.size,
                               send(connection->socket, turn.span.at, (int)turn.span.size, 0)));
    if (turn_wants(&turn) != SESSION_CLOSE && !server_stopping(worker->server))
        operation_post(worker, (struct iocp_connection *)connection);
    else
        server_release(worker, connection, turn.error);
}

/* Also at the stop: the pool does no work then, and hands it back. */
static void received_post(struct loop *loop, struct connection *connection)
{
    HANDLE port = loop->pool_port;
    uint32_t id = connection->id;
    int error =
        observe_call_id(&loop->worker, id, "PostQueuedCompletionStatus(what was received)",
                        PostQueuedCompletionStatus(port, 0, (ULONG_PTR)connection, NULL) != 0);
    if (error != 0)
        server_release(&loop->worker, connection, error);
}

static void operation_completed(struct loop *loop, struct iocp_connection *own)
{
    struct worker *worker = &loop->worker;
    struct connection *connection = &own->connection;
    DWORD bytes = 0, flags = 0;
    int error = observe_call(
        worker, connection, "WSAGetOverlappedResult()",
        WSAGetOverlappedResult(connection->socket, &own->overlapped, &bytes, FALSE, &flags) != 0);
    int64_t result = observe_done(worker, connection, error == 0 ? (int64_t)bytes : error);
    own->received = result;
    if (session_wants(&connection->session) == SESSION_RECV && result > 0)
        received_post(loop, connection);
    else
        connection_turn(worker, connection, result);
}

/* ---- serve ---- */

/* Takes completions from the port, or waits for one. 0 or a negative error, after server_fail. */
static int packets_take(struct loop *loop)
{
    struct worker *worker = &loop->worker;
    ULONG count = 0;
    HANDLE port = loop->port;
    int taken = observe_wait(
        worker, "GetQueuedCompletionStatusEx(until a completion)", NULL, 0, 0,
        GetQueuedCompletionStatusEx(port, loop->packets, PACKETS_AT_ONCE, &count, INFINITE, FALSE)
            ? (int)count
            : -1);
    if (taken < 0)
        return server_fail(worker->server, "GetQueuedCompletionStatusEx", taken);
    for (int i = 0; i < taken; i++) {
        struct iocp_connection *own = (struct iocp_connection *)loop->packets[i].lpCompletionKey;
        OVERLAPPED *done = loop->packets[i].lpOverlapped;
        if (own == NULL)
            accept_completed(loop, CONTAINING_RECORD(done, struct iocp_accept, overlapped));
        else if (done != NULL)
            operation_completed(loop, own);
        else
            connection_turn(worker, &own->connection, own->received);
    }
    return 0;
}

static void loop_run(struct loop *loop)
{
    for (unsigned i = 0; i < ACCEPTS_POSTED; i++)
        accept_post_again(loop, &loop->accepts[i], 0);
    while (!server_stopping(loop->worker.server) && packets_take(loop) == 0)
        continue;
}

/* Cancels what is under way and takes its packets. Only after that may the memory be freed. */
static void operations_drain(struct loop *loop)
{
    struct server *server = loop->worker.server;
    HANDLE listener = (HANDLE)server->listener;
    server_interrupt_connections(server);
    observe_call(&loop->worker, NULL, "CancelIoEx(listener)", CancelIoEx(listener, NULL) != 0);
    int error = 0;
    while (error == 0 && server_open_connections(server) > 0)
        error = packets_take(loop);
    for (unsigned i = 0; i < ACCEPTS_POSTED; i++)
        while (error == 0 && loop->accepts[i].socket != NET_SOCKET_NONE)
            error = packets_take(loop);
}

static int port_open(struct loop *loop)
{
    struct worker *worker = &loop->worker;
    struct server *server = worker->server;
    for (unsigned i = 0; i < ACCEPTS_POSTED; i++)
        loop->accepts[i].socket = NET_SOCKET_NONE;
    HANDLE listener = (HANDLE)server->listener, none = INVALID_HANDLE_VALUE;
    if (server_require(worker, "CreateIoCompletionPort()",
                       (loop->port = CreateIoCompletionPort(none, NULL, 0, 1)) != 0) != 0 ||
        server_require(worker, "CreateIoCompletionPort(listener)",
                       CreateIoCompletionPort(listener, loop->port, 0, 0) != 0) != 0 ||
        accept_ex_find(worker, &loop->AcceptEx) != 0)
        return server->failure;
    /* For the accepts of server_accept_failed; an AcceptEx stays pending in either mode. */
    return server_require(worker, NET_NONBLOCKING_CALL,
                          net_set_nonblocking(server->listener, true) == 0);
}

static int serve(struct server *server)
{
    struct loop loop = {.port = NULL};
    worker_begin(&loop.worker, server);
    if (port_open(&loop) == 0 && pool_open(&loop) == 0) {
        loop_run(&loop);
        operations_drain(&loop);
    }
    pool_close(&loop);
    server_release_all(&loop.worker);
    if (loop.port != NULL)
        observe_call(&loop.worker, NULL, "CloseHandle(port)", CloseHandle(loop.port) != 0);
    worker_end(&loop.worker);
    return server->failure;
}

const struct io_model model_iocp_pool = {
    .threads_apply = true,
    .threads_by_default = POOL_THREADS,
    .thread_stack_bytes = THREAD_STACK_BYTES,
    .connection_bytes = sizeof(struct iocp_connection),
    .serve = serve,
};
