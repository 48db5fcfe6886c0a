/*
 * bench_request: what a user asks of a benchmark. Texts and numbers as they were given; plan and
 * placement look at whether they go together.
 */
#ifndef IOMODELS_BENCH_REQUEST_H
#define IOMODELS_BENCH_REQUEST_H

#include "base/lists.h"
#include "run/generator.h"
#include "run/reach.h"

struct bench_request {
    const char *suite;
    struct text_list models;
    struct text_list workloads;
    struct number_list connections;
    struct number_list message_sizes;
    uint64_t pipeline_depth; /* of this and the numbers below, 0: not given */
    struct number_list rates;
    const char *rate_search; /* NULL: none */
    uint64_t burst_interval_ns;
    uint64_t active;
    uint64_t misbehaving;
    uint64_t steps;
    struct text_list work_cpu; /* see load/work_text.h */
    struct text_list work_wait;
    uint64_t duration_ns;
    uint64_t warmup_ns;
    uint64_t trials;
    uint64_t interval_ns;
    bool per_connection;
    const char *until_ci; /* NULL: not asked for */
    struct text_list requirements;
    uint64_t seed;
    uint64_t idle_wait_ns;
    struct number_list threads;
    uint64_t client_threads;
    uint64_t buffer_bytes;
    bool no_nodelay;
    const char *placement;
    const char *server_cpus;
    const char *client_cpus;
    struct text_list targets;
    struct text_list missing;
    struct text_list connects;
    struct text_list server_binds;
    struct server_ports server_ports;
    struct generator generator;
    const char *out;
    bool explain;
    bool report;
    const char *format; /* NULL: tables for people */
    const char *resume; /* NULL: a new run */
    bool dry_run;
};

#endif
