#include "host.h"

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
#include "proc_linux.h"

enum {
    PATH_BYTES = 512,
    LINE_BYTES = 512,
    PIN_PASSES = 100,
    WINESERVER_END_MS = 5000,
    WINESERVER_SLICE_MS = 10
};

/* What the process began with: nothing but this module narrows it, and each way there reads it. */
static cpu_set_t initial_set;

static void initial_read(void)
{
    if (sched_getaffinity(0, sizeof initial_set, &initial_set) != 0)
        CPU_ZERO(&initial_set);
}

static const cpu_set_t *initial_cpus(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, initial_read);
    return &initial_set;
}

/* Moves *text past a processor's number; -1 where there is none. */
static int cpu_parse(const char **text)
{
    int value = 0;
    if (**text < '0' || **text > '9')
        return -1;
    for (; **text >= '0' && **text <= '9'; (*text)++) {
        value = value * 10 + (**text - '0');
        if (value >= CPU_SETSIZE)
            return -1;
    }
    return value;
}

/*
 * False where text is not a list of processors that this process may use. child_start calls it
 * between fork and exec: no locks, no memory.
 */
static bool cpus_parse(const char *text, cpu_set_t *set)
{
    const cpu_set_t *usable = initial_cpus();
    CPU_ZERO(set);
    for (;; text++) {
        int first = cpu_parse(&text), last = first;
        if (*text == '-') {
            text++;
            last = cpu_parse(&text);
        }
        if (first < 0 || last < first)
            return false;
        for (int cpu = first; cpu <= last; cpu++) {
            if (!CPU_ISSET((size_t)cpu, usable))
                return false;
            CPU_SET((size_t)cpu, set);
        }
        if (*text != ',')
            return *text == '\0';
    }
}

/* "" where it does not fit: a list cut short would name other processors. */
static const char *cpus_format(const cpu_set_t *set, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        int first = cpu;
        if (!CPU_ISSET((size_t)cpu, set))
            continue;
        while (cpu + 1 < CPU_SETSIZE && CPU_ISSET((size_t)cpu + 1, set))
            cpu++;
        const char *comma = used == 0 ? "" : ",";
        int length = first == cpu
                         ? snprintf(text + used, size - used, "%s%d", comma, cpu)
                         : snprintf(text + used, size - used, "%s%d-%d", comma, first, cpu);
        if (length < 0 || (size_t)length >= size - used) {
            text[0] = '\0';
            break;
        }
        used += (size_t)length;
    }
    return text;
}

unsigned host_cpu_count(void)
{
    int count = CPU_COUNT(initial_cpus());
    return count > 0 ? (unsigned)count : 1;
}

bool host_split_cpus(char *server, char *client, size_t size)
{
    const cpu_set_t *usable = initial_cpus();
    int first = 0, last = CPU_SETSIZE - 1;
    if (CPU_COUNT(usable) < 2)
        return false;
    while (!CPU_ISSET((size_t)first, usable))
        first++;
    while (!CPU_ISSET((size_t)last, usable))
        last--;
    snprintf(server, size, "%d", first);
    snprintf(client, size, "%d", last);
    return true;
}

unsigned host_cpus_count(const char *text)
{
    cpu_set_t set;
    return cpus_parse(text, &set) ? (unsigned)CPU_COUNT(&set) : 0;
}

/* The set that the text names, NULL: the one at the beginning. 0 or a negative error. */
static int cpus_wanted(const char *cpus, cpu_set_t *set)
{
    *set = *initial_cpus();
    return cpus == NULL || cpus_parse(cpus, set) ? 0 : -EINVAL;
}

const char *host_cpus_text(const char *cpus, char *text, size_t size)
{
    cpu_set_t set;
    text[0] = '\0';
    return cpus_wanted(cpus, &set) == 0 ? cpus_format(&set, text, size) : text;
}

