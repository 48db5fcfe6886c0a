/*
 * select: the sockets to watch are handed to the kernel with every call, and it marks the ready.
 *
 * Idea     Two sets, one of the sockets one wants to read, one of those one wants to write. select
 *          overwrites them with the answer, so they are copied afresh for every call: the cost of a
 *          wait grows with all sockets, not with the ready ones. That is the model's lesson.
 * Calls    For ever: copy the sets, select, walk through what came back; recv, send.
 * Re-arms  Nothing: readiness is asked for again with each call.
 * Limit    FD_SETSIZE (64 on Windows, 1,024 on POSIX) is the size of fd_set, not the kernel's: the
 *          sets here are as large as needed. The macros are not used: FD_SET and FD_ISSET search
 *          the whole array on Windows, O(n * n) in all, and write outside it past 1,023 on POSIX.
 * Choose   For few sockets, or where the code must run everywhere.
 *
 * Documentation: select, fd_set (Microsoft); select(2), select (POSIX).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "crew.h"
#include "model.h"
#include "readiness.h"

struct watched {
    net_socket socket;
    struct select_connection *connection; /* NULL: the worker's own socket */
};

/* The sockets watched for one purpose: read, or write. */
struct interest {
    unsigned count;
    struct watched *members;
    void *master; /* the set as the system wants it */
    void *copy;   /* what select overwrites */
};

struct select_connection {
    struct connection connection;
    struct interest *interest; /* the one it is in: a session wants to receive or to send */
    unsigned at;               /* its place among the members */
};

/* A thread and what it watches. */
struct selector {
    struct readiness_worker own;
    struct interest reading;
    struct interest writing;
    struct watched *ready;
    int nfds; /* POSIX: above every descriptor watched so far */
};

/* ---- the one platform block: Winsock's set is a counted array, POSIX's is a bitmap ---- */
#ifdef _WIN32

struct counted_set { /* fd_set, in which FD_SETSIZE is only the declared length */
    u_int fd_count;
    SOCKET fd_array[];
};

static size_t set_bytes(unsigned members, int nfds)
{
    (void)nfds; /* Winsock ignores it */
    return sizeof(struct counted_set) + members * sizeof(SOCKET);
}

static int set_nfds_most(void)
{
    return 0;
}

static void set_put(struct interest *interest, unsigned at)
{
    struct counted_set *set = interest->master;
    set->fd_array[at] = interest->members[at].socket;
    set->fd_count = interest->count;
}

static void set_remove(struct interest *interest, net_socket socket)
{
    (void)socket; /* set_put has overwritten it, or it lies behind the last */
    ((struct counted_set *)interest->master)->fd_count = interest->count;
}

static unsigned set_collect(const struct interest *interest, struct watched *ready)
{
    const struct counted_set *answer = interest->copy;
    unsigned at = 0, found = 0;
    for (unsigned i = 0; i < answer->fd_count; i++)
        /* They come back in the order they went in: one walk. Another order would only take longer.
         */
        for (unsigned steps = 0; steps < interest->count; steps++) {
            const struct watched *member = &interest->members[at];
            at = at + 1 == interest->count ? 0 : at + 1;
            if (member->socket == answer->fd_array[i]) {
                ready[found++] = *member;
                break;
            }
        }
    return found;
}

#else
#include <limits.h>
#include <sys/select.h>
#include <unistd.h>

enum { WORD_BITS = sizeof(long) * CHAR_BIT };

static size_t set_bytes(unsigned members, int nfds)
{
    (void)members;
    return ((size_t)nfds + WORD_BITS - 1) / WORD_BITS * sizeof(long);
}

/* No descriptor is above the limit of open files, so a set of that size needs no check. */
static int set_nfds_most(void)
{
    long limit = sysconf(_SC_OPEN_MAX);
    return limit > 0 && limit < 1 << 20 ? (int)limit : 1 << 20;
}

static void set_put(struct interest *interest, unsigned at)
{
    int socket = interest->members[at].socket;
    ((unsigned long *)interest->master)[socket / WORD_BITS] |= 1ul << socket % WORD_BITS;
}

static void set_remove(struct interest *interest, net_socket socket)
{
    ((unsigned long *)interest->master)[socket / WORD_BITS] &= ~(1ul << socket % WORD_BITS);
}

static unsigned set_collect(const struct interest *interest, struct watched *ready)
{
    const unsigned long *answer = interest->copy;
    unsigned found = 0;
    for (unsigned at = 0; at < interest->count; at++) {
        int socket = interest->members[at].socket;
        if ((answer[socket / WORD_BITS] & 1ul << socket % WORD_BITS) != 0)
            ready[found++] = interest->members[at];
    }
    return found;
}

