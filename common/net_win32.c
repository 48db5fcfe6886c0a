#include "net.h"

#include <stdio.h>

#include "clock.h"

/* Headers from before Windows 10 lack the first, MinGW's of Debian 12 the last. */
#ifndef SO_REUSE_UNICASTPORT
#define SO_REUSE_UNICASTPORT 0x3007
#endif
#ifndef SO_PORT_SCALABILITY
#define SO_PORT_SCALABILITY 0x3006
#endif
#ifndef SOMAXCONN_HINT
#define SOMAXCONN_HINT(backlog) (-(backlog))
#endif

/* The backlog that Windows grants without a hint, and the most with one ("listen"). */
enum { BACKLOG_PLAIN_MOST = 200, BACKLOG_HINT_MOST = 65535 };

int net_startup(void)
{
    WSADATA data;
    /* WSAStartup returns its error; WSAGetLastError does not work before it has succeeded. */
    return -WSAStartup(MAKEWORD(2, 2), &data);
}

void net_cleanup(void)
{
    WSACleanup();
}

int net_last_error(void)
{
    int error = WSAGetLastError();
    return error == 0 ? -WSAEFAULT : -error;
}

enum net_error_kind net_error_kind(int error)
{
    switch (-error) {
    case WSAEWOULDBLOCK:
        return NET_ERROR_WOULD_BLOCK;
    case WSAECONNRESET:
    case WSAECONNABORTED:
    case WSAESHUTDOWN: /* also from a send after net_interrupt, which ends the session anyway */
    case WSAETIMEDOUT:
    case WSAENOTCONN:
    case WSAENETRESET:
    case WSAEDISCON:
    case WSAEHOSTUNREACH:
    case WSAENETUNREACH:
    case WSAENETDOWN:
    case ERROR_NETNAME_DELETED: /* what overlapped calls report for a reset */
    case ERROR_CONNECTION_ABORTED:
    case ERROR_SEM_TIMEOUT:
        return NET_ERROR_PEER;
    case WSAEMFILE:
    case WSAENOBUFS:
    case WSA_NOT_ENOUGH_MEMORY:
    case ERROR_NO_SYSTEM_RESOURCES:
        return NET_ERROR_NO_RESOURCES;
    case WSA_OPERATION_ABORTED:
    case WSAEINTR:
    case WSAENOTSOCK:
        return NET_ERROR_CANCELLED;
    default:
        return NET_ERROR_OTHER;
    }
}

bool net_listener_broken(int error)
{
    switch (-error) {
    case WSAENOTSOCK:
    case WSAEINVAL: /* it does not listen */
    case WSAEOPNOTSUPP:
    case WSAEFAULT:
    case WSAEINTR: /* it was closed while the call waited */
    case WSA_OPERATION_ABORTED:
    case WSA_INVALID_HANDLE:
    case WSA_INVALID_PARAMETER:
    case WSANOTINITIALISED:
        return true;
    default:
        return false;
    }
}

/* Winsock's own numbers by name: FormatMessage has only sentences, and in the user's language. */
static const char *error_name(int code)
{
#define NAME(error)                                                                                \
    case error:                                                                                    \
        return #error
    switch (code) {
        NAME(WSAEINTR);
        NAME(WSAEACCES);
        NAME(WSAEFAULT);
        NAME(WSAEINVAL);
        NAME(WSAEMFILE);
        NAME(WSAEWOULDBLOCK);
        NAME(WSAENOTSOCK);
        NAME(WSAEOPNOTSUPP);
        NAME(WSAEAFNOSUPPORT);
        NAME(WSAEADDRINUSE);
        NAME(WSAEADDRNOTAVAIL);
        NAME(WSAENETDOWN);
        NAME(WSAENETUNREACH);
        NAME(WSAENETRESET);
        NAME(WSAECONNABORTED);
        NAME(WSAECONNRESET);
        NAME(WSAENOBUFS);
        NAME(WSAENOTCONN);
        NAME(WSAESHUTDOWN);
        NAME(WSAETIMEDOUT);
        NAME(WSAECONNREFUSED);
        NAME(WSAEHOSTUNREACH);
        NAME(WSAEDISCON);
        NAME(WSANOTINITIALISED);
        NAME(WSA_OPERATION_ABORTED);
        NAME(WSA_IO_PENDING);
        NAME(WSA_INVALID_HANDLE);
        NAME(WSA_NOT_ENOUGH_MEMORY);
        NAME(WSA_INVALID_PARAMETER);
        NAME(ERROR_ACCESS_DENIED);
        NAME(ERROR_NETNAME_DELETED);
        NAME(ERROR_NO_SYSTEM_RESOURCES);
        NAME(ERROR_SEM_TIMEOUT);
        NAME(ERROR_CONNECTION_ABORTED);
    default:
        return NULL;
    }
#undef NAME
}

