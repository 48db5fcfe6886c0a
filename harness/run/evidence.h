/*
 * evidence: all that one measurement has seen, with the settings under which it ran. row_fill
 * makes a row of it.
 */
#ifndef IOMODELS_EVIDENCE_H
#define IOMODELS_EVIDENCE_H

#include "base/failure.h"
#include "host/host.h"
#include "load/load.h"
#include "run/run_settings.h"
#include "run/target_server.h"

/* What is read at each end of the window. */
struct evidence_moment {
    uint64_t at_ns;                     /* 0: the window did not come to this end */
    uint64_t boot_ns, awake_ns, utc_ns; /* as clock.h has them */
    uint64_t client_cpu_ns;
    uint64_t server_cpu_ns; /* as the host sees the process that was started */
    uint64_t wineserver_cpu_ns;
    bool server_known;
    bool wineserver_known;
    struct host_times host[HOST_SIDES]; /* as evidence_sides */
    bool host_known;
    uint64_t quota_stops;
};

struct evidence {
    const struct run_settings *settings;
    const struct target *target;
    const struct workload *workload; /* this generator's share */
    const struct load_result *load;

    /* Before the load. */
    double busy_before; /* how busy the host was; NaN: not known */
    bool host_busy;     /* and it did not become idle enough */
    bool wineserver_restarted;
    struct target_server server;
    bool has_server; /* it was started here; else another generator has it, or it did not start */
    char server_system[16];
    char server_cpus[HOST_CPUS_TEXT], client_cpus[HOST_CPUS_TEXT]; /* "": not known */
    unsigned long wineserver;                                      /* its process; 0: none */
    bool wineserver_not_pinned;
    struct cgroup_throttles quotas; /* the client's, and those of a server that is here */

    uint64_t interval_shown_ns; /* when a person was last told how an interval was; 0: never */

    /* At both ends of the window. */
    struct evidence_moment moments[2];
    bool server_stopped; /* its process was stopped between them */
    /* The first of each: before the server was started. */
    double kernel_memory[2]; /* in bytes; NaN where the system doesn't tell */
    uint64_t throttles[2];
    uint64_t late_ns; /* so much later than the other generators' windows this one began */

    /* The server's end. */
    bool has_statistics;
    char statistics[2][TARGET_LINE_BYTES]; /* its lines, of both ends of the window */
    struct failure failure;                /* why it did not start, or gave no statistics */
    bool server_died;                      /* by itself */
    bool server_killed;
    bool server_floods; /* standard error, with more than is kept of it */
    int exit_status;
    char last_words[TARGET_MESSAGE_BYTES]; /* its last line on standard error */
};

/* Whether the process that was started only leads to the server. */
bool evidence_is_remote(const struct evidence *evidence);
/* Whether the server that was started says that it runs under Wine. */
bool evidence_is_wine(const struct evidence *evidence);
/*
 * Writes to cpus the processors whose load is looked at: a list for each side that is on this
 * machine, NULL for all that this process may use. Returns the number of lists, at most HOST_SIDES.
 */
size_t evidence_sides(const struct evidence *evidence, const char *cpus[HOST_SIDES]);
/*
 * Waits until the host is idle enough, at most the settings' idle_wait_ns. The first generator
 * restarts a wineserver that spins.
 */
void evidence_wait_idle(struct evidence *evidence);
/* Reads what would take too long at the first moment of the window. */
void evidence_look_at_host(struct evidence *evidence, bool at_end);
/* The load generator's at_window: reads what is here, asks the server. context: the evidence. */
void evidence_at_window(void *context, bool at_end);
/* The load generator's at_interval, for a terminal: shows the interval in the progress line. */
void evidence_at_interval(void *context, const struct load_progress *progress);
/* The load generator's at_thread: it runs where the client is to run. */
int evidence_at_thread(void *context);

#endif
