/*
 * blocking_single: blocking, but without the threads: the one client is served until it leaves.
 *
 * Changed  The thread that accepts also serves. This is the first server of every textbook.
 * Harm     Whoever connects meanwhile is connected, by the system, and not served: all but one starve.
 * Shows    connections_starved and fairness_jain: bench --suite lessons.
 */
#include "crew.h"
#include "model.h"
#include "parts/stop_watch.h"

static int serve_connection(struct worker *worker, struct connection *connection)
{
    struct session *session = &connection->session;
    for (;;) {
        int64_t count;
        struct session_span span;
        switch (session_wants(session)) {
        case SESSION_RECV:
            span = session_recv_span(session);
            count = observe_recv(worker, connection, span.size,
                                 recv(connection->socket, span.at, (net_length)span.size, 0));
            if (count >= 0)
                session_received(session, (size_t)server_work(worker, connection, count));
            break;
        case SESSION_SEND:
            span = session_send_span(session);
            count = observe_send(
                worker, connection, span.size,
                send(connection->socket, span.at, (net_length)span.size, NET_SEND_FLAGS));
            if (count >= 0)
                session_sent(session, (size_t)count);
            break;
        default:
            return 0;
        }
        if (count < 0 && net_error_kind((int)count) != NET_ERROR_INTERRUPTED)
            return (int)count;
    }
}

static void accept_until_stopped(struct worker *worker)
{
    struct server *server = worker->server;
    while (!server_stopping(server)) {
        net_socket socket;
        int error = observe_accept(worker, socket = accept(server->listener, NULL, NULL));
        if (error != 0) {
            if (server_accept_failed(worker, error) < 0)
                return;
            continue;
        }
        struct connection *connection = server_admit(worker, socket);
        if (connection != NULL)
            server_release(worker, connection, serve_connection(worker, connection));
    }
}

static int serve(struct server *server)
{
    struct stop_watch watch;
    struct worker worker = {.index = 0};
    int error = stop_watch_begin(&watch, server);
    if (error != 0)
        return error;
    worker_begin(&worker, server);
    accept_until_stopped(&worker);
    worker_end(&worker);
    stop_watch_end(&watch);
    return server->failure;
}

const struct io_model model_blocking_single = {
    .calls_wait = true,
    .accepts_wait = true,
    .threads_apply = false,
    .clients_at_once = 1,
    .thread_stack_bytes = THREAD_STACK_BYTES,
    .serve = serve,
};
