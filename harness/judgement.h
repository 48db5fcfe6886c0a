/*
 * judgement: what held a row's rate back, and whether anything makes its figures doubtful. Pure:
 * from the figures to the verdict and the warnings. results/README.md tells the rules.
 */
#ifndef IOMODELS_JUDGEMENT_H
#define IOMODELS_JUDGEMENT_H

#include "host.h"
#include "record.h"

/* "server", "client", "latency", "rate" or "undecided", from the loads that the row has. */
const char *judgement_bound(const struct record *record);

/* What the host did between the two ends of the window. */
struct judgement_host {
    struct host_times from, to;
    double own_cpu_s; /* of the client, and of the server and its wineserver where they are here */
    bool throttled;
};
/* others_cpu_load, and the warnings that come of it. */
void judgement_take_host(struct record *record, const struct judgement_host *host);

/* The warnings that the load gives, of a row that has the load's figures. rtt: its round trips. */
void judgement_take_load(struct record *record, const struct histogram *rtt);

#endif
