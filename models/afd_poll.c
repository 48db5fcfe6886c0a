/*
 * afd_poll: sockets are polled by requests to the driver below Winsock. A request completes when its
 * socket is ready; the completed ones, of all sockets, come out of a completion port.
 *
 * Idea     Readiness with the scaling of a completion port: a wait costs what is ready, however many
 *          are idle, no buffer is given away before there is something to receive, and a program
 *          written for epoll or kqueue keeps its shape. So wepoll, libuv, mio (which Rust's tokio
 *          stands on) and c-ares wait on Windows, and no documented call gives the same before
 *          ProcessSocketNotifications of Windows 11.
 * Calls    CreateIoCompletionPort, for the port; for every 32 sockets a handle of \Device\Afd is
 *          opened and tied to it (parts/afd_win32.h); WSAIoctl(SIO_BASE_HANDLE) once for each socket;
 *          then for ever NtDeviceIoControlFile(AFD_POLL), GetQueuedCompletionStatusEx, accept, recv,
 *          send.
 *          PostQueuedCompletionStatus wakes a thread, CancelIoEx ends the polls at the stop.
 * Re-arms  The next request: each is answered once, at once if the socket is ready already. So it is
 *          level-triggered, for one call more with each report. All that a wait brought are made again
 *          together, before the next wait.
 * Limit    Memory. The requests are not documented: Microsoft may change them, and has not for as
 *          long as these programs have relied on them. A request and its answer lie in memory that is
 *          the system's until it is complete. A layered service provider may hide the handle that
 *          is polled (the base handle). Wine's server goes through the polls of all sockets for each
 *          thing that happens to one, so there the cost grows with the connections.
 * Choose   On Windows, to carry over a program that is written for readiness; else a completion port.
 *
 * Documentation: NtCreateFile, NtDeviceIoControlFile, SIO_BASE_HANDLE ("Winsock IOCTLs"), "I/O
 * Completion Ports" (Microsoft). What is not documented: parts/afd_win32.h.
 */
#include "crew.h"
#include "model.h"
#include "parts/afd_win32.h"
#include "turn.h"

enum { PACKETS_AT_ONCE = 256 };

/* ---- state ---- */

/* A socket's poll; the system's while it is under way. */
struct afd_poll {
    struct afd_device *device; /* NULL: the socket is not polled */
    HANDLE base;
    IO_STATUS_BLOCK status;
    struct afd_poll_info info;
};

struct afd_connection {
    struct connection connection;
    struct afd_poll poll;
    bool sending; /* polled for sending, not for receiving */
};

/* A thread and its port. */
struct afd_worker {
    struct worker worker;
    HANDLE port;
    struct afd_devices devices;
    unsigned under_way; /* polls */
    struct afd_poll listener;
    OVERLAPPED_ENTRY packets[PACKETS_AT_ONCE];
};

/* ---- poll ---- */

/* The socket is polled from now on, by a device that has room. 0 or a negative error. */
static int poll_open(struct afd_worker *thread, struct afd_poll *poll,
                     const struct connection *connection, net_socket socket)
{
    DWORD bytes;
    poll->device = afd_device_take(&thread->devices);
    if (poll->device == NULL)
        return net_last_error();
    return observe_call(&thread->worker, connection, "WSAIoctl(SIO_BASE_HANDLE)",
                        WSAIoctl(socket, SIO_BASE_HANDLE, NULL, 0, &poll->base, sizeof poll->base,
                                 &bytes, NULL, NULL) == 0);
}

/* Starts it. call: as a trace shows it. 0 or a negative error. */
static int poll_start(struct afd_worker *thread, struct afd_poll *poll,
                      const struct connection *connection, const char *call, ULONG events)
{
    const struct ntdll *ntdll = &thread->devices.ntdll;
    struct afd_poll_info *info = &poll->info;
    *info = (struct afd_poll_info){.timeout.QuadPart = INT64_MAX, .handle_count = 1};
    info->handles[0].handle = poll->base;
    info->handles[0].events = events;
    /* The packet brings the poll back. It comes also where the poll is complete at once. */
    int error = observe_call(
        &thread->worker, connection, call,
        ntdll_succeeded(ntdll, ntdll->NtDeviceIoControlFile(poll->device->handle, NULL, NULL, poll,
                                                            &poll->status, AFD_POLL, info,
                                                            sizeof *info, info, sizeof *info)));
    thread->under_way += error == 0;
    return error;
}

