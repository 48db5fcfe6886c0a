/*
 * epoll_pool: epoll, but the work between receive and send is done by a pool of threads.
 *
 * Changed  One thread waits, receives and sends: the loop. What it has received it hands to the pool,
 *          where the next free thread does the work; an eventfd tells the loop that answers have come
 *          back. EPOLLONESHOT: while the pool has a connection, nothing of it is reported. --threads
 *          is the pool's size, POOL_THREADS by default; the loop's thread comes on top of it.
 * Gain     While a message waits (--work-wait), or costs the processor on a machine that has several,
 *          the loop goes on with the other clients. The usual remedy for calls that block.
 * Harm     Two changes of thread for each message, and a call to arm its connection again. Where a
 *          message takes no work that is all that there is; where all of it waits for a processor,
 *          there is nothing to gain.
 * Shows    throughput and server_cpu_us_per_msg: bench --suite work.
 *
 * Documentation: eventfd(2), epoll_ctl(2), EPOLLONESHOT; pthread_cond_wait(3p).
 */
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "crew.h"
#include "model.h"
#include "parts/connection_queue.h"
#include "turn.h"

enum { EVENTS_AT_ONCE = 256, POOL_THREADS = 16 };

/* ---- state ---- */

struct pool_connection {
    struct connection connection;
    int64_t received; /* bytes, whose work the pool has to do */
};

struct pool_worker {
    struct worker worker;
    struct pool *pool;
    thread_handle thread;
};

/* What the loop and the pool share. */
struct pool {
    struct server *server;
    struct pool_worker *workers; /* the first `started` of them run */
    unsigned started;
    int told; /* an eventfd: answers have come */
    thread_mutex mutex;
    thread_condition changed;
    struct connection_queue received; /* its work is to be done */
    struct connection_queue answers;  /* its work has been done */
    bool ended;
};

struct loop {
    struct worker worker;
    struct pool pool;
    int set; /* the epoll instance */
    struct epoll_event ready[EVENTS_AT_ONCE];
};

/* ---- the pool ---- */

static void received_add(struct pool *pool, struct connection *connection)
{
    thread_mutex_lock(&pool->mutex);
    connection_queue_add(&pool->received, connection);
    thread_condition_wake_one(&pool->changed);
    thread_mutex_unlock(&pool->mutex);
}

/* Waits for one. NULL: the pool ends. */
static struct connection *received_take(struct pool *pool)
{
    struct connection *connection = NULL;
    thread_mutex_lock(&pool->mutex);
    while (pool->received.count == 0 && !pool->ended)
        thread_condition_wait(&pool->changed, &pool->mutex);
    if (!pool->ended)
        connection = connection_queue_take(&pool->received);
    thread_mutex_unlock(&pool->mutex);
    return connection;
}

/* The loop takes all answers at once, so only the first of them has to tell it. */
static void answer_add(struct pool_worker *thread, struct connection *connection)
{
    struct pool *pool = thread->pool;
    thread_mutex_lock(&pool->mutex);
    bool tell = pool->answers.count == 0;
    connection_queue_add(&pool->answers, connection);
    thread_mutex_unlock(&pool->mutex);
    if (tell)
        server_require(&thread->worker, "eventfd_write()", eventfd_write(pool->told, 1) == 0);
}

static struct connection *answer_take(struct pool *pool)
{
    thread_mutex_lock(&pool->mutex);
    struct connection *connection =
        pool->answers.count == 0 ? NULL : connection_queue_take(&pool->answers);
    thread_mutex_unlock(&pool->mutex);
    return connection;
}

static void pool_worker_main(void *argument)
{
    struct pool_worker *thread = argument;
    struct connection *connection;
    worker_begin(&thread->worker, thread->pool->server);
    while ((connection = received_take(thread->pool)) != NULL) {
        server_work(&thread->worker, connection, ((struct pool_connection *)connection)->received);
        answer_add(thread, connection);
    }
    worker_end(&thread->worker);
}

