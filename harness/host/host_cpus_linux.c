#include "host/host_cpus.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "host/host_linux.h"
#include "proc_linux.h"

enum {
    PATH_BYTES = 512,
    LINE_BYTES = 512,
    CPUS_LINE_BYTES = 16384, /* each second of 4,096 processors */
    PIN_PASSES = 100
};

/*
 * The calls answer EINVAL for a set that is smaller than the kernel's own, which holds all that could
 * ever be plugged in; a set that is too large is no error (sched_setaffinity(2)).
 */

/* 0 or a negative error. */
static int affinity_get(pid_t thread, struct cpu_list *list)
{
    memset(list, 0, sizeof *list);
    return sched_getaffinity(thread, sizeof *list, (cpu_set_t *)(void *)list) == 0 ? 0 : -errno;
}

static int affinity_set(pid_t thread, const struct cpu_list *list)
{
    return sched_setaffinity(thread, sizeof *list, (const cpu_set_t *)(const void *)list) == 0
               ? 0
               : -errno;
}

/* What the process began with: nothing but this module narrows it, and each way there reads it. */
static struct cpu_list initial_list;
static int initial_error; /* of the calls that get and set a thread's processors; 0: they work */

/*
 * The calls may be refused (a seccomp filter): then the kernel's own text tells the processors, and
 * nobody can be moved.
 */
static void initial_read(void)
{
    char line[LINE_BYTES];
    initial_error = affinity_get(0, &initial_list);
    if (initial_error == 0)
        initial_error = affinity_set(0, &initial_list);
    else if (!proc_line("/proc/self/status", "Cpus_allowed_list:", line, sizeof line) ||
             !cpu_list_parse(line + strspn(line, " \t"), &initial_list))
        memset(&initial_list, 0, sizeof initial_list);
}

const struct cpu_list *host_initial_cpus(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, initial_read);
    return &initial_list;
}

int host_pin_error(void)
{
    (void)host_initial_cpus();
    return initial_error;
}

unsigned host_cpu_count(void)
{
    unsigned count = cpu_list_count(host_initial_cpus());
    return count > 0 ? count : 1;
}

/* The list of processors in a file of /sys; false where there is none. */
static bool cpus_read(const char *root, const char *path, struct cpu_list *list)
{
    char whole[2 * PATH_BYTES], line[CPUS_LINE_BYTES];
    snprintf(whole, sizeof whole, "%s/sys/devices/%s", root, path);
    return proc_line(whole, "", line, sizeof line) && cpu_list_parse(line, list);
}

/*
 * Of Intel's hybrid processors, /sys/devices has a device for each kind (cpu_core, cpu_atom, and what
 * is neither); of Arm's, each processor has its share of the fastest one's capacity
 * (Documentation/ABI/testing/sysfs-devices-system-cpu).
 */
static void kinds_read(const char *root, struct topology *topology)
{
    struct cpu_list core, atom;
    char path[PATH_BYTES];
    bool by_device = cpus_read(root, "cpu_core/cpus", &core);
    if (!by_device || !cpus_read(root, "cpu_atom/cpus", &atom))
        memset(&atom, 0, sizeof atom);
    for (size_t i = 0; i < topology->count; i++) {
        struct topology_cpu *cpu = &topology->cpus[i];
        snprintf(path, sizeof path, "%s/sys/devices/system/cpu/cpu%u/cpu_capacity", root, cpu->cpu);
        if (by_device)
            cpu->kind = cpu_list_has(&core, cpu->cpu) ? 2 : cpu_list_has(&atom, cpu->cpu) ? 1 : 0;
        else
            cpu->kind = (unsigned)proc_number(path);
    }
}

static void nodes_read(const char *root, struct topology *topology)
{
    struct cpu_list nodes, cpus;
    char path[PATH_BYTES];
    if (!cpus_read(root, "system/node/online", &nodes))
        return;
    for (unsigned node = cpu_list_next(&nodes, 0); node < CPU_LIST_MOST;
         node = cpu_list_next(&nodes, node + 1)) {
        snprintf(path, sizeof path, "system/node/node%u/cpulist", node);
        bool known = cpus_read(root, path, &cpus);
        for (size_t i = 0; known && i < topology->count; i++)
            if (cpu_list_has(&cpus, topology->cpus[i].cpu))
                topology->cpus[i].node = node;
    }
}

