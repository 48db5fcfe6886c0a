#include "connection_queue.h"

#include <stdlib.h>

bool connection_queue_open(struct connection_queue *queue, unsigned most)
{
    *queue = (struct connection_queue){.most = most};
    queue->connections = calloc(most, sizeof(struct connection *));
    return queue->connections != NULL;
}

void connection_queue_add(struct connection_queue *queue, struct connection *connection)
{
    queue->connections[(queue->first + queue->count++) % queue->most] = connection;
}

struct connection *connection_queue_take(struct connection_queue *queue)
{
    struct connection *connection = queue->connections[queue->first];
    queue->first = (queue->first + 1) % queue->most;
    queue->count--;
    return connection;
}

void connection_queue_close(struct connection_queue *queue)
{
    free((void *)queue->connections);
}
