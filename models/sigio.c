/*
 * sigio: the kernel sends a signal whenever something happens to a socket, and the thread takes the
 * signals out of its queue, one by one.
 *
 * Idea     The fourth of the five models in Stevens' "UNIX Network Programming", as Linux made it fit
 *          for servers: with F_SETSIG a real-time signal takes the place of SIGIO, and such signals
 *          are queued and say which descriptor they are of (si_fd) and what happened (si_band). No
 *          handler runs: the signal is blocked, and sigwaitinfo takes it. A wait costs what is ready,
 *          however many are idle. Before epoll (Linux 2.6) nothing else on Linux had that.
 * Calls    fcntl(F_SETSIG), fcntl(F_SETOWN_EX, F_OWNER_TID), fcntl(F_SETFL, O_ASYNC), once for each
 *          socket; then for ever sigwaitinfo, accept4, recv, send; sigtimedwait, without waiting, where
 *          a connection goes on; poll, when the queue was full. pthread_kill wakes a thread.
 * Re-arms  Nothing: each change is signalled once (edge-triggered), whether or not the one before was
 *          acted on. A receive that does not fill the buffer is enough, since what comes later has a
 *          signal of its own. But what came before O_ASYNC was set, while bytes were pending, or when
 *          the queue was full has none that can be acted on: then the connection goes on by itself
 *          until a receive finds nothing. Else the end behind its last bytes would be missed.
 * Limit    The queue, RLIMIT_SIGPENDING, which a user's processes share: a signal that finds it full
 *          is replaced by a plain SIGIO, which says of no descriptor. Then poll looks at all of them.
 *          A signal is a hint: it may still be queued when its socket is closed and the number belongs
 *          to another connection. A message that comes in parts makes a signal for each part.
 * Choose   To understand older programs; epoll reports many sockets in one call, and loses none.
 *
 * Documentation: fcntl(2), "Managing signals"; sigwaitinfo(2); signal(7), "Real-time signals"; poll(2).
 */
#include <fcntl.h>
#include <signal.h>

#include "crew.h"
#include "model.h"
#include "parts/connection_queue.h"
#include "parts/poll_set.h"
#include "parts/socket_map.h"
#include "turn.h"

/* Stays pending however full the queue is, unlike a real-time signal of pthread_kill. */
enum { WAKE_SIGNAL = SIGUSR1, SIGNALS_AT_ONCE = 256 };
static const struct timespec at_once = {0, 0};

/* ---- state ---- */

struct sigio_connection {
    struct connection connection;
    unsigned at; /* its place in the thread's set */
    bool unsure; /* something may be left for which no signal will come */
    bool ready;  /* is in the queue for a turn */
};

/* A thread, and the signals that it takes. */
struct sigio_worker {
    struct worker worker;
    sigset_t signals;
    struct poll_set set;       /* all that it serves, for poll; 0: the listener or nothing */
    struct socket_map sockets; /* its connections by their descriptors */
    struct connection_queue ready;
    bool accept_again; /* connections may wait that no signal will come of */
};

static void signals_block(sigset_t *signals, sigset_t *before)
{
    sigemptyset(signals);
    sigaddset(signals, SIGRTMIN);
    sigaddset(signals, SIGIO);
    sigaddset(signals, WAKE_SIGNAL);
    pthread_sigmask(SIG_BLOCK, signals, before);
}

/* ---- accept ---- */

/* From now on its signals come to this thread. 0 or a negative error. */
static int signals_ask(struct worker *worker, const struct connection *connection,
                       net_socket socket)
{
    const struct f_owner_ex owner = {.type = F_OWNER_TID, .pid = (pid_t)thread_id()};
    int error = observe_call(worker, connection, "fcntl(F_SETSIG, SIGRTMIN)",
                             fcntl(socket, F_SETSIG, SIGRTMIN) == 0);
    if (error == 0)
        error = observe_call(worker, connection, "fcntl(F_SETOWN_EX, F_OWNER_TID)",
                             fcntl(socket, F_SETOWN_EX, &owner) == 0);
    if (error == 0)
        error = observe_call(worker, connection, "fcntl(F_SETFL, O_ASYNC | O_NONBLOCK)",
                             fcntl(socket, F_SETFL, O_ASYNC | O_NONBLOCK) == 0);
    return error;
}

static void ready_add(struct sigio_worker *thread, struct sigio_connection *own)
{
    if (!own->ready)
        connection_queue_add(&thread->ready, &own->connection);
    own->ready = true;
}