bool host_topology_read(const char *root, struct topology *topology)
{
    const struct cpu_list *usable = host_initial_cpus();
    *topology = (struct topology){.cpus = calloc(host_cpu_count(), sizeof *topology->cpus)};
    if (topology->cpus == NULL)
        return false;
    for (unsigned cpu = cpu_list_next(usable, 0); cpu < CPU_LIST_MOST;
         cpu = cpu_list_next(usable, cpu + 1)) {
        char path[PATH_BYTES];
        struct cpu_list siblings;
        snprintf(path, sizeof path, "system/cpu/cpu%u/topology/thread_siblings_list", cpu);
        topology->cpus[topology->count++] = (struct topology_cpu){
            .cpu = cpu,
            .core = cpus_read(root, path, &siblings) ? cpu_list_next(&siblings, 0) : cpu,
        };
    }
    kinds_read(root, topology);
    nodes_read(root, topology);
    return true;
}

bool host_topology(struct topology *topology)
{
    return host_topology_read("", topology);
}

const char *host_cpus_text(const char *cpus, char *text, size_t size)
{
    struct cpu_list list;
    text[0] = '\0';
    return host_cpus_parse(cpus, &list) ? cpu_list_format(&list, text, size) : text;
}

const char *host_groups_text(char *text, size_t size)
{
    (void)size;
    text[0] = '\0';
    return text;
}

int host_pin_self(const char *cpus)
{
    struct cpu_list list;
    /* Where nobody can be moved, it has all that it began with. */
    if (cpus == NULL && host_pin_error() != 0)
        return 0;
    return host_cpus_parse(cpus, &list) ? affinity_set(0, &list) : -EINVAL;
}

/*
 * Pins those threads of a /proc/PID/task that are not where they should be; *changed tells
 * whether there was one. 0 or a negative error.
 */
static int threads_pin(DIR *tasks, const struct cpu_list *list, bool *changed)
{
    const struct dirent *entry;
    *changed = false;
    rewinddir(tasks);
    while ((entry = readdir(tasks)) != NULL) {
        pid_t thread = (pid_t)strtol(entry->d_name, NULL, 10);
        struct cpu_list now;
        if (thread <= 0)
            continue;
        if (affinity_get(thread, &now) == 0 && memcmp(&now, list, sizeof now) == 0)
            continue;
        int error = affinity_set(thread, list);
        if (error == 0)
            *changed = true;
        else if (error != -ESRCH) /* it ended meanwhile */
            return error;
    }
    return 0;
}

int host_pin_process(unsigned long pid, const char *cpus)
{
    char path[PATH_BYTES];
    struct cpu_list list;
    int error = 0;
    if (!host_cpus_parse(cpus, &list))
        return -EINVAL;
    snprintf(path, sizeof path, "/proc/%lu/task", pid);
    DIR *tasks = opendir(path);
    if (tasks == NULL)
        return errno == ENOENT ? -ESRCH : -errno;
    /* A thread that was not pinned yet may have started another one, which inherits that. */
    bool changed = true;
    for (int pass = 0; error == 0 && changed && pass < PIN_PASSES; pass++)
        error = threads_pin(tasks, &list, &changed);
    closedir(tasks);
    return error;
}

static const char *affinity_text(pid_t thread, char *text, size_t size)
{
    struct cpu_list list;
    text[0] = '\0';
    return affinity_get(thread, &list) == 0 ? cpu_list_format(&list, text, size) : text;
}

const char *host_self_cpus(char *text, size_t size)
{
    return affinity_text(0, text, size);
}

const char *host_process_cpus(unsigned long pid, char *text, size_t size)
{
    return affinity_text((pid_t)pid, text, size);
}