/* ---- accept ---- */

/* The peer's half-close is not asked for while sending: it would be reported again and again. */
static int connection_poll(struct afd_worker *thread, struct afd_connection *own)
{
    const char *call = own->sending ? "NtDeviceIoControlFile(AFD_POLL: to send)"
                                    : "NtDeviceIoControlFile(AFD_POLL: to receive)";
    ULONG events = own->sending ? AFD_POLL_SEND : AFD_POLL_RECEIVE | AFD_POLL_DISCONNECT;
    return poll_start(thread, &own->poll, &own->connection, call, events | AFD_POLL_ABORT);
}

static void connection_end(struct afd_worker *thread, struct afd_connection *own, int error)
{
    if (own->poll.device != NULL)
        afd_device_leave(&thread->devices, own->poll.device);
    server_release(&thread->worker, &own->connection, error);
}

static void connection_begin(struct afd_worker *thread, struct connection *connection)
{
    struct afd_connection *own = (struct afd_connection *)connection;
    int error = poll_open(thread, &own->poll, connection, connection->socket);
    if (error == 0)
        error = connection_poll(thread, own);
    if (error != 0)
        connection_end(thread, own, error);
}

static int listener_poll(struct afd_worker *thread)
{
    int error = poll_start(thread, &thread->listener, NULL,
                           "NtDeviceIoControlFile(AFD_POLL: to accept)", AFD_POLL_ACCEPT);
    return error == 0 ? 0 : server_fail(thread->worker.server, "NtDeviceIoControlFile", error);
}

static void connections_accept(struct afd_worker *thread)
{
    struct worker *worker = &thread->worker;
    for (unsigned i = 0; i < SERVER_ACCEPTS_AT_ONCE; i++) {
        struct connection *begin;
        net_socket socket; /* non-blocking, as the listener is */
        int error = observe_accept(worker, socket = accept(worker->server->listener, NULL, NULL));
        if (!server_accepted(worker, error, socket, &begin))
            break;
        if (begin != NULL)
            connection_begin(thread, begin);
    }
}

static void connections_assigned(struct afd_worker *thread)
{
    struct connection *connection;
    while ((connection = crew_next_assigned(&thread->worker)) != NULL)
        connection_begin(thread, connection);
}

/* ---- readable, writable, close ---- */

/*
 * Which events came is not looked at: the call that was waited for says what there is to say.
 * False: the connection has ended.
 */
static bool connection_turn(struct afd_worker *thread, struct afd_connection *own)
{
    struct worker *worker = &thread->worker;
    struct connection *connection = &own->connection;
    struct turn turn = turn_begin(&connection->session, own->sending ? 0 : TURN_RECEIVES);
    while (turn_next(&turn) != TURN_OVER)
        if (turn.step == TURN_RECV)
            turn_received(&turn, server_work(worker, connection,
                                             observe_recv(worker, connection, turn.span.size,
                                                          recv(connection->socket, turn.span.at,
                                                               (int)turn.span.size, 0))));
        else
            turn_sent(&turn,
                      observe_send(worker, connection, turn.span.size,
                                   send(connection->socket, turn.span.at, (int)turn.span.size, 0)));

    enum session_want want = turn_wants(&turn);
    own->sending = want == SESSION_SEND;
    if (want == SESSION_CLOSE)
        connection_end(thread, own, turn.error);
    return want != SESSION_CLOSE;
}

/* True: its socket is to be polled again. */
static bool poll_completed(struct afd_worker *thread, struct afd_poll *poll)
{
    struct afd_connection *own = CONTAINING_RECORD(poll, struct afd_connection, poll);
    /* A poll that has failed would fail again at once. */
    int error = ntdll_succeeded(&thread->devices.ntdll, poll->status.Status) ? 0 : net_last_error();
    if (poll != &thread->listener && error == 0)
        return connection_turn(thread, own);
    if (poll != &thread->listener)
        connection_end(thread, own, error);
    else if (error == 0)
        connections_accept(thread);
    else
        server_fail(thread->worker.server, "polling the listener", error);
    return poll == &thread->listener && error == 0;
}

