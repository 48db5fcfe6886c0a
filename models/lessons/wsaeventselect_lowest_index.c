/*
 * wsaeventselect_lowest_index: wsaeventselect, but each wait serves the lowest signalled event.
 *
 * Changed  After a connection was served the next wait begins at index 0 again, as it does for whoever
 *          passes the same array each time: WSAWaitForMultipleEvents returns the lowest index.
 * Harm     While clients at low indices keep the thread busy, those at high ones starve: they get
 *          nothing until the others pause.
 * Shows    fairness_jain and connections_starved, with one thread and more busy clients than it can
 *          serve: bench --suite lessons.
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
    while ((own = event_group_wait(group, connection_begin)) != NULL) {
        connection_signalled(group, (struct wsaeventselect_connection *)own);
        group->start = 0;
    }
    while ((own = event_group_last(group)) != NULL)
        event_group_release(group, own, 0);
}

static int serve(struct server *server)
{
    return event_groups_serve(server, group_run);
}

const struct io_model model_wsaeventselect_lowest_index = {
    .notification = MODEL_READINESS,
    .threads_apply = true,
    .connections_per_thread = EVENT_GROUP_CONNECTIONS,
    .thread_stack_bytes = THREAD_STACK_BYTES,
    .connection_bytes = sizeof(struct wsaeventselect_connection),
    .serve = serve,
};