const char *net_error_text(int error, char *text, size_t size)
{
    wchar_t sentence[256];
    const char *name = error_name(-error);
    int used =
        name != NULL ? snprintf(text, size, "%s", name) : snprintf(text, size, "error %d", -error);
    DWORD length = FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS |
                                      FORMAT_MESSAGE_MAX_WIDTH_MASK,
                                  NULL, (DWORD)-error, 0, sentence, 256, NULL);
    while (length > 0 && (sentence[length - 1] <= L' ' || sentence[length - 1] == L'.'))
        sentence[--length] = L'\0';
    if (length == 0 || used < 0 || (size_t)used + 3 >= size)
        return text;
    char utf8[3 * 256];
    if (WideCharToMultiByte(CP_UTF8, 0, sentence, -1, utf8, sizeof utf8, NULL, NULL) > 0)
        snprintf(text + used, size - (size_t)used, ": %s", utf8);
    return text;
}

static int socket_set(net_socket socket, int level, int option, int value)
{
    return setsockopt(socket, level, option, (const char *)&value, sizeof value) == 0
               ? 0
               : net_last_error();
}

static int listen_hinted(net_socket socket, int backlog)
{
    int most = backlog < BACKLOG_HINT_MOST ? backlog : BACKLOG_HINT_MOST;
    if (backlog <= BACKLOG_PLAIN_MOST)
        return listen(socket, backlog);
    /* Only Microsoft's own provider knows the hint. */
    return listen(socket, SOMAXCONN_HINT(most)) == 0 ? 0 : listen(socket, SOMAXCONN);
}

