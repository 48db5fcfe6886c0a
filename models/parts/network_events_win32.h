/*
 * network_events: what WSAEventSelect and WSAAsyncSelect have reported of a connection, until it
 * has been acted on. Pure memory.
 *
 * Both report an event once and hold it back until its re-enabling call (the table in the
 * documentation of WSAAsyncSelect). A session with bytes pending may not receive yet, and only a
 * receive re-enables FD_READ: so what was reported is kept until it can be acted on.
 */
#ifndef IOMODELS_NETWORK_EVENTS_WIN32_H
#define IOMODELS_NETWORK_EVENTS_WIN32_H

#include "crew.h"
#include "turn.h"

/* Of one connection; all false at first. */
struct network_events {
    bool readable; /* FD_READ came, and there was no receive since */
    bool closing;  /* FD_CLOSE came: it comes once, but data may be left to receive */
};

/* reported: FD_READ, FD_WRITE, FD_CLOSE, those that have come. Returns the connection's turn. */
struct turn network_events_turn(struct network_events *events, long reported,
                                struct session *session);
/*
 * That turn is over. True: nothing more will be reported, but there is more to receive, so the
 * model has to give the connection another turn by itself, behind the others.
 */
bool network_events_again(struct network_events *events, const struct turn *turn);

/* Says in a trace what of it has been re-enabled by the turn, by which call, and what is kept. */
void network_events_note(struct worker *worker, const struct connection *connection, long reported,
                         const struct turn *turn);

/* The first error of a record, or 0. */
int network_events_error(const WSANETWORKEVENTS *record);
/* "FD_READ FD_CLOSE" into text, for a trace; returns text. */
const char *network_events_text(long reported, char *text, size_t size);

#endif
