#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "host/doctor.h"
#include "proc_linux.h"

enum { PATH_BYTES = 128, LINE_BYTES = 8192 /* the flags of a processor fill a long line */ };

static uint64_t limit_of(rlim_t limit)
{
    return limit == RLIM_INFINITY ? UINT64_MAX : (uint64_t)limit;
}

static enum doctor_switch turbo(void)
{
    char line[32];
    if (proc_line("/sys/devices/system/cpu/intel_pstate/no_turbo", "", line, sizeof line))
        return line[0] == '0' ? DOCTOR_ON : DOCTOR_OFF;
    if (proc_line("/sys/devices/system/cpu/cpufreq/boost", "", line, sizeof line))
        return line[0] == '0' ? DOCTOR_OFF : DOCTOR_ON;
    return DOCTOR_UNKNOWN;
}

/* The flag is of x86 (CPUID, leaf 1, "hypervisor present"). */
static enum doctor_switch virtual_machine(void)
{
    char line[LINE_BYTES];
    if (!proc_line("/proc/cpuinfo", "flags", line, sizeof line - 1))
        return DOCTOR_UNKNOWN;
    strcat(line, " ");
    return strstr(line, " hypervisor ") != NULL ? DOCTOR_ON : DOCTOR_OFF;
}

void doctor_take_system_facts(struct doctor_facts *facts)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        facts->descriptors_soft = limit_of(limit.rlim_cur);
        facts->descriptors_hard = limit_of(limit.rlim_max);
    }
    if (!proc_port_range(&facts->port_first, &facts->port_last))
        facts->port_first = facts->port_last = 0;
    facts->backlog = proc_number("/proc/sys/net/core/somaxconn");
    if (!proc_line("/sys/devices/system/clocksource/clocksource0/current_clocksource", "",
                   facts->clock_device, sizeof facts->clock_device))
        facts->clock_device[0] = '\0';
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    facts->cpus_of_system = cpus > 0 ? (unsigned)cpus : host_cpu_count();
    facts->turbo = turbo();
    facts->virtual_machine = virtual_machine();
    facts->memory_bytes = host_memory_left();
    cgroup_limits_read(&facts->group, "");
}
