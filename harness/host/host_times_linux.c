#include "host/host_linux.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "host/host_cpus.h"
#include "proc_linux.h"

enum { PATH_BYTES = 512, LINE_BYTES = 512 };

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
        lists[i] = *host_initial_cpus();
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
    const struct cpu_list *usable = host_initial_cpus();
    for (unsigned cpu = cpu_list_next(usable, 0); cpu < CPU_LIST_MOST;
         cpu = cpu_list_next(usable, cpu + 1)) {
        snprintf(path, sizeof path,
                 "/sys/devices/system/cpu/cpu%u/thermal_throttle/core_throttle_count", cpu);
        sum += proc_number(path);
    }
    return sum;
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
