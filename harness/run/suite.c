#include "run/suite.h"

#include "names.h"

enum { NS_PER_MS = 1000000, KIB = 1024 };

#define PINGPONG(n, bytes)                                                                         \
    {                                                                                              \
        .kind = WORKLOAD_PINGPONG, .connections = (n), .message_bytes = (bytes),                   \
        .pipeline_depth = 1                                                                        \
    }
#define STREAM(n, bytes)                                                                           \
    {                                                                                              \
        .kind = WORKLOAD_STREAM, .connections = (n), .message_bytes = (bytes), .pipeline_depth = 4 \
    }

#define RAMP(n)                                                                                    \
    {                                                                                              \
        .kind = WORKLOAD_RAMP, .connections = (n), .message_bytes = 64, .pipeline_depth = 1        \
    }

/* What they have where nobody says otherwise. */
static const struct workload defaults[] = {
    [WORKLOAD_PINGPONG] = PINGPONG(16, 64),
    [WORKLOAD_STREAM] = STREAM(16, 64 * KIB),
    [WORKLOAD_RATE] = {.connections = 32,
                       .message_bytes = 64,
                       .pipeline_depth = 1,
                       .rate_msgs_per_s = 10000},
    [WORKLOAD_BURST] = {.connections = 100,
                        .message_bytes = 64,
                        .pipeline_depth = 1,
                        .burst_interval_ns = (uint64_t)10 * NS_PER_MS},
    [WORKLOAD_CHURN] = {.connections = 16, .message_bytes = 64, .pipeline_depth = 1},
    [WORKLOAD_MIXED] = {.connections = 32,
                        .misbehaving = 6,
                        .message_bytes = 64,
                        .pipeline_depth = 1,
                        .rate_msgs_per_s = 10000},
    [WORKLOAD_RAMP] = RAMP(1000),
    [WORKLOAD_IDLE] = {.connections = 1000, .active = 1, .message_bytes = 64, .pipeline_depth = 1},
};

const struct suite suites[] = {
    /* Short windows: many short trials tell more than few long ones, and interleave better. */
    {.name = "quick",
     .summary = "ping-pong of 64 B at 1, 63 and 250 connections, stream of 64 KiB at 16; 6 trials",
     .trials = 6,
     .warmup_ns = (uint64_t)150 * NS_PER_MS,
     .duration_ns = (uint64_t)500 * NS_PER_MS,
     .count = 4,
     .workloads = {PINGPONG(1, 64), PINGPONG(63, 64), PINGPONG(250, 64), STREAM(16, 64 * KIB)}},
    {.name = "smoke",
     .summary = "ping-pong of 64 B at 16 connections, one trial: does everything work?",
     .trials = 1,
     .warmup_ns = (uint64_t)50 * NS_PER_MS,
     .duration_ns = (uint64_t)200 * NS_PER_MS,
     .count = 1,
     .workloads = {PINGPONG(16, 64)}},
    /* One thread: so all clients depend on the same one, and harm shows. */
    {.name = "lessons",
     .summary = "each lesson (list --lessons) beside the model it changes, one thread; 6 trials",
     .trials = 6,
     .warmup_ns = (uint64_t)150 * NS_PER_MS,
     .duration_ns = (uint64_t)500 * NS_PER_MS,
     .lessons = true,
     .threads = 1,
     .count = 4,
     .workloads = {PINGPONG(1, 64), PINGPONG(60, 64), PINGPONG(250, 64), STREAM(16, 64 * KIB)}},
    {.name = "textbook",
     .summary = "what each model holds: 1,000 connections to as many as the machine allows",
     .trials = 1,
     .warmup_ns = (uint64_t)300 * NS_PER_MS,
     .duration_ns = (uint64_t)1000 * NS_PER_MS,
     .count = 5,
     .workloads = {RAMP(1000), RAMP(2000), RAMP(5000), RAMP(10000), RAMP(SUITE_CONNECTIONS_MOST)}},
    {.name = NULL},
};

const struct suite *suite_find(const char *name)
{
    for (const struct suite *suite = suites; suite->name != NULL; suite++)
        if (name_equals(suite->name, name))
            return suite;
    return NULL;
}

struct workload suite_workload_default(enum workload_kind kind)
{
    struct workload workload = defaults[kind];
    workload.kind = kind;
    return workload;
}
