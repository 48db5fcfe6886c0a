#include "peer.h"

#include <poll.h>

const char peer_model[] = "poll";

static struct pollfd *entries;
static struct session **sessions;
static size_t count;

static void accept_all(socket_t listener)
{
    struct session *session;
    while ((session = session_accept(listener, true))) {
        entries[count] = (struct pollfd){.fd = session->socket, .events = POLLIN};
        sessions[count++] = session;
    }
}

static void advance(size_t i)
{
    bool sending = entries[i].events == POLLOUT;
    switch (sending ? session_send(sessions[i]) : session_receive(sessions[i])) {
    case STEP_CLOSED:
        session_close(sessions[i]);
        entries[i] = entries[--count];
        sessions[i] = sessions[count];
        break;
    case STEP_PENDING:
        entries[i].events = POLLOUT;
        break;
    default:
        entries[i].events = POLLIN;
    }
}

void peer_serve(socket_t listener)
{
    entries = peer_allocate(peer.max_connections + 1, sizeof *entries);
    sessions = peer_allocate(peer.max_connections + 1, sizeof *sessions);
    socket_set_nonblocking(listener);
    entries[count++] = (struct pollfd){.fd = listener, .events = POLLIN};
    for (;;) {
        int ready = poll(entries, (nfds_t)count, -1);
        /* Downwards, so that the entry that fills a gap has been looked at already. */
        for (size_t i = count - 1; ready > 0 && i > 0; i--) {
            if (entries[i].revents) {
                ready--;
                advance(i);
            }
        }
        if (entries[0].revents)
            accept_all(listener);
    }
}
