#include "host/host_win32.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include <psapi.h>
#include <winternl.h>

#include "host/cpu_list.h"
#include "processors_win32.h"
#include "program.h"
#include "x86.h"

enum {
    FILETIME_PER_S = 10000000,
    /* Processors of a group at most ("Processor Groups"), and groups at most. */
    GROUP_CPUS = 64,
    GROUPS_MOST = CPU_LIST_MOST / GROUP_CPUS,
    MASK_BITS = 8 * sizeof(KAFFINITY)
};

/*
 * A processor is known to Windows by its group and its number there. In lists it has one number,
 * GROUP_CPUS times the group and that number.
 */
static void list_add_group(struct cpu_list *list, unsigned group, KAFFINITY mask)
{
    for (unsigned i = 0; i < MASK_BITS && group < GROUPS_MOST; i++)
        if ((mask >> i & 1) != 0)
            cpu_list_add(list, group * GROUP_CPUS + i);
}

static KAFFINITY list_mask(const struct cpu_list *list, unsigned group)
{
    KAFFINITY mask = 0;
    for (unsigned i = 0; i < MASK_BITS && group < GROUPS_MOST; i++)
        if (cpu_list_has(list, group * GROUP_CPUS + i))
            mask |= (KAFFINITY)1 << i;
    return mask;
}

/* The group that all of the list's processors are in; false where they are in several. */
static bool list_group(const struct cpu_list *list, GROUP_AFFINITY *affinity)
{
    unsigned group = cpu_list_next(list, 0) / GROUP_CPUS;
    *affinity = (GROUP_AFFINITY){.Group = (WORD)group, .Mask = list_mask(list, group)};
    return cpu_list_next(list, (group + 1) * GROUP_CPUS) == CPU_LIST_MOST;
}

/* A group's processors that run. */
static KAFFINITY group_mask(unsigned group)
{
    struct processors processors;
    const SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX *entry;
    KAFFINITY mask = 0;
    processors_ask(RelationGroup, &processors);
    entry = processors_next(&processors, NULL);
    if (entry != NULL && group < entry->Group.ActiveGroupCount)
        mask = entry->Group.GroupInfo[group].ActiveProcessorMask;
    processors_free(&processors);
    return mask;
}

/*
 * The processors of a process. Where it has threads in several groups, as each process has by default
 * since Windows 11, all of these groups ("GetProcessGroupAffinity function"). False where the system
 * doesn't tell.
 */
static bool process_cpus(HANDLE process, struct cpu_list *list)
{
    USHORT groups[GROUPS_MOST] = {0}, count = GROUPS_MOST;
    DWORD_PTR mask = 0, system = 0;
    memset(list, 0, sizeof *list);
    /* Wine doesn't tell. */
    if (!GetProcessGroupAffinity(process, &count, groups)) {
        if (GetActiveProcessorGroupCount() > 1)
            return false;
        count = 1;
    }
    if (count == 1 && GetProcessAffinityMask(process, &mask, &system) && mask != 0)
        list_add_group(list, groups[0], mask);
    for (unsigned i = 0; count > 1 && i < count; i++)
        list_add_group(list, groups[i], group_mask(groups[i]));
    return cpu_list_next(list, 0) != CPU_LIST_MOST;
}

static struct cpu_list initial_list;

static BOOL CALLBACK initial_read(INIT_ONCE *once, void *argument, void **context)
{
    (void)once;
    (void)argument;
    (void)context;
    if (!process_cpus(GetCurrentProcess(), &initial_list))
        cpu_list_add(&initial_list, 0);
    return TRUE;
}

/* What the process began with: what it has now may have been narrowed by host_pin_process. */
static const struct cpu_list *initial_cpus(void)
{
    static INIT_ONCE once = INIT_ONCE_STATIC_INIT;
    InitOnceExecuteOnce(&once, initial_read, NULL, NULL);
    return &initial_list;
}

unsigned host_cpu_count(void)
{
    return cpu_list_count(initial_cpus());
}

static bool usable_parse(const char *text, struct cpu_list *list)
{
    return cpu_list_parse(text, list) && cpu_list_contains(initial_cpus(), list);
}

static struct topology_cpu *topology_find(struct topology *topology, unsigned cpu)
{
    for (size_t i = 0; i < topology->count; i++)
        if (topology->cpus[i].cpu == cpu)
            return &topology->cpus[i];
    return NULL;
}

