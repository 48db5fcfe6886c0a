#include "select_set.h"

#include <stdlib.h>
#include <string.h>

bool select_set_open(struct select_set *set, unsigned members)
{
    size_t bytes = select_set_bytes(members, select_set_nfds_most());
    set->members = calloc(members, sizeof *set->members);
    set->master = calloc(1, bytes);
    set->copy = calloc(1, bytes);
    return set->members != NULL && set->master != NULL && set->copy != NULL;
}

void select_set_close(struct select_set *set)
{
    free(set->members);
    free(set->master);
    free(set->copy);
}

void select_set_add(struct select_set *set, net_socket socket, struct select_connection *connection)
{
    unsigned at = set->count++;
    set->members[at] = (struct select_member){.socket = socket, .connection = connection};
    select_set_put(set, at);
    if (connection != NULL) {
        connection->set = set;
        connection->at = at;
    }
}

/* The last member moves into the gap. */
void select_set_remove(struct select_connection *own)
{
    struct select_set *set = own->set;
    struct select_member *last = &set->members[--set->count];
    if (own->at != set->count) {
        set->members[own->at] = *last;
        last->connection->at = own->at;
        select_set_put(set, own->at);
    }
    select_set_drop(set, own->connection.socket);
}

fd_set *select_set_copy(struct select_set *set, int nfds, size_t *bytes)
{
    *bytes = set->count == 0 ? 0 : select_set_bytes(set->count, nfds);
    if (set->count == 0)
        return NULL;
    memcpy(set->copy, set->master, *bytes);
    return set->copy;
}
