/*
 * blocking_single: blocking, but without the threads: the one client is served until it leaves.
 *
 * Changed  The thread that accepts also serves. This is the first server of every textbook.
 * Harm     Whoever connects meanwhile is connected, by the system, and not served: all but one starve.
 * Shows    connections_starved and fairness_jain: bench --suite lessons.
 */
#include "clock.h"
#include "crew.h"
#include "model.h"

/* How often the stop is looked for, and repeated: a call that begins just then can miss it. */
enum { INTERRUPT_AGAIN_MS = 100 };

/* Of the thread that ends a call in which the other waits, when the server stops. */
struct stop_watch {
    struct server *server;
    thread_handle thread;
    atomic_bool ended;
};

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
                session_received(session, (size_t)count);
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

static void stop_watch_main(void *argument)
{
    struct stop_watch *watch = argument;
    while (!atomic_load(&watch->ended)) {
        if (server_stopping(watch->server))
            server_interrupt_connections(watch->server);
        clock_sleep_ms(INTERRUPT_AGAIN_MS);
    }
}

static int serve(struct server *server)
{
    struct stop_watch watch = {.server = server};
    struct worker worker = {.index = 0};
    int error = thread_start(&watch.thread, stop_watch_main, &watch, THREAD_STACK_BYTES);
    if (error != 0)
        return server_fail_thread(server, "starting a thread", error);
    worker_begin(&worker, server);
    accept_until_stopped(&worker);
    worker_end(&worker);
    atomic_store(&watch.ended, true);
    thread_join(watch.thread);
    return server->failure;
}

const struct io_model model_blocking_single = {
    .calls_wait = true,
    .threads_apply = false,
    .clients_at_once = 1,
    .thread_stack_bytes = THREAD_STACK_BYTES,
    .serve = serve,
};
