#include "poll_set.h"

#include <stdlib.h>

void poll_add(struct poll_worker *poller, net_socket socket, short events,
              struct connection *connection)
{
    poller->entries[poller->count] = (struct pollfd){.fd = socket, .events = events};
    poller->connections[poller->count++] = connection;
}

void poll_remove(struct poll_worker *poller, unsigned at)
{
    unsigned last = --poller->count;
    poller->entries[at] = poller->entries[last];
    poller->connections[at] = poller->connections[last];
}

int poll_worker_open(struct worker *worker, short events)
{
    struct poll_worker *poller = (struct poll_worker *)worker;
    unsigned most = worker->server->capacity + 1;
    poller->entries = calloc(most, sizeof *poller->entries);
    poller->connections = calloc(most, sizeof(void *));
    if (poller->entries == NULL || poller->connections == NULL)
        return server_fail(worker->server, "calloc", -NET_NO_MEMORY);
    int error = readiness_open(worker);
    if (error == 0)
        poll_add(poller, poller->own.own_socket, events, NULL);
    return error;
}

void poll_worker_close(struct worker *worker)
{
    struct poll_worker *poller = (struct poll_worker *)worker;
    readiness_close(worker);
    free(poller->entries);
    free(poller->connections);
}
