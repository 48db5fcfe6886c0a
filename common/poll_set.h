/*
 * poll_set: what poll and WSAPoll have in common, the array that they are handed, and a worker
 * that keeps it.
 */
#ifndef IOMODELS_POLL_SET_H
#define IOMODELS_POLL_SET_H

#include "readiness.h"

/* The one platform block: winsock2.h, which net.h has, declares the same struct pollfd. */
#ifndef _WIN32
#include <poll.h>
#endif

/*
 * Entry 0 is the worker's own socket. The array has no gaps, so it is handed over as it is: the
 * last entry moves into the place of one that is removed.
 */
struct poll_worker {
    struct readiness_worker own;
    unsigned count;
    unsigned turn; /* walks so far */
    struct pollfd *entries;
    struct connection **connections; /* of the same places; NULL at 0 */
};

/* For struct crew_calls; wake is readiness_wake. events: what its own socket is watched for. */
int poll_worker_open(struct worker *worker, short events);
void poll_worker_close(struct worker *worker);

void poll_add(struct poll_worker *poller, net_socket socket, short events,
              struct connection *connection);
void poll_remove(struct poll_worker *poller, unsigned at);

/*
 * What a wait has reported is looked at downwards, each time from another entry: who always came
 * last would gain, since quick clients are ready again for the next wait. Entries may be removed and
 * added on the way: none is met twice; one that has moved into a place that is done with is not met,
 * and is told again by the next wait.
 */
struct poll_walk {
    unsigned at;    /* the entry to look at */
    unsigned count; /* entries when the walk began */
    unsigned left;
};

static inline struct poll_walk poll_walk_begin(struct poll_worker *poller)
{
    unsigned count = poller->count;
    return (struct poll_walk){.at = poller->turn++ % count, .count = count, .left = count};
}

/* Goes to the next entry; false: there is none. */
static inline bool poll_walk_next(const struct poll_worker *poller, struct poll_walk *walk)
{
    while (walk->left > 0) {
        walk->left--;
        walk->at = walk->at == 0 ? walk->count - 1 : walk->at - 1;
        if (walk->at < poller->count)
            return true;
    }
    return false;
}

#endif
