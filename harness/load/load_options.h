/*
 * load_options: what the load generator is to do to one server.
 */
#ifndef IOMODELS_LOAD_OPTIONS_H
#define IOMODELS_LOAD_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "load/load_result.h"
#include "load/workload.h"
#include "net.h"

#define LOAD_INTERVALS_MOST 10000

/* How an interval was, as far as it is known at its end. */
struct load_progress {
    uint64_t length_ns;
    uint64_t messages; /* of it that are answered */
    uint64_t rtt_max_ns;
};

struct load_options {
    struct net_address server;
    struct workload workload;
    unsigned clients_at_once; /* the server serves this many and lets the others wait; 0: all */
    bool nodelay;
    uint64_t warmup_ns;
    uint64_t duration_ns;
    uint64_t begin_at_ns; /* when the warm-up begins, of clock_now_ns; whoever comes later has less
                           * of it. 0: as soon as all are connected */
    uint64_t connect_timeout_ns; /* for connecting and echoing once, all together */
    bool connect_again;          /* what was not established is connected again, as long as that
                                  * time lasts: the server may not listen yet */
    uint64_t connect_pause_ns;   /* where it isn't 0, instead: the longest time without a new
                                  * established connection */
    uint64_t drain_timeout_ns;
    /*
     * The window is cut into intervals of that length, which the result has. The last one ends with
     * the window; where there would be more than LOAD_INTERVALS_MOST, it has all that is left. 0: no
     * intervals.
     */
    uint64_t interval_ns;
    bool per_connection; /* the result has the shares of its connections */
    /* The callbacks are called on the caller's thread, if nothing else is said. */
    /*
     * Called at the first and the last moment of the window (at_end false, true), always in a
     * pair, also where the run ends early; may not block.
     */
    void (*at_window)(void *context, bool at_end);
    /* Called when all client threads have come to the end of an interval, the last at the window's;
     * may not block for long. On any of them, one at a time. NULL: nobody wants to know. */
    void (*at_interval)(void *context, const struct load_progress *progress);
    /* Called first on each client thread but the caller's. 0, or a negative error: the run is
     * impossible. NULL: nothing to do. */
    int (*at_thread)(void *context);
    /* Called between waits, at least every 100 ms: true ends the run early (Ctrl-C). */
    bool (*cancelled)(void *context);
    void *context;
};

#endif
