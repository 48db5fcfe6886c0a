/*
 * run: one measurement: a fresh server, the load, the row.
 */
#ifndef IOMODELS_RUN_H
#define IOMODELS_RUN_H

#include "load.h"
#include "record.h"
#include "target.h"

/* What the clients do. */
struct run_workload {
    enum load_workload kind;
    unsigned connections;
    size_t message_bytes;
    unsigned pipeline_depth;
};

/* What all runs of a suite have in common. */
struct run_settings {
    const char *run_id;
    uint64_t warmup_ns;
    uint64_t duration_ns;
    uint64_t idle_wait_ns; /* most time that a run waits for an idle host */
    uint64_t buffer_bytes;
    unsigned threads; /* 0: each model's own choice */
    bool nodelay;
    const char *placement;   /* "split" or "none" */
    const char *server_cpus; /* NULL: any */
    unsigned server_cpu_count;
    bool (*cancelled)(void *context);
    void *context;
};

enum run_status { RUN_OK, RUN_SKIPPED, RUN_FAILED, RUN_CANCELLED };

/* Fills what is known before anything has run: identity and factors. */
void run_describe(struct record *record, const struct run_settings *settings,
                  const struct target *target, const char *model,
                  const struct run_workload *workload, unsigned trial);

/*
 * Measures into record (which was described) and rtt (cleared first). Whatever happens, no server
 * is left behind. RUN_SKIPPED: the target can't run it, the row says why. RUN_CANCELLED: there is
 * no row to keep.
 */
enum run_status run_execute(struct record *record, struct histogram *rtt,
                            const struct run_settings *settings, const struct target *target,
                            const char *model, const struct run_workload *workload);

/* Makes the row say so. */
void run_skip(struct record *record, const char *reason);

#endif
