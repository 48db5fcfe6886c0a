/*
 * bench_options: the options of `iomodels bench`, and its help.
 */
#ifndef IOMODELS_BENCH_OPTIONS_H
#define IOMODELS_BENCH_OPTIONS_H

#include "generator.h"
#include "options.h"
#include "reach.h"

struct bench_options {
    const char *suite;
    struct option_texts models;
    struct option_texts workloads;
    struct option_numbers connections;
    struct option_numbers message_sizes;
    uint64_t pipeline_depth; /* of this and the numbers below, 0: not given */
    struct option_numbers rates;
    const char *rate_search; /* NULL: none */
    uint64_t burst_interval_ns;
    uint64_t active;
    uint64_t misbehaving;
    uint64_t steps;
    uint64_t duration_ns;
    uint64_t warmup_ns;
    uint64_t trials;
    const char *until_ci; /* NULL: not asked for */
    uint64_t seed;
    uint64_t idle_wait_ns;
    uint64_t threads;
    uint64_t buffer_bytes;
    bool no_nodelay;
    const char *placement;
    const char *server_cpus;
    const char *client_cpus;
    struct option_texts targets;
    struct option_texts missing;
    struct option_texts connects;
    struct option_texts server_binds;
    struct server_ports server_ports;
    struct generator generator;
    const char *out;
    bool explain;
    const char *resume; /* NULL: a new run */
    bool dry_run;
};

/* As options_take. The texts point into argv. */
bool bench_options_take(struct bench_options *given, int argc, char **argv, int *status);
#endif