/* A core, which is in one group, or a node: all headers declare its first group. */
static void topology_take(struct topology *topology,
                          const SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX *entry)
{
    bool is_core = entry->Relationship == RelationProcessorCore;
    const GROUP_AFFINITY *affinity =
        is_core ? &entry->Processor.GroupMask[0] : &entry->NumaNode.GroupMask;
    struct cpu_list list = {{0}};
    if (!is_core && entry->Relationship != RelationNumaNode)
        return;
    list_add_group(&list, affinity->Group, affinity->Mask);
    unsigned first = cpu_list_next(&list, 0);
    for (unsigned cpu = first; cpu < CPU_LIST_MOST; cpu = cpu_list_next(&list, cpu + 1)) {
        struct topology_cpu *found = topology_find(topology, cpu);
        if (found == NULL)
            continue;
        if (is_core) {
            found->core = first;
            found->kind = processors_core_class(entry);
        } else {
            found->node = entry->NumaNode.NodeNumber;
        }
    }
}

bool host_topology(struct topology *topology)
{
    const struct cpu_list *usable = initial_cpus();
    struct processors processors;
    const SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX *entry = NULL;
    *topology = (struct topology){.cpus = calloc(host_cpu_count(), sizeof *topology->cpus)};
    if (topology->cpus == NULL)
        return false;
    for (unsigned cpu = cpu_list_next(usable, 0); cpu < CPU_LIST_MOST;
         cpu = cpu_list_next(usable, cpu + 1))
        topology->cpus[topology->count++] = (struct topology_cpu){.cpu = cpu, .core = cpu};
    processors_ask(RelationAll, &processors);
    while ((entry = processors_next(&processors, entry)) != NULL)
        topology_take(topology, entry);
    processors_free(&processors);
    return true;
}

unsigned host_cpus_count(const char *text)
{
    struct cpu_list list;
    return usable_parse(text, &list) ? cpu_list_count(&list) : 0;
}

/* The list that the text names, NULL: the one at the beginning. 0 or a negative error. */
static int cpus_wanted(const char *cpus, struct cpu_list *list)
{
    *list = *initial_cpus();
    return cpus == NULL || usable_parse(cpus, list) ? 0 : -ERROR_INVALID_PARAMETER;
}

/*
 * The same for a thread or a process that is to have them: these can be given processors of one
 * group only ("SetThreadGroupAffinity function", "SetProcessAffinityMask function").
 */
static int affinity_wanted(const char *cpus, GROUP_AFFINITY *affinity)
{
    struct cpu_list list;
    int error = cpus_wanted(cpus, &list);
    if (error == 0 && !list_group(&list, affinity))
        error = -ERROR_NOT_SUPPORTED;
    return error;
}

const char *host_cpus_text(const char *cpus, char *text, size_t size)
{
    struct cpu_list list;
    GROUP_AFFINITY affinity;
    text[0] = '\0';
    if (cpus_wanted(cpus, &list) != 0 || (cpus != NULL && !list_group(&list, &affinity)))
        return text;
    return cpu_list_format(&list, text, size);
}

const char *host_groups_text(char *text, size_t size)
{
    const struct cpu_list *usable = initial_cpus();
    size_t used = 0;
    text[0] = '\0';
    if (GetActiveProcessorGroupCount() < 2)
        return text;
    for (unsigned group = 0; group < GROUPS_MOST && used < size; group++) {
        struct cpu_list list = {{0}};
        char cpus[HOST_CPUS_TEXT];
        list_add_group(&list, group, list_mask(usable, group));
        if (cpu_list_format(&list, cpus, sizeof cpus)[0] != '\0')
            used += (size_t)snprintf(text + used, size - used, "%s%s", used == 0 ? "" : "; ", cpus);
    }
    return text;
}

static int last_error(void)
{
    DWORD error = GetLastError();
    return error == ERROR_SUCCESS ? -ERROR_GEN_FAILURE : -(int)error;
}

int host_pin_error(void)
{
    return 0;
}

int host_pin_self(const char *cpus)
{
    GROUP_AFFINITY affinity, now;
    int error = affinity_wanted(cpus, &affinity);
    /* Of several groups nothing gives all back to a thread that was pinned: it has one of them. */
    if (error == -ERROR_NOT_SUPPORTED && cpus == NULL) {
        if (!GetThreadGroupAffinity(GetCurrentThread(), &now))
            return last_error();
        affinity =
            (GROUP_AFFINITY){.Group = now.Group, .Mask = list_mask(initial_cpus(), now.Group)};
        if (affinity.Mask == now.Mask)
            return 0;
        error = 0;
    }
    if (error == 0 && !SetThreadGroupAffinity(GetCurrentThread(), &affinity, NULL))
        error = last_error();
    return error;
}

/* Whether all of the process's threads are in that group. */
static bool process_is_in(HANDLE process, unsigned group)
{
    USHORT groups[GROUPS_MOST], count = GROUPS_MOST;
    if (!GetProcessGroupAffinity(process, &count, groups))
        return GetActiveProcessorGroupCount() < 2;
    return count == 1 && groups[0] == group;
}

