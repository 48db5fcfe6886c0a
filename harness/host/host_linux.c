#include "host/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "proc_linux.h"

enum { LINE_BYTES = 512 };

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
