/*
 * run: one measurement: a fresh server, the load, the row.
 */
#ifndef IOMODELS_RUN_H
#define IOMODELS_RUN_H

#include "generator.h"
#include "load.h"
#include "record.h"
#include "target.h"

/* What the clients do. */
struct run_workload {
    enum load_workload kind;
    unsigned connections;
    unsigned active;      /* idle: those that send, at most connections; 0: all */
    unsigned misbehaving; /* mixed: clients beside the connections; 0: none */
    unsigned pipeline_depth;
    size_t message_bytes;
    uint64_t rate_msgs_per_s;   /* 0: no rate is set */
    uint64_t burst_interval_ns; /* 0: no bursts */
};

/* What all runs of a suite have in common. */
struct run_settings {
    const char *run_id;
    uint64_t warmup_ns;
    uint64_t duration_ns;
    uint64_t idle_wait_ns; /* the longest wait for an idle host; runs in slots do not wait */
    uint64_t buffer_bytes;
    unsigned threads; /* 0: each model's own choice */
    bool nodelay;
    const char *placement;   /* "split", "none", or "SERVER/CLIENT" as they were given */
    const char *server_cpus; /* NULL: any; as below */
    const char *client_cpus;
    unsigned server_cpu_count;
    struct server_ports *ports;
    struct generator *generator;
    bool (*cancelled)(void *context);
    void *context;
};

enum run_status { RUN_OK, RUN_SKIPPED, RUN_FAILED, RUN_CANCELLED };

/* Fills what is known before anything has run: identity and factors. */
void run_describe(struct record *record, const struct run_settings *settings,
                  const struct target *target, const char *model,
                  const struct run_workload *workload, unsigned trial);

/*
 * Measures into record (which was described) and load (initialised; it holds the row's histograms).
 * Whatever happens, no server is left behind. RUN_SKIPPED: the target can't run it, and the row
 * says why. RUN_CANCELLED: there is no row to keep.
 */
enum run_status run_execute(struct record *record, struct load_result *load,
                            const struct run_settings *settings, const struct target *target,
                            const struct run_workload *workload);

/* Connections that its server must be able to have at a time. */
unsigned run_server_connections(const struct run_workload *workload);

#define RUN_HISTOGRAMS_MAX 2

/* The histograms that belong into histogram.csv, the row's own round trips first. How many. */
size_t run_histograms(const struct record *record, const struct load_result *load,
                      struct record_histogram histograms[RUN_HISTOGRAMS_MAX]);

/* Makes it the row of a skipped run. */
void run_skip(struct record *record, const char *reason);

#endif
