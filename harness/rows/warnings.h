/*
 * warnings: everything that can make a figure doubtful, each with a word and with what helps, and
 * the rules for those that the load's figures and the CPU time give. window_checks.h in run/ has
 * the rules for the host and the clock. A row keeps the words of its warnings; results/README.md
 * says when each is given.
 */
#ifndef IOMODELS_WARNINGS_H
#define IOMODELS_WARNINGS_H

#include "rows/row.h"

enum warning {
    WARNING_HOST_BUSY,
    WARNING_HOST_NOISY,
    WARNING_CPU_STOLEN,
    WARNING_CPU_THROTTLED,
    WARNING_CPU_QUOTA,
    WARNING_CPU_GOVERNOR,
    WARNING_NOT_PINNED,
    WARNING_WINESERVER_NOT_PINNED,
    WARNING_WINESERVER_RESTARTED,
    WARNING_SNAPSHOTS_LATE,
    WARNING_IMPOSSIBLE_STATISTICS,
    WARNING_SERVER_KILLED,
    WARNING_STDERR_FLOOD,
    WARNING_CLIENT_PAUSED,
    WARNING_CLOCK_STEPPED,
    WARNING_WINDOW_LATE,
    WARNING_OVERLOAD,
    WARNING_CLIENT_LATE,
    WARNING_UNANSWERED,
    WARNING_STARVED,
    WARNING_FEW_SAMPLES,
    WARNING_FEW_CPU_STEPS,
    WARNING_PLATEAU_40MS,
    WARNING_CONNECTIONS_MISSING,
    WARNING_DRIFT, /* of a whole run, not of a row */
    WARNINGS
};

/* "host_busy" */
const char *warning_word(enum warning warning);
/* What helps, one clause. */
const char *warning_advice(enum warning warning);
/* Adds the word to the row's. */
void warning_add(struct row *row, enum warning warning);
bool warning_has(const struct row *row, enum warning warning);

/*
 * The warning that the server's CPU time gives, of a row that has cpu_resolution_us. server_cpu_s: in
 * the window; NaN: not known.
 */
void warnings_take_cpu(struct row *row, double server_cpu_s);
/* The warnings that the load gives, of a row that has the load's figures. rtt: its round trips. */
void warnings_take_load(struct row *row, const struct histogram *rtt);

#endif
