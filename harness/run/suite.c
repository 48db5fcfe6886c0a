#include "run/suite.h"

#include "names.h"

enum { NS_PER_MS = 1000000 };

const struct suite suites[] = {
    /* Short windows: many short trials tell more than few long ones, and interleave better. */
    {.name = "quick",
     .summary = "ping-pong of 64 B at 1, 63 and 250 connections, stream of 64 KiB at 16; 6 trials",
     .trials = 6,
     .warmup_ns = (uint64_t)150 * NS_PER_MS,
     .duration_ns = (uint64_t)500 * NS_PER_MS,
     .count = 4,
     .workloads = {{&workload_pingpong, 1},
                   {&workload_pingpong, 63},
                   {&workload_pingpong, 250},
                   {&workload_stream, 16}}},
    {.name = "smoke",
     .summary = "ping-pong of 64 B at 16 connections, one trial: does everything work?",
     .trials = 1,
     .warmup_ns = (uint64_t)50 * NS_PER_MS,
     .duration_ns = (uint64_t)200 * NS_PER_MS,
     .count = 1,
     .workloads = {{&workload_pingpong, 16}}},
    /* One thread: so all clients depend on the same one, and harm shows. */
    {.name = "lessons",
     .summary = "each lesson (list --lessons) beside the model it changes, one thread; 6 trials",
     .trials = 6,
     .warmup_ns = (uint64_t)150 * NS_PER_MS,
     .duration_ns = (uint64_t)500 * NS_PER_MS,
     .lessons = true,
     .threads = 1,
     .count = 4,
     .workloads = {{&workload_pingpong, 1},
                   {&workload_pingpong, 60},
                   {&workload_pingpong, 250},
                   {&workload_stream, 16}}},
    {.name = "textbook",
     .summary = "what each model holds: 1,000 connections to as many as the machine allows",
     .trials = 1,
     .warmup_ns = (uint64_t)300 * NS_PER_MS,
     .duration_ns = (uint64_t)1000 * NS_PER_MS,
     .count = 5,
     .workloads = {{&workload_ramp, 1000},
                   {&workload_ramp, 2000},
                   {&workload_ramp, 5000},
                   {&workload_ramp, 10000},
                   {&workload_ramp, SUITE_CONNECTIONS_MOST}}},
    {.name = NULL},
};

const struct suite *suite_find(const char *name)
{
    for (const struct suite *suite = suites; suite->name != NULL; suite++)
        if (name_equals(suite->name, name))
            return suite;
    return NULL;
}
