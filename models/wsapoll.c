/*
 * wsapoll: Winsock's poll: an array of the sockets to watch goes to the kernel with every call,
 * which notes in each entry what the socket is ready for.
 *
 * Idea     What one wants (events) and what one gets (revents) stand side by side in each entry, so
 *          nothing is rebuilt between two calls and there is no limit but memory, unlike select's.
 *          Every entry is looked at in each call: its cost grows with all sockets.
 * Calls    For ever: WSAPoll, walk through the array; accept, recv, send.
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
 * Documentation: WSAPoll, WSAPOLLFD (Microsoft). The array as data: parts/poll_set.h.
 */
#include "crew.h"
#include "model.h"
#include "parts/arrivals.h"
#include "parts/poll_set.h"
#include "turn.h"

enum { WAIT_FOR_EVER = -1, HUNG_RETRY_MS = 10 };

/* ---- state ---- */

/* A thread and what it watches. */
struct wsapoll_worker {
    struct worker worker;
    struct arrivals arrivals;
    struct poll_set set;
    unsigned hung; /* entries that are hidden from WSAPoll */
};

static bool is_hung(const struct pollfd *entry)
{
    return entry->fd == INVALID_SOCKET;
}

/* ---- accept ---- */

static void connection_begin(struct wsapoll_worker *thread, struct connection *connection)
{
    poll_set_add(&thread->set, connection->socket, POLLRDNORM, connection);
}

static void connections_accept(struct wsapoll_worker *thread)
{
    struct worker *worker = &thread->worker;
    for (unsigned i = 0; i < SERVER_ACCEPTS_AT_ONCE; i++) {
        struct connection *begin;
        net_socket socket; /* non-blocking, as the listener is */
        int error = observe_accept(worker, socket = accept(worker->server->listener, NULL, NULL));
        if (!server_accepted(worker, error, socket, &begin))
            return;
        if (begin != NULL)
            connection_begin(thread, begin);
    }
}

static void connections_assigned(struct wsapoll_worker *thread)
{
    struct connection *connection;
    arrivals_clear(&thread->arrivals,
                   &thread->worker); /* before looking, so that no wake-up is lost */
    while ((connection = crew_next_assigned(&thread->worker)) != NULL)
        connection_begin(thread, connection);
}

/* ---- readable, writable, close ---- */

/* What there is to say of POLLERR, POLLHUP and POLLNVAL is said by the call that was waited for. */
static void connection_turn(struct wsapoll_worker *thread, unsigned at)
{
    struct worker *worker = &thread->worker;
    struct connection *connection = thread->set.connections[at];
    struct pollfd *entry = &thread->set.entries[at];
    bool readable = entry->events == POLLRDNORM;
    bool hung_up = is_hung(entry) || (entry->revents & POLLHUP) != 0;
    thread->hung -= is_hung(entry);
    entry->fd = connection->socket;
    struct turn turn = turn_begin(&connection->session, readable ? TURN_RECEIVES : 0);
    while (turn_next(&turn) != TURN_OVER)
        if (turn.step == TURN_RECV)
            turn_received(&turn, server_work(worker, connection,
                                             observe_recv(worker, connection, turn.span.size,
                                                          recv(connection->socket, turn.span.at,
                                                               (int)turn.span.size, 0))));
        else
            turn_sent(&turn,
                      observe_send(worker, connection, turn.span.size,
                                   send(connection->socket, turn.span.at, (int)turn.span.size, 0)));

    switch (turn_wants(&turn)) {
    case SESSION_RECV:
        entry->events = POLLRDNORM;
        break;
    case SESSION_SEND:
        entry->events = POLLWRNORM;
        if (hung_up) {
            entry->fd = INVALID_SOCKET;
            thread->hung++;
        }
        break;
    case SESSION_CLOSE:
        poll_set_remove(&thread->set, at);
        server_release(worker, connection, turn.error);
        break;
    }
}

/* ---- serve ---- */

static void worker_run(struct worker *worker)
{
    struct wsapoll_worker *thread = (struct wsapoll_worker *)worker;
    struct poll_set *set = &thread->set;
    while (!server_stopping(worker->server)) {
        int timeout_ms = thread->hung > 0 ? HUNG_RETRY_MS : WAIT_FOR_EVER;
        int ready =
            observe_wait(worker, "WSAPoll", "socket", set->count, set->count * sizeof *set->entries,
                         WSAPoll(set->entries, set->count, timeout_ms));
        if (ready < 0)
            server_fail(worker->server, "WSAPoll", ready);

        unsigned left = ready < 0 ? 0 : (unsigned)ready + thread->hung;
        struct poll_walk walk = poll_walk_begin(set);
        while (left > 0 && poll_walk_next(set, &walk)) {
            const struct pollfd *entry = &set->entries[walk.at];
            if (entry->revents == 0 && !is_hung(entry))
                continue;
            left--;
            if (walk.at > 0)
                connection_turn(thread, walk.at);
            else if (worker->index == 0)
                connections_accept(thread);
            else
                connections_assigned(thread);
        }
    }
}

static int worker_open(struct worker *worker)
{
    struct wsapoll_worker *thread = (struct wsapoll_worker *)worker;
    if (!poll_set_open(&thread->set, worker->server->capacity + 1))
        return server_fail(worker->server, "calloc", -NET_NO_MEMORY);
    int error = arrivals_open(&thread->arrivals, worker);
    if (error == 0)
        poll_set_add(&thread->set, thread->arrivals.socket, POLLRDNORM, NULL);
    return error;
}

static void worker_wake(struct worker *worker, struct worker *by)
{
    arrivals_wake(&((struct wsapoll_worker *)worker)->arrivals, by);
}

static void worker_close(struct worker *worker)
{
    struct wsapoll_worker *thread = (struct wsapoll_worker *)worker;
    arrivals_close(&thread->arrivals);
    poll_set_close(&thread->set);
}

static int serve(struct server *server)
{
    static const struct crew_calls calls = {sizeof(struct wsapoll_worker), worker_open, worker_run,
                                            worker_wake, worker_close};
    return crew_serve(server, &calls);
}

const struct io_model model_wsapoll = {
    .threads_apply = true,
    .thread_stack_bytes = THREAD_STACK_BYTES,
    .serve = serve,
};
