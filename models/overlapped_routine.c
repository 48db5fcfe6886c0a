/*
 * overlapped_routine: operations are started and go on by themselves; when one is complete, the
 * system calls a function of the thread that started it.
 *
 * Idea     Like overlapped_event, but nothing is waited for by name: the completion routine is
 *          queued to the thread, and runs when the thread says that it has time, by an alertable
 *          wait. So no locks, no array of events, and no limit of 64.
 * Calls    accept; WSARecv with a completion routine; then for ever SleepEx, or
 *          WSAWaitForMultipleEvents with fAlertable, inside which the routines run and send; then
 *          the next WSARecv of each. What is received is sent by a plain non-blocking send, which
 *          is cheaper; only what that does not take becomes an overlapped WSASend. A connection
 *          goes to another thread by QueueUserAPC.
 * Re-arms  The next WSARecv or WSASend. The routine of one that is complete at once is queued, not
 *          called, so nothing recurses; but the wait does not return before the queue is empty:
 *          see struct routine_worker.
 * Limit    None in number; each operation under way locks its buffer. A routine runs in no other thread than the one that started the
 *          operation: a busy thread's connections wait while others idle.
 * Choose   For one thread that does much else, and waits alertably when it has time.
 *
 * Documentation: WSARecv, WSASend, SleepEx, QueueUserAPC, "Alertable I/O" (Microsoft).
 */
#include "crew.h"
#include "model.h"
#include "turn.h"

/* Routines that start the next operation themselves, in one wait. */
enum { ROUTINES_AT_ONCE = 16 };

/* ---- state ---- */

struct routine_connection {
    struct connection connection;
    WSAOVERLAPPED overlapped;        /* its one operation, under way unless it is idle */
    struct routine_connection *next; /* idle too */
};

struct routine_worker {
    struct worker worker;
    WSAEVENT accept_event; /* worker 0's */
    unsigned routines;     /* that ran during this wait */
    /*
     * Connections whose next operation is started after the wait, since enough routines ran in it.
     * With quick clients routine would follow routine for ever, and no accept would get its turn.
     */
    struct routine_connection *idle, *idle_last;
};

static void CALLBACK operation_completed(DWORD error, DWORD bytes, LPWSAOVERLAPPED overlapped,
                                         DWORD flags);

/* ---- post ---- */

static void operation_post(struct routine_worker *thread, struct routine_connection *own)
{
    struct worker *worker = &thread->worker;
    struct connection *connection = &own->connection;
    struct session *session = &connection->session;
    bool sending = session_wants(session) == SESSION_SEND;
    struct session_span span = sending ? session_send_span(session) : session_recv_span(session);
    WSABUF buffer = {.len = (ULONG)span.size, .buf = span.at};
    DWORD bytes = 0, flags = 0;
    if (server_stopping(worker->server)) {
        server_release(worker, connection, 0);
        return;
    }
    int64_t posted =
        observe_post(worker, connection->id, sending ? "WSASend" : "WSARecv", span.size,
                     (sending ? WSASend(connection->socket, &buffer, 1, &bytes, 0, &own->overlapped,
                                        operation_completed)
                              : WSARecv(connection->socket, &buffer, 1, &bytes, &flags,
                                        &own->overlapped, operation_completed)) == 0
                         ? (int)bytes
                         : -1);
    /* The routine of one that is complete at once is queued all the same. */
    if (posted < 0 && posted != -WSA_IO_PENDING)
        server_release(worker, connection, (int)posted);
}

/* ---- accept ---- */

static void connection_begin(struct routine_worker *thread, struct connection *connection)
{
    struct worker *worker = &thread->worker;
    /* It still has the listener's event. It stays non-blocking, for the sends. */
    int error = observe_call(worker, connection, "WSAEventSelect(none)",
                             WSAEventSelect(connection->socket, NULL, 0) == 0);
    if (error != 0)
        server_release(worker, connection, error);
    else
        operation_post(thread, (struct routine_connection *)connection);
}

/* While more connections wait, FD_ACCEPT is reported again. */
static void listener_signalled(struct routine_worker *thread)
{
    struct worker *worker = &thread->worker;
    struct connection *begin = NULL;
    WSANETWORKEVENTS record = {0};
    int error = observe_call(
        worker, NULL, "WSAEnumNetworkEvents()",
        WSAEnumNetworkEvents(worker->server->listener, thread->accept_event, &record) == 0);
    if (error != 0)
        server_fail(worker->server, "WSAEnumNetworkEvents", error);
    bool again = error == 0 && (record.lNetworkEvents & FD_ACCEPT) != 0;
    /* Until one was accepted: after an accept that found none, Wine 8.0 reports no more. */
    for (unsigned i = 0; again && i < SERVER_ACCEPTS_AT_ONCE; i++) {
        net_socket socket;
        error = observe_accept(worker, socket = accept(worker->server->listener, NULL, NULL));
        again = server_accepted(worker, error, socket, &begin) && error != 0;
    }
    if (begin != NULL)
        connection_begin(thread, begin);
}