int host_pin_self(const char *cpus)
{
    cpu_set_t set;
    int error = cpus_wanted(cpus, &set);
    if (error == 0 && sched_setaffinity(0, sizeof set, &set) != 0)
        error = -errno;
    return error;
}

/*
 * Pins those threads of a /proc/PID/task that are not where they should be; *changed tells
 * whether there was one. 0 or a negative error.
 */
static int threads_pin(DIR *tasks, const cpu_set_t *set, bool *changed)
{
    const struct dirent *entry;
    *changed = false;
    rewinddir(tasks);
    while ((entry = readdir(tasks)) != NULL) {
        pid_t thread = (pid_t)strtol(entry->d_name, NULL, 10);
        cpu_set_t now;
        if (thread <= 0)
            continue;
        if (sched_getaffinity(thread, sizeof now, &now) == 0 && CPU_EQUAL(&now, set))
            continue;
        if (sched_setaffinity(thread, sizeof *set, set) == 0)
            *changed = true;
        else if (errno != ESRCH) /* it ended meanwhile */
            return -errno;
    }
    return 0;
}

int host_pin_process(unsigned long pid, const char *cpus)
{
    char path[PATH_BYTES];
    cpu_set_t set;
    int error = cpus_wanted(cpus, &set);
    if (error != 0)
        return error;
    snprintf(path, sizeof path, "/proc/%lu/task", pid);
    DIR *tasks = opendir(path);
    if (tasks == NULL)
        return errno == ENOENT ? -ESRCH : -errno;
    /* A thread that was not pinned yet may have started another one, which inherits that. */
    bool changed = true;
    for (int pass = 0; error == 0 && changed && pass < PIN_PASSES; pass++)
        error = threads_pin(tasks, &set, &changed);
    closedir(tasks);
    return error;
}

static const char *affinity_text(pid_t thread, char *text, size_t size)
{
    cpu_set_t set;
    text[0] = '\0';
    if (sched_getaffinity(thread, sizeof set, &set) != 0)
        return text;
    return cpus_format(&set, text, size);
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

bool host_times_now(struct host_times *times)
{
    char line[LINE_BYTES];
    uint64_t user, nice, system, idle, iowait, irq, softirq, steal;
    if (!proc_line("/proc/stat", "cpu ", line, sizeof line))
        return false;
    /* Two more follow, guest and guest_nice; user and nice hold them already. */
    if (sscanf(line,
               "%" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
               " %" SCNu64,
               &user, &nice, &system, &idle, &iowait, &irq, &softirq, &steal) != 8)
        return false;
    times->busy = user + nice + system + irq + softirq + steal;
    times->total = times->busy + idle + iowait;
    times->interrupts = irq + softirq;
    times->stolen = steal;
    times->per_s = (uint64_t)sysconf(_SC_CLK_TCK);
    return true;
}

uint64_t host_throttles(void)
{
    char path[PATH_BYTES];
    uint64_t sum = 0;
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (!CPU_ISSET((size_t)cpu, initial_cpus()))
            continue;
        snprintf(path, sizeof path,
                 "/sys/devices/system/cpu/cpu%d/thermal_throttle/core_throttle_count", cpu);
        sum += proc_number(path);
    }
    return sum;
}

/* Of the machine, and of a control group's share (cgroups(7)). */
uint64_t host_memory_left(void)
{
    char line[64];
    uint64_t left = 0, most = proc_number("/sys/fs/cgroup/memory.max"); /* "max": 0 */
    uint64_t used = proc_number("/sys/fs/cgroup/memory.current");
    if (proc_line("/proc/meminfo", "MemAvailable:", line, sizeof line))
        left = strtoull(line, NULL, 10) * 1024;
    return most > used && most - used < left ? most - used : left;
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

double host_busy_share(const struct host_times *from, const struct host_times *to)
{
    if (to->total <= from->total || to->busy <= from->busy)
        return 0;
    double share = (double)(to->busy - from->busy) / (double)(to->total - from->total);
    /* iowait can step back (proc(5)), and the total with it. */
    return share > 1 ? 1 : share;
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
