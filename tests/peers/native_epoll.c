#include "peer.h"

#include <sys/epoll.h>

const char peer_model[] = "epoll";

static int poller;

static void watch(int operation, struct session *session, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = session};
    epoll_ctl(poller, operation, session->socket, &event);
}

static void accept_all(socket_t listener)
{
    struct session *session;
    while ((session = session_accept(listener, true)))
        watch(EPOLL_CTL_ADD, session, EPOLLIN);
}

static void advance(struct session *session)
{
    bool sending = session->begin < session->end;
    switch (sending ? session_send(session) : session_receive(session)) {
    case STEP_CLOSED:
        session_close(session);
        break;
    case STEP_PENDING:
        if (!sending)
            watch(EPOLL_CTL_MOD, session, EPOLLOUT);
        break;
    default:
        if (sending)
            watch(EPOLL_CTL_MOD, session, EPOLLIN);
    }
}

void peer_serve(socket_t listener)
{
    struct epoll_event ready[256];
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    poller = epoll_create1(EPOLL_CLOEXEC);
    socket_set_nonblocking(listener);
    if (poller < 0 || epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event) != 0)
        peer_fail("epoll");
    for (;;) {
        int count = epoll_wait(poller, ready, sizeof ready / sizeof ready[0], -1);
        for (int i = 0; i < count; i++) {
            if (ready[i].data.ptr)
                advance(ready[i].data.ptr);
            else
                accept_all(listener);
        }
    }
}
