/*
 * poll_set: the array that poll and WSAPoll are handed, and the connections of its entries. It
 * calls nothing.
 */
#ifndef IOMODELS_POLL_SET_H
#define IOMODELS_POLL_SET_H

#include "server.h"

/* The one platform block: winsock2.h, which net.h has, declares the same struct pollfd. */
#ifndef _WIN32
#include <poll.h>
#endif

/*
 * Entry 0 is the thread's own socket. The array has no gaps, so it is handed over as it is: the
 * last entry moves into the place of one that is removed. Zeroed at first.
 */
struct poll_set {
    unsigned count;
    unsigned turn; /* walks so far */
    struct pollfd *entries;
    struct connection **connections; /* of the same places; NULL at 0 */
};

/* Room for `most` entries. False: no memory; close it all the same. */
bool poll_set_open(struct poll_set *set, unsigned most);
void poll_set_close(struct poll_set *set);

/* connection: NULL for the thread's own socket, which is never removed. */
void poll_set_add(struct poll_set *set, net_socket socket, short events,
                  struct connection *connection);
void poll_set_remove(struct poll_set *set, unsigned at);

/*
 * After a wait the entries are walked downwards, each time from another start. With a fixed start
 * the same connection would always come last, and that one gains: its client answers in time for
 * the next wait. Entries may be added and removed during the walk. None is met twice; one that
 * moves into a place that was passed already is not met, and the next wait reports it again.
 */
struct poll_walk {
    unsigned at;    /* the entry to look at */
    unsigned count; /* entries when the walk began */
    unsigned left;
};

static inline struct poll_walk poll_walk_begin(struct poll_set *set)
{
    unsigned count = set->count;
    return (struct poll_walk){.at = set->turn++ % count, .count = count, .left = count};
}

/* Goes to the next entry; false: there is none. */
static inline bool poll_walk_next(const struct poll_set *set, struct poll_walk *walk)
{
    while (walk->left > 0) {
        walk->left--;
        walk->at = walk->at == 0 ? walk->count - 1 : walk->at - 1;
        if (walk->at < set->count)
            return true;
    }
    return false;
}

#endif
