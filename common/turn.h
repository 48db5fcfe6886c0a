/*
 * turn: what a connection may do when it has been reported. Pure memory: the turn decides, the
 * model makes the calls and passes in the result of each.
 *
 *     struct turn turn = turn_begin(&connection->session, TURN_RECEIVES);
 *     while (turn_next(&turn) != TURN_OVER)
 *         if (turn.step == TURN_RECV)
 *             turn_received(&turn, observe_recv(..., recv(...)));
 *         else
 *             turn_sent(&turn, observe_send(..., send(...)));
 *
 * The rule is the same in every model that serves more than one connection with a thread:
 * - What is pending is sent first, as far as the socket takes it.
 * - Then there is one receive. What it brought is sent at once, without a wait for "writable".
 * - Where that receive filled the buffer, a second one is allowed (TURN_RECEIVES): there is most
 *   likely more, and the buffer is still in the processor's cache. Only one receive is allowed
 *   where the system reports data once for each receive (WSAEventSelect, WSAAsyncSelect), or where
 *   the receive was posted.
 * - Then the turn is over, and the other connections that are ready have theirs. So one busy client
 *   can't keep the others waiting, and hardly any receive finds nothing.
 */
#ifndef IOMODELS_TURN_H
#define IOMODELS_TURN_H

#include <stdbool.h>
#include <stdint.h>

#include "session.h"

enum { TURN_RECEIVES = 2 };

enum turn_step {
    TURN_RECV, /* receive into the span, then turn_received */
    TURN_SEND, /* send the span, then turn_sent */
    TURN_OVER  /* see turn_wants */
};

struct turn {
    enum turn_step step;      /* what turn_next answered last */
    struct session_span span; /* of TURN_RECV and TURN_SEND */
    int error;                /* why the connection ends; 0: no call failed */
    bool has_received;        /* a receive was made in this turn */
    bool found_nothing;       /* the last receive would have blocked */

    /* private to turn.c */
    struct session *session;
    unsigned receives; /* that are still allowed */
    bool send_blocked; /* the socket takes no more */
};

/*
 * receives: how many receives are allowed, TURN_RECEIVES or 1. 0 where the socket was not reported
 * readable, or where the model's receives are posted (see turn_completed).
 */
struct turn turn_begin(struct session *session, unsigned receives);
/* What to do next. */
enum turn_step turn_next(struct turn *turn);
/* count: bytes (a receive's 0: the peer has finished), or the call's negative error. */
void turn_received(struct turn *turn, int64_t count);
void turn_sent(struct turn *turn, int64_t count);
/* The same for the posted operation of the session, once it is complete. */
void turn_completed(struct turn *turn, int64_t count);

/*
 * What the connection waits for when the turn is over. SESSION_SEND: a send has just failed with
 * would-block, or the posted one was not complete. SESSION_CLOSE: release it with turn->error.
 */
enum session_want turn_wants(const struct turn *turn);

#endif
