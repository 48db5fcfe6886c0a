#include "select_set.h"

struct counted_set { /* fd_set, with room for more than FD_SETSIZE */
    u_int fd_count;
    SOCKET fd_array[];
};

size_t select_set_bytes(unsigned members, int nfds)
{
    (void)nfds; /* Winsock ignores it */
    return sizeof(struct counted_set) + members * sizeof(SOCKET);
}

int select_set_nfds_most(void)
{
    return 0;
}

void select_set_put(struct select_set *set, unsigned at)
{
    struct counted_set *master = set->master;
    master->fd_array[at] = set->members[at].socket;
    master->fd_count = set->count;
}

void select_set_drop(struct select_set *set, net_socket socket)
{
    (void)socket; /* select_set_put has overwritten it, or it lies behind the last */
    ((struct counted_set *)set->master)->fd_count = set->count;
}

unsigned select_set_collect(const struct select_set *set, struct select_member *ready)
{
    const struct counted_set *answer = set->copy;
    unsigned at = 0, found = 0;
    for (unsigned i = 0; i < answer->fd_count; i++)
        /* Winsock keeps the order, so all searches together are one walk. Any order would work. */
        for (unsigned steps = 0; steps < set->count; steps++) {
            const struct select_member *member = &set->members[at];
            at = at + 1 == set->count ? 0 : at + 1;
            if (member->socket == answer->fd_array[i]) {
                ready[found++] = *member;
                break;
            }
        }
    return found;
}