static void poll_again(struct afd_worker *thread, struct afd_poll *poll)
{
    struct afd_connection *own = CONTAINING_RECORD(poll, struct afd_connection, poll);
    if (poll == &thread->listener) {
        listener_poll(thread);
        return;
    }
    int error = connection_poll(thread, own);
    if (error != 0)
        connection_end(thread, own, error);
}

/* ---- serve ---- */

/* Waits for packets. How many there are, or a negative error after server_fail. */
static int packets_take(struct afd_worker *thread)
{
    struct worker *worker = &thread->worker;
    ULONG count = 0;
    int taken = observe_wait(worker, "GetQueuedCompletionStatusEx(until a completion)", NULL, 0, 0,
                             GetQueuedCompletionStatusEx(thread->port, thread->packets,
                                                         PACKETS_AT_ONCE, &count, INFINITE, FALSE)
                                 ? (int)count
                                 : -1);
    for (int i = 0; i < taken; i++)
        thread->under_way -= thread->packets[i].lpOverlapped != NULL;
    return taken < 0 ? server_fail(worker->server, "GetQueuedCompletionStatusEx", taken) : taken;
}

static void worker_run(struct worker *worker)
{
    struct afd_worker *thread = (struct afd_worker *)worker;
    while (!server_stopping(worker->server)) {
        int taken = packets_take(thread);
        int again = 0;
        for (int i = 0; i < taken; i++) {
            void *poll = thread->packets[i].lpOverlapped;
            if (poll == NULL) /* the packet only wakes */
                connections_assigned(thread);
            else if (poll_completed(thread, poll))
                thread->packets[again++].lpOverlapped = poll;
        }
        /* After all turns: a socket that is ready again by then is answered at once. */
        for (int i = 0; i < again; i++)
            poll_again(thread, (struct afd_poll *)(void *)thread->packets[i].lpOverlapped);
    }
}

static int worker_open(struct worker *worker)
{
    struct afd_worker *thread = (struct afd_worker *)worker;
    struct server *server = worker->server;
    HANDLE none = INVALID_HANDLE_VALUE;
    int error;
    if (server_require(worker, "CreateIoCompletionPort()",
                       (thread->port = CreateIoCompletionPort(none, NULL, 0, 1)) != 0) != 0)
        return server->failure;
    if ((error = afd_devices_open(&thread->devices, worker, thread->port)) != 0)
        return server_fail(server, "opening \\Device\\Afd", error);
    if (worker->index != 0)
        return 0;
    if (server_require(worker, NET_NONBLOCKING_CALL,
                       net_set_nonblocking(server->listener, true) == 0) != 0)
        return server->failure;
    if ((error = poll_open(thread, &thread->listener, NULL, server->listener)) != 0)
        return server_fail(server, "WSAIoctl(SIO_BASE_HANDLE)", error);
    return listener_poll(thread);
}

static void worker_wake(struct worker *worker, struct worker *by)
{
    HANDLE port = ((struct afd_worker *)worker)->port;
    observe_call(by, NULL, "PostQueuedCompletionStatus(to wake a thread)",
                 PostQueuedCompletionStatus(port, 0, 0, NULL) != 0);
}

/* Cancels the polls and takes their packets. Only after that may their memory be freed. */
static void worker_close(struct worker *worker)
{
    struct afd_worker *thread = (struct afd_worker *)worker;
    for (struct afd_device *device = thread->devices.first; device != NULL; device = device->next)
        if (device->sockets > 0)
            observe_call(worker, NULL, "CancelIoEx(device)", CancelIoEx(device->handle, NULL) != 0);
    while (thread->under_way > 0 && packets_take(thread) >= 0)
        continue;
    afd_devices_close(&thread->devices);
    if (thread->port != NULL)
        observe_call(worker, NULL, "CloseHandle(port)", CloseHandle(thread->port) != 0);
}

static int serve(struct server *server)
{
    static const struct crew_calls calls = {sizeof(struct afd_worker), worker_open, worker_run,
                                            worker_wake, worker_close};
    return crew_serve(server, &calls);
}

const struct io_model model_afd_poll = {
    .threads_apply = true,
    .thread_stack_bytes = THREAD_STACK_BYTES,
    .connection_bytes = sizeof(struct afd_connection),
    .unavailable = afd_unavailable,
    .serve = serve,
};
