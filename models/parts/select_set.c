#include "select_set.h"

#include <stdlib.h>
#include <string.h>

bool select_set_open(struct select_set *set, enum select_purpose purpose, unsigned members)
{
    set->purpose = purpose;
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
    if (connection != NULL)
        connection->places[set->purpose] = at + 1;
}

bool select_set_has(const struct select_set *set, const struct select_connection *own)
{
    return own->places[set->purpose] != 0;
}

/* The last member moves into the gap. */
void select_set_remove(struct select_set *set, struct select_connection *own)
{
    if (!select_set_has(set, own))
        return;
    unsigned at = own->places[set->purpose] - 1;
    struct select_member *last = &set->members[--set->count];
    if (at != set->count) {
        set->members[at] = *last;
        last->connection->places[set->purpose] = at + 1;
        select_set_put(set, at);
    }
    own->places[set->purpose] = 0;
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

unsigned select_sets_collect(struct select_set *reading, struct select_set *writing,
                             struct select_member *ready, bool *left)
{
    if (writing->count == 0)
        return select_set_collect(reading, ready);
    unsigned count = select_set_collect(writing, ready);
    for (unsigned i = 0; i < count; i++)
        ready[i].connection->writable = true;
    unsigned end = count + select_set_collect(reading, ready + count);
    for (unsigned i = count; i < end; i++) {
        struct select_connection *own = ready[i].connection;
        if (own != NULL && select_set_has(writing, own)) {
            select_set_remove(reading, own);
            *left = true;
        }
        if (own == NULL || !own->writable)
            ready[count++] = ready[i];
    }
    return count;
}

void select_sets_rejoin(struct select_set *reading, const struct select_set *writing)
{
    for (unsigned i = 0; i < writing->count; i++) {
        const struct select_member *member = &writing->members[i];
        if (!select_set_has(reading, member->connection))
            select_set_add(reading, member->socket, member->connection);
    }
}
