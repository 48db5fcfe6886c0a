#include "win_group.h"

#include <process.h>
#include <string.h>

enum { SLOTS = WSA_MAXIMUM_WAIT_EVENTS, GROUP_SESSIONS = SLOTS - 1 };

struct group {
    const struct group_model *model;
    CRITICAL_SECTION lock;
    struct session *inbox[GROUP_SESSIONS];
    size_t inbox_count;
    volatile LONG load;
    DWORD count;
    /* The events twice in a row, so that a wait can begin at any of them: the lowest index wins,
     * and must be another one's each time. Slot 0 is the inbox's. */
    WSAEVENT events[2 * SLOTS];
    struct session *sessions[SLOTS];
};

static void repeat_events(struct group *group)
{
    memcpy(group->events + group->count, group->events, group->count * sizeof group->events[0]);
}

static void end(struct group *group, struct session *session)
{
    session_close(session);
    InterlockedDecrement(&group->load);
}

static void take_inbox(struct group *group)
{
    EnterCriticalSection(&group->lock);
    for (size_t i = 0; i < group->inbox_count; i++) {
        struct session *session = group->inbox[i];
        session->event = WSACreateEvent();
        if (session->event && group->model->begin(session)) {
            group->sessions[group->count] = session;
            group->events[group->count++] = session->event;
        } else {
            end(group, session);
        }
    }
    group->inbox_count = 0;
    LeaveCriticalSection(&group->lock);
    repeat_events(group);
}

static unsigned __stdcall run(void *argument)
{
    struct group *group = argument;
    DWORD start = 0;
    for (;;) {
        DWORD first =
            WSAWaitForMultipleEvents(group->count, group->events + start, FALSE, INFINITE, FALSE);
        if (first >= group->count)
            peer_fail("WSAWaitForMultipleEvents");
        DWORD slot = (start + first) % group->count;
        start = (slot + 1) % group->count;
        if (slot == 0) {
            take_inbox(group);
        } else if (!group->model->ready(group->sessions[slot])) {
            end(group, group->sessions[slot]);
            group->count--;
            group->sessions[slot] = group->sessions[group->count];
            group->events[slot] = group->events[group->count];
            repeat_events(group);
            start %= group->count;
        }
    }
    return 0;
}

static void start_group(struct group *group, const struct group_model *model)
{
    group->model = model;
    InitializeCriticalSection(&group->lock);
    group->events[0] = CreateEventW(NULL, FALSE, FALSE, NULL);
    group->count = 1;
    repeat_events(group);
    peer_thread_began();
    if (!_beginthreadex(NULL, 0, run, group, 0, NULL))
        peer_fail("_beginthreadex");
}

void groups_serve(socket_t listener, const struct group_model *model)
{
    size_t count = (peer.max_connections + GROUP_SESSIONS - 1) / GROUP_SESSIONS;
    struct group *groups = peer_allocate(count, sizeof *groups);
    for (size_t i = 0; i < count; i++)
        start_group(&groups[i], model);
    for (;;) {
        struct session *session = session_accept(listener, true);
        if (!session)
            continue;
        struct group *least = groups;
        for (size_t i = 1; i < count; i++) {
            if (groups[i].load < least->load)
                least = &groups[i];
        }
        /* A session that just ended is given back before its group counts it as gone. */
        if (least->load == GROUP_SESSIONS) {
            session_close(session);
            continue;
        }
        InterlockedIncrement(&least->load);
        EnterCriticalSection(&least->lock);
        least->inbox[least->inbox_count++] = session;
        LeaveCriticalSection(&least->lock);
        SetEvent(least->events[0]);
    }
}
