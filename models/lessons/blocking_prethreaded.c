/*
 * blocking_prethreaded: blocking, but with a fixed number of threads, which are made beforehand.
 *
 * Changed  Each of the --threads threads accepts a client, serves it until it leaves, and accepts
 *          the next one. One thread at a time is inside accept, the others wait for a mutex: so
 *          server_accept_failed may take a client from the queue and does not wait for one that
 *          another thread took.
 * Gain     No thread is started and ended for a client, which counts where clients come for a moment.
 *          Memory and the scheduler's load have a bound, whoever comes.
 * Harm     As many clients are served at once as there are threads. Others are connected, by the
 *          system, and wait in the listener's queue until one leaves: a client that stays and says
 *          nothing has a thread all the same.
 * Shows    server_cpu_us_per_msg and throughput: bench --suite designs, or --workload churn --threads 8.
 *
 * Documentation: Stevens, Fenner and Rudoff, "UNIX Network Programming", volume 1, chapter 30.
 */
#include "crew.h"
#include "model.h"
#include "parts/stop_watch.h"

struct prethreaded_worker {
    struct worker worker;
    thread_mutex *accepting; /* of all threads: held inside accept */
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

/* The next client, or NULL when the server stops. Call it with `accepting`. */
static struct connection *connection_accept(struct worker *worker)
{
    struct server *server = worker->server;
    struct connection *connection = NULL;
    while (connection == NULL && !server_stopping(server)) {
        net_socket socket;
        int error = observe_accept(worker, socket = accept(server->listener, NULL, NULL));
        if (error == 0)
            connection = server_admit(worker, socket);
        else if (server_accept_failed(worker, error) < 0)
            break;
    }
    return connection;
}

static void worker_run(struct worker *worker)
{
    thread_mutex *accepting = ((struct prethreaded_worker *)worker)->accepting;
    for (;;) {
        thread_mutex_lock(accepting);
        struct connection *connection = connection_accept(worker);
        thread_mutex_unlock(accepting);
        if (connection == NULL)
            return;
        server_release(worker, connection, serve_connection(worker, connection));
    }
}

/* The stop's connection ends the accept, the stop watch the receives and sends. */
static void worker_wake(struct worker *worker, struct worker *by)
{
    (void)worker;
    (void)by;
}

static int serve(struct server *server)
{
    struct crew crew;
    struct stop_watch watch;
    thread_mutex accepting = THREAD_MUTEX_INIT;
    int error =
        crew_open(&crew, server, sizeof(struct prethreaded_worker), worker_run, worker_wake);
    if (error == 0)
        error = stop_watch_begin(&watch, server);
    if (error == 0) {
        for (unsigned i = 0; i < crew.count; i++)
            ((struct prethreaded_worker *)crew_worker(&crew, i))->accepting = &accepting;
        error = crew_run(&crew);
        stop_watch_end(&watch);
    }
    crew_close(&crew);
    return error;
}

const struct io_model model_blocking_prethreaded = {
    .calls_wait = true,
    .accepts_wait = true,
    .threads_apply = true,
    .connections_per_thread = 1,
    .clients_at_once = 1,
    .thread_stack_bytes = THREAD_STACK_BYTES,
    .serve = serve,
};
