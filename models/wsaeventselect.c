/*
 * wsaeventselect: the kernel signals an event object when a socket becomes ready; one thread waits
 * for up to 64 of them.
 *
 * Idea     Each socket is tied to an event once. Nothing is rebuilt for a wait but the array of
 *          events, which stays as it is. Only the notification is asynchronous: recv and send
 *          remain calls that one makes oneself, non-blocking.
 * Calls    WSACreateEvent, WSAEventSelect(FD_READ | FD_WRITE | FD_CLOSE); then for ever
 *          WSAWaitForMultipleEvents, WSAEnumNetworkEvents, recv, send; at the end WSACloseEvent.
 * Re-arms  An event is recorded once and then held back until its re-enabling call: recv for
 *          FD_READ, accept for FD_ACCEPT, and for FD_WRITE a send that failed with WSAEWOULDBLOCK.
 *          WSAEnumNetworkEvents takes the record and resets the event in one step.
 * Limit    WSA_MAXIMUM_WAIT_EVENTS, 64 events in one wait. Here every group of 63 sessions has a
 *          thread of its own, and the 64th event accepts (group 0) or wakes the thread (others).
 * Choose   For some dozens of sockets beside other things to wait for (a timer, a process, a stop
 *          event), which is what select can't do.
 *
 * Documentation: WSAEventSelect, WSAEnumNetworkEvents, WSAWaitForMultipleEvents (Microsoft).
 */
#include <stdio.h>

#include "crew.h"
#include "model.h"
#include "readiness.h"

enum {
    GROUP_EVENTS = WSA_MAXIMUM_WAIT_EVENTS,
    GROUP_SESSIONS = GROUP_EVENTS - 1,
    OWN_SLOT = 0 /* the listener's event in group 0, the wake-up's in the others */
};

struct event_connection {
    struct connection connection;
    WSAEVENT event;
    unsigned slot;
    /*
     * WSAEnumNetworkEvents clears the record, but a session with bytes pending may not receive yet,
     * and only receiving re-arms FD_READ: what was reported is kept until it can be acted on.
     */
    bool readable;
    bool closing;
};

/* A thread and what it waits for. */
struct group {
    struct worker worker;
    unsigned count; /* slots in use */
    unsigned start; /* the slot that the next wait looks at first */
    struct event_connection *connections[GROUP_EVENTS];
    /* Slot i is at i and at count + i: any `count` in a row are all slots, from another start. */
    WSAEVENT events[2 * GROUP_EVENTS];
};

static void slots_changed(struct group *group)
{
    for (unsigned i = 0; i < group->count; i++)
        group->events[group->count + i] = group->events[i];
    if (group->start >= group->count)
        group->start = 0;
}

static void slot_add(struct group *group, WSAEVENT event, struct event_connection *connection)
{
    group->connections[group->count] = connection;
    group->events[group->count++] = event;
    slots_changed(group);
}

/* The last slot moves into the gap. */
static void slot_remove(struct group *group, unsigned slot)
{
    unsigned last = --group->count;
    group->events[slot] = group->events[last];
    group->connections[slot] = group->connections[last];
    if (slot != last)
        group->connections[slot]->slot = slot;
    slots_changed(group);
}

/* ---- accept ---- */

static void connection_begin(struct group *group, struct connection *connection)
{
    struct worker *worker = &group->worker;
    struct event_connection *own = (struct event_connection *)connection;
    int error;
    WSAEVENT event = WSACreateEvent();
    error = observe_call(worker, connection, "WSACreateEvent()", event != WSA_INVALID_EVENT, NULL);
    if (error != 0) {
        server_release(worker, connection, error);
        return;
    }
    /* It still has the listener's event and mask; and what is ready by now is reported anew. */
    error = observe_call(
        worker, connection, "WSAEventSelect(FD_READ | FD_WRITE | FD_CLOSE)",
        WSAEventSelect(connection->socket, event, FD_READ | FD_WRITE | FD_CLOSE) == 0, NULL);
    if (error != 0) {
        WSACloseEvent(event);
        server_release(worker, connection, error);
        return;
    }
    own->event = event;
    own->slot = group->count;
    slot_add(group, event, own);
}

/*
 * One for each record, and never a second on trial: accept re-arms FD_ACCEPT, and it is recorded
 * again while more wait. On Wine 8 a trial can overtake that record, and as an accept which finds
 * nothing does not re-arm FD_ACCEPT there (on Windows it does), the listener would be deaf.
 */
static void connection_accept(struct group *group)
{
    struct worker *worker = &group->worker;
    net_socket socket;
    int error = observe_accept(worker, socket = accept(worker->server->listener, NULL, NULL));
    if (error != 0) {
        server_accept_failed(worker, error);
        return;
    }
    struct connection *connection = server_admit(worker, socket);
    if (connection != NULL && crew_assign(worker, connection) != NULL)
        connection_begin(group, connection);
}

/* ---- readable, writable, close ---- */

static void connection_end(struct group *group, struct event_connection *own, int error)
{
    WSAEVENT event = own->event;
    slot_remove(group, own->slot);
    server_release(&group->worker, &own->connection, error);
    WSACloseEvent(event); /* after the socket that it belongs to */
}

static void connection_step(struct group *group, struct event_connection *own)
{
    bool received;
    int error;
    enum session_want want = readiness_step(&group->worker, &own->connection,
                                            own->readable || own->closing, &received, &error);
    if (received)
        own->readable = false; /* re-armed by recv, and reported again where data is left */
    if (want == SESSION_CLOSE)
        connection_end(group, own, error);
    else if (want == SESSION_RECV && own->closing)
        WSASetEvent(own->event); /* FD_CLOSE comes once, but data may be left: another turn */
}

