#include "readiness.h"

void readiness_accept(struct worker *worker, readiness_begin *begin)
{
    for (unsigned i = 0; i < SERVER_ACCEPTS_AT_ONCE; i++) {
        net_socket socket;
        int error =
            observe_accept(worker, socket = net_accept_nonblocking(worker->server->listener));
        if (error != 0) {
            if (server_accept_failed(worker, error) <= 0)
                return;
            continue;
        }
        struct connection *connection = server_admit(worker, socket);
        if (connection != NULL && crew_assign(worker, connection) != NULL)
            begin(worker, connection);
    }
}

int readiness_open(struct worker *worker)
{
    struct readiness_worker *own = (struct readiness_worker *)worker;
    int error;
    if (worker->index == 0) {
        own->own_socket = worker->server->listener;
        error = net_set_nonblocking(own->own_socket, true);
    } else {
        error = net_wake_open(&own->wake);
        own->wakes = error == 0;
        own->own_socket = own->wake.wait_on;
    }
    return error == 0 ? 0 : server_fail(worker->server, "preparing a worker's socket", error);
}

void readiness_wake(struct worker *worker)
{
    net_wake_send(&((struct readiness_worker *)worker)->wake);
}

void readiness_close(struct worker *worker)
{
    struct readiness_worker *own = (struct readiness_worker *)worker;
    if (own->wakes)
        net_wake_close(&own->wake);
}

void readiness_own_socket(struct worker *worker, readiness_begin *begin)
{
    struct connection *connection;
    if (worker->index == 0) {
        readiness_accept(worker, begin);
        return;
    }
    net_wake_clear(&((struct readiness_worker *)worker)->wake); /* before looking: none is lost */
    while ((connection = crew_next_assigned(worker)) != NULL)
        begin(worker, connection);
}

static bool must_wait(int64_t error)
{
    return net_error_kind((int)error) == NET_ERROR_WOULD_BLOCK;
}

static bool interrupted(int64_t error)
{
    return net_error_kind((int)error) == NET_ERROR_INTERRUPTED;
}

/* Until nothing is pending or the socket takes no more. 0 or the negative error. */
static int send_pending(struct worker *worker, struct connection *connection)
{
    while (session_wants(&connection->session) == SESSION_SEND) {
        struct session_span span = session_send_span(&connection->session);
        int64_t sent =
            observe_send(worker, connection, span.size,
                         send(connection->socket, span.at, (net_length)span.size, NET_SEND_FLAGS));
        if (sent >= 0)
            session_sent(&connection->session, (size_t)sent);
        else if (!interrupted(sent))
            return must_wait(sent) ? 0 : (int)sent;
    }
    return 0;
}

static int receive_once(struct worker *worker, struct connection *connection,
                        enum readiness_received *received)
{
    struct session_span span = session_recv_span(&connection->session);
    int64_t count = observe_recv(worker, connection, span.size,
                                 recv(connection->socket, span.at, (net_length)span.size, 0));
    *received = READINESS_NOTHING;
    if (count < 0)
        return must_wait(count) || interrupted(count) ? 0 : (int)count;
    *received = READINESS_SOMETHING;
    session_received(&connection->session, (size_t)count);
    return 0;
}

enum session_want readiness_step(struct worker *worker, struct connection *connection,
                                 unsigned receives, enum readiness_received *received, int *error)
{
    struct session *session = &connection->session;
    *received = READINESS_NOT_TRIED;
    *error = send_pending(worker, connection);
    while (receives > 0 && *error == 0 && session_wants(session) == SESSION_RECV) {
        *error = receive_once(worker, connection, received);
        /* A full buffer: more is there, most likely, and the processor's cache has the buffer. */
        receives = session_is_full(session) ? receives - 1 : 0;
        if (*error == 0)
            *error = send_pending(worker, connection);
    }
    return *error == 0 ? session_wants(session) : SESSION_CLOSE;
}
