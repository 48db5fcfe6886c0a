/*
 * readiness: the step that every readiness model shares: once a wait has said that a non-blocking
 * socket is ready, move its bytes through its session.
 */
#ifndef IOMODELS_READINESS_H
#define IOMODELS_READINESS_H

#include "crew.h"
#include "server.h"

/*
 * Sends what is pending, and receives at most once, and only when `readable`: a receive that
 * finds nothing is never tried, and one busy client can't keep the others waiting. What was
 * received is sent at once, without waiting to hear that the socket is writable.
 *
 * Returns what the session waits for next. SESSION_SEND: a send has just failed with would-block
 * (so WSAEventSelect's FD_WRITE is armed). SESSION_CLOSE: release it with *error, which is 0
 * unless a call failed. *received: whether the receive took place.
 */
enum session_want readiness_step(struct worker *worker, struct connection *connection,
                                 bool readable, bool *received, int *error);

#endif