/* The process's mask holds for each of its threads, later ones too, and is of their group. */
int host_pin_process(unsigned long pid, const char *cpus)
{
    GROUP_AFFINITY affinity;
    int error = affinity_wanted(cpus, &affinity);
    if (error != 0)
        return error;
    HANDLE process =
        OpenProcess(PROCESS_SET_INFORMATION | PROCESS_QUERY_LIMITED_INFORMATION, FALSE, pid);
    if (process == NULL)
        return last_error();
    if (!process_is_in(process, affinity.Group))
        error = -ERROR_NOT_SUPPORTED;
    else if (!SetProcessAffinityMask(process, affinity.Mask))
        error = last_error();
    CloseHandle(process);
    return error;
}

int host_pin_job(void *job, const char *cpus)
{
    GROUP_AFFINITY affinity;
    int error = affinity_wanted(cpus, &affinity);
    if (error != 0 || GetActiveProcessorGroupCount() < 2)
        return error;
    if (!SetInformationJobObject(job, JobObjectGroupInformationEx, &affinity, sizeof affinity))
        error = last_error();
    return error;
}

const char *host_self_cpus(char *text, size_t size)
{
    GROUP_AFFINITY affinity;
    struct cpu_list list = {{0}};
    text[0] = '\0';
    if (!GetThreadGroupAffinity(GetCurrentThread(), &affinity))
        return text;
    list_add_group(&list, affinity.Group, affinity.Mask);
    return cpu_list_format(&list, text, size);
}

const char *host_process_cpus(unsigned long pid, char *text, size_t size)
{
    struct cpu_list list;
    HANDLE process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, pid);
    text[0] = '\0';
    if (process == NULL)
        return text;
    if (process_cpus(process, &list))
        cpu_list_format(&list, text, size);
    CloseHandle(process);
    return text;
}

const char *host_cpu_model(char *text, size_t size)
{
    return x86_name(text, size);
}

/* Any function's address; the detour because a cast from one to another is warned of. */
static void *ntdll_function(const char *name)
{
    HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");
    FARPROC found = ntdll == NULL ? NULL : GetProcAddress(ntdll, name);
    void *address = NULL;
    memcpy(&address, &found, sizeof address);
    return address;
}

const char *host_system_text(char *text, size_t size)
{
    typedef LONG(WINAPI * get_version)(OSVERSIONINFOW *);
    typedef const char *(__cdecl * get_wine_version)(void);
    get_version version_get;
    get_wine_version wine_get;
    void *version_address = ntdll_function("RtlGetVersion");
    void *wine_address = ntdll_function("wine_get_version");
    memcpy(&version_get, &version_address, sizeof version_get);
    memcpy(&wine_get, &wine_address, sizeof wine_get);

    char windows[64] = "Windows";
    OSVERSIONINFOW version = {.dwOSVersionInfoSize = sizeof version};
    /* GetVersionEx would report what the program's manifest knows of. */
    if (version_get != NULL && version_get(&version) == 0)
        snprintf(windows, sizeof windows, "Windows %lu.%lu.%lu", version.dwMajorVersion,
                 version.dwMinorVersion, version.dwBuildNumber);
    if (wine_get != NULL)
        snprintf(text, size, "Wine %s, as %s", wine_get(), windows);
    else
        snprintf(text, size, "%s", windows);
    return text;
}

const char *host_cpu_governor(char *text, size_t size)
{
    (void)size;
    text[0] = '\0';
    return text;
}

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
    void *own_address = ntdll_function("NtQuerySystemInformation");
    void *address = ntdll_function("NtQuerySystemInformationEx");
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
        known = cpus_wanted(cpus[i], &lists[i]) == 0;
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

uint64_t host_memory_left(void)
{
    MEMORYSTATUSEX memory = {.dwLength = sizeof memory};
    return GlobalMemoryStatusEx(&memory) ? memory.ullAvailPhys : 0;
}

bool host_kernel_memory(uint64_t *bytes)
{
    PERFORMANCE_INFORMATION information;
    /* Wine fills in zeros. */
    if (strcmp(program_system(), "wine") == 0 ||
        !GetPerformanceInfo(&information, sizeof information))
        return false;
    *bytes =
        (uint64_t)(information.KernelPaged + information.KernelNonpaged) * information.PageSize;
    return true;
}

/* GetProcessTimes steps with the scheduler's tick, which is not fine-grained. */
bool host_process_cpu_ns(unsigned long pid, uint64_t *ns)
{
    (void)pid;
    (void)ns;
    return false;
}

unsigned long host_wineserver_pid(void)
{
    return 0;
}

bool host_wineserver_restart(void)
{
    return false;
}
