#include "skip_mode_win32.h"

bool skip_mode_allowed(net_socket socket)
{
    WSAPROTOCOL_INFOW protocol;
    int length = sizeof protocol;
    return getsockopt(socket, SOL_SOCKET, SO_PROTOCOL_INFOW, (char *)&protocol, &length) == 0 &&
           (protocol.dwServiceFlags1 & XP1_IFS_HANDLES) != 0;
}

const char *skip_mode_unavailable(void)
{
    static const int families[] = {AF_INET, AF_INET6};
    bool allowed = true;
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
        net_socket made = socket(families[i], SOCK_STREAM, IPPROTO_TCP);
        if (made == NET_SOCKET_NONE)
            continue; /* then nobody is served by this family */
        allowed = allowed && skip_mode_allowed(made);
        net_close(made);
    }
    return allowed ? NULL
                   : "a layered service provider stands between Winsock and the system, whose "
                     "sockets can't skip the completion port";
}
