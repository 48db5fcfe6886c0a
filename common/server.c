#include "server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "crew.h"

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
    server->threads =
        server->options.threads != 0 ? server->options.threads : server->needs.threads;
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
    server->stop_asked = (thread_condition)THREAD_CONDITION_INIT;
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
    server->reserve_missing = server->reserve.socket == NET_SOCKET_NONE;
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
    thread_mutex_lock(&server->mutex);
    thread_condition_wake_all(&server->stop_asked);
    thread_mutex_unlock(&server->mutex);
    /* The thread that accepts waits for connections anyway, so a connection wakes it in any model.
     */
    struct net_address own = net_address_reachable(&server->address);
    if (connect(server->stop_socket, (const struct sockaddr *)&own.storage, own.length) != 0 &&
        net_last_error() != -NET_CONNECTING)
        net_interrupt(server->listener); /* no port, a firewall: nothing is accepted any more */
}

bool server_stopping(struct server *server)
{
    return atomic_load_explicit(&server->stopping, memory_order_acquire);
}

void server_wait_stopping(struct server *server)
{
    thread_mutex_lock(&server->mutex);
    while (!server_stopping(server))
        thread_condition_wait(&server->stop_asked, &server->mutex);
    thread_mutex_unlock(&server->mutex);
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

static void work_note(struct worker *worker, const struct connection *connection, uint64_t cpu_ns,
                      uint64_t wait_ns)
{
    char text[96];
    snprintf(text, sizeof text, "%.1f us of the processor, %.1f us waited", (double)cpu_ns / 1e3,
             (double)wait_ns / 1e3);
    observe_note(worker, connection->id, "work", text);
}

int64_t server_work(struct worker *worker, struct connection *connection, int64_t count)
{
    struct server *server = worker->server;
    const struct work *work = &server->options.work;
    if (work->message_bytes == 0 || count <= 0 ||
        session_wants(&connection->session) != SESSION_RECV)
        return count;
    uint64_t messages = work_messages(&connection->work, work, (size_t)count);
    for (; messages > 0 && !server_stopping(server); messages--) {
        uint64_t number = 2 * connection->work.messages++;
        uint64_t cpu_ns = work_ns(&work->cpu, connection->id, number);
        uint64_t wait_ns = work_ns(&work->wait, connection->id, number + 1);
        work_spin(cpu_ns);
        work_wait(wait_ns);
        observe_worked(worker);
        if (observe_tracing(worker))
            work_note(worker, connection, cpu_ns, wait_ns);
    }
    return count;
}

void server_release(struct worker *worker, struct connection *connection, int error)
{
    struct server *server = worker->server;
    /* Before the place becomes free: a new connection must find a worker with room for it. */
    if (connection->worker != NULL)
        atomic_fetch_sub(&connection->worker->load, 1);
    /* Off the list before the close: server_each_socket must not visit a closed socket. */
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

void server_each_socket(struct server *server, void (*visit)(net_socket socket))
{
    thread_mutex_lock(&server->mutex);
    for (struct connection *connection = server->connections; connection != NULL;
         connection = connection->next)
        visit(connection->socket);
    thread_mutex_unlock(&server->mutex);
}

void server_interrupt_connections(struct server *server)
{
    server_each_socket(server, net_interrupt);
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
    counts.worked = observe_worked_total(&server->observer);
    return counts;
}
