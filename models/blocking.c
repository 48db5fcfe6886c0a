/*
 * blocking: a thread for each connection, which waits inside recv and send.
 *
 * Idea     The code reads as the protocol does: receive, send back, receive again. The system's
 *          scheduler is the event loop.
 * Calls    accept on the calling thread; a new thread; there recv, send, recv, send ... close.
 * Re-arms  Nothing: a call that returns has done its work.
 * Limit    Threads. Each has a stack (here THREAD_STACK_BYTES, 64 KiB on Linux and 256 KiB on
 *          Windows, reserved, not 8 or 1 MiB) and is a switch of context for each message.
 *          --threads means nothing to it.
 * Choose   For few connections, or where the work behind a message blocks anyway.
 *
 * Documentation: recv, send, accept, shutdown, CancelIoEx (Microsoft); recv(2), send(2) (POSIX).
 */
#include "crew.h"
#include "model.h"

/* How often the stop is repeated: a call that begins just then can miss it (see net_interrupt). */
enum { INTERRUPT_AGAIN_MS = 100 };

/* What all the threads share. */
struct blocking {
    struct server *server;
    thread_mutex mutex;
    thread_condition changed;
    unsigned running; /* connection threads that have not finished */
    bool any_finished;
    thread_handle last_finished; /* not joined yet; it has joined the one before it */
};

struct blocking_connection {
    struct connection connection;
    struct blocking *blocking;
    thread_handle thread;
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

static void connection_main(void *argument)
{
    struct blocking_connection *own = argument;
    struct blocking *blocking = own->blocking;
    struct worker worker = {.index = 0}; /* this thread's counters */
    worker_begin(&worker, blocking->server);

    int error = serve_connection(&worker, &own->connection);

    /* Each thread joins the one that finished before it, so the stop has only the last to join. */
    thread_mutex_lock(&blocking->mutex);
    bool join_previous = blocking->any_finished;
    thread_handle previous = blocking->last_finished;
    blocking->last_finished = own->thread;
    blocking->any_finished = true;
    blocking->running--;
    thread_condition_wake_all(&blocking->changed);
    thread_mutex_unlock(&blocking->mutex);

    server_release(&worker, &own->connection, error);
    worker_end(&worker);
    if (join_previous)
        thread_join(previous);
}

static void start_connection(struct worker *worker, struct blocking *blocking,
                             struct connection *connection)
{
    struct blocking_connection *own = (struct blocking_connection *)connection;
    own->blocking = blocking;

    /* The new thread reads its handle under this lock, so the handle is stored under it too. */
    thread_mutex_lock(&blocking->mutex);
    int error =
        observe_call(worker, connection, "start a thread",
                     thread_start(&own->thread, connection_main, own, THREAD_STACK_BYTES) == 0);
    if (error == 0)
        blocking->running++;
    thread_mutex_unlock(&blocking->mutex);

    if (error != 0) {
        char limit[THREAD_LIMIT_TEXT];
        server_lacks(worker->server, "starting a thread", error,
                     thread_limit_text(limit, sizeof limit));
        server_release(worker, connection, error);
    }
}

static void accept_until_stopped(struct worker *worker, struct blocking *blocking)
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
            start_connection(worker, blocking, connection);
    }
}

static void stop_connections(struct server *server, struct blocking *blocking)
{
    thread_mutex_lock(&blocking->mutex);
    while (blocking->running > 0) {
        thread_mutex_unlock(&blocking->mutex);
        server_interrupt_connections(server);
        thread_mutex_lock(&blocking->mutex);
        if (blocking->running > 0)
            thread_condition_wait_ms(&blocking->changed, &blocking->mutex, INTERRUPT_AGAIN_MS);
    }
    bool any_finished = blocking->any_finished;
    thread_handle last = blocking->last_finished;
    thread_mutex_unlock(&blocking->mutex);
    if (any_finished)
        thread_join(last);
}

static int serve(struct server *server)
{
    struct blocking blocking = {
        .server = server, .mutex = THREAD_MUTEX_INIT, .changed = THREAD_CONDITION_INIT};
    struct worker acceptor = {.index = 0};
    worker_begin(&acceptor, server);
    accept_until_stopped(&acceptor, &blocking);
    stop_connections(server, &blocking);
    worker_end(&acceptor);
    return server->failure;
}

const struct io_model model_blocking = {
    .calls_wait = true,
    .accepts_wait = true,
    .threads_apply = false,
    .connections_per_thread = 1,
    .thread_stack_bytes = THREAD_STACK_BYTES,
    .connection_bytes = sizeof(struct blocking_connection),
    .serve = serve,
};
