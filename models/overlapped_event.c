/*
 * overlapped_event: operations are started and go on by themselves; an event object is signalled
 * when one is complete.
 *
 * Idea     Not "you may receive now" but "it has been received": WSARecv names the buffer
 *          beforehand and returns at once, and the system fills it while the thread does something
 *          else. Each operation has a WSAOVERLAPPED, the system's until it is complete.
 * Calls    accept; WSACreateEvent, WSARecv with hEvent; then for ever WSAWaitForMultipleEvents,
 *          WSAGetOverlappedResult, send, WSARecv; at the end CancelIoEx, WSACloseEvent. What is
 *          received is sent by a plain non-blocking send, which is cheaper; only what that does not
 *          take becomes an overlapped WSASend.
 * Re-arms  The next WSARecv or WSASend, which also resets the event. Each reports once, also one
 *          that is complete at once.
 * Limit    WSA_MAXIMUM_WAIT_EVENTS, 64 events in one wait. Here every group of 63 sessions has a
 *          thread of its own, and the 64th event accepts (worker 0) or wakes the thread (others).
 *          Each operation under way locks its buffer.
 * Choose   For a few operations that shall go on beside other things to wait for, where no
 *          completion port is wanted.
 *
 * Documentation: WSARecv, WSASend, WSAOVERLAPPED, WSAGetOverlappedResult, CancelIoEx (Microsoft).
 * The array of events as data: parts/event_set_win32.h.
 */
#include "crew.h"
#include "model.h"
#include "parts/event_set_win32.h"
#include "turn.h"

/* ---- state ---- */

struct overlapped_connection {
    struct connection connection;
    WSAOVERLAPPED overlapped; /* its one operation, always under way; the system's until complete */
    WSAEVENT event;
    unsigned slot; /* of the event in the thread's set */
};

/* A thread and the events that it waits for. */
struct overlapped_worker {
    struct worker worker;
    struct event_set set;
};

/* ---- close ---- */

static void connection_end(struct overlapped_worker *thread, struct overlapped_connection *own,
                           int error)
{
    WSAEVENT event = own->event;
    event_set_remove(&thread->set, own->slot);
    server_release(&thread->worker, &own->connection, error);
    /* After the socket that it belongs to. */
    observe_call(&thread->worker, NULL, "WSACloseEvent()", WSACloseEvent(event) != 0);
}

/* For the stop, which does not wait for the peer: the operation is first ended, then waited for. */
static void operation_cancel(struct worker *worker, struct overlapped_connection *own)
{
    DWORD bytes, flags;
    struct connection *connection = &own->connection;
    observe_call(worker, connection, "CancelIoEx()",
                 CancelIoEx((HANDLE)connection->socket, &own->overlapped) != 0);
    observe_call(
        worker, connection, "WSAGetOverlappedResult(until it is complete)",
        WSAGetOverlappedResult(connection->socket, &own->overlapped, &bytes, TRUE, &flags) != 0);
}

/* ---- post ---- */

static void operation_post(struct overlapped_worker *thread, struct overlapped_connection *own)
{
    struct worker *worker = &thread->worker;
    struct connection *connection = &own->connection;
    struct session *session = &connection->session;
    bool sending = session_wants(session) == SESSION_SEND;
    struct session_span span = sending ? session_send_span(session) : session_recv_span(session);
    WSABUF buffer = {.len = (ULONG)span.size, .buf = span.at};
    DWORD bytes = 0, flags = 0;
    int64_t posted = observe_post(
        worker, connection->id, sending ? "WSASend" : "WSARecv", span.size,
        (sending
             ? WSASend(connection->socket, &buffer, 1, &bytes, 0, &own->overlapped, NULL)
             : WSARecv(connection->socket, &buffer, 1, &bytes, &flags, &own->overlapped, NULL)) == 0
            ? (int)bytes
            : -1);
    /* Also one that is complete at once signals its event. */
    if (posted < 0 && posted != -WSA_IO_PENDING)
        connection_end(thread, own, (int)posted);
}

/* ---- accept ---- */

static void connection_begin(struct overlapped_worker *thread, struct connection *connection)
{
    struct worker *worker = &thread->worker;
    struct overlapped_connection *own = (struct overlapped_connection *)connection;
    int error = observe_call(worker, connection, "WSACreateEvent()",
                             (own->event = WSACreateEvent()) != WSA_INVALID_EVENT);
    if (error != 0) {
        server_release(worker, connection, error);
        return;
    }
    event_set_add(&thread->set, own->event, own, &own->slot);
    own->overlapped.hEvent = own->event;
    /* It still has the listener's event. It stays non-blocking, for the sends. */
    error = observe_call(worker, connection, "WSAEventSelect(none)",
                         WSAEventSelect(connection->socket, NULL, 0) == 0);
    if (error != 0)
        connection_end(thread, own, error);
    else
        operation_post(thread, own);
}

