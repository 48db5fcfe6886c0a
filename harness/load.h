/*
 * load: the load generator. Drives one server that already listens, checks every byte, and
 * measures one window. The same code for every model and target.
 *
 * Order of a run: connect all, one echo on each, barrier, warm-up (thrown away), window, drain,
 * close. One thread, the caller's, who has called net_startup, net_raise_limit and payload_init.
 */
#ifndef IOMODELS_LOAD_H
#define IOMODELS_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "histogram.h"
#include "net.h"

/*
 * A closed loop sends when an answer has come. An open one has a schedule (schedule.h), which
 * begins with the warm-up: what is due while its connection has pipeline_depth messages outstanding
 * waits at the client, and its latency counts from the moment when it was meant to be sent (G.
 * Tene's "coordinated omission" is what that avoids).
 */
enum load_workload {
    LOAD_PINGPONG, /* closed: one outstanding message on each connection */
    LOAD_STREAM, /* closed: each keeps pipeline_depth messages' bytes in flight, both ways at once */
    LOAD_RATE,   /* open: rate_msgs_per_s, each connection in turn */
    LOAD_BURST,  /* open: one message on each connection at the same moment, each
                    * burst_interval_ns */
    LOAD_IDLE,   /* closed: pingpong on `active` of the connections, spread over them */
    LOAD_CHURN,  /* closed: each connects, echoes one message, closes in good order, and again */
    LOAD_MIXED,  /* open: rate, beside `misbehaving` clients (misbehaving.h), which are no part of
                    * what is measured */
    LOAD_RAMP    /* closed: pingpong on as many of the connections as could be made */
};

struct load_options {
    struct net_address server;
    enum load_workload workload;
    unsigned connections;       /* at least 1 */
    unsigned active;            /* idle: 1..connections */
    unsigned misbehaving;       /* mixed: clients beside the connections */
    size_t message_bytes;       /* at least 1; stream: the block that counts as a message */
    unsigned clients_at_once;   /* the server serves this many and lets the others wait; 0: all */
    unsigned pipeline_depth;    /* messages in flight on each connection; 1 in pingpong and idle */
    uint64_t rate_msgs_per_s;   /* rate, mixed: of all connections together, 1..SCHEDULE_RATE_MAX */
    uint64_t burst_interval_ns; /* burst: at least 1 */
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
     * Called at the first and the last moment of the window (at_end false, true), always in a
     * pair, also where the run ends early; may not block.
     */
    void (*at_window)(void *context, bool at_end);
    /* Called between waits, at least every 100 ms: true ends the run early (Ctrl-C). */
    bool (*cancelled)(void *context);
    void *context;
};

struct load_result {
    unsigned attempted;
    unsigned established;  /* connected and, but for those that have to wait, echoed once */
    uint64_t messages;     /* closed: echoes complete inside the window, wherever they began;
                               * open: meant for a moment inside, and answered by the drain's end */
    uint64_t unanswered;   /* closed: messages outstanding when the drain ended; open: those
                               * meant for a moment inside the window that were not answered */
    uint64_t echoes;       /* complete inside the window, wherever they began or were meant */
    uint64_t bytes;        /* payload bytes that came back inside the window */
    uint64_t window_ns;    /* its true length; 0: the run ended before it */
    uint64_t paused_ns;    /* of the window, in an open loop of the drain too: in which the caller
                               * did not get to run, by pauses of 100 ms or more */
    uint64_t connects;     /* churn: complete inside the window, wherever they began */
    uint64_t errors;       /* established connections that broke, at any time, or that the server
                               * did not end after the client; churn: and those that could not be
                               * made again */
    uint64_t without_port; /* of the errors: connects that found no port of ours free */
    uint64_t verify_failures;       /* connections that brought a wrong byte (then closed) */
    double fairness_jain;           /* of what the active of the established connections had of the
                               * window: messages; stream: bytes; burst: mean round trips of those
                               * that had any. NaN: none */
    unsigned starved;               /* outstanding through the whole window, nothing completed */
    uint64_t oldest_unanswered_ns;  /* age of the oldest outstanding message at the window's end;
                                     * churn: or of the oldest connect, or wait for the server's
                                     * end */
    uint64_t bursts;                /* meant for the window and answered completely */
    struct histogram rtt;           /* of the messages; open: from when each was meant to be sent */
    struct histogram rtt_from_sent; /* open: of the same messages, from when each was sent */
    struct histogram burst_last;    /* of the bursts: from their moment to the last echo */
    struct histogram connect;       /* churn: of the connects, from begin to end */
    struct histogram send_late;     /* open, inside the window: how late a message was sent whose
                                      * connection was free at the moment it was meant for */
    bool cancelled;
    int error;            /* 0, or the negative code of what made the run impossible */
    char error_text[360]; /* one line: that error, else the first that went wrong; or empty */
};

/* The result's histograms: once, before its first run. 0, or -1 without memory. */
int load_result_init(struct load_result *result);
void load_result_free(struct load_result *result);

/*
 * Runs it to the end, into a result that was initialised. Returns 0 (also where connections broke:
 * see result), or result->error. The options' callbacks may look at the result, whose counts grow
 * as the run goes on.
 */
int load_run(const struct load_options *options, struct load_result *result);

const char *load_workload_name(enum load_workload workload);    /* "pingpong", "stream" ... */
const char *load_workload_summary(enum load_workload workload); /* what it does, one line */
bool load_workload_is_open(enum load_workload workload);
/* By name, without regard to case; false: none. */
bool load_workload_find(const char *name, enum load_workload *workload);
/* The number of workloads: each value of the enumeration below it is one. */
unsigned load_workload_count(void);

#endif
