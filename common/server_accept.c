/* server.h: what becomes of a socket that accept has returned, and of an accept that failed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "crew.h"
#include "server.h"

/* A wait while no accept can succeed: long enough not to spin, short enough to serve soon. */
enum { NO_RESOURCES_PAUSE_MS = 10 };

static bool place_take(struct server *server, uint32_t *id)
{
    thread_mutex_lock(&server->mutex);
    bool free_place = server->open < server->capacity;
    if (free_place) {
        server->open++;
        *id = ++server->next_id;
    } else {
        server->counts.refused++;
    }
    thread_mutex_unlock(&server->mutex);
    return free_place;
}

static void place_return(struct server *server)
{
    thread_mutex_lock(&server->mutex);
    server->open--;
    server->counts.refused++;
    thread_mutex_unlock(&server->mutex);
}

/* One block for the model's struct and the buffer, which stays untouched until it is used. */
static struct connection *connection_new(const struct server *server)
{
    size_t own = server->needs.connection_bytes;
    size_t buffer = server->needs.buffers_own ? 0 : server->options.buffer_bytes;
    if (own < sizeof(struct connection))
        own = sizeof(struct connection);
    struct connection *connection = malloc(own + buffer);
    if (connection == NULL)
        return NULL;
    memset(connection, 0, own);
    if (buffer > 0)
        session_init(&connection->session, (char *)connection + own, buffer);
    return connection;
}

void server_lacks(struct server *server, const char *call, int error, const char *limit)
{
    char text[400], cause[160];
    if (server->options.on_lack == NULL || atomic_exchange(&server->lack_told, true))
        return;
    snprintf(text, sizeof text, "%s: %s%s%s", call, net_error_text(error, cause, sizeof cause),
             limit[0] == '\0' ? "" : "; ", limit);
    server->options.on_lack(text);
}

void server_close_socket(struct worker *worker, net_socket socket)
{
    observe_call(worker, NULL, NET_CLOSE_CALL, (net_close(socket), true));
}

void server_refuse(struct worker *worker, net_socket socket)
{
    struct server *server = worker->server;
    server_close_socket(worker, socket);
    thread_mutex_lock(&server->mutex);
    server->counts.refused += !server_stopping(server);
    thread_mutex_unlock(&server->mutex);
}

/* Call it with reserve_mutex. */
static void reserve_open(struct server *server)
{
    net_reserve_open(&server->reserve);
    atomic_store(&server->reserve_missing, server->reserve.socket == NET_SOCKET_NONE);
}

/*
 * While one thread has freed the reserve to refuse a connection, the accept of another thread can
 * take that descriptor. Without a reserve nothing could be refused any more, and clients would wait
 * for good: so the connection that took it is refused. True: it was.
 */
static bool refuse_for_reserve(struct worker *worker, net_socket socket)
{
    struct server *server = worker->server;
    if (!atomic_load(&server->reserve_missing))
        return false;
    thread_mutex_lock(&server->reserve_mutex);
    if (server->reserve.socket == NET_SOCKET_NONE)
        reserve_open(server);
    bool refused = server->reserve.socket == NET_SOCKET_NONE;
    if (refused) {
        server_refuse(worker, socket);
        reserve_open(server);
    }
    thread_mutex_unlock(&server->reserve_mutex);
    return refused;
}

struct connection *server_admit(struct worker *worker, net_socket socket)
{
    struct server *server = worker->server;
    uint32_t id;
    atomic_store(&server->accepts_failed, 0);
    if (refuse_for_reserve(worker, socket))
        return NULL;
    if (server_stopping(server) || !place_take(server, &id)) {
        server_close_socket(worker, socket);
        return NULL;
    }
    struct connection *connection = connection_new(server);
    if (connection == NULL) {
        server_lacks(server, "malloc", -NET_NO_MEMORY, "");
        place_return(server);
        server_close_socket(worker, socket);
        return NULL;
    }
    connection->socket = socket;
    connection->id = id;
    /* It fails only for a peer that has left already; the first receive reports that. */
    observe_call(worker, connection,
                 server->options.nodelay ? "setsockopt(TCP_NODELAY)" : "setsockopt(TCP_NODELAY, 0)",
                 net_set_nodelay(socket, server->options.nodelay) == 0);

