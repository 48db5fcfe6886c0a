#include "probe.h"

#include "net.h"

enum { PIECE_BYTES = 64 * 1024, PIECES_MOST = 4096, RECEIVE_BUFFER = 64 * 1024, WAIT_S = 10 };

static char piece[PIECE_BYTES];

static bool becomes_readable(net_socket socket)
{
    fd_set readable;
    struct timeval timeout = {.tv_sec = WAIT_S};
    FD_ZERO(&readable);
    FD_SET((size_t)socket, &readable);
    return select((int)socket + 1, &readable, NULL, NULL, &timeout) == 1;
}

/* Until the peer has finished. The bytes that came. */
static uint64_t receive_all(net_socket socket)
{
    uint64_t received = 0;
    net_received count;
    while (becomes_readable(socket) && (count = recv(socket, piece, sizeof piece, 0)) > 0)
        received += (uint64_t)count;
    return received;
}

/* What does not fit makes the last one fail. */
static uint64_t send_all_taken(net_socket socket)
{
    uint64_t taken = 0;
    net_received sent;
    for (unsigned i = 0; i < PIECES_MOST; i++) {
        sent = send(socket, piece, sizeof piece, NET_SEND_FLAGS);
        if (sent < 0)
            break;
        taken += (uint64_t)sent;
    }
    return taken;
}

static bool half_close_survived(net_socket reader, net_socket sender)
{
    if (net_set_nonblocking(sender, true) != 0)
        return true;
    uint64_t taken = send_all_taken(sender);
    net_finish_sending(reader);
    receive_all(sender);
    net_finish_sending(sender);
    return receive_all(reader) == taken;
}

/* A connection within this process; closes the listener. */
static bool connect_to_self(net_socket reader, net_socket *sender)
{
    struct net_address address;
    net_socket listener;
    const char *call;
    int size = RECEIVE_BUFFER;
    *sender = NET_SOCKET_NONE;
    if (!net_address_parse(&address, "127.0.0.1", 0) ||
        net_listen(&listener, &address, 1, &call) != 0)
        return false;
    if (setsockopt(reader, SOL_SOCKET, SO_RCVBUF, (const char *)&size, sizeof size) == 0 &&
        connect(reader, (const struct sockaddr *)&address.storage, address.length) == 0)
        *sender = accept(listener, NULL, NULL);
    net_close(listener);
    return *sender != NET_SOCKET_NONE;
}

bool probe_sends_survive_half_close(void)
{
    net_socket reader = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP), sender;
    if (reader == NET_SOCKET_NONE)
        return true;
    bool survive = true;
    if (connect_to_self(reader, &sender)) {
        survive = half_close_survived(reader, sender);
        net_close(sender);
    }
    net_close(reader);
    return survive;
}