int net_listen(net_socket *listener, struct net_address *address, int backlog, const char **call)
{
    int family = address->storage.ss_family, error = 0;
    struct sockaddr *name = (struct sockaddr *)&address->storage;
    net_socket made = WSASocketW(family, SOCK_STREAM, IPPROTO_TCP, NULL, 0,
                                 WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
    *call = "WSASocket";
    if (made == NET_SOCKET_NONE)
        return net_last_error();

    *call = "setsockopt(SO_EXCLUSIVEADDRUSE)";
    error = socket_set(made, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, 1);
    if (error == 0) {
        *call = "bind";
        error = bind(made, name, address->length) == 0 ? 0 : net_last_error();
    }
    if (error == 0) {
        *call = "listen";
        error = listen_hinted(made, backlog) == 0 ? 0 : net_last_error();
    }
    if (error == 0) {
        *call = "getsockname";
        error = getsockname(made, name, &address->length) == 0 ? 0 : net_last_error();
    }
    if (error == 0)
        *listener = made;
    else
        net_close(made);
    return error;
}

const char *net_bind_hint(int error)
{
    /* "Using SO_REUSEADDR and SO_EXCLUSIVEADDRUSE" (Microsoft) */
    switch (-error) {
    case WSAEADDRINUSE:
        return "another server has the port, or has had it and a connection of its is left: then "
               "end the clients, or wait for some minutes";
    case WSAEACCES:
        return "another server has the port, or the system keeps it back: `netsh int ipv4 show "
               "excludedportrange tcp`";
    default:
        return NULL;
    }
}

int net_bind_source(net_socket socket, const struct net_address *source)
{
    /* Windows 10 has the first, and prescribes it in place of the other. */
    if (socket_set(socket, SOL_SOCKET, SO_REUSE_UNICASTPORT, 1) != 0)
        (void)socket_set(socket, SOL_SOCKET, SO_PORT_SCALABILITY, 1);
    return bind(socket, (const struct sockaddr *)&source->storage, source->length) == 0
               ? 0
               : net_last_error();
}

int net_set_nonblocking(net_socket socket, bool nonblocking)
{
    u_long on = nonblocking;
    return ioctlsocket(socket, (long)FIONBIO, &on) == 0 ? 0 : net_last_error();
}

int net_set_nodelay(net_socket socket, bool nodelay)
{
    return socket_set(socket, IPPROTO_TCP, TCP_NODELAY, nodelay);
}

int net_set_abortive_close(net_socket socket)
{
    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    return setsockopt(socket, SOL_SOCKET, SO_LINGER, (const char *)&linger, sizeof linger) == 0
               ? 0
               : net_last_error();
}

int net_finish_sending(net_socket socket)
{
    return shutdown(socket, SD_SEND) == 0 ? 0 : net_last_error();
}

void net_close(net_socket socket)
{
    closesocket(socket);
}

void net_close_for_restart(net_socket socket)
{
    (void)net_set_abortive_close(socket);
    closesocket(socket);
}

void net_interrupt(net_socket socket)
{
    /* shutdown makes later calls fail, but wakes nobody; CancelIoEx wakes, but only those inside.
     */
    shutdown(socket, SD_BOTH);
    CancelIoEx((HANDLE)socket, NULL);
}

int net_wake_open(struct net_wake *wake)
{
    struct sockaddr_in name = {.sin_family = AF_INET};
    int length = sizeof name, error;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    /* Winsock has no socketpair. A datagram socket connected to itself takes from nobody else. */
    net_socket made = WSASocketW(AF_INET, SOCK_DGRAM, IPPROTO_UDP, NULL, 0,
                                 WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
    if (made == NET_SOCKET_NONE)
        return net_last_error();
    if (bind(made, (struct sockaddr *)&name, sizeof name) != 0 ||
        getsockname(made, (struct sockaddr *)&name, &length) != 0 ||
        connect(made, (struct sockaddr *)&name, sizeof name) != 0)
        error = net_last_error();
    else
        error = net_set_nonblocking(made, true);
    if (error != 0)
        closesocket(made);
    else
        *wake = (struct net_wake){.wait_on = made, .send_by = made};
    return error;
}

void net_wake_close(struct net_wake *wake)
{
    closesocket(wake->wait_on);
}

void net_wake_send(struct net_wake *wake)
{
    /* Without it a thread might wait for ever. */
    while (send(wake->send_by, "", 1, 0) < 0 &&
           net_error_kind(net_last_error()) == NET_ERROR_NO_RESOURCES)
        clock_sleep_ms(1);
}

void net_wake_clear(struct net_wake *wake)
{
    char bytes[16];
    while (recv(wake->wait_on, bytes, sizeof bytes, 0) > 0)
        continue;
}

uint64_t net_raise_limit(void)
{
    return 0;
}

bool net_out_of_ports(int error)
{
    /* Windows' bind reports an empty pool by the first two, Wine's connect by the last. */
    return error == -WSAEADDRINUSE || error == -WSAENOBUFS || error == -WSAEADDRNOTAVAIL;
}

const char *net_limit_text(int error, char *text, size_t size)
{
    text[0] = '\0';
    switch (-error) {
    case WSAEMFILE:
        snprintf(text, size, "handles are used up, or under Wine descriptors: `ulimit -n N`");
        break;
    case WSAENOBUFS:
        snprintf(
            text, size,
            "the system's memory for sockets, or, in a connect, the client's ports: `netsh int "
            "ipv4 show dynamicport tcp`");
        break;
    case WSAEADDRINUSE:
    case WSAEADDRNOTAVAIL:
        snprintf(text, size,
                 "the client's ports are the limit, and a closed connection keeps its port for "
                 "minutes: "
                 "`netsh int ipv4 show dynamicport tcp`");
        break;
    default:
        break;
    }
    return text;
}

bool net_has_arrival(net_socket listener)
{
    fd_set arrivals;
    FD_ZERO(&arrivals);
    FD_SET(listener, &arrivals);
    return select(0, &arrivals, NULL, NULL, &(struct timeval){0}) == 1;
}

int net_await_arrival(net_socket listener)
{
    fd_set arrivals;
    FD_ZERO(&arrivals);
    FD_SET(listener, &arrivals);
    return select(0, &arrivals, NULL, NULL, NULL) == 1 ? 0 : net_last_error();
}

void net_reserve_open(struct net_reserve *reserve)
{
    reserve->socket = WSASocketW(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0,
                                 WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
}

void net_reserve_close(struct net_reserve *reserve)
{
    if (reserve->socket != NET_SOCKET_NONE)
        closesocket(reserve->socket);
    reserve->socket = NET_SOCKET_NONE;
}
