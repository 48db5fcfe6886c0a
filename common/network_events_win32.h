/*
 * network_events: what WSAEventSelect and WSAAsyncSelect report of a socket, and what has to be
 * kept of it.
 *
 * Both record an event once and hold it back until its re-enabling call (WSAAsyncSelect's
 * documentation has the table). A session with bytes pending may not receive yet, and only
 * receiving re-enables FD_READ: what was reported is kept until it can be acted on.
 */
#ifndef IOMODELS_NETWORK_EVENTS_WIN32_H
#define IOMODELS_NETWORK_EVENTS_WIN32_H

#include "crew.h"
#include "readiness.h"
#include "server.h"

/* Of one connection; all false at first. */
struct network_events {
    bool readable; /* FD_READ came, and nothing was received since */
    bool closing;  /* FD_CLOSE came: it comes once, but data may be left to receive */
};

/*
 * Does what the session allows of `reported` (FD_READ, FD_WRITE, FD_CLOSE, or 0) and of what was
 * kept: readiness_step, whose contract it has. Where it returns SESSION_RECV while `closing`,
 * nothing more will be reported: the model gives the connection another turn behind the others.
 */
enum session_want network_events_step(struct worker *worker, struct connection *connection,
                                      struct network_events *events, long reported, int *error);
/*
 * FD_ACCEPT was reported: accepts one connection, gives it to the least loaded worker and begins
 * it where that is this one. While more are waiting FD_ACCEPT is reported again.
 */
void network_events_accept(struct worker *worker, readiness_begin *begin);
/* The listener's event is signalled: the same where its record has FD_ACCEPT. */
void network_events_listener(struct worker *worker, WSAEVENT event, readiness_begin *begin);
/*
 * WSAEnumNetworkEvents: takes the socket's record and resets its event, in one step. connection:
 * NULL for the listener. Returns 0, or the negative error of the call or of a recorded event.
 */
int network_events_take(struct worker *worker, const struct connection *connection,
                        net_socket socket, WSAEVENT event, long *reported);
/* "FD_READ FD_CLOSE" into text, for a trace; returns text. */
const char *network_events_text(long reported, char *text, size_t size);

#endif
