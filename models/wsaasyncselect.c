/*
 * wsaasyncselect: the system posts a window message when a socket becomes ready; the message loop
 * is the event loop.
 *
 * Idea     A program with windows waits for messages anyway, so sockets report there too. Nothing
 *          is handed over for a wait: the messages wait in the thread's queue. Only the
 *          notification is asynchronous: recv and send remain calls that one makes oneself.
 * Calls    CreateWindowEx (HWND_MESSAGE: a window that nobody sees), on each thread that serves;
 *          WSAAsyncSelect(FD_READ | FD_WRITE | FD_CLOSE); then for ever GetMessage, accept, recv,
 *          send. A connection goes to another thread by PostMessage. It makes the socket non-blocking.
 * Re-arms  A message is posted once and then held back until its re-enabling call: recv for
 *          FD_READ, accept for FD_ACCEPT, and for FD_WRITE a send that failed with WSAEWOULDBLOCK.
 * Limit    10,000 messages in a thread's queue, more are lost: MESSAGES_OF_ONE for a connection
 *          make 2,500 connections for a thread, and more threads beyond. Messages outlive their
 *          socket in the queue, and its handle is used again at once: see message_number.
 * Choose   For a program with windows and few connections.
 *
 * Documentation: WSAAsyncSelect, "About Messages and Message Queues", PostMessage (Microsoft).
 */
#include "crew.h"
#include "model.h"
#include "parts/network_events_win32.h"
#include "parts/user32_win32.h"

enum {
    MESSAGES_IN_QUEUE = 10000, /* of a thread, see PostMessage */
    MESSAGES_OF_ONE = 4,       /* FD_READ, FD_WRITE, FD_CLOSE, and the one that hands it over */
    /* An application's own messages are WM_APP to 0xBFFF. */
    OWN_NUMBER = 0, /* the listener's in worker 0, the wake-up's in the others */
    NUMBERS = 0xC000 - WM_APP
};

/* ---- state ---- */

struct async_connection {
    struct connection connection;
    struct network_events events;
    unsigned number; /* its messages are WM_APP + number */
};

struct async_worker {
    struct worker worker;
    struct user32 user32;
    _Atomic(HWND) window; /* NULL: not there yet */
    unsigned last_number;
    struct async_connection *connections[NUMBERS]; /* by number; NULL: free */
};

/*
 * A message says by its number whose it is. Numbers go round, and they are more than a queue has
 * messages: so when one is used again, no message of the connection before is left.
 */
static unsigned message_number(struct async_worker *thread)
{
    do
        thread->last_number = (thread->last_number + 1) % NUMBERS;
    while (thread->last_number == OWN_NUMBER || thread->connections[thread->last_number] != NULL);
    return thread->last_number;
}

static void connection_notified(struct async_worker *thread, struct async_connection *own,
                                long reported, int error);

/* ---- accept ---- */

static void connection_begin(struct async_worker *thread, struct connection *connection)
{
    struct worker *worker = &thread->worker;
    struct async_connection *own = (struct async_connection *)connection;
    own->number = message_number(thread);
    /* It still has the listener's window and mask; and what is ready by now is reported again. */
    int error =
        observe_call(worker, connection, "WSAAsyncSelect(FD_READ | FD_WRITE | FD_CLOSE)",
                     WSAAsyncSelect(connection->socket, atomic_load(&thread->window),
                                    WM_APP + own->number, FD_READ | FD_WRITE | FD_CLOSE) == 0);
    if (error != 0) {
        server_release(worker, connection, error);
        return;
    }
    thread->connections[own->number] = own;
    /* Once without a message: Wine 8.0 reports nothing of a reset that came before. */
    connection_notified(thread, own, FD_READ, 0);
}

/* FD_ACCEPT: while more connections wait, it is reported again. */
static void listener_notified(struct async_worker *thread)
{
    struct worker *worker = &thread->worker;
    struct connection *begin = NULL;
    bool again = true;
    /* Until one was accepted: after an accept that found none, Wine 8.0 reports no more. */
    for (unsigned i = 0; again && i < SERVER_ACCEPTS_AT_ONCE; i++) {
        net_socket socket;
        int error = observe_accept(worker, socket = accept(worker->server->listener, NULL, NULL));
        observe_note(worker, 0, "FD_ACCEPT", "re-armed by accept");
        again = server_accepted(worker, error, socket, &begin) && error != 0;
    }
    if (begin != NULL)
        connection_begin(thread, begin);
}

static void connections_assigned(struct async_worker *thread)
{
    struct connection *connection;
    while ((connection = crew_next_assigned(&thread->worker)) != NULL)
        connection_begin(thread, connection);
}

/* ---- readable, writable, close ---- */

