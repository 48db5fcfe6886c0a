/*
 * connection_queue: connections that are to have a turn, in the order in which they came to it. It
 * calls nothing.
 */
#ifndef IOMODELS_CONNECTION_QUEUE_H
#define IOMODELS_CONNECTION_QUEUE_H

#include "server.h"

/* Zeroed at first. */
struct connection_queue {
    struct connection **connections; /* a ring of `most` */
    unsigned most;
    unsigned first;
    unsigned count;
};

/* most: connections at once. False: no memory. */
bool connection_queue_open(struct connection_queue *queue, unsigned most);
/* The caller sees to it that a connection is in it once. */
void connection_queue_add(struct connection_queue *queue, struct connection *connection);
/* The first one leaves the queue; it must not be empty. */
struct connection *connection_queue_take(struct connection_queue *queue);
/* A zeroed one may be closed too. */
void connection_queue_close(struct connection_queue *queue);

#endif
