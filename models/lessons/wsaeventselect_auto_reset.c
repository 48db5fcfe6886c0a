/*
 * wsaeventselect_auto_reset: wsaeventselect with auto-reset events, and no WSAEnumNetworkEvents.
 *
 * Changed  The wait itself resets the event, and nobody asks what has happened: whatever the session
 *          wants next is tried. A receive may then find nothing; and one that found something must be
 *          tried again, since the signal may have been FD_CLOSE, which comes once.
 * Gain     WSAEnumNetworkEvents is saved with each message, at the price of a receive that fails.
 * Doubt    WSAEventSelect's page promises what this relies on: an event is reported again after its
 *          re-enabling call, for FD_READ a receive, also one that fails, and at once where data is
 *          left. But it calls WSAEnumNetworkEvents the proper way to reset the event object, and
 *          only of that call, which clears the record too, its page promises that the next event
 *          sets the object. Of an event that is still in the record neither page says that it is
 *          reported again; and FD_CLOSE has no re-enabling call. Tried on Wine only.
 * Shows    server_cpu_us_per_msg and syscalls_per_msg: bench --suite lessons.
 *
 * Documentation: WSAEventSelect, WSAEnumNetworkEvents, CreateEvent (Microsoft).
 */
#include "crew.h"
#include "model.h"
#include "parts/event_set_win32.h"
#include "parts/network_events_win32.h"

/* ---- state ---- */

struct eventselect_connection {
    struct connection connection;
    WSAEVENT event;
    unsigned slot; /* of the event in the thread's set */
};

/* A thread and the events that it waits for. */
struct eventselect_worker {
    struct worker worker;
    struct event_set set;
};

/* Takes the socket's record and resets its event. 0, or a negative error of the call or record. */
static int record_take(struct worker *worker, const struct connection *connection,
                       net_socket socket, WSAEVENT event, long *reported)
{
    char text[64] = "";
    WSANETWORKEVENTS record = {0};
    int error = observe_call_result(
        worker, connection, "WSAEnumNetworkEvents()",
        WSAEnumNetworkEvents(socket, event, &record) == 0 &&
            (!observe_tracing(worker) ||
             network_events_text(record.lNetworkEvents, text, sizeof text) != NULL),
        text);
    *reported = record.lNetworkEvents;
    return error != 0 ? error : network_events_error(&record);
}

/* ---- close ---- */

static void connection_end(struct eventselect_worker *thread, struct eventselect_connection *own,
                           int error)
{
    WSAEVENT event = own->event;
    event_set_remove(&thread->set, own->slot);
    server_release(&thread->worker, &own->connection, error);
    /* After the socket that it belongs to. */
    observe_call(&thread->worker, NULL, "WSACloseEvent()", WSACloseEvent(event) != 0);
}

/* ---- accept ---- */

static void connection_begin(struct eventselect_worker *thread, struct connection *connection)
{
    struct worker *worker = &thread->worker;
    struct eventselect_connection *own = (struct eventselect_connection *)connection;
    int error =
        observe_call(worker, connection, "CreateEvent()",
                     (own->event = CreateEventW(NULL, FALSE, FALSE, NULL)) != WSA_INVALID_EVENT);
    if (error != 0) {
        server_release(worker, connection, error);
        return;
    }
    event_set_add(&thread->set, own->event, own, &own->slot);
    /* It has the listener's event and mask so far. What is ready already is reported again. */
    error = observe_call(
        worker, connection, "WSAEventSelect(FD_READ | FD_WRITE | FD_CLOSE)",
        WSAEventSelect(connection->socket, own->event, FD_READ | FD_WRITE | FD_CLOSE) == 0);
    if (error != 0)
        connection_end(thread, own, error);
}