    thread_mutex_lock(&server->mutex);
    server->counts.accepted++;
    connection->next = server->connections;
    if (connection->next != NULL)
        connection->next->previous = connection;
    server->connections = connection;
    thread_mutex_unlock(&server->mutex);
    return connection;
}

/*
 * Frees a descriptor, takes one connection from the queue and refuses it. False: took none. Linux
 * reports a lack of descriptors also where no connection waits (accept(2) takes one first); an accept
 * that waits there would refuse the next client, for whom there may be room by then.
 */
static bool refuse_by_reserve(struct worker *worker)
{
    struct server *server = worker->server;
    thread_mutex_lock(&server->reserve_mutex);
    net_socket socket;
    bool taken = false;
    atomic_store(&server->reserve_missing, true);
    net_reserve_close(&server->reserve);
    if (net_has_arrival(worker->listener))
        taken = observe_accept(worker, socket = accept(worker->listener, NULL, NULL)) == 0;
    if (taken)
        server_refuse(worker, socket);
    reserve_open(server);
    thread_mutex_unlock(&server->reserve_mutex);
    return taken;
}

/*
 * After an accept that no descriptor was left for. An accept that waits fails again at once, though
 * nobody is there; other models wait for a client by their own means.
 */
static void client_await(struct worker *worker)
{
    net_socket listener = worker->listener;
    if (!worker->server->needs.accepts_wait || net_has_arrival(listener) ||
        observe_wait(worker, NET_AWAIT_CALL, NULL, 0, 0,
                     net_await_arrival(listener) == 0 ? 1 : -1) < 0)
        clock_sleep_ms(NO_RESOURCES_PAUSE_MS);
}

/*
 * The error belongs to one connection, and the next one can be accepted. But where every accept
 * fails and takes nothing from the queue (a seccomp profile that refuses it), trying at once would
 * spin.
 */
static int accept_goes_on(struct server *server, int error)
{
    bool goes_on = atomic_fetch_add(&server->accepts_failed, 1) < SERVER_ACCEPTS_AT_ONCE;
    if (!goes_on || net_error_kind(error) == NET_ERROR_OTHER)
        server_lacks(server, "accept", error, "");
    if (!goes_on)
        clock_sleep_ms(NO_RESOURCES_PAUSE_MS);
    return goes_on;
}

int server_accept_failed(struct worker *worker, int error)
{
    struct server *server = worker->server;
    char limit[NET_LIMIT_TEXT];
    switch (net_error_kind(error)) {
    case NET_ERROR_WOULD_BLOCK:
        return 0;
    case NET_ERROR_INTERRUPTED:
        return 1;
    case NET_ERROR_NO_RESOURCES:
        server_lacks(server, "accept", error, net_limit_text(error, limit, sizeof limit));
        if (refuse_by_reserve(worker))
            return 1;
        client_await(worker);
        return 0;
    case NET_ERROR_PEER:
    case NET_ERROR_CANCELLED:
    case NET_ERROR_OTHER:
        break;
    }
    if (!net_listener_broken(error))
        return accept_goes_on(server, error);
    return server_stopping(server) ? error : server_fail(server, "accept", error);
}

bool server_accepted(struct worker *worker, int error, net_socket socket, struct connection **begin)
{
    *begin = NULL;
    if (error != 0)
        return server_accept_failed(worker, error) > 0;
    struct connection *connection = server_admit(worker, socket);
    if (connection != NULL && crew_assign(worker, connection) != NULL)
        *begin = connection;
    return true;
}
