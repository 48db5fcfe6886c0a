/*
 * run_settings: what all measurements of a run have in common.
 */
#ifndef IOMODELS_RUN_SETTINGS_H
#define IOMODELS_RUN_SETTINGS_H

#include "run/generator.h"
#include "run/reach.h"

struct run_settings {
    const char *run_id;
    uint64_t warmup_ns;
    uint64_t duration_ns;
    uint64_t interval_ns; /* 0: intervals are not kept */
    bool per_connection;
    uint64_t idle_wait_ns; /* the longest wait for an idle host; runs in slots do not wait */
    uint64_t buffer_bytes;
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

#endif
