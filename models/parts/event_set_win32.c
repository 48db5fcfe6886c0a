#include "event_set_win32.h"

static void slots_changed(struct event_set *set)
{
    for (unsigned i = 0; i < set->count; i++)
        set->events[set->count + i] = set->events[i];
    if (set->start >= set->count)
        set->start = 0;
}

void event_set_add(struct event_set *set, WSAEVENT event, void *owner, unsigned *slot)
{
    set->members[set->count].owner = owner;
    set->members[set->count].slot = slot;
    if (slot != NULL)
        *slot = set->count;
    set->events[set->count++] = event;
    slots_changed(set);
}

void event_set_remove(struct event_set *set, unsigned slot)
{
    unsigned last = --set->count;
    set->events[slot] = set->events[last];
    set->members[slot] = set->members[last];
    if (slot != last)
        *set->members[slot].slot = slot;
    slots_changed(set);
}

const WSAEVENT *event_set_first(const struct event_set *set)
{
    return &set->events[set->start];
}

void *event_set_served(struct event_set *set, unsigned index)
{
    unsigned slot = (set->start + index) % set->count;
    set->start = (slot + 1) % set->count;
    return set->members[slot].owner;
}

void *event_set_last(const struct event_set *set)
{
    return set->members[set->count - 1].owner;
}
