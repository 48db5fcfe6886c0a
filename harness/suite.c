#include "suite.h"

#include <string.h>

enum { NS_PER_MS = 1000000, KIB = 1024, STREAM_DEPTH = 4 };

#define PINGPONG(connections, bytes)                                                               \
    {                                                                                              \
        LOAD_PINGPONG, (connections), (bytes), 1                                                   \
    }
#define STREAM(connections, bytes)                                                                 \
    {                                                                                              \
        LOAD_STREAM, (connections), (bytes), STREAM_DEPTH                                          \
    }

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
    {.name = NULL},
};

const struct suite *suite_find(const char *name)
{
    for (const struct suite *suite = suites; suite->name != NULL; suite++)
        if (strcmp(suite->name, name) == 0)
            return suite;
    return NULL;
}

struct run_workload suite_workload_default(enum load_workload kind)
{
    if (kind == LOAD_STREAM)
        return (struct run_workload)STREAM(16, 64 * KIB);
    return (struct run_workload)PINGPONG(16, 64);
}