/* The first error in the record, or 0: iErrorCode counts only where the event's bit is set. */
static int record_error(const WSANETWORKEVENTS *record)
{
    for (int bit = 0; bit < FD_MAX_EVENTS; bit++)
        if ((record->lNetworkEvents & (1L << bit)) != 0 && record->iErrorCode[bit] != 0)
            return -record->iErrorCode[bit];
    return 0;
}

/* Takes the record and resets the event, in one step. 0 or the error of the call or of an event. */
static int record_take(struct worker *worker, const struct connection *connection,
                       net_socket socket, WSAEVENT event, WSANETWORKEVENTS *record)
{
    char text[64] = "";
    bool taken = WSAEnumNetworkEvents(socket, event, record) == 0;
    long events = record->lNetworkEvents;
    if (taken && observe_tracing(worker))
        snprintf(text, sizeof text, "%s%s%s%s%s", events == 0 ? "nothing" : "",
                 (events & FD_ACCEPT) != 0 ? "FD_ACCEPT " : "",
                 (events & FD_READ) != 0 ? "FD_READ " : "",
                 (events & FD_WRITE) != 0 ? "FD_WRITE " : "",
                 (events & FD_CLOSE) != 0 ? "FD_CLOSE" : "");
    int error = observe_call(worker, connection, "WSAEnumNetworkEvents()", taken, text);
    return error != 0 ? error : record_error(record);
}

static void connection_signalled(struct group *group, struct event_connection *own)
{
    WSANETWORKEVENTS record = {0};
    int error =
        record_take(&group->worker, &own->connection, own->connection.socket, own->event, &record);
    if (error != 0) {
        connection_end(group, own, error);
        return;
    }
    own->readable |= (record.lNetworkEvents & FD_READ) != 0;
    own->closing |= (record.lNetworkEvents & FD_CLOSE) != 0;
    connection_step(group, own);
}

/* ---- serve ---- */

static void listener_signalled(struct group *group)
{
    struct worker *worker = &group->worker;
    WSANETWORKEVENTS record = {0};
    int error =
        record_take(worker, NULL, worker->server->listener, group->events[OWN_SLOT], &record);
    if (error != 0)
        server_fail(worker->server, "WSAEnumNetworkEvents", error);
    else if ((record.lNetworkEvents & FD_ACCEPT) != 0)
        connection_accept(group);
}

static void wake_signalled(struct group *group)
{
    struct connection *connection;
    WSAResetEvent(group->events[OWN_SLOT]); /* before looking, so that no wake-up is lost */
    while ((connection = crew_next_assigned(&group->worker)) != NULL)
        connection_begin(group, connection);
}

static void group_wake(struct worker *worker)
{
    WSASetEvent(((struct group *)worker)->events[OWN_SLOT]);
}

static void group_run(struct worker *worker)
{
    struct group *group = (struct group *)worker;
    while (!server_stopping(worker->server)) {
        /*
         * The wait returns the lowest signalled index, so always starting at the same one would
         * starve the ones behind it: each wait starts behind the slot that was served last.
         */
        DWORD index = WSAWaitForMultipleEvents(group->count, &group->events[group->start], FALSE,
                                               WSA_INFINITE, FALSE);
        int ready =
            observe_wait(worker, "WSAWaitForMultipleEvents", group->count,
                         group->count * sizeof(WSAEVENT), index == WSA_WAIT_FAILED ? -1 : 1);
        if (ready < 0) {
            server_fail(worker->server, "WSAWaitForMultipleEvents", ready);
            break;
        }
        unsigned slot = (group->start + (index - WSA_WAIT_EVENT_0)) % group->count;
        group->start = (slot + 1) % group->count;
        if (slot != OWN_SLOT)
            connection_signalled(group, group->connections[slot]);
        else if (worker->index == 0)
            listener_signalled(group);
        else
            wake_signalled(group);
    }
    while (group->count > 1)
        connection_end(group, group->connections[group->count - 1], 0);
}

static int serve(struct server *server)
{
    struct crew crew;
    int error = crew_open(&crew, server, sizeof(struct group), group_run, group_wake);
    unsigned made = 0;
    while (error == 0 && made < crew.count) {
        WSAEVENT event = WSACreateEvent();
        if (event == WSA_INVALID_EVENT) {
            error = server_fail(server, "WSACreateEvent", net_last_error());
            break;
        }
        slot_add((struct group *)crew_worker(&crew, made++), event, NULL);
    }
    if (error == 0 &&
        WSAEventSelect(server->listener, ((struct group *)crew_worker(&crew, 0))->events[OWN_SLOT],
                       FD_ACCEPT) != 0)
        error = server_fail(server, "WSAEventSelect", net_last_error());
    if (error == 0)
        error = crew_run(&crew);
    while (made > 0)
        WSACloseEvent(((struct group *)crew_worker(&crew, --made))->events[OWN_SLOT]);
    crew_close(&crew);
    return error;
}

const struct io_model model_wsaeventselect = {
    .notification = MODEL_READINESS,
    .threads_apply = true,
    .connections_per_thread = GROUP_SESSIONS,
    .thread_stack_bytes = THREAD_STACK_BYTES,
    .connection_bytes = sizeof(struct event_connection),
    .serve = serve,
};
