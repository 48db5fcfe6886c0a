/* What a child and its descendants use: those of its job ("Job Objects"). */
#include "host/child_win32.h"

#include <stdlib.h>

#include <psapi.h>
#include <tlhelp32.h>

enum {
    PROCESSES_MOST = 1024, /* of one child: more are not looked at */
    NS_PER_FILETIME = 100,
    TICK_NS = 15625000 /* the clock's, by which processes are charged */
};

static uint64_t filetime_ns(const FILETIME *time)
{
    return (((uint64_t)time->dwHighDateTime << 32) + time->dwLowDateTime) * NS_PER_FILETIME;
}

/* Those that run. Without a job only the child itself is known. */
static size_t processes_of(const struct child *child, DWORD pids[PROCESSES_MOST])
{
    union {
        JOBOBJECT_BASIC_PROCESS_ID_LIST list;
        char bytes[sizeof(JOBOBJECT_BASIC_PROCESS_ID_LIST) + PROCESSES_MOST * sizeof(ULONG_PTR)];
    } job;
    pids[0] = child->pid;
    if (child->job == NULL ||
        !QueryInformationJobObject(child->job, JobObjectBasicProcessIdList, &job.list, sizeof job,
                                   NULL) ||
        job.list.NumberOfProcessIdsInList == 0)
        return 1;
    size_t count = job.list.NumberOfProcessIdsInList;
    if (count > PROCESSES_MOST)
        count = PROCESSES_MOST;
    for (size_t i = 0; i < count; i++)
        pids[i] = (DWORD)job.list.ProcessIdList[i];
    return count;
}

static bool process_add(DWORD pid, struct child_usage *usage)
{
    FILETIME created, ended, kernel, user;
    PROCESS_MEMORY_COUNTERS memory;
    HANDLE process = OpenProcess(PROCESS_QUERY_INFORMATION | PROCESS_VM_READ, FALSE, pid);
    if (process == NULL)
        return false;
    bool known = GetProcessTimes(process, &created, &ended, &kernel, &user);
    if (known) {
        usage->cpu_user_ns += filetime_ns(&user);
        usage->cpu_system_ns += filetime_ns(&kernel);
    }
    if (GetProcessMemoryInfo(process, &memory, sizeof memory))
        usage->memory_peak_bytes += memory.PeakWorkingSetSize;
    CloseHandle(process);
    return known;
}

/* The system lists the threads of all processes. */
static void threads_count(const DWORD *pids, size_t count, struct child_usage *usage)
{
    THREADENTRY32 entry = {.dwSize = sizeof entry};
    HANDLE list = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);
    if (list == INVALID_HANDLE_VALUE)
        return;
    for (BOOL more = Thread32First(list, &entry); more; more = Thread32Next(list, &entry))
        for (size_t i = 0; i < count; i++)
            usage->threads += pids[i] == entry.th32OwnerProcessID;
    CloseHandle(list);
}

/* The job also counts those that have ended. Wine has no such figures, and gives zeros. */
static void ended_add(const struct child *child, struct child_usage *usage)
{
    JOBOBJECT_BASIC_ACCOUNTING_INFORMATION job;
    if (child->job == NULL ||
        !QueryInformationJobObject(child->job, JobObjectBasicAccountingInformation, &job,
                                   sizeof job, NULL))
        return;
    uint64_t user_ns = (uint64_t)job.TotalUserTime.QuadPart * NS_PER_FILETIME;
    uint64_t system_ns = (uint64_t)job.TotalKernelTime.QuadPart * NS_PER_FILETIME;
    if (user_ns + system_ns < usage->cpu_user_ns + usage->cpu_system_ns)
        return;
    usage->cpu_user_ns = user_ns;
    usage->cpu_system_ns = system_ns;
}

bool child_usage(struct child *child, struct child_usage *usage)
{
    DWORD pids[PROCESSES_MOST];
    *usage = (struct child_usage){.cpu_resolution_ns = TICK_NS};
    if (child_ended(child, NULL))
        return false;
    size_t count = processes_of(child, pids);
    bool known = false;
    for (size_t i = 0; i < count; i++)
        known |= process_add(pids[i], usage);
    threads_count(pids, count, usage);
    ended_add(child, usage);
    return known;
}
