#include "peer.h"

const char peer_model[] = "wsaeventselect";

/* The well-known loop: the wait tells the lowest signalled index, and that one is served. So the
 * first busy sessions keep the last ones waiting. */

static WSAEVENT events[WSA_MAXIMUM_WAIT_EVENTS];
static struct session *sessions[WSA_MAXIMUM_WAIT_EVENTS];
static DWORD count;

static void accept_all(socket_t listener)
{
    WSANETWORKEVENTS network;
    WSAEnumNetworkEvents(listener, events[0], &network);
    struct session *session;
    while ((session = session_accept(listener, true))) {
        session->event = WSACreateEvent();
        if (!session->event ||
            WSAEventSelect(session->socket, session->event, FD_READ | FD_WRITE | FD_CLOSE) != 0) {
            session_close(session);
            continue;
        }
        sessions[count] = session;
        events[count++] = session->event;
    }
}

static bool ready(struct session *session)
{
    WSANETWORKEVENTS network;
    if (WSAEnumNetworkEvents(session->socket, session->event, &network) != 0)
        return false;
    return session_notified(session, network.lNetworkEvents);
}

void peer_serve(socket_t listener)
{
    if (peer.max_connections > WSA_MAXIMUM_WAIT_EVENTS - 1)
        peer.max_connections = WSA_MAXIMUM_WAIT_EVENTS - 1;
    events[count++] = WSACreateEvent();
    if (WSAEventSelect(listener, events[0], FD_ACCEPT) != 0)
        peer_fail("WSAEventSelect");
    for (;;) {
        DWORD lowest = WSAWaitForMultipleEvents(count, events, FALSE, INFINITE, FALSE);
        if (lowest >= count)
            peer_fail("WSAWaitForMultipleEvents");
        if (lowest == 0) {
            accept_all(listener);
        } else if (!ready(sessions[lowest])) {
            session_close(sessions[lowest]);
            sessions[lowest] = sessions[--count];
            events[lowest] = events[count];
        }
    }
}
