#include "peer.h"

const char peer_model[] = "wsapoll";

static WSAPOLLFD *entries;
static struct session **sessions;
static size_t count;

static void accept_all(socket_t listener)
{
    struct session *session;
    while ((session = session_accept(listener, true))) {
        entries[count] = (WSAPOLLFD){.fd = session->socket, .events = POLLRDNORM};
        sessions[count++] = session;
    }
}

static void advance(size_t i)
{
    bool sending = entries[i].events == POLLWRNORM;
    switch (sending ? session_send(sessions[i]) : session_receive(sessions[i])) {
    case STEP_CLOSED:
        session_close(sessions[i]);
        entries[i] = entries[--count];
        sessions[i] = sessions[count];
        break;
    case STEP_PENDING:
        entries[i].events = POLLWRNORM;
        break;
    default:
        entries[i].events = POLLRDNORM;
    }
}

void peer_serve(socket_t listener)
{
    entries = peer_allocate(peer.max_connections + 1, sizeof *entries);
    sessions = peer_allocate(peer.max_connections + 1, sizeof *sessions);
    socket_set_nonblocking(listener);
    entries[count++] = (WSAPOLLFD){.fd = listener, .events = POLLRDNORM};
    for (;;) {
        int ready = WSAPoll(entries, (ULONG)count, -1);
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
