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
 * The wait and its array of events: common/event_group_win32.c. What a record tells, and what of it
 * has to be kept: common/network_events_win32.c.
 */
#include "event_group_win32.h"
#include "model.h"
#include "network_events_win32.h"

/* ---- state ---- */

struct wsaeventselect_connection {
    struct event_connection member; /* of a group, which is a thread and what it waits for */
    struct network_events events;
};

/* ---- accept ---- */

static void connection_begin(struct worker *worker, struct connection *connection)
{
    struct event_group *group = (struct event_group *)worker;
    struct wsaeventselect_connection *own = (struct wsaeventselect_connection *)connection;
    if (!event_group_add(group, &own->member, false))
        return;
    /* It still has the listener's event and mask; and what is ready by now is reported anew. */
    int error = observe_call(
        worker, connection, "WSAEventSelect(FD_READ | FD_WRITE | FD_CLOSE)",
        WSAEventSelect(connection->socket, own->member.event, FD_READ | FD_WRITE | FD_CLOSE) == 0,
        NULL);
    if (error != 0)
        event_group_release(group, &own->member, error);
}

/* ---- readable, writable, close ---- */

static void connection_signalled(struct event_group *group, struct wsaeventselect_connection *own)
{
    struct connection *connection = &own->member.connection;
    long reported;
    int error = network_events_take(&group->worker, connection, connection->socket,
                                    own->member.event, &reported);
    enum session_want want = SESSION_CLOSE;
    if (error == 0)
        want = network_events_step(&group->worker, connection, &own->events, reported, &error);
    if (want == SESSION_CLOSE)
        event_group_release(group, &own->member, error);
    else if (want == SESSION_RECV && own->events.closing)
        WSASetEvent(own->member.event); /* another turn, behind the others */
}

/* ---- serve ---- */

static void group_run(struct worker *worker)
{
    struct event_group *group = (struct event_group *)worker;
    struct event_connection *own;
    while ((own = event_group_wait(group, connection_begin)) != NULL)
        connection_signalled(group, (struct wsaeventselect_connection *)own);
    while ((own = event_group_last(group)) != NULL)
        event_group_release(group, own, 0);
}

static int serve(struct server *server)
{
    return event_groups_serve(server, group_run);
}

const struct io_model model_wsaeventselect = {
    .notification = MODEL_READINESS,
    .threads_apply = true,
    .connections_per_thread = EVENT_GROUP_CONNECTIONS,
    .thread_stack_bytes = THREAD_STACK_BYTES,
    .connection_bytes = sizeof(struct wsaeventselect_connection),
    .serve = serve,
};