#endif

/* ---- state ---- */

static bool interest_open(struct interest *interest, unsigned members)
{
    size_t bytes = set_bytes(members, set_nfds_most());
    interest->members = calloc(members, sizeof *interest->members);
    interest->master = calloc(1, bytes);
    interest->copy = calloc(1, bytes);
    return interest->members != NULL && interest->master != NULL && interest->copy != NULL;
}

static void interest_close(struct interest *interest)
{
    free(interest->members);
    free(interest->master);
    free(interest->copy);
}

static void interest_add(struct selector *selector, struct interest *interest, net_socket socket,
                         struct select_connection *connection)
{
    unsigned at = interest->count++;
    interest->members[at] = (struct watched){.socket = socket, .connection = connection};
    set_put(interest, at);
    if (connection != NULL) {
        connection->interest = interest;
        connection->at = at;
    }
    if ((int)socket >= selector->nfds)
        selector->nfds = (int)socket + 1;
}

/* The last member moves into the gap. */
static void interest_remove(struct select_connection *own)
{
    struct interest *interest = own->interest;
    struct watched *last = &interest->members[--interest->count];
    if (own->at != interest->count) {
        interest->members[own->at] = *last;
        last->connection->at = own->at;
        set_put(interest, own->at);
    }
    set_remove(interest, own->connection.socket);
}

/* The set to pass to select; NULL where nobody is watched. */
static fd_set *interest_copy(struct interest *interest, int nfds)
{
    if (interest->count == 0)
        return NULL;
    memcpy(interest->copy, interest->master, set_bytes(interest->count, nfds));
    return interest->copy;
}

/* ---- accept ---- */

static void connection_begin(struct worker *worker, struct connection *connection)
{
    struct selector *selector = (struct selector *)worker;
    interest_add(selector, &selector->reading, connection->socket,
                 (struct select_connection *)connection);
}

/* ---- readable, writable, close ---- */

static void connection_ready(struct selector *selector, struct select_connection *own)
{
    struct worker *worker = &selector->own.worker;
    bool received;
    int error;
    bool readable = own->interest == &selector->reading;
    enum session_want want = readiness_step(worker, &own->connection, readable, &received, &error);
    struct interest *wanted = want == SESSION_SEND ? &selector->writing : &selector->reading;
    if (want == SESSION_CLOSE) {
        interest_remove(own);
        server_release(worker, &own->connection, error);
    } else if (wanted != own->interest) {
        interest_remove(own);
        interest_add(selector, wanted, own->connection.socket, own);
    }
}

/* ---- serve ---- */

static int selector_wait(struct selector *selector)
{
    struct interest *reading = &selector->reading, *writing = &selector->writing;
    fd_set *read_set = interest_copy(reading, selector->nfds);
    fd_set *write_set = interest_copy(writing, selector->nfds);
    size_t bytes = (read_set == NULL ? 0 : set_bytes(reading->count, selector->nfds)) +
                   (write_set == NULL ? 0 : set_bytes(writing->count, selector->nfds));
    return observe_wait(&selector->own.worker, "select", reading->count + writing->count, bytes,
                        select(selector->nfds, read_set, write_set, NULL, NULL));
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
        unsigned count = set_collect(&selector->reading, selector->ready);
        if (selector->writing.count > 0)
            count += set_collect(&selector->writing, selector->ready + count);
        for (unsigned i = 0; i < count; i++) {
            if (selector->ready[i].connection != NULL)
                connection_ready(selector, selector->ready[i].connection);
            else
                readiness_own_socket(worker, connection_begin);
        }
    }
}

static int selector_open(struct worker *worker)
{
    struct selector *selector = (struct selector *)worker;
    unsigned members = worker->server->capacity + 1;
    selector->ready = calloc(members, sizeof *selector->ready);
    if (!interest_open(&selector->reading, members) ||
        !interest_open(&selector->writing, members) || selector->ready == NULL)
        return server_fail(worker->server, "calloc", -ENOMEM);
    int error = readiness_open(worker);
    if (error == 0)
        interest_add(selector, &selector->reading, selector->own.own_socket, NULL);
    return error;
}

static void selector_close(struct worker *worker)
{
    struct selector *selector = (struct selector *)worker;
    readiness_close(worker);
    interest_close(&selector->reading);
    interest_close(&selector->writing);
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
