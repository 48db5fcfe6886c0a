#include "net.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "clock.h"

int net_startup(void)
{
    return 0;
}

void net_cleanup(void)
{
}

int net_last_error(void)
{
    return errno == 0 ? -EIO : -errno;
}

enum net_error_kind net_error_kind(int error)
{
    switch (-error) {
    case EAGAIN:
        return NET_ERROR_WOULD_BLOCK;
    case EINTR:
        return NET_ERROR_INTERRUPTED;
    case ECONNRESET:
    case ECONNABORTED:
    case EPIPE:
    case ETIMEDOUT:
    case ENOTCONN:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ENETDOWN:
    case ENETRESET:
    case EHOSTDOWN:
    case EPROTO:
#ifdef ENONET
    case ENONET:
#endif
        return NET_ERROR_PEER;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
        return NET_ERROR_NO_RESOURCES;
    case ECANCELED:
    case EBADF:
    case EINVAL: /* accept on a listener that was shut down */
        return NET_ERROR_CANCELLED;
    default:
        return NET_ERROR_OTHER;
    }
}

bool net_listener_broken(int error)
{
    switch (-error) {
    case EBADF:
    case EINVAL: /* it was shut down */
    case ENOTSOCK:
    case EFAULT:
        return true;
    default: /* EOPNOTSUPP too: accept(2) lists it among the errors of the network */
        return false;
    }
}

/* strerrorname_np is only in glibc, and only since 2.32. */
static const char *error_name(int code)
{
#define NAME(error) [error] = #error
    static const char *const names[] = {
        NAME(E2BIG),           NAME(EACCES),       NAME(EADDRINUSE),
        NAME(EADDRNOTAVAIL),   NAME(EAFNOSUPPORT), NAME(EAGAIN),
        NAME(EALREADY),        NAME(EBADF),        NAME(EBUSY),
        NAME(ECANCELED),       NAME(ECHILD),       NAME(ECONNABORTED),
        NAME(ECONNREFUSED),    NAME(ECONNRESET),   NAME(EDEADLK),
        NAME(EDESTADDRREQ),    NAME(EDQUOT),       NAME(EEXIST),
        NAME(EFAULT),          NAME(EFBIG),        NAME(EHOSTDOWN),
        NAME(EHOSTUNREACH),    NAME(EILSEQ),       NAME(EINPROGRESS),
        NAME(EINTR),           NAME(EINVAL),       NAME(EIO),
        NAME(EISCONN),         NAME(EISDIR),       NAME(ELOOP),
        NAME(EMFILE),          NAME(EMLINK),       NAME(EMSGSIZE),
        NAME(ENAMETOOLONG),    NAME(ENETDOWN),     NAME(ENETRESET),
        NAME(ENETUNREACH),     NAME(ENFILE),       NAME(ENOBUFS),
        NAME(ENODATA),         NAME(ENODEV),       NAME(ENOENT),
        NAME(ENOEXEC),         NAME(ENOLCK),       NAME(ENOLINK),
        NAME(ENOMEM),          NAME(ENONET),       NAME(ENOPROTOOPT),
        NAME(ENOSPC),          NAME(ENOSR),        NAME(ENOSYS),
        NAME(ENOTBLK),         NAME(ENOTCONN),     NAME(ENOTDIR),
        NAME(ENOTEMPTY),       NAME(ENOTSOCK),     NAME(ENOTTY),
        NAME(ENOTUNIQ),        NAME(ENXIO),        NAME(EOPNOTSUPP),
        NAME(EOVERFLOW),       NAME(EOWNERDEAD),   NAME(EPERM),
        NAME(EPFNOSUPPORT),    NAME(EPIPE),        NAME(EPROTO),
        NAME(EPROTONOSUPPORT), NAME(EPROTOTYPE),   NAME(ERANGE),
        NAME(EREMOTEIO),       NAME(EROFS),        NAME(ESHUTDOWN),
        NAME(ESOCKTNOSUPPORT), NAME(ESPIPE),       NAME(ESRCH),
        NAME(ESTALE),          NAME(ETIME),        NAME(ETIMEDOUT),
        NAME(ETOOMANYREFS),    NAME(ETXTBSY),      NAME(EUSERS),
        NAME(EXDEV),
    };
#undef NAME
    return code >= 0 && (size_t)code < sizeof names / sizeof *names ? names[code] : NULL;
}

const char *net_error_text(int error, char *text, size_t size)
{
    const char *name = error_name(-error);
    if (name != NULL)
        snprintf(text, size, "%s: %s", name, strerror(-error));
    else
        snprintf(text, size, "error %d: %s", -error, strerror(-error));
    return text;
}