/* While more connections wait, FD_ACCEPT is reported again. */
static void listener_signalled(struct eventselect_worker *thread)
{
    struct worker *worker = &thread->worker;
    struct server *server = worker->server;
    struct connection *begin = NULL;
    long reported;
    int error =
        record_take(worker, NULL, server->listener, thread->set.events[EVENT_SET_OWN], &reported);
    /* Where FD_ACCEPT brings an error, accept says if it is the listener's or a connection's. */
    bool again = (reported & FD_ACCEPT) != 0;
    if (error != 0 && !again)
        server_fail(server, "WSAEnumNetworkEvents", error);
    /* Until one was accepted: after an accept that found none, Wine 8.0 reports no more. */
    for (unsigned i = 0; again && i < SERVER_ACCEPTS_AT_ONCE; i++) {
        net_socket socket;
        error = observe_accept(worker, socket = accept(server->listener, NULL, NULL));
        again = server_accepted(worker, error, socket, &begin) && error != 0;
    }
    if (begin != NULL)
        connection_begin(thread, begin);
}

static void connections_assigned(struct eventselect_worker *thread)
{
    struct connection *connection;
    /* Before looking, so that no wake-up is lost. */
    observe_call(&thread->worker, NULL, "WSAResetEvent()",
                 WSAResetEvent(thread->set.events[EVENT_SET_OWN]) != 0);
    while ((connection = crew_next_assigned(&thread->worker)) != NULL)
        connection_begin(thread, connection);
}

/* ---- readable, writable ---- */

static void connection_signalled(struct eventselect_worker *thread,
                                 struct eventselect_connection *own)
{
    struct worker *worker = &thread->worker;
    struct connection *connection = &own->connection;
    struct turn turn;
    unsigned turns = 0;
    do {
        turn = turn_begin(&connection->session, 1);
        while (turn_next(&turn) != TURN_OVER)
            if (turn.step == TURN_RECV)
                turn_received(&turn, server_work(worker, connection,
                                                 observe_recv(worker, connection, turn.span.size,
                                                              recv(connection->socket, turn.span.at,
                                                                   (int)turn.span.size, 0))));
            else
                turn_sent(&turn, observe_send(worker, connection, turn.span.size,
                                              send(connection->socket, turn.span.at,
                                                   (int)turn.span.size, 0)));
    } while (turn_wants(&turn) == SESSION_RECV && !turn.found_nothing && ++turns < 2);

    if (turn_wants(&turn) == SESSION_CLOSE)
        connection_end(thread, own, turn.error);
    else if (turns == 2)
        /* Another turn, behind the others. */
        observe_call(worker, connection, "SetEvent()", SetEvent(own->event) != 0);
}

/* ---- serve ---- */

static void worker_run(struct worker *worker)
{
    struct eventselect_worker *thread = (struct eventselect_worker *)worker;
    struct event_set *set = &thread->set;
    struct eventselect_connection *own;
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
            connection_signalled(thread, own);
        else if (worker->index == 0)
            listener_signalled(thread);
        else
            connections_assigned(thread);
    }
    while ((own = event_set_last(set)) != NULL)
        connection_end(thread, own, 0);
}

static int worker_open(struct worker *worker)
{
    struct eventselect_worker *thread = (struct eventselect_worker *)worker;
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
    WSAEVENT event = ((struct eventselect_worker *)worker)->set.events[EVENT_SET_OWN];
    observe_call(by, NULL, "WSASetEvent(to wake a thread)", WSASetEvent(event) != 0);
}

static void worker_close(struct worker *worker)
{
    struct eventselect_worker *thread = (struct eventselect_worker *)worker;
    if (thread->set.count > 0)
        observe_call(worker, NULL, "WSACloseEvent()",
                     WSACloseEvent(thread->set.events[EVENT_SET_OWN]) != 0);
}

static int serve(struct server *server)
{
    static const struct crew_calls calls = {sizeof(struct eventselect_worker), worker_open,
                                            worker_run, worker_wake, worker_close};
    return crew_serve(server, &calls);
}

const struct io_model model_wsaeventselect_auto_reset = {
    .threads_apply = true,
    .connections_per_thread = EVENT_SET_CONNECTIONS,
    .thread_stack_bytes = THREAD_STACK_BYTES,
    .connection_bytes = sizeof(struct eventselect_connection),
    .serve = serve,
};
