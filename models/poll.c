/*
 * poll: an array of the sockets to watch goes to the kernel with every call, which notes in each
 * entry what the socket is ready for.
 *
 * Idea     What one wants (events) and what one gets (revents) stand side by side in each entry, so
 *          nothing is rebuilt between two calls and there is no limit but memory. The kernel still
 *          looks at every entry each time, and so does who looks for the ready ones: the cost of a
 *          wait grows with all sockets, not with the ready ones.
 * Calls    For ever: poll, walk through the array; recv, send.
 * Re-arms  Nothing: readiness is asked for again with each call. POLLOUT is asked for only while
 *          bytes are pending, since nearly every socket can be written to nearly always.
 * Limit    None of its own: an entry has 8 bytes, RLIMIT_NOFILE is the most of them.
 * Choose   For up to some hundreds of sockets, or where most of them are busy; on any POSIX system.
 *
 * Documentation: poll(2), poll (POSIX). The array: common/poll_set.h.
 */
#include "crew.h"
#include "model.h"
#include "poll_set.h"

/* ---- accept ---- */

static void connection_begin(struct worker *worker, struct connection *connection)
{
    poll_add((struct poll_worker *)worker, connection->socket, POLLIN, connection);
}

/* ---- readable, writable, close ---- */

/* POLLERR and POLLHUP come unasked, and the call that was waited for then tells why. */
static void connection_ready(struct poll_worker *poller, unsigned at)
{
    struct worker *worker = &poller->own.worker;
    struct pollfd *entry = &poller->entries[at];
    enum readiness_received received;
    int error;
    enum session_want want =
        readiness_step(worker, poller->connections[at],
                       entry->events == POLLIN ? READINESS_RECEIVES : 0, &received, &error);
    if (want == SESSION_CLOSE) {
        server_release(worker, poller->connections[at], error);
        poll_remove(poller, at);
    } else {
        entry->events = want == SESSION_SEND ? POLLOUT : POLLIN;
    }
}

/* ---- serve ---- */

static void poller_run(struct worker *worker)
{
    struct poll_worker *poller = (struct poll_worker *)worker;
    while (!server_stopping(worker->server)) {
        int ready =
            observe_wait(worker, "poll", poller->count, poller->count * sizeof *poller->entries,
                         poll(poller->entries, poller->count, -1));
        if (ready < 0 && net_error_kind(ready) != NET_ERROR_INTERRUPTED)
            server_fail(worker->server, "poll", ready);

        struct poll_walk walk = poll_walk_begin(poller);
        while (ready > 0 && poll_walk_next(poller, &walk)) {
            if (poller->entries[walk.at].revents == 0)
                continue;
            ready--;
            if (walk.at > 0)
                connection_ready(poller, walk.at);
            else
                readiness_own_socket(worker, connection_begin);
        }
    }
}

static int poller_open(struct worker *worker)
{
    return poll_worker_open(worker, POLLIN);
}

static int serve(struct server *server)
{
    static const struct crew_calls calls = {sizeof(struct poll_worker), poller_open, poller_run,
                                            readiness_wake, poll_worker_close};
    return crew_serve(server, &calls);
}

const struct io_model model_poll = {
    .notification = MODEL_READINESS,
    .threads_apply = true,
    .thread_stack_bytes = THREAD_STACK_BYTES,
    .serve = serve,
};
