/*
 * readiness: what the readiness models share: the step that moves a session's bytes once a wait has
 * said that its non-blocking socket is ready, and how connections come to a worker.
 */
#ifndef IOMODELS_READINESS_H
#define IOMODELS_READINESS_H

#include "crew.h"
#include "server.h"

/* Makes a connection one of those that the worker waits for. */
typedef void readiness_begin(struct worker *worker, struct connection *connection);

/*
 * The listener, non-blocking, is ready: accepts, gives each connection to the least loaded worker
 * and begins those that are this one's own.
 */
void readiness_accept(struct worker *worker, readiness_begin *begin);

/*
 * A worker that can wait for nothing but sockets. Beside those of its connections it has one of its
 * own: worker 0 the listener, the others what wakes them.
 */
struct readiness_worker {
    struct worker worker;
    net_socket own_socket;
    struct net_wake wake;
    bool wakes; /* wake is open */
};

/* For struct crew_calls: open, or what that begins with; wake; and the same of close. */
int readiness_open(struct worker *worker);
void readiness_wake(struct worker *worker);
void readiness_close(struct worker *worker);
/* own_socket is readable: begins the connections that have come. */
void readiness_own_socket(struct worker *worker, readiness_begin *begin);

/* What readiness_step's last receive has found. */
enum readiness_received {
    READINESS_NOT_TRIED,
    READINESS_NOTHING, /* it would have blocked */
    READINESS_SOMETHING
};

/* How often a model whose wait looks anew each time may receive from a socket that is ready. */
enum { READINESS_RECEIVES = 2 };

/*
 * Sends what is pending, then receives: never where `receives` is 0 (nobody has said that the socket
 * is readable), else once, and again, `receives` times at most, while each has filled the buffer. So
 * hardly a receive finds nothing, and one busy client can't keep the others waiting. What was
 * received is sent at once, without waiting to hear that the socket is writable.
 *
 * Returns what the session waits for next. SESSION_SEND: a send has just failed with would-block
 * (so WSAEventSelect's FD_WRITE is armed). SESSION_CLOSE: release it with *error, which is 0
 * unless a call failed. *received tells of its last receive.
 */
enum session_want readiness_step(struct worker *worker, struct connection *connection,
                                 unsigned receives, enum readiness_received *received, int *error);

#endif
