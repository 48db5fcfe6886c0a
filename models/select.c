/*
 * select: the sockets to watch are handed to the kernel with every call, and it marks the ready.
 *
 * Idea     There are two sets: the sockets to read from and the sockets to write to. select
 *          overwrites them with the answer, so they are copied for every call: the cost of a wait
 *          grows with all sockets, not with the ready ones. That is the model's lesson. A socket
 *          with bytes pending is in the first set too, until it is reported there: by Winsock's
 *          page only that set reports a reset. From then on it is in there only now and then: what
 *          it may not receive yet would make each call return at once.
 * Calls    For ever: copy the sets, select, walk through what came back; accept, recv, send.
 * Re-arms  Nothing: readiness is asked for again with each call.
 * Limit    FD_SETSIZE (64 on Windows, 1,024 on POSIX) is the size of fd_set, not the kernel's: the
 *          sets here are as large as needed. The macros are not used: FD_SET and FD_ISSET search
 *          the whole array on Windows, O(n * n) in all, and write outside it past 1,023 on POSIX.
 * Choose   For few sockets, or where the code must run everywhere.
 *
 * Documentation: select, fd_set (Microsoft); select(2), select (POSIX). The sets as data, and what
 * differs between the systems: parts/select_set.h.
 */
#include <stdlib.h>

#include "crew.h"
#include "model.h"
#include "parts/arrivals.h"
#include "parts/select_set.h"
#include "turn.h"

/*
 * The one platform block: how a socket is accepted that is non-blocking from the start, and whether
 * a reset makes a socket ready for writing too, as POSIX demands.
 */
#ifdef _WIN32
#define accept_nonblocking(listener) accept(listener, NULL, NULL) /* it has the listener's mode */
enum { WRITING_REPORTS_RESETS = 0 };
#else
#define accept_nonblocking(listener) accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)
enum { WRITING_REPORTS_RESETS = 1 };
#endif

enum { RESET_LOOK_US = 100000, RESET_LOOK_WAITS = 64 };

/* ---- state ---- */

/* A thread and what it watches. */
struct select_worker {
    struct worker worker;
    struct arrivals arrivals;
    struct select_set reading;
    struct select_set writing; /* those with bytes pending */
    struct select_member *ready;
    unsigned turn; /* waits so far */
    bool left;     /* a socket with bytes pending has left the reading set */
    int nfds;      /* POSIX: above every descriptor watched so far */
};

static void watch_arrivals(struct select_worker *thread)
{
    net_socket socket = thread->arrivals.socket;
    select_set_add(&thread->reading, socket, NULL);
    thread->nfds = (int)socket + 1;
}

static void watch(struct select_worker *thread, struct select_set *set,
                  struct select_connection *own)
{
    net_socket socket = own->connection.socket;
    if (select_set_has(set, own))
        return;
    select_set_add(set, socket, own);
    if ((int)socket >= thread->nfds)
        thread->nfds = (int)socket + 1;
}

/* ---- accept ---- */

static void connection_begin(struct select_worker *thread, struct connection *connection)
{
    watch(thread, &thread->reading, (struct select_connection *)connection);
}

static void connections_accept(struct select_worker *thread)
{
    struct worker *worker = &thread->worker;
    for (unsigned i = 0; i < SERVER_ACCEPTS_AT_ONCE; i++) {
        struct connection *begin;
        net_socket socket;
        int error = observe_accept(worker, socket = accept_nonblocking(worker->server->listener));
        if (!server_accepted(worker, error, socket, &begin))
            return;
        if (begin != NULL)
            connection_begin(thread, begin);
    }
}

static void connections_assigned(struct select_worker *thread)
{
    struct connection *connection;
    arrivals_clear(&thread->arrivals,
                   &thread->worker); /* before looking, so that no wake-up is lost */
    while ((connection = crew_next_assigned(&thread->worker)) != NULL)
        connection_begin(thread, connection);
}

/* ---- readable, writable, close ---- */