/* 0, or a negative error after server_fail; pool_close in any case. */
static int pool_open(struct pool *pool, struct worker *loop)
{
    struct server *server = loop->server;
    *pool = (struct pool){.server = server,
                          .told = -1,
                          .mutex = THREAD_MUTEX_INIT,
                          .changed = THREAD_CONDITION_INIT,
                          .workers = calloc(server->threads, sizeof *pool->workers)};
    if (pool->workers == NULL || !connection_queue_open(&pool->received, server->capacity) ||
        !connection_queue_open(&pool->answers, server->capacity))
        return server_fail(server, "calloc", -NET_NO_MEMORY);
    int error = server_require(loop, "eventfd()",
                               (pool->told = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) >= 0);
    while (error == 0 && pool->started < server->threads) {
        struct pool_worker *thread = &pool->workers[pool->started];
        thread->pool = pool;
        error = thread_start(&thread->thread, pool_worker_main, thread, THREAD_STACK_BYTES);
        if (error != 0)
            return server_fail_thread(server, "starting a thread of the pool", error);
        pool->started++;
    }
    return error;
}

static void pool_end(struct pool *pool)
{
    thread_mutex_lock(&pool->mutex);
    pool->ended = true;
    thread_condition_wake_all(&pool->changed);
    thread_mutex_unlock(&pool->mutex);
    while (pool->started > 0)
        thread_join(pool->workers[--pool->started].thread);
}

static void pool_close(struct pool *pool, struct worker *loop)
{
    if (pool->told >= 0)
        observe_call(loop, NULL, "close()", close(pool->told) == 0);
    connection_queue_close(&pool->received);
    connection_queue_close(&pool->answers);
    free(pool->workers);
}

/* ---- accept ---- */

/* 0, or a negative error. */
static int connection_arm(struct loop *loop, struct connection *connection, int operation)
{
    bool sending = session_wants(&connection->session) == SESSION_SEND;
    struct epoll_event event = {.events = (sending ? EPOLLOUT : EPOLLIN) | EPOLLONESHOT,
                                .data.ptr = connection};
    return observe_call(&loop->worker, connection,
                        operation == EPOLL_CTL_ADD ? "epoll_ctl(EPOLL_CTL_ADD, EPOLLONESHOT)"
                                                   : "epoll_ctl(EPOLL_CTL_MOD, EPOLLONESHOT)",
                        epoll_ctl(loop->set, operation, connection->socket, &event) == 0);
}

