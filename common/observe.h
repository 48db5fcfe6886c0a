/*
 * observe: counts every system call that a model makes and, under --trace, prints it.
 *
 * A model passes the call's result through one of these functions, in the same statement or right
 * after the call, before any other:
 *
 *     received = observe_recv(worker, connection, span.size, recv(connection->socket, ...));
 *
 * so that the counters of the CSV and the trace of the classroom can't drift apart from the code.
 * The error of a failed call is read before anything else happens. Each worker's counters have
 * one writer, its own thread; observe_totals reads them from any thread.
 *
 * Where a receive or send is posted, and reported by a later call when it has been done, it is
 * counted when that report is looked at (the functions on _done), so that the volumes of all models
 * compare. That is no system call: what is one (io_uring_enter, WSARecv) is observed for itself.
 * So the system calls are wait_calls + recv_calls + send_calls + other_calls - completions.
 */
#ifndef IOMODELS_OBSERVE_H
#define IOMODELS_OBSERVE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "net.h"
#include "thread.h"

struct connection;
struct worker;

/* What is counted; observe_counter_names has the word of each in the statistics line. */
enum observe_counter {
    OBSERVE_WAIT_CALLS,     /* calls that wait for any of several sockets */
    OBSERVE_WAIT_EVENTS,    /* what they reported, in all */
    OBSERVE_WAIT_SCANNED,   /* sockets, events or operations handed to them with the call, in all;
                               what the kernel keeps from call to call (epoll) does not count */
    OBSERVE_WAIT_SET_BYTES, /* bytes of what was handed to them, in all */
    OBSERVE_RECV_CALLS,
    OBSERVE_RECV_BYTES,
    OBSERVE_SEND_CALLS,
    OBSERVE_SEND_BYTES,
    OBSERVE_WOULD_BLOCK, /* receives and sends that found nothing to do */
    OBSERVE_OTHER_CALLS, /* accept, and what else the model calls while it serves */
    OBSERVE_COMPLETIONS, /* those of the receives and sends that were posted, and are no calls */
    OBSERVE_COUNTERS
};
extern const char *const observe_counter_names[OBSERVE_COUNTERS];

/* What is observed of one process's workers. */
struct observer {
    bool trace; /* print every call on standard error */
    uint64_t start_ns;
    thread_mutex mutex;
    struct worker *workers;           /* those that run */
    uint64_t ended[OBSERVE_COUNTERS]; /* the sum of those that have ended */
};

/* With trace it prints the columns' heads. */
void observer_init(struct observer *observer, bool trace);
/* From when to when the worker's counters belong to the totals; on the worker's own thread. */
void observe_begin(struct observer *observer, struct worker *worker);
void observe_end(struct observer *observer, struct worker *worker);
/* The sum over all workers, ended ones included. Any thread. */
void observe_totals(struct observer *observer, uint64_t totals[OBSERVE_COUNTERS]);
/* Whether this build counts at all (meson -Dobserve=false leaves it out, to measure its cost). */
bool observe_enabled(void);
/* Whether calls are printed: guards the making of a result's text. */
bool observe_tracing(const struct worker *worker);

/* recv, send: the bytes moved (0 on recv: the peer has finished), or a negative error. */
int64_t observe_recv(struct worker *worker, const struct connection *connection, size_t asked,
                     net_received result);
int64_t observe_send(struct worker *worker, const struct connection *connection, size_t asked,
                     net_received result);
/*
 * A call that posts a receive or send, by name (WSARecv, WSASend): the bytes of one that was done
 * at once, or a negative error, -WSA_IO_PENDING where it goes on. Counts the call, not the transfer.
 * The connection by its id, taken before: when the call returns, another thread may have ended it.
 */
int64_t observe_post(struct worker *worker, uint32_t connection_id, const char *call, size_t asked,
                     net_received result);
/* recv, send for one that was posted and has been done: result is the bytes or a negative error. */
int64_t observe_recv_done(struct worker *worker, const struct connection *connection, size_t asked,
                          int64_t result);
int64_t observe_send_done(struct worker *worker, const struct connection *connection, size_t asked,
                          int64_t result);
/*
 * The one of the two that the connection's session waits for; with a result from 0 on it takes the
 * bytes only after this.
 */
int64_t observe_done(struct worker *worker, const struct connection *connection, int64_t result);
/* accept: 0, or a negative error. */
int observe_accept(struct worker *worker, net_socket result);
/* One that was posted: result is the socket or a negative error. Counts nothing: see above. */
int observe_accept_done(struct worker *worker, int64_t result);
/*
 * A wait, handed `scanned` sockets, events or operations in set_bytes. events: how many were
 * reported, negative where the call failed. Returns events, or the negative error.
 */
int observe_wait(struct worker *worker, const char *call, unsigned scanned, size_t set_bytes,
                 int events);
/*
 * Any other call, by name. connection: NULL where it concerns none. result: what a trace shows
 * for success, NULL for "ok". Returns 0, or the negative error where it did not succeed.
 */
int observe_call(struct worker *worker, const struct connection *connection, const char *call,
                 bool succeeded, const char *result);

#endif