static void connection_turn(struct select_worker *thread, struct select_connection *own)
{
    struct worker *worker = &thread->worker;
    struct connection *connection = &own->connection;
    bool sending = select_set_has(&thread->writing, own);
    struct turn turn = turn_begin(&connection->session, sending ? 0 : TURN_RECEIVES);
    while (turn_next(&turn) != TURN_OVER)
        if (turn.step == TURN_RECV)
            turn_received(&turn, server_work(worker, connection,
                                             observe_recv(worker, connection, turn.span.size,
                                                          recv(connection->socket, turn.span.at,
                                                               (net_length)turn.span.size, 0))));
        else
            turn_sent(&turn, observe_send(worker, connection, turn.span.size,
                                          send(connection->socket, turn.span.at,
                                               (net_length)turn.span.size, NET_SEND_FLAGS)));

    own->writable = false;
    switch (turn_wants(&turn)) {
    case SESSION_RECV:
        select_set_remove(&thread->writing, own);
        watch(thread, &thread->reading, own);
        break;
    case SESSION_SEND:
        watch(thread, &thread->writing, own);
        break;
    case SESSION_CLOSE:
        select_set_remove(&thread->writing, own);
        select_set_remove(&thread->reading, own);
        server_release(worker, connection, turn.error);
        break;
    }
}

/* ---- serve ---- */

/* A reset may come that no set reports. */
static bool is_deaf(const struct select_worker *thread)
{
    return thread->left && !WRITING_REPORTS_RESETS;
}

static int ready_wait(struct select_worker *thread)
{
    struct select_set *reading = &thread->reading, *writing = &thread->writing;
    size_t read_bytes, write_bytes;
    /* Both are copied for every call, because the call before has overwritten the copies. */
    fd_set *read_set = select_set_copy(reading, thread->nfds, &read_bytes);
    fd_set *write_set = select_set_copy(writing, thread->nfds, &write_bytes);
    struct timeval look = {.tv_usec = RESET_LOOK_US};
    return observe_wait(
        &thread->worker, "select", "socket", reading->count + writing->count,
        read_bytes + write_bytes,
        select(thread->nfds, read_set, write_set, NULL, is_deaf(thread) ? &look : NULL));
}

static void worker_run(struct worker *worker)
{
    struct select_worker *thread = (struct select_worker *)worker;
    while (!server_stopping(worker->server)) {
        int ready = ready_wait(thread);
        if (ready < 0 && net_error_kind(ready) == NET_ERROR_INTERRUPTED)
            continue;
        if (ready < 0) {
            server_fail(worker->server, "select", ready);
            break;
        }
        /* All answers are gathered first: to serve one connection changes the sets. */
        unsigned count =
            select_sets_collect(&thread->reading, &thread->writing, thread->ready, &thread->left);
        /* Each time another one is first; otherwise the same connections would always gain. */
        unsigned at = count == 0 ? 0 : thread->turn++ % count;
        for (unsigned i = 0; i < count; i++) {
            const struct select_member *member = &thread->ready[at];
            at = at + 1 == count ? 0 : at + 1;
            if (member->connection != NULL)
                connection_turn(thread, member->connection);
            else if (worker->index == 0)
                connections_accept(thread);
            else
                connections_assigned(thread);
        }
        if (is_deaf(thread) && (ready == 0 || thread->turn % RESET_LOOK_WAITS == 0)) {
            select_sets_rejoin(&thread->reading, &thread->writing);
            thread->left = false;
        }
    }
}

static int worker_open(struct worker *worker)
{
    struct select_worker *thread = (struct select_worker *)worker;
    unsigned members = worker->server->capacity + 1;
    thread->ready = calloc(SELECT_PURPOSES * (size_t)members, sizeof *thread->ready);
    if (!select_set_open(&thread->reading, SELECT_READING, members) ||
        !select_set_open(&thread->writing, SELECT_WRITING, members) || thread->ready == NULL)
        return server_fail(worker->server, "calloc", -NET_NO_MEMORY);
    int error = arrivals_open(&thread->arrivals, worker);
    if (error == 0)
        watch_arrivals(thread);
    return error;
}

static void worker_wake(struct worker *worker, struct worker *by)
{
    arrivals_wake(&((struct select_worker *)worker)->arrivals, by);
}

static void worker_close(struct worker *worker)
{
    struct select_worker *thread = (struct select_worker *)worker;
    arrivals_close(&thread->arrivals);
    select_set_close(&thread->reading);
    select_set_close(&thread->writing);
    free(thread->ready);
}

static int serve(struct server *server)
{
    static const struct crew_calls calls = {sizeof(struct select_worker), worker_open, worker_run,
                                            worker_wake, worker_close};
    return crew_serve(server, &calls);
}

const struct io_model model_select = {
    .threads_apply = true,
    .thread_stack_bytes = THREAD_STACK_BYTES,
    .connection_bytes = sizeof(struct select_connection),
    .serve = serve,
};
