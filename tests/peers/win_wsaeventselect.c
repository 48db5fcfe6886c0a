#include "win_group.h"

const char peer_model[] = "wsaeventselect";

static bool begin(struct session *session)
{
    return WSAEventSelect(session->socket, session->event, FD_READ | FD_WRITE | FD_CLOSE) == 0;
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
    static const struct group_model model = {.begin = begin, .ready = ready};
    groups_serve(listener, &model);
}
