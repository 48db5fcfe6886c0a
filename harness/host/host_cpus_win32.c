#include "host/host_cpus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "host/host_win32.h"
#include "processors_win32.h"

enum {
    GROUP_CPUS = HOST_GROUP_CPUS,
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

/* What it has now may have been narrowed by host_pin_process. */
const struct cpu_list *host_initial_cpus(void)
{
    static INIT_ONCE once = INIT_ONCE_STATIC_INIT;
    InitOnceExecuteOnce(&once, initial_read, NULL, NULL);
    return &initial_list;
}

unsigned host_cpu_count(void)
{
    return cpu_list_count(host_initial_cpus());
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
    const struct cpu_list *usable = host_initial_cpus();
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

/*
 * The processors that the text names, for a thread or a process that is to have them: these can be
 * given processors of one group only ("SetThreadGroupAffinity function", "SetProcessAffinityMask function").
 */
static int affinity_wanted(const char *cpus, GROUP_AFFINITY *affinity)
{
    struct cpu_list list;
    if (!host_cpus_parse(cpus, &list))
        return -ERROR_INVALID_PARAMETER;
    return list_group(&list, affinity) ? 0 : -ERROR_NOT_SUPPORTED;
}

const char *host_cpus_text(const char *cpus, char *text, size_t size)
{
    struct cpu_list list;
    GROUP_AFFINITY affinity;
    text[0] = '\0';
    if (!host_cpus_parse(cpus, &list) || (cpus != NULL && !list_group(&list, &affinity)))
        return text;
    return cpu_list_format(&list, text, size);
}

const char *host_groups_text(char *text, size_t size)
{
    const struct cpu_list *usable = host_initial_cpus();
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
            (GROUP_AFFINITY){.Group = now.Group, .Mask = list_mask(host_initial_cpus(), now.Group)};
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
