/*
 * wsaeventselect_auto_reset: wsaeventselect with auto-reset events, and no WSAEnumNetworkEvents.
 *
 * Changed  The wait itself resets the event, and nobody asks what has happened: whatever the session
 *          wants next is tried. A receive may then find nothing; and one that found something must be
 *          tried again, since the signal may have been FD_CLOSE, which comes once.
 * Gain     WSAEnumNetworkEvents is saved with each message, at the price of a receive that fails.
 * Doubt    The documentation prescribes WSAEnumNetworkEvents: it clears the record of events that
 *          holds the next one back. Tried on Wine only.
 * Shows    server_cpu_us_per_msg and syscalls_per_msg: bench --suite lessons.
 *
 * Documentation: WSAEventSelect, CreateEvent (Microsoft).
 */
#include "event_group_win32.h"
#include "model.h"

/* ---- state ---- */

struct wsaeventselect_connection {
    struct event_connection member; /* of a group, which is a thread and what it waits for */
};

/* ---- accept ---- */

static void connection_begin(struct worker *worker, struct connection *connection)
{
    struct event_group *group = (struct event_group *)worker;
    struct wsaeventselect_connection *own = (struct wsaeventselect_connection *)connection;
    if (!event_group_add(group, &own->member, true))
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
    enum readiness_received received = READINESS_SOMETHING;
    enum session_want want = SESSION_RECV;
    int error;
    for (int turn = 0; turn < 2 && want == SESSION_RECV && received == READINESS_SOMETHING; turn++)
        want = readiness_step(&group->worker, &own->member.connection, 1, &received, &error);
    if (want == SESSION_CLOSE)
        event_group_release(group, &own->member, error);
    else if (want == SESSION_RECV && received == READINESS_SOMETHING)
        SetEvent(own->member.event); /* another turn, behind the others */
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

const struct io_model model_wsaeventselect_auto_reset = {
    .notification = MODEL_READINESS,
    .threads_apply = true,
    .connections_per_thread = EVENT_GROUP_CONNECTIONS,
    .thread_stack_bytes = THREAD_STACK_BYTES,
    .connection_bytes = sizeof(struct wsaeventselect_connection),
    .serve = serve,
};
