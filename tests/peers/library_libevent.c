/* Plain events: a bufferevent copies every byte through a buffer of its own. */
#include "peer.h"

#include <event2/event.h>
#include <stdlib.h>

const char peer_model[] = "epoll";

struct connection {
    struct session *session;
    struct event *readable;
    struct event *writable;
};

static struct event_base *base;

static void watch_other(struct event *now, struct event *before)
{
    if (event_del(before) != 0 || event_add(now, NULL) != 0)
        peer_fail("event_add");
}

static void advance(evutil_socket_t socket, short events, void *argument)
{
    struct connection *connection = argument;
    struct session *session = connection->session;
    bool sending = session->begin < session->end;
    (void)socket;
    (void)events;
    switch (sending ? session_send(session) : session_receive(session)) {
    case STEP_CLOSED:
        event_free(connection->readable);
        event_free(connection->writable);
        free(connection);
        session_close(session);
        break;
    case STEP_PENDING:
        if (!sending)
            watch_other(connection->writable, connection->readable);
        break;
    default:
        if (sending)
            watch_other(connection->readable, connection->writable);
    }
}

static void accept_all(evutil_socket_t listener, short events, void *argument)
{
    struct session *session;
    (void)events;
    (void)argument;
    while ((session = session_accept(listener, true))) {
        struct connection *connection = peer_allocate(1, sizeof *connection);
        connection->session = session;
        connection->readable =
            event_new(base, session->socket, EV_READ | EV_PERSIST, advance, connection);
        connection->writable =
            event_new(base, session->socket, EV_WRITE | EV_PERSIST, advance, connection);
        if (!connection->readable || !connection->writable ||
            event_add(connection->readable, NULL) != 0)
            peer_fail("event_new");
    }
}

void peer_serve(socket_t listener)
{
    struct event_config *config = event_config_new();
    /* One epoll_ctl for an event that goes and another that comes. */
    if (!config || event_config_set_flag(config, EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST) != 0)
        peer_fail("event_config_new");
    base = event_base_new_with_config(config);
    event_config_free(config);
    socket_set_nonblocking(listener);
    struct event *listening =
        base ? event_new(base, listener, EV_READ | EV_PERSIST, accept_all, NULL) : NULL;
    if (!listening || event_add(listening, NULL) != 0)
        peer_fail("libevent");
    event_base_dispatch(base);
}
