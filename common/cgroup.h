/*
 * cgroup: what the control groups that a process is in let it have (cgroups(7)): of version 2 and of
 * version 1, its own group and all above it. Linux only.
 */
#ifndef IOMODELS_CGROUP_H
#define IOMODELS_CGROUP_H

#include <stddef.h>
#include <stdint.h>

#define CGROUP_PATH_BYTES  512
#define CGROUP_LEVELS_MOST 16

/* A limit is 0 where there is none; its path is the file that sets it. */
struct cgroup_limits {
    double cpus; /* CPU time in processors, the smallest quota */
    uint64_t cpu_period_us;
    char cpu_path[CGROUP_PATH_BYTES];
    uint64_t tasks; /* processes and threads, where the fewest are left */
    uint64_t tasks_now;
    char tasks_path[CGROUP_PATH_BYTES];
    uint64_t memory_bytes; /* the smallest */
    char memory_path[CGROUP_PATH_BYTES];
    uint64_t memory_left_bytes; /* below the limit where the least is left */
};

/* root: "", or a folder that stands in for the root of the file system. */
void cgroup_limits_read(struct cgroup_limits *limits, const char *root);

/* The counts of how often a CPU quota stopped somebody. */
struct cgroup_throttles {
    size_t count;
    char paths[CGROUP_LEVELS_MOST][CGROUP_PATH_BYTES];
};

/* Adds those of the groups of a process (0: the caller) that have a quota. */
void cgroup_throttles_add(struct cgroup_throttles *throttles, const char *root, unsigned long pid);
/* Their sum by now. */
uint64_t cgroup_throttles_now(const struct cgroup_throttles *throttles);

#endif
