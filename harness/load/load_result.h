/*
 * load_result: what the load generator has seen.
 */
#ifndef IOMODELS_LOAD_RESULT_H
#define IOMODELS_LOAD_RESULT_H

#include <stdbool.h>
#include <stdint.h>

#include "stats/compact_histogram.h"

/* A piece of the window. */
struct load_interval {
    uint64_t length_ns;
    uint64_t unanswered; /* open loop: those meant for a moment inside that were not answered by the
                           * drain's end; closed: 0 */
    uint64_t outstanding; /* at its end: messages not answered, in an open loop also those that wait
                           * behind them; churn: also connects, and waits for the server's end */
    uint64_t oldest_unanswered_ns; /* at its end: the age of the oldest of these */
    struct compact_histogram rtt;  /* of its messages. closed: those complete inside; open: those
                                    * meant for a moment inside */
};

/* What one connection had of the window. */
struct load_share {
    unsigned connection; /* its number, from 0 */
    uint64_t messages;
    uint64_t bytes;
    uint64_t rtt_ns; /* of the messages together */
    uint64_t rtt_max_ns;
    uint64_t oldest_unanswered_ns; /* at the window's end */
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
    uint64_t sent_bytes;   /* payload bytes that were sent, in the whole run */
    uint64_t window_ns;    /* its true length; 0: the run ended before it */
    uint64_t paused_ns;    /* of the window, in an open loop of the drain too: in which the client's
                               * thread that this befell most did not get to run, by pauses of 100 ms
                               * or more */
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
    struct load_interval *intervals; /* the window's, in their order, where asked for; owned */
    size_t interval_count;
    struct load_share
        *shares; /* where asked for: of the established connections that send; owned */
    size_t share_count;
    size_t interval_room, share_room; /* its own */
    bool cancelled;
    int error;            /* 0, or the negative code of what made the run impossible */
    char error_text[360]; /* one line: that error, else the first that went wrong; or empty */
};

/* The result's histograms: once, before its first run. 0, or -1 without memory. */
int load_result_init(struct load_result *result);
void load_result_free(struct load_result *result);
/* As at the beginning of a run that attempts that many connections. */
void load_result_clear(struct load_result *result, unsigned attempted);
/* After that: as many intervals, all empty, and room for as many shares. 0, or -1 without memory. */
int load_result_make_room(struct load_result *result, size_t intervals, size_t shares);
/*
 * Adds what another client thread has seen of the same run. What describes the whole run
 * stays as it is: fairness, shares, bursts, the lengths of the window and its intervals, the error and its text.
 */
void load_result_add(struct load_result *into, const struct load_result *from);

#endif
