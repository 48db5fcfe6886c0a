#include "win_group.h"

const char peer_model[] = "overlapped_event";

static bool post(struct session *session)
{
    DWORD bytes;
    int error = session_post(session, NULL, &bytes);
    /* What is complete at once signals the event too. */
    return error == 0 || error == WSA_IO_PENDING;
}

static bool begin(struct session *session)
{
    session->overlapped.hEvent = session->event;
    return post(session);
}

static bool ready(struct session *session)
{
    DWORD bytes, flags;
    if (!WSAGetOverlappedResult(session->socket, &session->overlapped, &bytes, FALSE, &flags))
        return WSAGetLastError() == WSA_IO_INCOMPLETE;
    return session_completed(session, bytes) != STEP_CLOSED && post(session);
}

void peer_serve(socket_t listener)
{
    static const struct group_model model = {.begin = begin, .ready = ready};
    groups_serve(listener, &model);
}
