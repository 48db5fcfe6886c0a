/*
 * server_statistics: what a server says that it has done between the two ends of the window, taken from
 * the two lines of its statistics. A target is any program, so each figure is checked: what cannot be is
 * not taken.
 */
#ifndef IOMODELS_SERVER_STATISTICS_H
#define IOMODELS_SERVER_STATISTICS_H

#include <stdbool.h>

#include "run/evidence.h"

/* NaN: the server does not tell it, or it cannot be. The keys are those of results/README.md. */
struct server_statistics {
    double span_s; /* from the first line to the second, which is not quite the client's window */
    /* In that span. */
    double cpu_user_s, cpu_sys_s;
    double recv_bytes;
    double context_switches;
    double wait_calls, wait_events, wait_scanned, wait_set_bytes;
    double recv_calls, send_calls, other_calls, completions, would_block;
    /* From the server's start. */
    double cpu_before_s;                                    /* to the first line, user and system */
    double cpu_resolution_us, threads_peak, rss_peak_bytes; /* to the second line */
    /*
     * How evenly the threads share, by Jain's index: of the bytes received in that span, and of the
     * accepts from the start on. NaN: one thread, or nothing to share.
     */
    double threads_jain, accepts_jain;
    bool is_impossible; /* some figure cannot be */
};

/* What evidence->statistics tells. processors: that the server may use at most; NaN: not known. */
void server_statistics_read(struct server_statistics *statistics, const struct evidence *evidence,
                            double processors);

#endif