static int socket_set(net_socket socket, int level, int option, int value)
{
    return setsockopt(socket, level, option, &value, sizeof value) == 0 ? 0 : net_last_error();
}

int net_listen(net_socket *listener, struct net_address *address, int backlog, const char **call)
{
    int family = address->storage.ss_family, error = 0;
    struct sockaddr *name = (struct sockaddr *)&address->storage;
    net_socket made = socket(family, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
    *call = "socket";
    if (made == NET_SOCKET_NONE)
        return net_last_error();

    *call = "setsockopt(SO_REUSEADDR)";
    error = socket_set(made, SOL_SOCKET, SO_REUSEADDR, 1);
    if (error == 0 && family == AF_INET6) {
        /* The same on both systems: Windows has it on by default. */
        *call = "setsockopt(IPV6_V6ONLY)";
        error = socket_set(made, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    }
    if (error == 0) {
        *call = "bind";
        error = bind(made, name, address->length) == 0 ? 0 : net_last_error();
    }
    if (error == 0) {
        *call = "listen";
        error = listen(made, backlog) == 0 ? 0 : net_last_error();
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
    (void)error;
    return NULL;
}

int net_bind_source(net_socket socket, const struct net_address *source)
{
    /* Before Linux 4.2 there is no such option, and the ports are one pool. */
    (void)socket_set(socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
    return bind(socket, (const struct sockaddr *)&source->storage, source->length) == 0
               ? 0
               : net_last_error();
}

int net_set_nonblocking(net_socket socket, bool nonblocking)
{
    int flags = fcntl(socket, F_GETFL);
    if (flags < 0)
        return net_last_error();
    flags = nonblocking ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
    return fcntl(socket, F_SETFL, flags) == 0 ? 0 : net_last_error();
}

int net_set_nodelay(net_socket socket, bool nodelay)
{
    return socket_set(socket, IPPROTO_TCP, TCP_NODELAY, nodelay);
}

int net_set_abortive_close(net_socket socket)
{
    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    return setsockopt(socket, SOL_SOCKET, SO_LINGER, &linger, sizeof linger) == 0
               ? 0
               : net_last_error();
}

int net_finish_sending(net_socket socket)
{
    return shutdown(socket, SHUT_WR) == 0 ? 0 : net_last_error();
}

void net_close(net_socket socket)
{
    close(socket);
}

void net_close_for_restart(net_socket socket)
{
    close(socket);
}

void net_interrupt(net_socket socket)
{
    shutdown(socket, SHUT_RDWR);
}

int net_wake_open(struct net_wake *wake)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0)
        return net_last_error();
    *wake = (struct net_wake){.wait_on = pair[0], .send_by = pair[1]};
    return 0;
}

void net_wake_close(struct net_wake *wake)
{
    close(wake->wait_on);
    close(wake->send_by);
}

void net_wake_send(struct net_wake *wake)
{
    /*
     * It would block only when the queue is full of wake-ups that nobody has seen yet. Without this one
     * a thread might wait for ever.
     */
    while (send(wake->send_by, "", 1, NET_SEND_FLAGS) < 0 &&
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
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 0;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return 0;
    return limit.rlim_cur;
}

bool net_out_of_ports(int error)
{
    return error == -EADDRNOTAVAIL;
}

const char *net_limit_text(int error, char *text, size_t size)
{
    struct rlimit limit = {0};
    text[0] = '\0';
    switch (-error) {
    case EMFILE:
        getrlimit(RLIMIT_NOFILE, &limit);
        snprintf(text, size, "%llu descriptors are the limit; as root, `ulimit -n N` raises it",
                 (unsigned long long)limit.rlim_cur);
        break;
    case ENFILE:
        snprintf(text, size, "`sysctl fs.file-max` is the limit");
        break;
    case EADDRNOTAVAIL:
        snprintf(text, size,
                 "`sysctl net.ipv4.ip_local_port_range` is the limit, and who closes a connection "
                 "keeps its port for a minute");
        break;
    default:
        break;
    }
    return text;
}

bool net_has_arrival(net_socket listener)
{
    struct pollfd arrival = {.fd = listener, .events = POLLIN};
    return poll(&arrival, 1, 0) == 1;
}

int net_await_arrival(net_socket listener)
{
    struct pollfd arrival = {.fd = listener, .events = POLLIN};
    return poll(&arrival, 1, -1) == 1 ? 0 : net_last_error();
}

void net_reserve_open(struct net_reserve *reserve)
{
    reserve->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

void net_reserve_close(struct net_reserve *reserve)
{
    if (reserve->socket != NET_SOCKET_NONE)
        close(reserve->socket);
    reserve->socket = NET_SOCKET_NONE;
}
