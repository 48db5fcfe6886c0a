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
 * last entry moves into the place of one that is removed. Who walks downwards meets each entry
 * once, whatever is removed or added on the way.
 */
struct poll_worker {
    struct readiness_worker own;
    unsigned count;
    unsigned turn; /* the model's: waits so far */
    struct pollfd *entries;
    struct connection **connections; /* of the same places; NULL at 0 */
};

/* For struct crew_calls; wake is readiness_wake. events: what its own socket is watched for. */
int poll_worker_open(struct worker *worker, short events);
void poll_worker_close(struct worker *worker);

void poll_add(struct poll_worker *poller, net_socket socket, short events,
              struct connection *connection);
void poll_remove(struct poll_worker *poller, unsigned at);

#endif