/* In its own turn, so it is not in the queue. */
static void connection_end(struct sigio_worker *thread, struct sigio_connection *own, int error)
{
    struct poll_set *set = &thread->set;
    socket_map_remove(&thread->sockets, own->connection.socket);
    poll_set_remove(set, own->at);
    if (own->at < set->count)
        ((struct sigio_connection *)set->connections[own->at])->at = own->at;
    server_release(&thread->worker, &own->connection, error);
}

static void connection_begin(struct sigio_worker *thread, struct connection *connection)
{
    struct sigio_connection *own = (struct sigio_connection *)connection;
    if (!socket_map_put(&thread->sockets, connection)) {
        server_release(&thread->worker, connection, -NET_NO_MEMORY);
        return;
    }
    own->at = thread->set.count;
    poll_set_add(&thread->set, connection->socket, POLLIN, connection);
    int error = signals_ask(&thread->worker, connection, connection->socket);
    own->unsure = true; /* what came before was signalled to nobody */
    if (error != 0)
        connection_end(thread, own, error);
    else
        ready_add(thread, own);
}

static void connections_accept(struct sigio_worker *thread)
{
    struct worker *worker = &thread->worker;
    net_socket listener = worker->server->listener;
    bool goes_on = true, lacks = false;
    for (unsigned i = 0; i < SERVER_ACCEPTS_AT_ONCE && goes_on; i++) {
        struct connection *begin;
        net_socket socket;
        int error = observe_accept(
            worker, socket = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC));
        lacks = error != 0 && net_error_kind(error) != NET_ERROR_WOULD_BLOCK;
        goes_on = server_accepted(worker, error, socket, &begin);
        if (begin != NULL)
            connection_begin(thread, begin);
    }
    thread->accept_again = goes_on || (lacks && net_has_arrival(listener));
}

static void connections_assigned(struct sigio_worker *thread)
{
    struct connection *connection;
    while ((connection = crew_next_assigned(&thread->worker)) != NULL)
        connection_begin(thread, connection);
}

/* ---- readable, writable, close ---- */

/* Whatever was signalled: what is pending is sent, then there may be more to receive. */
static void connection_turn(struct sigio_worker *thread, struct sigio_connection *own)
{
    struct worker *worker = &thread->worker;
    struct connection *connection = &own->connection;
    bool filled = false; /* the last receive took as much as it could */
    struct turn turn = turn_begin(&connection->session, TURN_RECEIVES);
    while (turn_next(&turn) != TURN_OVER)
        if (turn.step == TURN_RECV) {
            int64_t count = observe_recv(worker, connection, turn.span.size,
                                         recv(connection->socket, turn.span.at, turn.span.size, 0));
            filled = count == (int64_t)turn.span.size;
            turn_received(&turn, server_work(worker, connection, count));
        } else {
            turn_sent(&turn, observe_send(worker, connection, turn.span.size,
                                          send(connection->socket, turn.span.at, turn.span.size,
                                               MSG_NOSIGNAL)));
        }

    enum session_want want = turn_wants(&turn);
    bool sure = own->unsure ? turn.found_nothing : !filled;
    own->unsure = want == SESSION_SEND || !sure; /* no signal can be acted on while sending */
    thread->set.entries[own->at].events = want == SESSION_SEND ? POLLOUT : POLLIN;
    if (want == SESSION_CLOSE)
        connection_end(thread, own, turn.error);
    else if (want == SESSION_RECV && own->unsure)
        ready_add(thread, own);
}

/* Who goes on by itself has its next turn in the next round. */
static void connections_turn(struct sigio_worker *thread)
{
    for (unsigned left = thread->ready.count; left > 0; left--) {
        struct connection *connection = connection_queue_take(&thread->ready);
        ((struct sigio_connection *)connection)->ready = false;
        connection_turn(thread, (struct sigio_connection *)connection);
    }
}

/* ---- serve ---- */

/* The queue was full, so any of them may have changed. */
static void sockets_poll(struct sigio_worker *thread)
{
    struct poll_set *set = &thread->set;
    observe_note(&thread->worker, 0, "SIGIO", "the queue of signals was full");
    int ready = observe_wait(&thread->worker, "poll", "socket", set->count,
                             set->count * sizeof *set->entries, poll(set->entries, set->count, 0));
    if (ready < 0 && net_error_kind(ready) != NET_ERROR_INTERRUPTED)
        server_fail(thread->worker.server, "poll", ready);
    for (unsigned at = 0; ready > 0 && at < set->count; at++) {
        struct sigio_connection *own = (struct sigio_connection *)set->connections[at];
        if (set->entries[at].revents != 0 && own == NULL)
            thread->accept_again = true;
        else if (set->entries[at].revents != 0) {
            own->unsure = true;
            ready_add(thread, own);
        }
    }
}

