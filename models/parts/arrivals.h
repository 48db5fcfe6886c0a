/*
 * arrivals: the socket by which new connections reach a thread that can wait for sockets only. For
 * worker 0 it is the listener; for the others a socket that becomes readable when a connection has
 * been assigned to them. It is watched for reading beside the connections.
 */
#ifndef IOMODELS_ARRIVALS_H
#define IOMODELS_ARRIVALS_H

#include "crew.h"
#include "server.h"

struct arrivals {
    net_socket socket;
    struct net_wake wake; /* worker 0 has none */
    bool has_wake;
};

/* Makes the listener non-blocking, or the wake. 0, or a negative error after server_fail. */
int arrivals_open(struct arrivals *arrivals, struct worker *worker);
/* Ends the wait of the thread that watches it; `by` is the worker of the thread that calls this. */
void arrivals_wake(struct arrivals *arrivals, struct worker *by);
/* Takes that back; before looking for connections, so that no wake-up is lost. */
void arrivals_clear(struct arrivals *arrivals, struct worker *worker);
/* A zeroed one may be closed too. */
void arrivals_close(struct arrivals *arrivals);

#endif
