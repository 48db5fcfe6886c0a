/*
 * net: what the two systems' socket APIs call differently, under one name.
 *
 * Models call recv, send, accept, select ... by their own names; only what has no common
 * spelling stands here. Any thread may call any function; a socket's owner is whoever closes it.
 */
#ifndef IOMODELS_NET_H
#define IOMODELS_NET_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The one platform block: the system's headers and the types that differ. */
#ifdef _WIN32
#include <windows.h>
#include <winsock2.h>
#include <ws2tcpip.h>
typedef SOCKET net_socket;
typedef int net_length;   /* the type of a length passed to recv and send */
typedef int net_received; /* the type that recv and send return */
#define NET_SOCKET_NONE INVALID_SOCKET
#define NET_SEND_FLAGS  0
/* What these functions call, for a trace. */
#define NET_NONBLOCKING_CALL       "ioctlsocket(FIONBIO)"
#define NET_CLOSE_CALL             "closesocket()"
#define NET_AWAIT_CALL             "select(until a client)" /* of net_await_arrival */
#define NET_CLOSE_FOR_RESTART_CALL "setsockopt(SO_LINGER, 0), closesocket()"
/* Not errno.h's: MinGW gives those numbers that mean other errors of Windows. */
#define NET_NO_MEMORY WSA_NOT_ENOUGH_MEMORY
#define NET_REFUSED   WSAECONNREFUSED
/* What connect fails with on a non-blocking socket, while it goes on. */
#define NET_CONNECTING WSAEWOULDBLOCK
#else
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/types.h>
typedef int net_socket;
typedef size_t net_length;
typedef ssize_t net_received;
#define NET_SOCKET_NONE            (-1)
#define NET_SEND_FLAGS             MSG_NOSIGNAL
#define NET_NONBLOCKING_CALL       "fcntl(O_NONBLOCK)"
#define NET_CLOSE_CALL             "close()"
#define NET_AWAIT_CALL             "poll(until a client)" /* of net_await_arrival */
#define NET_CLOSE_FOR_RESTART_CALL "close()"
#define NET_NO_MEMORY              ENOMEM
#define NET_REFUSED                ECONNREFUSED
#define NET_CONNECTING             EINPROGRESS
#endif

#define NET_ADDRESS_TEXT 64      /* bytes that hold any text of net_address_format */
#define NET_LIMIT_TEXT   200     /* and any of net_limit_text */
#define NET_BACKLOG_MOST INT_MAX /* for net_listen: as many as the system allows */

/* What an error means to a server. The numbers of errno and of Winsock meet here and nowhere else.
 */
enum net_error_kind {
    NET_ERROR_WOULD_BLOCK,  /* not an error: nothing to do now */
    NET_ERROR_INTERRUPTED,  /* EINTR: call again */
    NET_ERROR_PEER,         /* this connection ended (reset, aborted, timed out); others go on */
    NET_ERROR_NO_RESOURCES, /* descriptors, buffers or memory are used up */
    NET_ERROR_CANCELLED,    /* the call was woken by net_interrupt, or its socket was closed */
    NET_ERROR_OTHER
};

struct net_address {
    struct sockaddr_storage storage;
    socklen_t length; /* bytes of storage in use */
};

/* Once for each process, before anything else here, and once after. 0 or a negative error. */
int net_startup(void);
void net_cleanup(void);

/*
 * The negated code of the calling thread's last failed socket call (-errno, -WSAGetLastError()).
 * Call it right after the failure. Never 0.
 */
int net_last_error(void);
enum net_error_kind net_error_kind(int error);
/*
 * True: an accept that failed with `error` means that the listener can't accept any more. Any other
 * error belongs to one connection: accept(2) passes on what the network or a firewall did to a
 * connection in the queue, and its list of such errors is not complete.
 */
bool net_listener_broken(int error);
/* "WSAEADDRINUSE: address already in use" into text; returns text. */
const char *net_error_text(int error, char *text, size_t size);

/* Addresses: net_address.c. */
/*
 * Parses a numeric IPv4 or IPv6 address; false where the text is not one. A link-local address
 * needs its scope: "fe80::1%eth0", on Windows the interface's number.
 */
