/*
 * select: the sockets to watch are handed to the kernel with every call, and it marks the ready.
 *
 * Idea     Two sets, one of the sockets one wants to read, one of those one wants to write. select
 *          overwrites them with the answer, so they are copied afresh for every call: the cost of a
 *          wait grows with all sockets, not with the ready ones. That is the model's lesson.
 *          One that is to be written is in the first set too, until that reports it: Winsock's page
 *          names that set only for the report of a reset.
 * Calls    For ever: copy the sets, select, walk through what came back; recv, send.
 * Re-arms  Nothing: readiness is asked for again with each call.
 * Limit    FD_SETSIZE (64 on Windows, 1,024 on POSIX) is the size of fd_set, not the kernel's: the
 *          sets here are as large as needed. The macros are not used: FD_SET and FD_ISSET search
 *          the whole array on Windows, O(n * n) in all, and write outside it past 1,023 on POSIX.
 * Choose   For few sockets, or where the code must run everywhere.
 *
 * Documentation: select, fd_set (Microsoft); select(2), select (POSIX). The sets, and what differs
 * between the systems: common/select_set.h.
 */
#include <stdlib.h>

#include "crew.h"
#include "model.h"
#include "readiness.h"
#include "select_set.h"

/* ---- state ---- */

/* A thread and what it watches. */
struct selector {
    struct readiness_worker own;
    struct select_set reading;
    struct select_set writing; /* those with bytes pending */
    struct select_member *ready;
    unsigned turn; /* waits so far */
    int nfds;      /* POSIX: above every descriptor watched so far */
};

static void watch_own_socket(struct selector *selector)
{
    net_socket socket = selector->own.own_socket;
    select_set_add(&selector->reading, socket, NULL);
    selector->nfds = (int)socket + 1;
}

static void watch(struct selector *selector, struct select_set *set, struct select_connection *own)
{
    net_socket socket = own->connection.socket;
    if (select_set_has(set, own))
        return;
    select_set_add(set, socket, own);
    if ((int)socket >= selector->nfds)
        selector->nfds = (int)socket + 1;
}

/* ---- accept ---- */

static void connection_begin(struct worker *worker, struct connection *connection)
{
    struct selector *selector = (struct selector *)worker;
    watch(selector, &selector->reading, (struct select_connection *)connection);
}

/* ---- readable, writable, close ---- */

static void connection_ready(struct selector *selector, struct select_connection *own)
{
    struct worker *worker = &selector->own.worker;
    enum readiness_received received;
    int error;
    own->writable = false;
    unsigned receives = select_set_has(&selector->writing, own) ? 0 : READINESS_RECEIVES;
    switch (readiness_step(worker, &own->connection, receives, &received, &error)) {
    case SESSION_RECV:
        select_set_remove(&selector->writing, own);
        watch(selector, &selector->reading, own);
        break;
    case SESSION_SEND:
        watch(selector, &selector->writing, own);
        break;
    case SESSION_CLOSE:
        select_set_remove(&selector->writing, own);
        select_set_remove(&selector->reading, own);
        server_release(worker, &own->connection, error);
        break;
    }
}

/* ---- serve ---- */

static int selector_wait(struct selector *selector)
{
    struct select_set *reading = &selector->reading, *writing = &selector->writing;
    size_t read_bytes, write_bytes;
    /* Both anew for every call: the one before has overwritten them. */
    fd_set *read_set = select_set_copy(reading, selector->nfds, &read_bytes);
    fd_set *write_set = select_set_copy(writing, selector->nfds, &write_bytes);
    return observe_wait(&selector->own.worker, "select", reading->count + writing->count,
                        read_bytes + write_bytes,
                        select(selector->nfds, read_set, write_set, NULL, NULL));
}

/*
 * What select has marked, each connection once; how many. One that has bytes pending leaves the set of
 * those to read when that reports it: what is unread would be reported again and again. Until then
 * it stays, since Wine 10 reports a reset there only, as Winsock's page says.
 */
static unsigned answers_gather(struct selector *selector)
{
    struct select_member *ready = selector->ready;
    if (selector->writing.count == 0)
        return select_set_collect(&selector->reading, ready);
    unsigned count = select_set_collect(&selector->writing, ready);
    for (unsigned i = 0; i < count; i++)
        ready[i].connection->writable = true;
    unsigned end = count + select_set_collect(&selector->reading, ready + count);
    for (unsigned i = count; i < end; i++) {
        struct select_connection *own = ready[i].connection;
        if (own != NULL && select_set_has(&selector->writing, own))
            select_set_remove(&selector->reading, own);
        if (own == NULL || !own->writable)
            ready[count++] = ready[i];
    }
    return count;
}

static void selector_run(struct worker *worker)
{
    struct selector *selector = (struct selector *)worker;
    while (!server_stopping(worker->server)) {
        int ready = selector_wait(selector);
        if (ready < 0 && net_error_kind(ready) == NET_ERROR_INTERRUPTED)
            continue;
        if (ready < 0) {
            server_fail(worker->server, "select", ready);
            break;
        }
        /* All answers are gathered first: to serve one connection changes the sets. */
        unsigned count = answers_gather(selector);
        /* Each time another one is first, else the first ones would always gain. */
        unsigned at = count == 0 ? 0 : selector->turn++ % count;
        for (unsigned i = 0; i < count; i++) {
            const struct select_member *member = &selector->ready[at];
            at = at + 1 == count ? 0 : at + 1;
            if (member->connection != NULL)
                connection_ready(selector, member->connection);
            else
                readiness_own_socket(worker, connection_begin);
        }
    }
}

static int selector_open(struct worker *worker)
{
    struct selector *selector = (struct selector *)worker;
    unsigned members = worker->server->capacity + 1;
    selector->ready = calloc(SELECT_PURPOSES * (size_t)members, sizeof *selector->ready);
    if (!select_set_open(&selector->reading, SELECT_READING, members) ||
        !select_set_open(&selector->writing, SELECT_WRITING, members) || selector->ready == NULL)
        return server_fail(worker->server, "calloc", -NET_NO_MEMORY);
    int error = readiness_open(worker);
    if (error == 0)
        watch_own_socket(selector);
    return error;
}

static void selector_close(struct worker *worker)
{
    struct selector *selector = (struct selector *)worker;
    readiness_close(worker);
    select_set_close(&selector->reading);
    select_set_close(&selector->writing);
    free(selector->ready);
}

static int serve(struct server *server)
{
    static const struct crew_calls calls = {sizeof(struct selector), selector_open, selector_run,
                                            readiness_wake, selector_close};
    return crew_serve(server, &calls);
}

const struct io_model model_select = {
    .notification = MODEL_READINESS,
    .threads_apply = true,
    .thread_stack_bytes = THREAD_STACK_BYTES,
    .connection_bytes = sizeof(struct select_connection),
    .serve = serve,
};
