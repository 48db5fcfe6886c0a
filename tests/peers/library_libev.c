#include "peer.h"

#include <ev.h>
#include <stdlib.h>

const char peer_model[] = "epoll";

struct connection {
    struct session *session;
    ev_io readable;
    ev_io writable;
};

static void advance(struct ev_loop *loop, ev_io *ready, int events)
{
    struct connection *connection = ready->data;
    struct session *session = connection->session;
    bool sending = session->begin < session->end;
    (void)events;
    switch (sending ? session_send(session) : session_receive(session)) {
    case STEP_CLOSED:
        ev_io_stop(loop, ready);
        free(connection);
        session_close(session);
        break;
    case STEP_PENDING:
        if (!sending) {
            ev_io_stop(loop, &connection->readable);
            ev_io_start(loop, &connection->writable);
        }
        break;
    default:
        if (sending) {
            ev_io_stop(loop, &connection->writable);
            ev_io_start(loop, &connection->readable);
        }
    }
}

static void accept_all(struct ev_loop *loop, ev_io *listening, int events)
{
    struct session *session;
    (void)events;
    while ((session = session_accept(listening->fd, true))) {
        struct connection *connection = peer_allocate(1, sizeof *connection);
        connection->session = session;
        ev_io_init(&connection->readable, advance, session->socket, EV_READ);
        ev_io_init(&connection->writable, advance, session->socket, EV_WRITE);
        connection->readable.data = connection->writable.data = connection;
        ev_io_start(loop, &connection->readable);
    }
}

void peer_serve(socket_t listener)
{
    struct ev_loop *loop = ev_loop_new(EVBACKEND_EPOLL);
    ev_io listening;
    if (!loop)
        peer_fail("ev_loop_new");
    socket_set_nonblocking(listener);
    ev_io_init(&listening, accept_all, listener, EV_READ);
    ev_io_start(loop, &listening);
    ev_run(loop, 0);
}