static void socket_signalled(struct sigio_worker *thread, const siginfo_t *info)
{
    struct connection *connection = socket_map_find(&thread->sockets, info->si_fd);
    struct sigio_connection *own = (struct sigio_connection *)connection;
    if (connection != NULL) {
        /* A second signal before its turn: one receive may not be all, and no other signal comes. */
        own->unsure = own->unsure || own->ready;
        ready_add(thread, own);
    } else if (info->si_fd == thread->set.entries[0].fd)
        thread->accept_again = true;
}

/* Takes the next signal; waits for one if it is to. False: none has come. */
static bool signal_take(struct sigio_worker *thread, bool waits)
{
    struct worker *worker = &thread->worker;
    siginfo_t info = {.si_signo = 0};
    int taken = !waits ? observe_wait(worker, "sigtimedwait(no time)", NULL, 0, 0,
                                      sigtimedwait(&thread->signals, &info, &at_once) > 0 ? 1 : -1)
                       : observe_wait(worker, "sigwaitinfo(until a signal)", NULL, 0, 0,
                                      sigwaitinfo(&thread->signals, &info) > 0 ? 1 : -1);
    if (taken < 0 && net_error_kind(taken) != NET_ERROR_WOULD_BLOCK &&
        net_error_kind(taken) != NET_ERROR_INTERRUPTED)
        server_fail(worker->server, "sigwaitinfo", taken);
    else if (taken > 0 && info.si_signo == SIGIO)
        sockets_poll(thread);
    else if (taken > 0 && info.si_signo == WAKE_SIGNAL)
        connections_assigned(thread);
    else if (taken > 0)
        socket_signalled(thread, &info);
    return taken > 0;
}

/*
 * One signal is taken, and what it says is done. But while connections go on by themselves, all
 * signals are taken first: else who has many in the queue would have a turn for each of them before
 * the others have theirs.
 */
static void signals_take(struct sigio_worker *thread)
{
    if (thread->ready.count == 0 && !thread->accept_again)
        signal_take(thread, true);
    else
        for (unsigned i = 0; i < SIGNALS_AT_ONCE && signal_take(thread, false); i++)
            continue;
}

static void worker_run(struct worker *worker)
{
    struct sigio_worker *thread = (struct sigio_worker *)worker;
    while (!server_stopping(worker->server)) {
        signals_take(thread);
        if (thread->accept_again)
            connections_accept(thread);
        connections_turn(thread);
    }
}

static int worker_open(struct worker *worker)
{
    struct sigio_worker *thread = (struct sigio_worker *)worker;
    struct server *server = worker->server;
    signals_block(&thread->signals, NULL); /* serve has done so; this thread's set */
    if (!poll_set_open(&thread->set, server->capacity + 1) ||
        !socket_map_open(&thread->sockets, server->capacity) ||
        !connection_queue_open(&thread->ready, server->capacity))
        return server_fail(server, "calloc", -NET_NO_MEMORY);
    bool accepts = worker->index == 0;
    poll_set_add(&thread->set, accepts ? server->listener : NET_SOCKET_NONE, POLLIN, NULL);
    thread->accept_again = accepts; /* what came before was signalled to nobody */
    int error = accepts ? signals_ask(worker, NULL, server->listener) : 0;
    return error == 0 ? 0 : server_fail(server, "fcntl", error);
}

static void worker_wake(struct worker *worker, struct worker *by)
{
    observe_call(by, NULL, "pthread_kill(to wake a thread)",
                 pthread_kill(worker->thread, WAKE_SIGNAL) == 0);
}

static void worker_close(struct worker *worker)
{
    struct sigio_worker *thread = (struct sigio_worker *)worker;
    if (worker->index == 0)
        observe_call(worker, NULL, "fcntl(F_SETFL, O_NONBLOCK)",
                     fcntl(worker->server->listener, F_SETFL, O_NONBLOCK) == 0);
    poll_set_close(&thread->set);
    socket_map_close(&thread->sockets);
    connection_queue_close(&thread->ready);
}

static int serve(struct server *server)
{
    static const struct crew_calls calls = {sizeof(struct sigio_worker), worker_open, worker_run,
                                            worker_wake, worker_close};
    sigset_t signals, before;
    signals_block(&signals, &before); /* in this thread, and so in those that it starts */
    int error = crew_serve(server, &calls);
    /* The sockets are closed. A signal that is left would end the process once it is not blocked. */
    while (sigtimedwait(&signals, NULL, &at_once) > 0)
        continue;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

const struct io_model model_sigio = {
    .threads_apply = true,
    .thread_stack_bytes = THREAD_STACK_BYTES,
    .connection_bytes = sizeof(struct sigio_connection),
    .serve = serve,
};
