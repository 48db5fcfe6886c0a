#include "server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "crew.h"

/* A wait while no accept can succeed: long enough not to spin, short enough to serve soon. */
enum { NO_RESOURCES_PAUSE_MS = 10 };

static int failure_set(struct server *server, const char *call, int error)
{
    char cause[160];
    if (server->failure == 0) {
        server->failure = error;
        snprintf(server->failure_text, sizeof server->failure_text, "%s: %s", call,
                 net_error_text(error, cause, sizeof cause));
    }
    return error;
}

static void serving_threads_set(struct server *server)
{
    unsigned each = server->needs.connections_per_thread;
    unsigned most = server->options.max_connections;
    server->threads = server->options.threads;
    if (server->threads == 0)
        server->threads = each == 0 ? 1 : (most + each - 1) / each;
    server->capacity = most;
    if (each != 0 && (uint64_t)server->threads * each < most)
        server->capacity = server->threads * each;
}

/*
 * Opened at the start: at the stop clients may have used up all descriptors. A failure is ignored,
 * since server_stop tries again.
 */
static void stop_socket_take_port(struct server *server)
{
    struct net_address own = net_address_reachable(&server->address);
    net_address_set_port(&own, 0);
    (void)bind(server->stop_socket, (const struct sockaddr *)&own.storage, own.length);
}

int server_open(struct server *server, const struct server_options *options,
                struct server_needs needs)
{
    const char *call;
    char address[NET_ADDRESS_TEXT], where[NET_ADDRESS_TEXT + 64];
    memset(server, 0, sizeof *server);
    server->options = *options;
    server->needs = needs;
    server->address = options->address;
    server->mutex = (thread_mutex)THREAD_MUTEX_INIT;
    server->reserve_mutex = (thread_mutex)THREAD_MUTEX_INIT;
    serving_threads_set(server);

    int error = net_listen(&server->listener, &server->address, options->backlog, &call);
    if (error != 0) {
        snprintf(where, sizeof where, "%s, %s port %u", call,
                 net_address_format(&options->address, address, sizeof address),
                 net_address_port(&options->address));
        return failure_set(server, where, error);
    }
    server->stop_socket = socket(server->address.storage.ss_family, SOCK_STREAM, IPPROTO_TCP);
    error = server->stop_socket == NET_SOCKET_NONE ? net_last_error()
                                                   : net_set_nonblocking(server->stop_socket, true);
    if (error != 0) {
        if (server->stop_socket != NET_SOCKET_NONE)
            net_close(server->stop_socket);
        net_close(server->listener);
        return failure_set(server, "socket", error);
    }
    stop_socket_take_port(server);
    net_reserve_open(&server->reserve);
    observer_init(&server->observer, options->report, needs.calls_wait);
    return 0;
}

void server_close(struct server *server)
{
    while (server->connections != NULL) {
        struct connection *connection = server->connections;
        server->connections = connection->next;
        net_close_for_restart(connection->socket);
        free(connection);
    }
    net_reserve_close(&server->reserve);
    net_close(server->stop_socket);
    net_close(server->listener);
}

void server_stop(struct server *server)
{
    if (atomic_exchange(&server->stopping, true))
        return;
    /* The thread that accepts waits for connections anyway, so a connection wakes it in any model.
     */
    struct net_address own = net_address_reachable(&server->address);
    (void)connect(server->stop_socket, (const struct sockaddr *)&own.storage, own.length);
}

bool server_stopping(struct server *server)
{
    return atomic_load_explicit(&server->stopping, memory_order_acquire);
}

int server_fail(struct server *server, const char *call, int error)
{
    thread_mutex_lock(&server->mutex);
    failure_set(server, call, error);
    thread_mutex_unlock(&server->mutex);
    server_stop(server);
    return error;
}

