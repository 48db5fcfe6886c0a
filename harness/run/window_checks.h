/*
 * window_checks: judges what the host and the clock did during a window. It adds warnings to the
 * row, sets others_cpu_load, and says whether the row has to fail. Pure. The rules stand in
 * results/README.md.
 */
#ifndef IOMODELS_WINDOW_CHECKS_H
#define IOMODELS_WINDOW_CHECKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/host.h"
#include "rows/row.h"

/*
 * What the host did between the two ends of the window, on the processors of each side, or of the
 * only one that is here.
 */
struct window_host {
    size_t sides;
    struct host_times from[HOST_SIDES], to[HOST_SIDES];
    double own_cpu_s[HOST_SIDES]; /* of all that is ours and may run on them */
    bool throttled;
};
/* others_cpu_load, and the warnings that come of it. */
void window_check_host(struct row *row, const struct window_host *host);

/* What happened to the time of the window. */
struct window_time {
    uint64_t asked_ns;
    uint64_t window_ns;   /* its true length */
    uint64_t paused_ns;   /* as in load_result */
    int64_t suspended_ns; /* the machine was asleep for */
    int64_t stepped_ns;   /* the calendar's clock gained on the one that measures */
    bool server_stopped;  /* its process was, for a while */
};
/* Adds the warnings. False: the row is no measurement of that window; reason is one line, why. */
bool window_check_time(struct row *row, const struct window_time *time, char *reason, size_t size);

#endif
