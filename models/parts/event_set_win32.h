/*
 * event_set: the events that one thread waits for, as the array that WSAWaitForMultipleEvents
 * takes, and the owner of each. Pure memory.
 *
 * WSAWaitForMultipleEvents takes at most WSA_MAXIMUM_WAIT_EVENTS, 64, and returns the lowest index
 * that is signalled. So each wait begins behind the event that was served last; otherwise the
 * events at the end would starve.
 */
#ifndef IOMODELS_EVENT_SET_WIN32_H
#define IOMODELS_EVENT_SET_WIN32_H

#include "net.h"

enum {
    EVENT_SET_EVENTS = WSA_MAXIMUM_WAIT_EVENTS,
    /* Slot 0 is the thread's own event: the listener's in worker 0, else what wakes the thread. */
    EVENT_SET_OWN = 0,
    EVENT_SET_CONNECTIONS = EVENT_SET_EVENTS - 1
};

/* Zeroed at first. */
struct event_set {
    unsigned count; /* slots in use */
    unsigned start; /* the slot that the next wait looks at first */
    struct {
        void *owner;    /* NULL: the thread itself */
        unsigned *slot; /* where the owner keeps its slot; NULL: nowhere */
    } members[EVENT_SET_EVENTS];
    /* Slot i stands at i and at count + i: a wait can begin at any slot and still have all. */
    WSAEVENT events[2 * EVENT_SET_EVENTS];
};

/* Adds it in the next slot; *slot always holds its number. At most EVENT_SET_EVENTS. */
void event_set_add(struct event_set *set, WSAEVENT event, void *owner, unsigned *slot);
/* The last event moves into the gap. */
void event_set_remove(struct event_set *set, unsigned slot);
/* The array of set->count events for the next wait. */
const WSAEVENT *event_set_first(const struct event_set *set);
/* The owner of the event at that index of the last wait; the next wait begins behind it. */
void *event_set_served(struct event_set *set, unsigned index);
/* The owner of the last event: NULL where only the thread's own is left. */
void *event_set_last(const struct event_set *set);

#endif