static void connections_accept(struct loop *loop)
{
    struct worker *worker = &loop->worker;
    for (unsigned i = 0; i < SERVER_ACCEPTS_AT_ONCE; i++) {
        struct connection *connection;
        net_socket socket;
        int error = observe_accept(worker, socket = accept4(worker->server->listener, NULL, NULL,
                                                            SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (error != 0 && server_accept_failed(worker, error) <= 0)
            return;
        if (error != 0 || (connection = server_admit(worker, socket)) == NULL)
            continue;
        error = connection_arm(loop, connection, EPOLL_CTL_ADD);
        if (error != 0)
            server_release(worker, connection, error);
    }
}

/* ---- readable, worked, writable, close ---- */

/* Sends what is pending; then what the connection waits for is watched. */
static void turn_finish(struct loop *loop, struct connection *connection, struct turn turn)
{
    struct worker *worker = &loop->worker;
    while (turn_next(&turn) == TURN_SEND)
        turn_sent(&turn, observe_send(
                             worker, connection, turn.span.size,
                             send(connection->socket, turn.span.at, turn.span.size, MSG_NOSIGNAL)));
    bool over = turn_wants(&turn) == SESSION_CLOSE;
    int error = over ? turn.error : connection_arm(loop, connection, EPOLL_CTL_MOD);
    if (over || error != 0)
        server_release(worker, connection, error);
}

/* EPOLLERR and EPOLLHUP come unasked, and the call that was waited for then says why. */
static void connection_ready(struct loop *loop, struct connection *connection)
{
    struct session *session = &connection->session;
    struct turn turn = turn_begin(session, 0);
    if (session_wants(session) == SESSION_RECV) {
        struct session_span span = session_recv_span(session);
        int64_t count = observe_recv(&loop->worker, connection, span.size,
                                     recv(connection->socket, span.at, span.size, 0));
        if (count > 0) {
            ((struct pool_connection *)connection)->received = count;
            received_add(&loop->pool, connection);
            return;
        }
        turn_received(&turn, count);
    }
    turn_finish(loop, connection, turn);
}

static void answers_take(struct loop *loop)
{
    struct connection *connection;
    eventfd_t told;
    /* Before looking: what is reported later is not lost then. */
    observe_call(&loop->worker, NULL, "eventfd_read()", eventfd_read(loop->pool.told, &told) == 0);
    while ((connection = answer_take(&loop->pool)) != NULL) {
        struct turn turn = turn_begin(&connection->session, 0);
        turn_received(&turn, ((struct pool_connection *)connection)->received);
        turn_finish(loop, connection, turn);
    }
}

/* ---- serve ---- */

static void loop_run(struct loop *loop)
{
    struct worker *worker = &loop->worker;
    while (!server_stopping(worker->server)) {
        int ready = observe_wait(worker, "epoll_wait(until an event)", NULL, 0, 0,
                                 epoll_wait(loop->set, loop->ready, EVENTS_AT_ONCE, -1));
        if (ready < 0 && net_error_kind(ready) != NET_ERROR_INTERRUPTED)
            server_fail(worker->server, "epoll_wait", ready);
        for (int i = 0; i < ready; i++) {
            if (loop->ready[i].data.ptr == &worker->server->listener)
                connections_accept(loop);
            else if (loop->ready[i].data.ptr == &loop->pool)
                answers_take(loop);
            else
                connection_ready(loop, loop->ready[i].data.ptr);
        }
    }
}

/* 0, or a negative error after server_fail. */
static int set_open(struct loop *loop)
{
    struct worker *worker = &loop->worker;
    struct server *server = worker->server;
    struct epoll_event accept = {.events = EPOLLIN, .data.ptr = &server->listener},
                       answers = {.events = EPOLLIN, .data.ptr = &loop->pool};
    int error = server_require(worker, NET_NONBLOCKING_CALL,
                               net_set_nonblocking(server->listener, true) == 0);
    if (error == 0)
        error = server_require(worker, "epoll_create1()",
                               (loop->set = epoll_create1(EPOLL_CLOEXEC)) >= 0);
    if (error == 0)
        error = server_require(worker, "epoll_ctl(EPOLL_CTL_ADD, listener)",
                               epoll_ctl(loop->set, EPOLL_CTL_ADD, server->listener, &accept) == 0);
    if (error == 0)
        error = server_require(worker, "epoll_ctl(EPOLL_CTL_ADD, eventfd)",
                               epoll_ctl(loop->set, EPOLL_CTL_ADD, loop->pool.told, &answers) == 0);
    return error;
}

static int serve(struct server *server)
{
    struct loop loop = {.set = -1};
    worker_begin(&loop.worker, server);
    if (pool_open(&loop.pool, &loop.worker) == 0 && set_open(&loop) == 0)
        loop_run(&loop);
    pool_end(&loop.pool);
    server_release_all(&loop.worker);
    if (loop.set >= 0)
        observe_call(&loop.worker, NULL, "close()", close(loop.set) == 0);
    pool_close(&loop.pool, &loop.worker);
    worker_end(&loop.worker);
    return server->failure;
}

const struct io_model model_epoll_pool = {
    .threads_apply = true,
    .threads_by_default = POOL_THREADS,
    .thread_stack_bytes = THREAD_STACK_BYTES,
    .connection_bytes = sizeof(struct pool_connection),
    .serve = serve,
};
