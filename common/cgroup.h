/*
 * cgroup: the limits that control groups set for a process (cgroups(7)), of version 1 and 2: those
 * of its own group and of all groups above. Linux only.
 */
#ifndef IOMODELS_CGROUP_H
#define IOMODELS_CGROUP_H

#include <stddef.h>
#include <stdint.h>

#define CGROUP_PATH_BYTES  512
#define CGROUP_LEVELS_MOST 16

/* A limit of 0: there is none. A path names the file that sets the limit. */
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

/* The files that count how often a CPU quota has stopped a process. */
struct cgroup_throttles {
    size_t count;
    char paths[CGROUP_LEVELS_MOST][CGROUP_PATH_BYTES];
};

/* Adds the files of a process's groups that have a quota. pid 0: the caller. */
void cgroup_throttles_add(struct cgroup_throttles *throttles, const char *root, unsigned long pid);
/* The sum of all these counts now. */
uint64_t cgroup_throttles_now(const struct cgroup_throttles *throttles);

#endif
