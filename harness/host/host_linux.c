#include "host/host_linux.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "host/cpu_list.h"
#include "proc_linux.h"

enum {
    PATH_BYTES = 512,
    LINE_BYTES = 512,
    CPUS_LINE_BYTES = 16384, /* each second of 4,096 processors */
    PIN_PASSES = 100,
    WINESERVER_END_MS = 5000,
    WINESERVER_SLICE_MS = 10
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

static const struct cpu_list *initial_cpus(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, initial_read);
    return &initial_list;
}

int host_pin_error(void)
{
    (void)initial_cpus();
    return initial_error;
}

/*
 * False where text is not a list of processors that this process may use. child_start calls it
 * between fork and exec, as all that pins does: no locks, no memory.
 */
static bool usable_parse(const char *text, struct cpu_list *list)
{
    return cpu_list_parse(text, list) && cpu_list_contains(initial_cpus(), list);
}

unsigned host_cpu_count(void)
{
    unsigned count = cpu_list_count(initial_cpus());
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
    const struct cpu_list *usable = initial_cpus();
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

unsigned host_cpus_count(const char *text)
{
    struct cpu_list list;
    return usable_parse(text, &list) ? cpu_list_count(&list) : 0;
}

/* The list that the text names, NULL: the one at the beginning. 0 or a negative error. */
static int cpus_wanted(const char *cpus, struct cpu_list *list)
{
    if (cpus != NULL)
        return usable_parse(cpus, list) ? 0 : -EINVAL;
    *list = *initial_cpus();
    return 0;
}

const char *host_cpus_text(const char *cpus, char *text, size_t size)
{
    struct cpu_list list;
    text[0] = '\0';
    return cpus_wanted(cpus, &list) == 0 ? cpu_list_format(&list, text, size) : text;
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
    int error = cpus_wanted(cpus, &list);
    return error != 0 ? error : affinity_set(0, &list);
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
    int error = cpus_wanted(cpus, &list);
    if (error != 0)
        return error;
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

const char *host_cpu_model(char *text, size_t size)
{
    char line[LINE_BYTES];
    text[0] = '\0';
    if (!proc_line("/proc/cpuinfo", "model name", line, sizeof line))
        return text;
    snprintf(text, size, "%s", line + strspn(line, " \t:"));
    return text;
}

const char *host_system_text(char *text, size_t size)
{
    char line[LINE_BYTES], name[LINE_BYTES] = "";
    struct utsname kernel;
    unsigned major = 0, minor = 0;
    if (proc_line("/etc/os-release", "PRETTY_NAME=", line, sizeof line)) {
        const char *value = line + strspn(line, "\"'");
        snprintf(name, sizeof name, "%.*s, ", (int)strcspn(value, "\"'"), value);
    }
    text[0] = '\0';
    if (uname(&kernel) != 0)
        return text;
    if (sscanf(kernel.release, "%u.%u", &major, &minor) == 2)
        snprintf(text, size, "%s%s %u.%u", name, kernel.sysname, major, minor);
    else
        snprintf(text, size, "%s%s %s", name, kernel.sysname, kernel.release);
    return text;
}

const char *host_cpu_governor(char *text, size_t size)
{
    char line[LINE_BYTES];
    bool found =
        proc_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "", line, sizeof line);
    snprintf(text, size, "%s", found ? line : "");
    return text;
}

/* A line of /proc/stat (proc_stat(5)), from behind its name. False where it has another form. */
static bool times_add(struct host_times *times, const char *line)
{
    uint64_t user, nice, system, idle, iowait, irq, softirq, steal;
    /* Two more follow, guest and guest_nice; user and nice hold them already. */
    if (sscanf(line,
               "%" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
               " %" SCNu64,
               &user, &nice, &system, &idle, &iowait, &irq, &softirq, &steal) != 8)
        return false;
    uint64_t busy = user + nice + system + irq + softirq + steal;
    times->busy += busy;
    times->total += busy + idle + iowait;
    times->interrupts += irq + softirq;
    times->stolen += steal;
    return true;
}

bool host_times_read(const char *path, const char *const *cpus, struct host_times *times,
                     size_t count)
{
    struct cpu_list lists[HOST_SIDES];
    char line[LINE_BYTES];
    bool read = count <= HOST_SIDES;
    for (size_t i = 0; i < count && read; i++) {
        times[i] = (struct host_times){.per_s = (uint64_t)sysconf(_SC_CLK_TCK)};
        lists[i] = *initial_cpus();
        read = cpus[i] == NULL || cpu_list_parse(cpus[i], &lists[i]);
    }
    FILE *file = read ? fopen(path, "re") : NULL;
    if (file == NULL)
        return false;
    /* The first line is of all; those of the processors follow it, "cpu0 ...". */
    while (read && fgets(line, sizeof line, file) != NULL && strncmp(line, "cpu", 3) == 0) {
        const char *at = line + 3;
        unsigned cpu = cpu_list_number(&at);
        for (size_t i = 0; i < count && cpu < CPU_LIST_MOST && read; i++)
            read = !cpu_list_has(&lists[i], cpu) || times_add(&times[i], at);
    }
    fclose(file);
    for (size_t i = 0; i < count && read; i++)
        read = times[i].total > 0;
    return read;
}

bool host_times_now(const char *const *cpus, struct host_times *times, size_t count)
{
    return host_times_read("/proc/stat", cpus, times, count);
}

void host_quotas_add(struct cgroup_throttles *quotas, unsigned long pid)
{
    cgroup_throttles_add(quotas, "", pid);
}

uint64_t host_quota_stops(const struct cgroup_throttles *quotas)
{
    return cgroup_throttles_now(quotas);
}

uint64_t host_throttles(void)
{
    char path[PATH_BYTES];
    uint64_t sum = 0;
    const struct cpu_list *usable = initial_cpus();
    for (unsigned cpu = cpu_list_next(usable, 0); cpu < CPU_LIST_MOST;
         cpu = cpu_list_next(usable, cpu + 1)) {
        snprintf(path, sizeof path,
                 "/sys/devices/system/cpu/cpu%u/thermal_throttle/core_throttle_count", cpu);
        sum += proc_number(path);
    }
    return sum;
}

/* Of the machine, and of a control group's share (cgroups(7)). */
uint64_t host_memory_left(void)
{
    char line[64];
    uint64_t left = 0;
    struct cgroup_limits limits;
    cgroup_limits_read(&limits, "");
    if (proc_line("/proc/meminfo", "MemAvailable:", line, sizeof line))
        left = strtoull(line, NULL, 10) * 1024;
    return limits.memory_bytes != 0 && limits.memory_left_bytes < left ? limits.memory_left_bytes
                                                                       : left;
}

bool host_kernel_memory(uint64_t *bytes)
{
    static const char *const names[] = {"Slab:", "KernelStack:", "PageTables:", "Percpu:"};
    char line[LINE_BYTES];
    *bytes = 0;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (!proc_line("/proc/meminfo", names[i], line, sizeof line))
            return false;
        *bytes += strtoull(line, NULL, 10) * 1024;
    }
    const char *pages =
        proc_line("/proc/net/sockstat", "TCP:", line, sizeof line) ? strstr(line, " mem ") : NULL;
    if (pages != NULL)
        *bytes += strtoull(pages + strlen(" mem "), NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
    return true;
}

bool host_process_cpu_ns(unsigned long pid, uint64_t *ns)
{
    clockid_t clock;
    struct timespec used;
    /* 0 would mean the caller itself. */
    if (pid == 0 || clock_getcpuclockid((pid_t)pid, &clock) != 0 ||
        clock_gettime(clock, &used) != 0)
        return false;
    *ns = (uint64_t)used.tv_sec * 1000000000u + (uint64_t)used.tv_nsec;
    return true;
}

/*
 * The name of the directory in which the prefix's server runs: Wine makes it from the prefix's
 * device and inode. Where that directory lies differs (/tmp/.wine-UID, /tmp/wine-XXXXXX, ...).
 */
static bool wineserver_directory(char *name, size_t size)
{
    char path[PATH_BYTES];
    struct stat about;
    const char *prefix = getenv("WINEPREFIX"), *home = getenv("HOME");
    int length = -1;
    if (prefix != NULL && prefix[0] != '\0')
        length = snprintf(path, sizeof path, "%s", prefix);
    else if (home != NULL)
        length = snprintf(path, sizeof path, "%s/.wine", home);
    if (length < 0 || (size_t)length >= sizeof path || stat(path, &about) != 0)
        return false;
    snprintf(name, size, "server-%llx-%llx", (unsigned long long)about.st_dev,
             (unsigned long long)about.st_ino);
    return true;
}

/* The directory in which the process runs, if that is a wineserver; "" for an ended one. */
static const char *wineserver_cwd(const char *pid, char *cwd, size_t size)
{
    char path[PATH_BYTES], name[LINE_BYTES];
    cwd[0] = '\0';
    snprintf(path, sizeof path, "/proc/%s/comm", pid);
    /* Distributions call it wineserver, wineserver64, wineserver-stable ... */
    if (!proc_line(path, "wineserver", name, sizeof name))
        return cwd;
    snprintf(path, sizeof path, "/proc/%s/cwd", pid);
    ssize_t length = readlink(path, cwd, size - 1);
    cwd[length > 0 ? length : 0] = '\0';
    return cwd;
}

static bool is_wineserver_in(const char *pid, const char *directory)
{
    char cwd[PATH_BYTES];
    const char *name = strrchr(wineserver_cwd(pid, cwd, sizeof cwd), '/');
    return name != NULL && strcmp(name + 1, directory) == 0;
}

unsigned long host_wineserver_pid(void)
{
    char directory[64];
    unsigned long pid = 0;
    if (!wineserver_directory(directory, sizeof directory))
        return 0;
    DIR *processes = opendir("/proc");
    if (processes == NULL)
        return 0;
    const struct dirent *entry;
    while (pid == 0 && (entry = readdir(processes)) != NULL)
        if (isdigit((unsigned char)entry->d_name[0]) && is_wineserver_in(entry->d_name, directory))
            pid = strtoul(entry->d_name, NULL, 10);
    closedir(processes);
    return pid;
}

/* Not host_wineserver_pid: an ending server has no directory any more, and still runs for a while.
 */
static bool wineserver_gone(unsigned long pid)
{
    char name[32], cwd[PATH_BYTES];
    snprintf(name, sizeof name, "%lu", pid);
    for (unsigned waited = 0; waited < WINESERVER_END_MS; waited += WINESERVER_SLICE_MS) {
        if (wineserver_cwd(name, cwd, sizeof cwd)[0] == '\0')
            return true;
        clock_sleep_ms(WINESERVER_SLICE_MS);
    }
    return false;
}

bool host_wineserver_restart(void)
{
    const char *prefix = getenv("WINEPREFIX");
    if (prefix == NULL || prefix[0] == '\0')
        return false;
    unsigned long pid = host_wineserver_pid();
    if (pid == 0)
        return true;
    /* As `wineserver -k` does: it ends the prefix's processes and writes the registry first. */
    kill((pid_t)pid, SIGINT);
    if (wineserver_gone(pid))
        return true;
    kill((pid_t)pid, SIGKILL);
    return wineserver_gone(pid);
}
