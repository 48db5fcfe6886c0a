/*
 * event_group: the events that one serving thread waits for, and the connections they stand for.
 *
 * WSAWaitForMultipleEvents takes WSA_MAXIMUM_WAIT_EVENTS, 64, and returns the lowest signalled
 * index; so each wait begins behind the event that was served last, else the ones at the end would
 * starve. A group's functions belong to its own thread but event_group_wake, which is any's.
 */
#ifndef IOMODELS_EVENT_GROUP_WIN32_H
#define IOMODELS_EVENT_GROUP_WIN32_H

#include "crew.h"
#include "readiness.h"
#include "server.h"

enum {
    EVENT_GROUP_EVENTS = WSA_MAXIMUM_WAIT_EVENTS,
    /* The one more is the group's own: the listener's FD_ACCEPT in group 0, else the wake-up. */
    EVENT_GROUP_CONNECTIONS = EVENT_GROUP_EVENTS - 1
};

/* A connection and its event; a model's struct begins with it. */
struct event_connection {
    struct connection connection;
    WSAEVENT event;
    unsigned slot; /* private to event_group_win32.c */
};

/* A worker; its fields are private to event_group_win32.c, but for the lesson on `start`. */
struct event_group {
    struct worker worker;
    unsigned count; /* slots in use */
    unsigned start; /* the slot that the next wait looks at first */
    struct event_connection *connections[EVENT_GROUP_EVENTS];
    /* Slot i is at i and at count + i: any `count` in a row are all slots, from another start. */
    WSAEVENT events[2 * EVENT_GROUP_EVENTS];
};

/*
 * A model's serve: a crew of groups, each with its own event, whose workers `run`; the listener is
 * associated with group 0's. 0, or a negative error after server_fail.
 */
int event_groups_serve(struct server *server, void (*run)(struct worker *worker));

/*
 * Waits until the event of one of the group's connections is signalled; NULL: the server stops.
 * Meanwhile it accepts (group 0) and takes over what was assigned to the group: `begin` is called
 * with each connection that is to be this group's, and adds it.
 */
struct event_connection *event_group_wait(struct event_group *group, readiness_begin *begin);

/*
 * Makes an event for the connection, manual-reset (WSACreateEvent) or auto-reset (CreateEvent).
 * False: there is none, and the connection was released.
 */
bool event_group_add(struct event_group *group, struct event_connection *own, bool auto_reset);
/* Ends a connection that was added; as server_release. */
void event_group_release(struct event_group *group, struct event_connection *own, int error);
/* Any connection of the group, or NULL: for the stop. */
struct event_connection *event_group_last(struct event_group *group);

#endif
