#include "select_set.h"

#include <limits.h>
#include <sys/select.h>
#include <unistd.h>

enum { WORD_BITS = sizeof(long) * CHAR_BIT };

size_t select_set_bytes(unsigned members, int nfds)
{
    (void)members;
    return ((size_t)nfds + WORD_BITS - 1) / WORD_BITS * sizeof(long);
}

/* No descriptor is above the limit of open files, so a set of that size needs no check. */
int select_set_nfds_most(void)
{
    long limit = sysconf(_SC_OPEN_MAX);
    return limit > 0 && limit < 1 << 20 ? (int)limit : 1 << 20;
}

void select_set_put(struct select_set *set, unsigned at)
{
    int socket = set->members[at].socket;
    ((unsigned long *)set->master)[socket / WORD_BITS] |= 1ul << socket % WORD_BITS;
}

void select_set_drop(struct select_set *set, net_socket socket)
{
    ((unsigned long *)set->master)[socket / WORD_BITS] &= ~(1ul << socket % WORD_BITS);
}

unsigned select_set_collect(const struct select_set *set, struct select_member *ready)
{
    const unsigned long *answer = set->copy;
    unsigned found = 0;
    for (unsigned at = 0; at < set->count; at++) {
        int socket = set->members[at].socket;
        if ((answer[socket / WORD_BITS] & 1ul << socket % WORD_BITS) != 0)
            ready[found++] = set->members[at];
    }
    return found;
}
