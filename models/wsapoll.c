/*
 * wsapoll: Winsock's poll: an array of the sockets to watch goes to the kernel with every call,
 * which notes in each entry what the socket is ready for.
 *
 * Idea     What one wants (events) and what one gets (revents) stand side by side in each entry, so
 *          nothing is rebuilt between two calls and there is no limit but memory, unlike select's.
 *          Every entry is looked at in each call: its cost grows with all sockets.
 * Calls    For ever: WSAPoll, walk through the array; recv, send.
 * Re-arms  Nothing: readiness is asked for again with each call.
 * Limit    POLLPRI in events is WSAEINVAL, and POLLIN asks for urgent data too (POLLRDBAND), which
 *          recv does not take: POLLRDNORM and POLLWRNORM are what is meant. POLLHUP comes unasked
 *          once the peer has finished sending, also while one waits to write to it: each call would
 *          return at once. Such an entry is hidden (a negative socket is passed over) and its send
 *          tried again every HUNG_RETRY_MS, since nothing else can be waited for here.
 *          Before Windows 10 version 2004 a failed connect is never reported.
 * Choose   To port a program that uses poll; select costs the same, WSAEventSelect waits for other
 *          things as well, a completion port scales.
 *
 * Documentation: WSAPoll, WSAPOLLFD (Microsoft). The array: common/poll_set.h.
 */
#include "crew.h"
#include "model.h"
#include "poll_set.h"

enum { WAIT_FOR_EVER = -1, HUNG_RETRY_MS = 10 };

struct wsapoll_worker {
    struct poll_worker poller;
    unsigned hung; /* entries that are hidden from WSAPoll */
};

static bool is_hung(const struct pollfd *entry)
{
    return entry->fd == INVALID_SOCKET;
}

/* ---- accept ---- */

static void connection_begin(struct worker *worker, struct connection *connection)
{
    poll_add((struct poll_worker *)worker, connection->socket, POLLRDNORM, connection);
}

/* ---- readable, writable, close ---- */

/* What there is to say of POLLERR, POLLHUP and POLLNVAL is said by the call that was waited for. */
static void connection_ready(struct wsapoll_worker *own, unsigned at)
{
    struct worker *worker = &own->poller.own.worker;
    struct pollfd *entry = &own->poller.entries[at];
    struct connection *connection = own->poller.connections[at];
    enum readiness_received received;
    bool hung_up = is_hung(entry) || (entry->revents & POLLHUP) != 0;
    int error;
    own->hung -= is_hung(entry);
    entry->fd = connection->socket;
    unsigned receives = entry->events == POLLRDNORM ? READINESS_RECEIVES : 0;
    switch (readiness_step(worker, connection, receives, &received, &error)) {
    case SESSION_RECV:
        entry->events = POLLRDNORM;
        break;
    case SESSION_SEND:
        entry->events = POLLWRNORM;
        if (hung_up) {
            entry->fd = INVALID_SOCKET;
            own->hung++;
        }
        break;
    case SESSION_CLOSE:
        poll_remove(&own->poller, at);
        server_release(worker, connection, error);
        break;
    }
}

/* ---- serve ---- */

static void wsapoll_run(struct worker *worker)
{
    struct wsapoll_worker *own = (struct wsapoll_worker *)worker;
    struct poll_worker *poller = &own->poller;
    while (!server_stopping(worker->server)) {
        int timeout_ms = own->hung > 0 ? HUNG_RETRY_MS : WAIT_FOR_EVER;
        int ready =
            observe_wait(worker, "WSAPoll", poller->count, poller->count * sizeof *poller->entries,
                         WSAPoll(poller->entries, poller->count, timeout_ms));
        if (ready < 0)
            server_fail(worker->server, "WSAPoll", ready);

        unsigned left = ready < 0 ? 0 : (unsigned)ready + own->hung;
        struct poll_walk walk = poll_walk_begin(poller);
        while (left > 0 && poll_walk_next(poller, &walk)) {
            const struct pollfd *entry = &poller->entries[walk.at];
            if (entry->revents == 0 && !is_hung(entry))
                continue;
            left--;
            if (walk.at > 0)
                connection_ready(own, walk.at);
            else
                readiness_own_socket(worker, connection_begin);
        }
    }
}

static int wsapoll_open(struct worker *worker)
{
    return poll_worker_open(worker, POLLRDNORM);
}

static int serve(struct server *server)
{
    static const struct crew_calls calls = {sizeof(struct wsapoll_worker), wsapoll_open,
                                            wsapoll_run, readiness_wake, poll_worker_close};
    return crew_serve(server, &calls);
}

const struct io_model model_wsapoll = {
    .notification = MODEL_READINESS,
    .threads_apply = true,
    .thread_stack_bytes = THREAD_STACK_BYTES,
    .serve = serve,
};
