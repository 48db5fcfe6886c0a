#include "host/host_win32.h"

#include <string.h>
#include <windows.h>

#include <winternl.h>

#include "host/host_cpus.h"

enum { FILETIME_PER_S = 10000000, GROUP_CPUS = HOST_GROUP_CPUS };

/*
 * A processor's times. The last members are reserved in the documented structure
 * ("NtQuerySystemInformation function"); other tools read the times of interrupts there, too. The
 * kernel's time contains the idle time and those two.
 */
struct processor_times {
    LARGE_INTEGER idle, kernel, user, deferred_calls, interrupts;
    ULONG interrupt_count;
};

/*
 * Writes the times of a group's processors, in their order. Returns how many; 0 where the system does
 * not say. NtQuerySystemInformation answers for the calling thread's group; its sibling, which is not
 * documented, takes the group's number. Wine has that one for other questions only.
 */
static unsigned group_times(unsigned group, struct processor_times times[GROUP_CPUS])
{
    typedef NTSTATUS(NTAPI * query_system)(SYSTEM_INFORMATION_CLASS, PVOID, ULONG, PULONG);
    typedef NTSTATUS(NTAPI * query_group)(SYSTEM_INFORMATION_CLASS, PVOID, ULONG, PVOID, ULONG,
                                          PULONG);
    const ULONG size = GROUP_CPUS * sizeof *times;
    query_system query_own;
    query_group query;
    USHORT number = (USHORT)group;
    ULONG bytes = 0;
    void *own_address = host_ntdll_function("NtQuerySystemInformation");
    void *address = host_ntdll_function("NtQuerySystemInformationEx");
    memcpy(&query_own, &own_address, sizeof query_own);
    memcpy(&query, &address, sizeof query);
    if (query != NULL && query(SystemProcessorPerformanceInformation, &number, sizeof number, times,
                               size, &bytes) == 0)
        return bytes / (ULONG)sizeof *times;
    if (GetActiveProcessorGroupCount() > 1 || query_own == NULL ||
        query_own(SystemProcessorPerformanceInformation, times, size, &bytes) != 0)
        return 0;
    return bytes / (ULONG)sizeof *times;
}

static void times_add(struct host_times *sum, const struct processor_times *times)
{
    uint64_t total = (uint64_t)times->kernel.QuadPart + (uint64_t)times->user.QuadPart;
    uint64_t idle = (uint64_t)times->idle.QuadPart;
    sum->total += total;
    sum->busy += total > idle ? total - idle : 0;
    sum->interrupts +=
        (uint64_t)times->deferred_calls.QuadPart + (uint64_t)times->interrupts.QuadPart;
}

bool host_times_now(const char *const *cpus, struct host_times *times, size_t count)
{
    struct cpu_list lists[HOST_SIDES];
    bool known = count <= HOST_SIDES;
    /* Wine counts none where it can't see the processors' layout (no /sys). */
    unsigned groups = GetActiveProcessorGroupCount();
    groups = groups == 0 ? 1 : groups;
    for (size_t i = 0; known && i < count; i++) {
        times[i] = (struct host_times){.per_s = FILETIME_PER_S};
        known = host_cpus_parse(cpus[i], &lists[i]);
    }
    for (unsigned group = 0; known && group < groups; group++) {
        struct processor_times processors[GROUP_CPUS];
        unsigned told = group_times(group, processors);
        for (unsigned i = 0; i < told && i < GROUP_CPUS; i++)
            for (size_t side = 0; side < count; side++)
                if (cpu_list_has(&lists[side], group * GROUP_CPUS + i))
                    times_add(&times[side], &processors[i]);
    }
    for (size_t i = 0; known && i < count; i++)
        known = times[i].total > 0;
    return known;
}

void host_quotas_add(struct cgroup_throttles *quotas, unsigned long pid)
{
    (void)quotas;
    (void)pid;
}

uint64_t host_quota_stops(const struct cgroup_throttles *quotas)
{
    (void)quotas;
    return 0;
}

uint64_t host_throttles(void)
{
    return 0;
}

/* GetProcessTimes steps with the scheduler's tick, which is not fine-grained. */
bool host_process_cpu_ns(unsigned long pid, uint64_t *ns)
{
    (void)pid;
    (void)ns;
    return false;
}
