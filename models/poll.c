/*
 * poll: an array of the sockets to watch goes to the kernel with every call, which notes in each
 * entry what the socket is ready for.
 *
 * Idea     What one wants (events) and what one gets (revents) stand side by side in each entry, so
 *          nothing is rebuilt between two calls and there is no limit but memory. The kernel still
 *          looks at every entry each time, and so does who looks for the ready ones: the cost of a
 *          wait grows with all sockets, not with the ready ones.
 * Calls    For ever: poll, walk through the array; accept4, recv, send.
 * Re-arms  Nothing: readiness is asked for again with each call. POLLOUT is asked for only while
 *          bytes are pending, since nearly every socket can be written to nearly always.
 * Limit    None of its own: an entry has 8 bytes, RLIMIT_NOFILE is the most of them.
 * Choose   For up to some hundreds of sockets, or where most of them are busy; on any POSIX system.
 *
 * Documentation: poll(2), poll (POSIX). The array as data: parts/poll_set.h.
 */
#include "crew.h"
#include "model.h"
#include "parts/arrivals.h"
#include "parts/poll_set.h"
#include "turn.h"

/* ---- state ---- */

/* A thread and what it watches. */
struct poll_worker {
    struct worker worker;
    struct arrivals arrivals;
    struct poll_set set;
};

/* ---- accept ---- */

static void connection_begin(struct poll_worker *thread, struct connection *connection)
{
    poll_set_add(&thread->set, connection->socket, POLLIN, connection);
}

static void connections_accept(struct poll_worker *thread)
{
    struct worker *worker = &thread->worker;
    for (unsigned i = 0; i < SERVER_ACCEPTS_AT_ONCE; i++) {
        struct connection *begin;
        net_socket socket;
        int error = observe_accept(worker, socket = accept4(worker->server->listener, NULL, NULL,
                                                            SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (!server_accepted(worker, error, socket, &begin))
            return;
        if (begin != NULL)
            connection_begin(thread, begin);
    }
}

static void connections_assigned(struct poll_worker *thread)
{
    struct connection *connection;
    arrivals_clear(&thread->arrivals,
                   &thread->worker); /* before looking, so that no wake-up is lost */
    while ((connection = crew_next_assigned(&thread->worker)) != NULL)
        connection_begin(thread, connection);
}

/* ---- readable, writable, close ---- */

/* POLLERR and POLLHUP come unasked, and the call that was waited for then says why. */
static void connection_turn(struct poll_worker *thread, unsigned at)
{
    struct worker *worker = &thread->worker;
    struct connection *connection = thread->set.connections[at];
    struct pollfd *entry = &thread->set.entries[at];
    bool readable = entry->events == POLLIN;
    struct turn turn = turn_begin(&connection->session, readable ? TURN_RECEIVES : 0);
    while (turn_next(&turn) != TURN_OVER)
        if (turn.step == TURN_RECV)
            turn_received(&turn, server_work(worker, connection,
                                             observe_recv(worker, connection, turn.span.size,
                                                          recv(connection->socket, turn.span.at,
                                                               turn.span.size, 0))));
        else
            turn_sent(&turn, observe_send(worker, connection, turn.span.size,
                                          send(connection->socket, turn.span.at, turn.span.size,
                                               MSG_NOSIGNAL)));

    enum session_want want = turn_wants(&turn);
    if (want == SESSION_CLOSE) {
        poll_set_remove(&thread->set, at);
        server_release(worker, connection, turn.error);
    } else {
        entry->events = want == SESSION_SEND ? POLLOUT : POLLIN;
    }
}

/* ---- serve ---- */

static void worker_run(struct worker *worker)
{
    struct poll_worker *thread = (struct poll_worker *)worker;
    struct poll_set *set = &thread->set;
    while (!server_stopping(worker->server)) {
        int ready =
            observe_wait(worker, "poll", "socket", set->count, set->count * sizeof *set->entries,
                         poll(set->entries, set->count, -1));
        if (ready < 0 && net_error_kind(ready) != NET_ERROR_INTERRUPTED)
            server_fail(worker->server, "poll", ready);

        struct poll_walk walk = poll_walk_begin(set);
        while (ready > 0 && poll_walk_next(set, &walk)) {
            if (set->entries[walk.at].revents == 0)
                continue;
            ready--;
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
    struct poll_worker *thread = (struct poll_worker *)worker;
    if (!poll_set_open(&thread->set, worker->server->capacity + 1))
        return server_fail(worker->server, "calloc", -NET_NO_MEMORY);
    int error = arrivals_open(&thread->arrivals, worker);
    if (error == 0)
        poll_set_add(&thread->set, thread->arrivals.socket, POLLIN, NULL);
    return error;
}

static void worker_wake(struct worker *worker, struct worker *by)
{
    arrivals_wake(&((struct poll_worker *)worker)->arrivals, by);
}

static void worker_close(struct worker *worker)
{
    struct poll_worker *thread = (struct poll_worker *)worker;
    arrivals_close(&thread->arrivals);
    poll_set_close(&thread->set);
}

static int serve(struct server *server)
{
    static const struct crew_calls calls = {sizeof(struct poll_worker), worker_open, worker_run,
                                            worker_wake, worker_close};
    return crew_serve(server, &calls);
}

const struct io_model model_poll = {
    .threads_apply = true,
    .thread_stack_bytes = THREAD_STACK_BYTES,
    .serve = serve,
};
