/*
 * arrivals: the socket by which new connections reach a thread that can wait for nothing but
 * sockets: the listener for worker 0, for the others one that wakes them when a connection has been
 * assigned to them. It is watched for reading beside the connections.
 */
#ifndef IOMODELS_ARRIVALS_H
#define IOMODELS_ARRIVALS_H

#include "crew.h"
#include "server.h"

struct arrivals {
    net_socket socket;
    struct net_wake wake; /* not worker 0's */
    bool has_wake;
};

/* Makes the listener non-blocking, or the wake. 0, or a negative error after server_fail. */
int arrivals_open(struct arrivals *arrivals, struct worker *worker);
/* Also of one that is only zeroed. */
void arrivals_close(struct arrivals *arrivals);

#endif