/* While more connections wait, FD_ACCEPT is reported again. */
static void listener_signalled(struct overlapped_worker *thread)
{
    struct worker *worker = &thread->worker;
    struct server *server = worker->server;
    struct connection *begin = NULL;
    WSANETWORKEVENTS record = {0};
    int error = observe_call(
        worker, NULL, "WSAEnumNetworkEvents()",
        WSAEnumNetworkEvents(server->listener, thread->set.events[EVENT_SET_OWN], &record) == 0);
    if (error != 0)
        server_fail(server, "WSAEnumNetworkEvents", error);
    bool again = error == 0 && (record.lNetworkEvents & FD_ACCEPT) != 0;
    /* Until one was accepted: after an accept that found none, Wine 8.0 reports no more. */
    for (unsigned i = 0; again && i < SERVER_ACCEPTS_AT_ONCE; i++) {
        net_socket socket;
        error = observe_accept(worker, socket = accept(server->listener, NULL, NULL));
        again = server_accepted(worker, error, socket, &begin) && error != 0;
    }
    if (begin != NULL)
        connection_begin(thread, begin);
}

static void connections_assigned(struct overlapped_worker *thread)
{
    struct connection *connection;
    /* Before looking, so that no wake-up is lost. */
    observe_call(&thread->worker, NULL, "WSAResetEvent()",
                 WSAResetEvent(thread->set.events[EVENT_SET_OWN]) != 0);
    while ((connection = crew_next_assigned(&thread->worker)) != NULL)
        connection_begin(thread, connection);
}

/* ---- received, sent ---- */

static void operation_completed(struct overlapped_worker *thread, struct overlapped_connection *own)
{
    struct worker *worker = &thread->worker;
    struct connection *connection = &own->connection;
    struct turn turn = turn_begin(&connection->session, 0);
    DWORD bytes = 0, flags = 0;
    int error = observe_call(
        worker, connection, "WSAGetOverlappedResult()",
        WSAGetOverlappedResult(connection->socket, &own->overlapped, &bytes, FALSE, &flags) != 0);
    turn_completed(
        &turn, server_work(worker, connection,
                           observe_done(worker, connection, error == 0 ? (int64_t)bytes : error)));
    while (turn_next(&turn) == TURN_SEND)
        turn_sent(&turn,
                  observe_send(worker, connection, turn.span.size,
                               send(connection->socket, turn.span.at, (int)turn.span.size, 0)));

    if (turn_wants(&turn) == SESSION_CLOSE)
        connection_end(thread, own, turn.error);
    else
        operation_post(thread, own);
}

/* ---- serve ---- */

static void worker_run(struct worker *worker)
{
    struct overlapped_worker *thread = (struct overlapped_worker *)worker;
    struct event_set *set = &thread->set;
    struct overlapped_connection *own;
    while (!server_stopping(worker->server)) {
        DWORD index;
        int ready = observe_wait(
            worker, "WSAWaitForMultipleEvents", "event", set->count, set->count * sizeof(WSAEVENT),
            (index = WSAWaitForMultipleEvents(set->count, event_set_first(set), FALSE, WSA_INFINITE,
                                              FALSE)) != WSA_WAIT_FAILED
                ? 1
                : -1);
        if (ready < 0) {
            server_fail(worker->server, "WSAWaitForMultipleEvents", ready);
            break;
        }
        own = event_set_served(set, index - WSA_WAIT_EVENT_0);
        if (own != NULL)
            operation_completed(thread, own);
        else if (worker->index == 0)
            listener_signalled(thread);
        else
            connections_assigned(thread);
    }
    while ((own = event_set_last(set)) != NULL) {
        operation_cancel(worker, own);
        connection_end(thread, own, 0);
    }
}

static int worker_open(struct worker *worker)
{
    struct overlapped_worker *thread = (struct overlapped_worker *)worker;
    WSAEVENT event;
    int error =
        server_require(worker, "WSACreateEvent()", (event = WSACreateEvent()) != WSA_INVALID_EVENT);
    if (error == 0)
        event_set_add(&thread->set, event, NULL, NULL);
    if (error == 0 && worker->index == 0)
        error = server_require(worker, "WSAEventSelect(FD_ACCEPT)",
                               WSAEventSelect(worker->server->listener, event, FD_ACCEPT) == 0);
    return error;
}

static void worker_wake(struct worker *worker, struct worker *by)
{
    WSAEVENT event = ((struct overlapped_worker *)worker)->set.events[EVENT_SET_OWN];
    observe_call(by, NULL, "WSASetEvent(to wake a thread)", WSASetEvent(event) != 0);
}

static void worker_close(struct worker *worker)
{
    struct overlapped_worker *thread = (struct overlapped_worker *)worker;
    if (thread->set.count > 0)
        observe_call(worker, NULL, "WSACloseEvent()",
                     WSACloseEvent(thread->set.events[EVENT_SET_OWN]) != 0);
}

static int serve(struct server *server)
{
    static const struct crew_calls calls = {sizeof(struct overlapped_worker), worker_open,
                                            worker_run, worker_wake, worker_close};
    return crew_serve(server, &calls);
}

const struct io_model model_overlapped_event = {
    .threads_apply = true,
    .connections_per_thread = EVENT_SET_CONNECTIONS,
    .thread_stack_bytes = THREAD_STACK_BYTES,
    .connection_bytes = sizeof(struct overlapped_connection),
    .serve = serve,
};