bool net_address_parse(struct net_address *address, const char *text, uint16_t port);
/* "127.0.0.1", "::1" or "fe80::1%2" into text; returns text. */
const char *net_address_format(const struct net_address *address, char *text, size_t size);
uint16_t net_address_port(const struct net_address *address);
void net_address_set_port(struct net_address *address, uint16_t port);
/* Where a process reaches its own listener: the loopback address of its family for a wildcard. */
struct net_address net_address_reachable(const struct net_address *bound);
/*
 * True: both ends of the connection are this socket. TCP allows that by its simultaneous open (RFC
 * 9293, 3.5): a connect to a port that nobody serves any more may have been given that same port.
 */
bool net_connected_to_itself(net_socket socket);

/*
 * A listening socket on *address; *address then holds the port that the system chose.
 * Nobody else can bind the port: SO_EXCLUSIVEADDRUSE on Winsock ("Using SO_REUSEADDR and
 * SO_EXCLUSIVEADDRUSE"), SO_REUSEADDR on POSIX, where it only passes over TIME_WAIT.
 * backlog: how many connections may wait to be accepted, at most NET_BACKLOG_MOST. Linux grants at
 * most net.core.somaxconn (listen(2)), Windows at most 65,535 (SOMAXCONN_HINT, "listen").
 * Returns 0, or a negative error with *call the name of the call that failed.
 */
int net_listen(net_socket *listener, struct net_address *address, int backlog, const char **call);

/* After such a bind failed with `error`: what else may hold the port, constant, or NULL. */
const char *net_bind_hint(int error);
/*
 * Binds a client's socket to an address whose port is 0. The port is chosen by the later connect,
 * which can use each port once for each server and address: IP_BIND_ADDRESS_NO_PORT,
 * SO_REUSE_UNICASTPORT or SO_PORT_SCALABILITY ("SOL_SOCKET Socket Options", Microsoft). A system
 * without these options takes the port in bind, from one pool for all addresses. 0 or a negative
 * error.
 */
int net_bind_source(net_socket socket, const struct net_address *source);

int net_set_nonblocking(net_socket socket, bool nonblocking);
int net_set_nodelay(net_socket socket, bool nodelay);
/* Close sends a reset and leaves no TIME_WAIT (SO_LINGER 0). */
int net_set_abortive_close(net_socket socket);
int net_finish_sending(net_socket socket); /* shutdown of the sending side */
void net_close(net_socket socket);
/*
 * Closes an accepted connection so that its listener's port can be bound again at once. On Winsock
 * it sends a reset: there a port with SO_EXCLUSIVEADDRUSE stays taken while any connection that was
 * accepted on it is left, even one that closesocket is still shutting down.
 */
void net_close_for_restart(net_socket socket);

/*
 * Makes every call on the socket fail from now on and wakes the threads that are blocked in one.
 * The socket stays open: close it when they have left. On Winsock a call that begins at the same
 * moment can miss the wake-up, so a caller who waits for such a thread repeats this.
 */
void net_interrupt(net_socket socket);

/* True: a connection waits at the listener, so that an accept would not wait for one. */
bool net_has_arrival(net_socket listener);
/* Waits until that is so, or the listener is interrupted. 0, or a negative error. */
int net_await_arrival(net_socket listener);

/*
 * A pair of connected non-blocking sockets of this process, by which one thread ends another's
 * select or poll: net_wake_send makes `wait_on` readable, net_wake_clear undoes that. Several
 * wake-ups before one clear count as one. 0 or a negative error. net_wake_send waits where the system
 * has no memory for it.
 */
struct net_wake {
    net_socket wait_on;
    net_socket send_by;
};
int net_wake_open(struct net_wake *wake);
void net_wake_close(struct net_wake *wake);
void net_wake_send(struct net_wake *wake);
void net_wake_clear(struct net_wake *wake);

/* True: a connect failed with `error` because the client has no free port. */
bool net_out_of_ports(int error);
/*
 * Writes into text which limit the error comes from, and what raises that limit. The error is one
 * of NET_ERROR_NO_RESOURCES or of net_out_of_ports; for any other error text is "". Returns text.
 */
const char *net_limit_text(int error, char *text, size_t size);
/* Raises the soft limit of open sockets to the hard one. Returns the new limit; 0: unknown. */
uint64_t net_raise_limit(void);

/*
 * A descriptor kept back, so that a server that has used up its descriptors can still take a
 * connection from the queue in order to refuse it (else the listener stays readable for ever).
 */
struct net_reserve {
    net_socket socket;
};
void net_reserve_open(struct net_reserve *reserve);
void net_reserve_close(struct net_reserve *reserve);

#endif
