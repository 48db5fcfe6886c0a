#include "poll_set.h"

#include <stdlib.h>

bool poll_set_open(struct poll_set *set, unsigned most)
{
    set->entries = calloc(most, sizeof *set->entries);
    set->connections = calloc(most, sizeof(void *));
    return set->entries != NULL && set->connections != NULL;
}

void poll_set_close(struct poll_set *set)
{
    free(set->entries);
    free((void *)set->connections);
}

void poll_set_add(struct poll_set *set, net_socket socket, short events,
                  struct connection *connection)
{
    set->entries[set->count] = (struct pollfd){.fd = socket, .events = events};
    set->connections[set->count++] = connection;
}

void poll_set_remove(struct poll_set *set, unsigned at)
{
    unsigned last = --set->count;
    set->entries[at] = set->entries[last];
    set->connections[at] = set->connections[last];
}
