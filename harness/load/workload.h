/*
 * workload: what the clients of a measurement do.
 */
#ifndef IOMODELS_WORKLOAD_H
#define IOMODELS_WORKLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A closed loop sends when an answer has come. An open one has a schedule (schedule.h), which
 * begins with the warm-up: what is due while its connection has pipeline_depth messages outstanding
 * waits at the client, and its latency counts from the moment when it was meant to be sent (G.
 * Tene's "coordinated omission" is what that avoids).
 */
enum workload_kind {
    WORKLOAD_PINGPONG, /* closed: one outstanding message on each connection */
    WORKLOAD_STREAM, /* closed: each keeps pipeline_depth messages' bytes in flight, both ways at once */
    WORKLOAD_RATE,  /* open: rate_msgs_per_s, each connection in turn */
    WORKLOAD_BURST, /* open: one message on each connection at the same moment, each
                    * burst_interval_ns */
    WORKLOAD_IDLE,  /* closed: pingpong on `active` of the connections, spread over them */
    WORKLOAD_CHURN, /* closed: each connects, echoes one message, closes in good order, and again */
    WORKLOAD_MIXED, /* open: rate, beside `misbehaving` clients (misbehaving.h), which are no part of
                    * what is measured */
    WORKLOAD_RAMP   /* closed: pingpong on as many of the connections as could be made */
};

struct workload {
    enum workload_kind kind;
    unsigned connections;
    unsigned active;      /* idle: those that send, at most connections; 0: all */
    unsigned misbehaving; /* mixed: clients beside the connections; 0: none */
    unsigned pipeline_depth;
    size_t message_bytes;
    uint64_t rate_msgs_per_s;   /* 0: no rate is set */
    uint64_t burst_interval_ns; /* 0: no bursts */
};

const char *workload_name(enum workload_kind workload);    /* "pingpong", "stream" ... */
const char *workload_summary(enum workload_kind workload); /* what it does, one line */
bool workload_is_open(enum workload_kind workload);
/* By name, without regard to case; false: none. */
bool workload_find(const char *name, enum workload_kind *workload);
/* The number of workloads: each value of the enumeration below it is one. */
unsigned workload_count(void);

#endif
