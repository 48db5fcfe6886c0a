#include "run/suite.h"

#include <stdio.h>

#include "names.h"

enum { NS_PER_US = 1000, NS_PER_MS = 1000000 };

const struct suite suites[] = {
    /* Short windows: many short trials tell more than few long ones, and interleave better. */
    {.name = "quick",
     .summary = "ping-pong of 64 B at 1, 63 and 250 connections, stream of 64 KiB at 16; 6 trials",
     .trials = 6,
     .warmup_ns = (uint64_t)150 * NS_PER_MS,
     .duration_ns = (uint64_t)500 * NS_PER_MS,
     .count = 4,
     .workloads = {{.kind = &workload_pingpong, .connections = 1},
                   {.kind = &workload_pingpong, .connections = 63},
                   {.kind = &workload_pingpong, .connections = 250},
                   {.kind = &workload_stream, .connections = 16}}},
    {.name = "smoke",
     .summary = "ping-pong of 64 B at 16 connections, one trial: does everything work?",
     .trials = 1,
     .warmup_ns = (uint64_t)50 * NS_PER_MS,
     .duration_ns = (uint64_t)200 * NS_PER_MS,
     .count = 1,
     .workloads = {{.kind = &workload_pingpong, .connections = 16}}},
    /* One thread: so all clients depend on the same one, and harm shows. */
    {.name = "lessons",
     .summary = "each lesson (list --lessons) beside the model it changes, one thread; 6 trials",
     .trials = 6,
     .warmup_ns = (uint64_t)150 * NS_PER_MS,
     .duration_ns = (uint64_t)500 * NS_PER_MS,
     .lessons = true,
     .threads = 1,
     .count = 4,
     .workloads = {{.kind = &workload_pingpong, .connections = 1},
                   {.kind = &workload_pingpong, .connections = 60},
                   {.kind = &workload_pingpong, .connections = 250},
                   {.kind = &workload_stream, .connections = 16}}},
    {.name = "textbook",
     .summary = "what each model holds: 1,000 connections to as many as the machine allows",
     .trials = 1,
     .warmup_ns = (uint64_t)300 * NS_PER_MS,
     .duration_ns = (uint64_t)1000 * NS_PER_MS,
     .count = 5,
     .workloads = {{.kind = &workload_ramp, .connections = 1000},
                   {.kind = &workload_ramp, .connections = 2000},
                   {.kind = &workload_ramp, .connections = 5000},
                   {.kind = &workload_ramp, .connections = 10000},
                   {.kind = &workload_ramp, .connections = SUITE_CONNECTIONS_MOST}}},
    /* An echo alone makes more of the differences between models than a server that has work. */
    {.name = "work",
     .summary = "what work for each message changes: none, 20 and 200 us of the processor, and\n"
                "0.2 and 2 ms of waiting; ping-pong of 64 B at 16 connections; 6 trials",
     .trials = 6,
     .warmup_ns = (uint64_t)150 * NS_PER_MS,
     .duration_ns = (uint64_t)500 * NS_PER_MS,
     .added = "epoll_pool,iocp_pool",
     .count = 5,
     .workloads = {{.kind = &workload_pingpong, .connections = 16},
                   {.kind = &workload_pingpong, .connections = 16, .work_cpu_ns = 20 * NS_PER_US},
                   {.kind = &workload_pingpong, .connections = 16, .work_cpu_ns = 200 * NS_PER_US},
                   {.kind = &workload_pingpong, .connections = 16, .work_wait_ns = 200 * NS_PER_US},
                   {.kind = &workload_pingpong, .connections = 16, .work_wait_ns = 2 * NS_PER_MS}}},
    /* The clients and threads of the book's own measurement; then more clients than threads. */
    {.name = "designs",
     .summary =
         "server designs, as in chapter 30 of UNIX Network Programming: one client after the\n"
         "other (blocking_single), a thread for each (blocking), 15 threads made beforehand\n"
         "(blocking_prethreaded), a process for each (blocking_fork), 15 processes made\n"
         "beforehand (blocking_prefork), and event loops with 15 threads each (iocp, epoll,\n"
         "epoll_exclusive, epoll_reuseport); clients that come and go, 10 and 100 at once;\n"
         "6 trials",
     .trials = 6,
     .warmup_ns = (uint64_t)150 * NS_PER_MS,
     .duration_ns = (uint64_t)500 * NS_PER_MS,
     .models = "blocking,iocp,epoll,blocking_single,blocking_prethreaded,blocking_fork,"
               "blocking_prefork,epoll_exclusive,epoll_reuseport",
     .threads = 15,
     .count = 2,
     .workloads = {{.kind = &workload_churn, .connections = 10},
                   {.kind = &workload_churn, .connections = 100}}},
    {.name = "threads",
     .summary =
         "what more serving threads bring: 1 and 2, then 4, 8 ... 128 as long as that is no\n"
         "more than half of the processors; ping-pong of 64 B at 63 connections; 6 trials",
     .trials = 6,
     .warmup_ns = (uint64_t)150 * NS_PER_MS,
     .duration_ns = (uint64_t)500 * NS_PER_MS,
     .count = 8,
     .workloads = {{.kind = &workload_pingpong, .connections = 63, .threads = 1},
                   {.kind = &workload_pingpong, .connections = 63, .threads = 2},
                   {.kind = &workload_pingpong, .connections = 63, .threads = 4},
                   {.kind = &workload_pingpong, .connections = 63, .threads = 8},
                   {.kind = &workload_pingpong, .connections = 63, .threads = 16},
                   {.kind = &workload_pingpong, .connections = 63, .threads = 32},
                   {.kind = &workload_pingpong, .connections = 63, .threads = 64},
                   {.kind = &workload_pingpong, .connections = 63, .threads = 128}}},
    {.name = NULL},
};

const struct suite *suite_find(const char *name)
{
    for (const struct suite *suite = suites; suite->name != NULL; suite++)
        if (name_equals(suite->name, name))
            return suite;
    return NULL;
}

const char *suite_names(char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (const struct suite *suite = suites; suite->name != NULL && used < size; suite++)
        used +=
            (size_t)snprintf(text + used, size - used, "%s%s", used == 0 ? "" : ", ", suite->name);
    return text;
}
