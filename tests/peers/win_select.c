#include "peer.h"

#include <string.h>

const char peer_model[] = "select";

/* Winsock's set is a counted array: the same layout, with room for more than FD_SETSIZE. */
struct set {
    u_int count;
    SOCKET sockets[];
};

/* Socket handles are small multiples of four. */
enum { HANDLES = 1 << 18 };

static struct session *by_handle[HANDLES];
static struct set *wanted_reads, *wanted_writes, *reads, *writes;

static struct set *new_set(void)
{
    return peer_allocate(1, sizeof(struct set) + (peer.max_connections + 1) * sizeof(SOCKET));
}

static void add(struct set *set, struct session *session)
{
    session->index = set->count;
    set->sockets[set->count++] = session->socket;
}

static void drop(struct set *set, const struct session *session)
{
    SOCKET last = set->sockets[--set->count];
    set->sockets[session->index] = last;
    by_handle[last >> 2]->index = session->index;
}

static void accept_all(socket_t listener)
{
    struct session *session;
    while ((session = session_accept(listener, true))) {
        if (session->socket >> 2 >= HANDLES) {
            session_close(session);
            continue;
        }
        by_handle[session->socket >> 2] = session;
        add(wanted_reads, session);
    }
}

static void readable(struct session *session)
{
    switch (session_receive(session)) {
    case STEP_CLOSED:
        drop(wanted_reads, session);
        session_close(session);
        break;
    case STEP_PENDING:
        drop(wanted_reads, session);
        add(wanted_writes, session);
        break;
    default:
        break;
    }
}

static void writable(struct session *session)
{
    switch (session_send(session)) {
    case STEP_CLOSED:
        drop(wanted_writes, session);
        session_close(session);
        break;
    case STEP_DONE:
        drop(wanted_writes, session);
        add(wanted_reads, session);
        break;
    default:
        break;
    }
}

static void copy(struct set *to, const struct set *from)
{
    to->count = from->count;
    memcpy(to->sockets, from->sockets, from->count * sizeof from->sockets[0]);
}

void peer_serve(socket_t listener)
{
    wanted_reads = new_set();
    wanted_writes = new_set();
    reads = new_set();
    writes = new_set();
    socket_set_nonblocking(listener);
    /* The listener stays at index 0: only sessions are dropped. */
    wanted_reads->sockets[wanted_reads->count++] = listener;
    for (;;) {
        copy(reads, wanted_reads);
        copy(writes, wanted_writes);
        if (select(0, (fd_set *)reads, writes->count ? (fd_set *)writes : NULL, NULL, NULL) <= 0)
            continue;
        for (u_int i = 0; i < writes->count; i++)
            writable(by_handle[writes->sockets[i] >> 2]);
        for (u_int i = 0; i < reads->count; i++) {
            if (reads->sockets[i] != listener)
                readable(by_handle[reads->sockets[i] >> 2]);
        }
        if (reads->count && reads->sockets[0] == listener)
            accept_all(listener);
    }
}
