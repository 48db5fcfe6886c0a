#include "peer.h"

const char peer_model[] = "overlapped_routine";

static void CALLBACK completed(DWORD error, DWORD bytes, LPWSAOVERLAPPED overlapped, DWORD flags);

static void post(struct session *session)
{
    int error = session_post(session, completed, NULL);
    /* What is complete at once has its routine called all the same. */
    if (error != 0 && error != WSA_IO_PENDING)
        session_close(session);
}

static void CALLBACK completed(DWORD error, DWORD bytes, LPWSAOVERLAPPED overlapped, DWORD flags)
{
    (void)flags;
    struct session *session = CONTAINING_RECORD(overlapped, struct session, overlapped);
    if (error != 0 || session_completed(session, bytes) == STEP_CLOSED)
        session_close(session);
    else
        post(session);
}

void peer_serve(socket_t listener)
{
    WSAEVENT event = WSACreateEvent();
    if (!event || WSAEventSelect(listener, event, FD_ACCEPT) != 0)
        peer_fail("WSAEventSelect");
    for (;;) {
        /* The routines run in here. */
        if (WSAWaitForMultipleEvents(1, &event, FALSE, INFINITE, TRUE) != WSA_WAIT_EVENT_0)
            continue;
        WSANETWORKEVENTS network;
        WSAEnumNetworkEvents(listener, event, &network);
        struct session *session;
        while ((session = session_accept(listener, true))) {
            /* Accepted sockets inherit the listener's event. */
            WSAEventSelect(session->socket, NULL, 0);
            post(session);
        }
    }
}
