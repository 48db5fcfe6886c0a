/*
 * overlapped_event: operations are started and go on by themselves; an event object is signalled
 * when one is complete.
 *
 * Idea     Not "you may receive now" but "it has been received": WSARecv names the buffer
 *          beforehand and returns at once, and the system fills it while the thread does something
 *          else. Each operation has a WSAOVERLAPPED, the system's until it is complete.
 * Calls    WSACreateEvent, WSARecv with hEvent; then for ever WSAWaitForMultipleEvents,
 *          WSAGetOverlappedResult, send, WSARecv. What is received is sent by a plain non-blocking
 *          send, which is cheaper; only what that does not take becomes an overlapped WSASend.
 * Re-arms  The next WSARecv or WSASend, which also resets the event. Each reports once, also one
 *          that is complete at once.
 * Limit    WSA_MAXIMUM_WAIT_EVENTS, 64 events in one wait. Here every group of 63 sessions has a
 *          thread of its own, and the 64th event accepts (group 0) or wakes the thread (others).
 * Choose   For a few operations that shall go on beside other things to wait for, where no
 *          completion port is wanted.
 *
 * Documentation: WSARecv, WSASend, WSAOVERLAPPED, WSAGetOverlappedResult, CancelIoEx (Microsoft).
 * The wait and its array of events: common/event_group_win32.c. The calls that post and complete:
 * common/overlapped_win32.c.
 */
#include "event_group_win32.h"
#include "model.h"
#include "overlapped_win32.h"

/* ---- state ---- */

struct overlapped_event_connection {
    struct event_connection member; /* of a group, which is a thread and what it waits for */
    WSAOVERLAPPED overlapped;       /* its one operation, always under way */
};

/* ---- accept ---- */

static void operation_start(struct event_group *group, struct overlapped_event_connection *own)
{
    int64_t started =
        overlapped_post(&group->worker, &own->member.connection, &own->overlapped, NULL);
    if (!overlapped_posted(started))
        event_group_release(group, &own->member, (int)started);
}

static void connection_begin(struct worker *worker, struct connection *connection)
{
    struct event_group *group = (struct event_group *)worker;
    struct overlapped_event_connection *own = (struct overlapped_event_connection *)connection;
    if (!event_group_add(group, &own->member, false))
        return;
    own->overlapped.hEvent = own->member.event;
    /* It still has the listener's event. It stays non-blocking, for the sends. */
    int error = observe_call(worker, connection, "WSAEventSelect(none)",
                             WSAEventSelect(connection->socket, NULL, 0) == 0, NULL);
    if (error != 0)
        event_group_release(group, &own->member, error);
    else
        operation_start(group, own);
}

/* ---- received, sent, close ---- */

static void operation_completed(struct event_group *group, struct overlapped_event_connection *own)
{
    struct connection *connection = &own->member.connection;
    int64_t result = overlapped_result(&group->worker, connection, &own->overlapped);
    int error;
    if (overlapped_step(&group->worker, connection, result, &error) == SESSION_CLOSE)
        event_group_release(group, &own->member, error);
    else
        operation_start(group, own);
}

/* For the stop, which does not wait for the peer: the operation is first ended, then waited for. */
static void operation_cancel(struct overlapped_event_connection *own)
{
    DWORD bytes, flags;
    net_socket socket = own->member.connection.socket;
    CancelIoEx((HANDLE)socket, &own->overlapped);
    WSAGetOverlappedResult(socket, &own->overlapped, &bytes, TRUE, &flags);
}

/* ---- serve ---- */

static void group_run(struct worker *worker)
{
    struct event_group *group = (struct event_group *)worker;
    struct event_connection *own;
    while ((own = event_group_wait(group, connection_begin)) != NULL)
        operation_completed(group, (struct overlapped_event_connection *)own);
    while ((own = event_group_last(group)) != NULL) {
        operation_cancel((struct overlapped_event_connection *)own);
        event_group_release(group, own, 0);
    }
}

static int serve(struct server *server)
{
    return event_groups_serve(server, group_run);
}

const struct io_model model_overlapped_event = {
    .notification = MODEL_COMPLETION,
    .threads_apply = true,
    .connections_per_thread = EVENT_GROUP_CONNECTIONS,
    .thread_stack_bytes = THREAD_STACK_BYTES,
    .connection_bytes = sizeof(struct overlapped_event_connection),
    .serve = serve,
};