int server_fail_thread(struct server *server, const char *call, int error)
{
    char limit[THREAD_LIMIT_TEXT], text[THREAD_LIMIT_TEXT + 80];
    snprintf(text, sizeof text, "%s (%s)", call, thread_limit_text(limit, sizeof limit));
    return server_fail(server, text, error);
}

/* The failure's text has the call's name alone. */
int server_required(struct worker *worker, const char *call, int error)
{
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(call, "("), call);
    return error == 0 ? 0 : server_fail(worker->server, name, error);
}

const char *server_failure_text(const struct server *server)
{
    return server->failure_text;
}

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
    size_t own = server->needs.connection_bytes, buffer = server->options.buffer_bytes;
    if (own < sizeof(struct connection))
        own = sizeof(struct connection);
    struct connection *connection = malloc(own + buffer);
    if (connection == NULL)
        return NULL;
    memset(connection, 0, own);
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

struct connection *server_admit(struct worker *worker, net_socket socket)
{
    struct server *server = worker->server;
    uint32_t id;
    atomic_store(&server->accepts_failed, 0);
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

void server_refuse(struct worker *worker, net_socket socket)
{
    struct server *server = worker->server;
    server_close_socket(worker, socket);
    thread_mutex_lock(&server->mutex);
    server->counts.refused += !server_stopping(server);
    thread_mutex_unlock(&server->mutex);
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
    net_reserve_close(&server->reserve);
    if (net_has_arrival(server->listener))
        taken = observe_accept(worker, socket = accept(server->listener, NULL, NULL)) == 0;
    if (taken)
        server_refuse(worker, socket);
    net_reserve_open(&server->reserve);
    thread_mutex_unlock(&server->reserve_mutex);
    return taken;
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
        clock_sleep_ms(NO_RESOURCES_PAUSE_MS);
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

static void connection_unlink(struct server *server, struct connection *connection)
{
    if (connection->next != NULL)
        connection->next->previous = connection->previous;
    if (connection->previous != NULL)
        connection->previous->next = connection->next;
    else
        server->connections = connection->next;
    server->open--;
}

static void ending_count(struct server_counts *counts, bool stopping, int error)
{
    if (error == 0 || stopping)
        counts->closed++;
    else if (net_error_kind(error) == NET_ERROR_PEER)
        counts->reset++;
    else
        counts->failed++;
}

void server_release(struct worker *worker, struct connection *connection, int error)
{
    struct server *server = worker->server;
    /* Before the place becomes free: a new connection must find a worker with room for it. */
    if (connection->worker != NULL)
        atomic_fetch_sub(&connection->worker->load, 1);
    /* Off the list before the close: server_interrupt_connections must not use a closed socket. */
    thread_mutex_lock(&server->mutex);
    connection_unlink(server, connection);
    ending_count(&server->counts, server_stopping(server), error);
    thread_mutex_unlock(&server->mutex);
    if (server_stopping(server))
        observe_call(worker, connection, NET_CLOSE_FOR_RESTART_CALL,
                     (net_close_for_restart(connection->socket), true));
    else
        observe_call(worker, connection, NET_CLOSE_CALL, (net_close(connection->socket), true));
    free(connection);
}

void server_release_all(struct worker *worker)
{
    while (worker->server->connections != NULL)
        server_release(worker, worker->server->connections, 0);
}

void server_interrupt_connections(struct server *server)
{
    thread_mutex_lock(&server->mutex);
    for (struct connection *connection = server->connections; connection != NULL;
         connection = connection->next)
        net_interrupt(connection->socket);
    thread_mutex_unlock(&server->mutex);
}

unsigned server_open_connections(struct server *server)
{
    thread_mutex_lock(&server->mutex);
    unsigned open = server->open;
    thread_mutex_unlock(&server->mutex);
    return open;
}

struct server_counts server_counts_now(struct server *server)
{
    thread_mutex_lock(&server->mutex);
    struct server_counts counts = server->counts;
    thread_mutex_unlock(&server->mutex);
    return counts;
}
