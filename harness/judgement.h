/*
 * judgement: what limited a row's rate, and what makes its figures doubtful. Pure: from the figures
 * to the verdict and the warnings. The rules stand in results/README.md.
 */
#ifndef IOMODELS_JUDGEMENT_H
#define IOMODELS_JUDGEMENT_H

#include "host.h"
#include "record.h"

/* "server", "client", "latency", "rate" or "undecided", from the loads that the row has. */
const char *judgement_bound(const struct record *record);

/*
 * The warning that the server's CPU time gives, of a row that has cpu_resolution_us. server_cpu_s: in
 * the window; NaN: not known.
 */
void judgement_take_cpu(struct record *record, double server_cpu_s);

/*
 * What the host did between the two ends of the window, on the processors of each side, or of the
 * only one that is here.
 */
struct judgement_host {
    size_t sides;
    struct host_times from[HOST_SIDES], to[HOST_SIDES];
    double own_cpu_s[HOST_SIDES]; /* of all that is ours and may run on them */
    bool throttled;
};
/* others_cpu_load, and the warnings that come of it. */
void judgement_take_host(struct record *record, const struct judgement_host *host);

/* What happened to the time of the window. */
struct judgement_time {
    uint64_t asked_ns;
    uint64_t window_ns;   /* its true length */
    uint64_t paused_ns;   /* as in load_result */
    int64_t suspended_ns; /* the machine was asleep for */
    int64_t stepped_ns;   /* the calendar's clock gained on the one that measures */
    bool server_stopped;  /* its process was, for a while */
};
/* Adds the warnings. False: the row is no measurement of that window; reason is one line, why. */
bool judgement_take_time(struct record *record, const struct judgement_time *time, char *reason,
                         size_t size);

/* The warnings that the load gives, of a row that has the load's figures. rtt: its round trips. */
void judgement_take_load(struct record *record, const struct histogram *rtt);

#endif
