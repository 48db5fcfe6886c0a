#include "event_group_win32.h"

#include "network_events_win32.h"

enum { OWN_SLOT = 0 };

/* ---- slots ---- */

static void slots_changed(struct event_group *group)
{
    for (unsigned i = 0; i < group->count; i++)
        group->events[group->count + i] = group->events[i];
    if (group->start >= group->count)
        group->start = 0;
}

static void slot_add(struct event_group *group, WSAEVENT event, struct event_connection *own)
{
    group->connections[group->count] = own;
    group->events[group->count++] = event;
    slots_changed(group);
}

/* The last slot moves into the gap. */
static void slot_remove(struct event_group *group, unsigned slot)
{
    unsigned last = --group->count;
    group->events[slot] = group->events[last];
    group->connections[slot] = group->connections[last];
    if (slot != last)
        group->connections[slot]->slot = slot;
    slots_changed(group);
}

/* ---- a group's connections ---- */

bool event_group_add(struct event_group *group, struct event_connection *own, bool auto_reset)
{
    struct worker *worker = &group->worker;
    own->event = auto_reset ? CreateEventW(NULL, FALSE, FALSE, NULL) : WSACreateEvent();
    int error =
        observe_call(worker, &own->connection, auto_reset ? "CreateEvent()" : "WSACreateEvent()",
                     own->event != WSA_INVALID_EVENT, NULL);
    if (error != 0) {
        server_release(worker, &own->connection, error);
        return false;
    }
    own->slot = group->count;
    slot_add(group, own->event, own);
    return true;
}

void event_group_release(struct event_group *group, struct event_connection *own, int error)
{
    WSAEVENT event = own->event;
    slot_remove(group, own->slot);
    server_release(&group->worker, &own->connection, error);
    WSACloseEvent(event); /* after the socket that it belongs to */
}

struct event_connection *event_group_last(struct event_group *group)
{
    return group->connections[group->count - 1];
}

/* ---- the wait ---- */

static void wake_signalled(struct event_group *group, readiness_begin *begin)
{
    struct connection *connection;
    WSAResetEvent(group->events[OWN_SLOT]); /* before looking, so that no wake-up is lost */
    while ((connection = crew_next_assigned(&group->worker)) != NULL)
        begin(&group->worker, connection);
}

struct event_connection *event_group_wait(struct event_group *group, readiness_begin *begin)
{
    struct worker *worker = &group->worker;
    while (!server_stopping(worker->server)) {
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
            return group->connections[slot];
        if (worker->index == 0)
            network_events_listener(worker, group->events[OWN_SLOT], begin);
        else
            wake_signalled(group, begin);
    }
    return NULL;
}

/* ---- the crew ---- */

static void group_wake(struct worker *worker)
{
    WSASetEvent(((struct event_group *)worker)->events[OWN_SLOT]);
}

static int group_open(struct worker *worker)
{
    struct server *server = worker->server;
    WSAEVENT event = WSACreateEvent();
    if (event == WSA_INVALID_EVENT)
        return server_fail(server, "WSACreateEvent", net_last_error());
    slot_add((struct event_group *)worker, event, NULL);
    if (worker->index == 0 && WSAEventSelect(server->listener, event, FD_ACCEPT) != 0)
        return server_fail(server, "WSAEventSelect", net_last_error());
    return 0;
}

static void group_close(struct worker *worker)
{
    struct event_group *group = (struct event_group *)worker;
    if (group->count > 0)
        WSACloseEvent(group->events[OWN_SLOT]);
}

int event_groups_serve(struct server *server, void (*run)(struct worker *worker))
{
    const struct crew_calls calls = {sizeof(struct event_group), group_open, run, group_wake,
                                     group_close};
    return crew_serve(server, &calls);
}