static void connection_end(struct async_worker *thread, struct async_connection *own, int error)
{
    thread->connections[own->number] = NULL;
    server_release(&thread->worker, &own->connection, error);
}

static void connection_notified(struct async_worker *thread, struct async_connection *own,
                                long reported, int error)
{
    struct worker *worker = &thread->worker;
    struct connection *connection = &own->connection;
    if (error != 0) {
        connection_end(thread, own, error);
        return;
    }
    struct turn turn = network_events_turn(&own->events, reported, &connection->session);
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
    if (observe_tracing(worker))
        network_events_note(worker, connection, reported, &turn);

    if (network_events_again(&own->events, &turn))
        turn.error = observe_call(worker, connection, "PostMessage()",
                                  thread->user32.PostMessageW(atomic_load(&thread->window),
                                                              WM_APP + own->number,
                                                              connection->socket, 0) != 0);
    if (turn_wants(&turn) == SESSION_CLOSE)
        connection_end(thread, own, turn.error);
}

/* ---- serve ---- */

static void message_handle(struct async_worker *thread, const MSG *message)
{
    unsigned number = message->message - WM_APP;
    if (number >= NUMBERS)
        thread->user32.DispatchMessageW(message); /* the system's own */
    else if (number == OWN_NUMBER && thread->worker.index == 0)
        listener_notified(thread);
    else if (number == OWN_NUMBER)
        connections_assigned(thread);
    else if (thread->connections[number] != NULL)
        connection_notified(thread, thread->connections[number], WSAGETSELECTEVENT(message->lParam),
                            -WSAGETSELECTERROR(message->lParam));
}

static void messages_run(struct async_worker *thread)
{
    struct worker *worker = &thread->worker;
    while (!server_stopping(worker->server)) {
        MSG message;
        /* -1 is failure, 0 WM_QUIT, which nobody posts. */
        int ready = observe_wait(worker, "GetMessage(until a message)", NULL, 0, 0,
                                 thread->user32.GetMessageW(&message, NULL, 0, 0) > 0 ? 1 : -1);
        if (ready < 0)
            server_fail(worker->server, "GetMessage", ready);
        else
            message_handle(thread, &message);
    }
}

static void worker_run(struct worker *worker)
{
    struct async_worker *thread = (struct async_worker *)worker;
    struct server *server = worker->server;
    /*
     * By the thread itself: a window's messages go to the thread that made it. STATIC is a class
     * that the system has; its own handling of messages is never asked for.
     */
    HWND window;
    if (server_require(worker, "CreateWindowEx(HWND_MESSAGE)",
                       (window = thread->user32.CreateWindowExW(0, L"STATIC", NULL, 0, 0, 0, 0, 0,
                                                                HWND_MESSAGE, NULL, NULL, NULL)) !=
                           NULL) != 0)
        return;
    atomic_store(&thread->window, window);
    if (worker->index != 0)
        connections_assigned(thread); /* before there was a window to wake */
    else
        server_require(worker, "WSAAsyncSelect(FD_ACCEPT)",
                       WSAAsyncSelect(server->listener, window, WM_APP + OWN_NUMBER, FD_ACCEPT) ==
                           0);
    messages_run(thread);

    if (worker->index == 0)
        observe_call(worker, NULL, "WSAAsyncSelect(nothing)",
                     WSAAsyncSelect(server->listener, window, 0, 0) == 0);
    observe_call(worker, NULL, "DestroyWindow()", thread->user32.DestroyWindow(window) != 0);
}

static void worker_wake(struct worker *worker, struct worker *by)
{
    struct async_worker *thread = (struct async_worker *)worker;
    HWND window = atomic_load(&thread->window);
    if (window != NULL)
        observe_call(by, NULL, "PostMessage(to wake a thread)",
                     thread->user32.PostMessageW(window, WM_APP + OWN_NUMBER, 0, 0) != 0);
}

static int worker_open(struct worker *worker)
{
    int error = user32_open(&((struct async_worker *)worker)->user32);
    return error == 0 ? 0 : server_fail(worker->server, "loading USER32", error);
}

static void worker_close(struct worker *worker)
{
    user32_close(&((struct async_worker *)worker)->user32);
}

static int serve(struct server *server)
{
    static const struct crew_calls calls = {sizeof(struct async_worker), worker_open, worker_run,
                                            worker_wake, worker_close};
    return crew_serve(server, &calls);
}

const struct io_model model_wsaasyncselect = {
    .threads_apply = true,
    .connections_per_thread = MESSAGES_IN_QUEUE / MESSAGES_OF_ONE,
    .thread_stack_bytes = THREAD_STACK_BYTES,
    .connection_bytes = sizeof(struct async_connection),
    .serve = serve,
};