static void CALLBACK connections_assigned(ULONG_PTR worker)
{
    struct connection *connection;
    while ((connection = crew_next_assigned((struct worker *)worker)) != NULL)
        connection_begin((struct routine_worker *)worker, connection);
}

/* ---- received, sent, close ---- */

static void CALLBACK operation_completed(DWORD error, DWORD bytes, LPWSAOVERLAPPED overlapped,
                                         DWORD flags)
{
    struct routine_connection *own =
        CONTAINING_RECORD(overlapped, struct routine_connection, overlapped);
    struct connection *connection = &own->connection;
    struct worker *worker = connection->worker;
    struct routine_worker *thread = (struct routine_worker *)worker;
    struct turn turn = turn_begin(&connection->session, 0);
    (void)flags;
    thread->routines++;
    turn_completed(&turn, server_work(worker, connection,
                                      observe_done(worker, connection,
                                                   error == 0 ? (int64_t)bytes : -(int64_t)error)));
    while (turn_next(&turn) == TURN_SEND)
        turn_sent(&turn,
                  observe_send(worker, connection, turn.span.size,
                               send(connection->socket, turn.span.at, (int)turn.span.size, 0)));

    if (turn_wants(&turn) == SESSION_CLOSE) {
        server_release(worker, connection, turn.error);
        return;
    }
    if (thread->routines <= ROUTINES_AT_ONCE) {
        operation_post(thread, own);
        return;
    }
    own->next = NULL;
    if (thread->idle == NULL)
        thread->idle = own;
    else
        thread->idle_last->next = own;
    thread->idle_last = own;
}

static void operations_post(struct routine_worker *thread)
{
    while (thread->idle != NULL) {
        struct routine_connection *own = thread->idle;
        thread->idle = own->next;
        operation_post(thread, own);
    }
}

/* ---- serve ---- */

/* Also at the stop: that something ran is what ends the wait. */
static void worker_wake(struct worker *worker, struct worker *by)
{
    observe_call(by, NULL, "QueueUserAPC(to wake a thread)",
                 QueueUserAPC(connections_assigned, worker->thread, (ULONG_PTR)worker) != 0);
}

static void routines_run(struct routine_worker *thread, DWORD timeout_ms)
{
    thread->routines = 0;
    observe_wait(&thread->worker, "SleepEx()", NULL, 0, 0,
                 (SleepEx(timeout_ms, TRUE), (int)thread->routines));
}

/* AcceptEx has no routine, so the thread that accepts waits for an event too. */
static void wait_alertably(struct routine_worker *thread)
{
    DWORD index;
    thread->routines = 0;
    int ready =
        observe_wait(&thread->worker, "WSAWaitForMultipleEvents", "event", 1, sizeof(WSAEVENT),
                     (index = WSAWaitForMultipleEvents(1, &thread->accept_event, FALSE,
                                                       WSA_INFINITE, TRUE)) == WSA_WAIT_FAILED
                         ? -1
                         : (int)thread->routines + (index == WSA_WAIT_EVENT_0));
    if (ready < 0)
        server_fail(thread->worker.server, "WSAWaitForMultipleEvents", ready);
    if (ready <= 0 || index != WSA_WAIT_EVENT_0)
        return;
    listener_signalled(thread);
    /* While the event is set the wait runs no routine: sessions would wait for all clients in the queue. */
    routines_run(thread, 0);
}

static void worker_run(struct worker *worker)
{
    struct routine_worker *thread = (struct routine_worker *)worker;
    while (!server_stopping(worker->server)) {
        operations_post(thread); /* first: what was queued before the thread ran has run by now */
        worker->index == 0 ? wait_alertably(thread) : routines_run(thread, INFINITE);
    }
    /* What is under way is cancelled, and its routines end the connections. */
    if (worker->index == 0)
        server_interrupt_connections(worker->server);
    for (operations_post(thread); atomic_load(&worker->load) > 0; operations_post(thread))
        routines_run(thread, INFINITE);
}

static int worker_open(struct worker *worker)
{
    WSAEVENT *event = &((struct routine_worker *)worker)->accept_event;
    if (worker->index != 0)
        return 0;
    int error = server_require(worker, "WSACreateEvent()",
                               (*event = WSACreateEvent()) != WSA_INVALID_EVENT);
    if (error == 0)
        error = server_require(worker, "WSAEventSelect(FD_ACCEPT)",
                               WSAEventSelect(worker->server->listener, *event, FD_ACCEPT) == 0);
    return error;
}

static void worker_close(struct worker *worker)
{
    WSAEVENT event = ((struct routine_worker *)worker)->accept_event;
    if (event != NULL)
        observe_call(worker, NULL, "WSACloseEvent()", WSACloseEvent(event) != 0);
}

static int serve(struct server *server)
{
    static const struct crew_calls calls = {sizeof(struct routine_worker), worker_open, worker_run,
                                            worker_wake, worker_close};
    return crew_serve(server, &calls);
}

const struct io_model model_overlapped_routine = {
    .threads_apply = true,
    .thread_stack_bytes = THREAD_STACK_BYTES,
    .connection_bytes = sizeof(struct routine_connection),
    .serve = serve,
};
