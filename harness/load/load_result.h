/*
 * load_result: what the load generator has seen.
 */
#ifndef IOMODELS_LOAD_RESULT_H
#define IOMODELS_LOAD_RESULT_H

#include <stdbool.h>
#include <stdint.h>

#include "stats/histogram.h"

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
/* As at the beginning of a run that attempts that many connections. */
void load_result_clear(struct load_result *result, unsigned attempted);

#endif
