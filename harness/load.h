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

enum load_workload {
    LOAD_PINGPONG, /* closed loop: one outstanding message on each connection */
    LOAD_STREAM    /* each keeps pipeline_depth messages' bytes in flight, both ways at once */
};

struct load_options {
    struct net_address server;
    enum load_workload workload;
    unsigned connections;     /* at least 1 */
    size_t message_bytes;     /* at least 1; stream: the block that counts as a message */
    unsigned clients_at_once; /* the server lets all but the first so many wait; 0: it lets none */
    unsigned pipeline_depth;  /* messages in flight on each connection; 1 in pingpong */
    bool nodelay;
    uint64_t warmup_ns;
    uint64_t duration_ns;
    uint64_t connect_timeout_ns; /* for connecting and echoing once, all together */
    uint64_t drain_timeout_ns;
    /*
     * Called at the first and the last moment of the window (at_end false, true), always in a
     * pair, also where the run ends early; may not block.
     */
    void (*at_window)(void *context, bool at_end);
    /* Asked between waits, at least each 100 ms: true ends the run early (Ctrl-C). */
    bool (*cancelled)(void *context);
    void *context;
};

struct load_result {
    unsigned attempted;
    unsigned established;     /* connected and, but for those that have to wait, echoed once */
    uint64_t messages;        /* echoes complete inside the window, wherever they began */
    uint64_t bytes;           /* payload bytes that came back inside the window */
    uint64_t window_ns;       /* its true length; 0: the run ended before it */
    uint64_t errors;          /* established connections that broke, at any time */
    uint64_t verify_failures; /* connections that brought a wrong byte (then closed) */
    uint64_t unanswered;      /* messages outstanding when the drain ended */
    double fairness_jain;     /* of the established connections' messages (stream: bytes) in the
                               * window; NaN: none */
    unsigned starved;         /* outstanding through the whole window, nothing completed */
    uint64_t oldest_unanswered_ns; /* age of the oldest outstanding message at the window's end */
    struct histogram rtt;          /* of the messages; initialised by the caller */
    bool cancelled;
    int error;            /* 0, or the negative code of what made the run impossible */
    char error_text[200]; /* one line: that, else the first that went wrong; empty: nothing */
};

/*
 * Runs it to the end. Returns 0 (also where connections broke: see result), or result->error. The
 * options' callbacks may look at the result, whose counts grow as the run goes on.
 */
int load_run(const struct load_options *options, struct load_result *result);

const char *load_workload_name(enum load_workload workload); /* "pingpong", "stream" */
/* By name; false: none. */
bool load_workload_find(const char *name, enum load_workload *workload);

#endif
