/*
 * measured: a row's figures, made of what the load generator has seen and of what the server
 * reports at both ends of the window.
 */
#ifndef IOMODELS_MEASURED_H
#define IOMODELS_MEASURED_H

#include "host/host.h"
#include "load/load.h"
#include "rows/row.h"
#include "run/run_settings.h"
#include "run/target.h"

/* What is read at both ends of the window. */
struct measured_moment {
    uint64_t at_ns;
    uint64_t boot_ns, awake_ns, utc_ns; /* as clock.h has them */
    uint64_t client_cpu_ns;
    uint64_t wineserver_cpu_ns;
    uint64_t server_cpu_ns; /* as the host sees the process that was started */
    bool wineserver_known;
    bool server_known;
    struct host_times host[HOST_SIDES]; /* as measured_sides */
    bool host_known;
    uint64_t quota_stops;
};

struct measured_window {
    const struct run_settings *settings;
    struct target_server *server;
    bool remote;              /* the process that was started only leads to the server */
    unsigned long wineserver; /* 0: none */
    /* Before the server was started, and at the window's end, as measured_host_now. */
    double kernel_memory[2]; /* in bytes; NaN where the system doesn't tell */
    uint64_t throttles[2];
    struct cgroup_throttles quotas; /* the client's, and those of a server that is here */
    struct measured_moment moments[2];
    bool server_stopped; /* its process was stopped within the window */
};

/* The server's statistics at both ends of the window. */
struct measured_statistics {
    char lines[2][TARGET_LINE_BYTES];
};

/*
 * Writes to cpus the processors whose load is looked at: a list for each side that is on this
 * machine, NULL for all that this process may use. Returns the number of lists, at most HOST_SIDES.
 */
size_t measured_sides(const struct run_settings *settings, bool remote,
                      const char *cpus[HOST_SIDES]);
/* Reads what would take too long at the first moment of the window. */
void measured_host_now(struct measured_window *window, bool at_end);
/* The load generator's at_window: reads what is here, asks the server. context: the window. */
void measured_at_window(void *context, bool at_end);

/* echoes: complete inside the client's window. */
void measured_take_load(struct row *row, const struct load_result *load,
                        const struct workload *workload);
/* False: time was taken from the window, so this is no measurement; reason is one line, why. */
bool measured_take_time(struct row *row, const struct measured_window *window,
                        const struct load_result *load, char *reason, size_t size);
void measured_take_client(struct row *row, const struct measured_window *window, double echoes);
void measured_take_statistics(struct row *row, const struct measured_statistics *statistics,
                              const struct measured_window *window, double echoes);

#endif
