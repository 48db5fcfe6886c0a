/*
 * host on Windows machines that this one is not: two groups of processors of two kinds. What the
 * system tells is answered here (the linker's --wrap). Each machine is a process of its own, since
 * host asks once.
 */
#include "check.h"
#include "host/host_win32.h"
#include "machine_win32.h"

#include <process.h>
#include <winternl.h>

static struct {
    USHORT groups[2], group_count; /* of each process */
    DWORD_PTR mask;                /* of a process of one group */
    GROUP_AFFINITY thread;
    DWORD_PTR process_set;
    JOBOBJECTINFOCLASS job_class;
    GROUP_AFFINITY job_set;
    bool times_by_group;
    WORD active_groups;
} told = {.active_groups = 2};

STAND_IN(WORD, GetActiveProcessorGroupCount, (void))
{
    return told.active_groups;
}

STAND_IN(BOOL, GetProcessGroupAffinity, (HANDLE process, PUSHORT count, PUSHORT groups))
{
    (void)process;
    CHECK(*count >= told.group_count);
    memcpy(groups, told.groups, sizeof told.groups);
    *count = told.group_count;
    return TRUE;
}

/* Zeros for a process of several groups ("GetProcessAffinityMask function"). */
STAND_IN(BOOL, GetProcessAffinityMask, (HANDLE process, PDWORD_PTR mask, PDWORD_PTR system))
{
    (void)process;
    bool one = told.group_count == 1;
    *mask = one ? told.mask : 0;
    *system = one ? machine.groups[told.groups[0]] : 0;
    return TRUE;
}

STAND_IN(BOOL, SetProcessAffinityMask, (HANDLE process, DWORD_PTR mask))
{
    (void)process;
    told.process_set = mask;
    return TRUE;
}

STAND_IN(BOOL, GetThreadGroupAffinity, (HANDLE thread, PGROUP_AFFINITY affinity))
{
    CHECK(thread == GetCurrentThread());
    *affinity = told.thread;
    return TRUE;
}

STAND_IN(BOOL, SetThreadGroupAffinity,
         (HANDLE thread, const GROUP_AFFINITY *affinity, PGROUP_AFFINITY before))
{
    CHECK(thread == GetCurrentThread() && before == NULL);
    CHECK(affinity->Reserved[0] == 0 && affinity->Reserved[1] == 0 && affinity->Reserved[2] == 0);
    told.thread = *affinity;
    return TRUE;
}

STAND_IN(BOOL, SetInformationJobObject,
         (HANDLE job, JOBOBJECTINFOCLASS class, LPVOID information, DWORD bytes))
{
    (void)job;
    told.job_class = class;
    CHECK_EQ_U64(bytes, sizeof told.job_set);
    memcpy(&told.job_set, information, sizeof told.job_set);
    return TRUE;
}

/* A processor's times, in seconds: idle, the kernel's (idle, deferred calls and interrupts too), ... */
static void put_times(int64_t *times, int64_t idle, int64_t kernel, int64_t user, int64_t deferred,
                      int64_t interrupts)
{
    const int64_t values[] = {idle, kernel, user, deferred, interrupts, 12345};
    for (size_t i = 0; i < 5; i++)
        times[i] = values[i] * 10000000;
    times[5] = values[5];
}

/* Class 8, of the group whose number is given: its four processors. */
static NTSTATUS NTAPI query_group(int class, void *group, ULONG group_bytes, void *answer,
                                  ULONG bytes, ULONG *used)
{
    int64_t *times = answer;
    CHECK(class == 8 && group_bytes == sizeof(USHORT) && bytes >= 4 * 48);
    for (int i = 0; i < 4; i++, times += 6)
        put_times(times, 60, *(const USHORT *)group == 1 ? 90 : 70, 10, 15, 5);
    *used = 4 * 48;
    return 0;
}

/* That of the calling thread's group: which one that is, nobody knows. */
static NTSTATUS NTAPI query_own(int class, void *answer, ULONG bytes, ULONG *used)
{
    USHORT group = 1;
    return query_group(class, &group, sizeof group, answer, bytes, used);
}

STAND_IN(FARPROC, GetProcAddress, (HMODULE module, LPCSTR name))
{
    NTSTATUS(NTAPI * by_group)(int, void *, ULONG, void *, ULONG, ULONG *) = query_group;
    NTSTATUS(NTAPI * own)(int, void *, ULONG, ULONG *) = query_own;
    FARPROC found = REAL(GetProcAddress)(module, name);
    if (strcmp(name, "NtQuerySystemInformation") == 0)
        memcpy(&found, &own, sizeof found);
    if (strcmp(name, "NtQuerySystemInformationEx") == 0)
        memcpy(&found, &by_group, sizeof found);
    return strcmp(name, "NtQuerySystemInformationEx") == 0 && !told.times_by_group ? NULL : found;
}

/*
 * Two groups, each a node: the first has two fast cores of two threads each, the second four slow
 * cores.
 */
static void begin(void)
{
    machine.cores[0] = (struct machine_core){1, 1, 0};
    machine.cores[1] = (struct machine_core){1, 2, 0};
    machine.cores[2] = (struct machine_core){0, 3, 1};
    machine.cores[3] = (struct machine_core){0, 12, 1};
    machine.cores[4] = (struct machine_core){1, 4, 0};
    machine.cores[5] = (struct machine_core){1, 8, 0};
    for (WORD i = 0; i < 2; i++) {
        machine.nodes[i] = (GROUP_AFFINITY){.Mask = 15, .Group = i};
        machine.groups[i] = 15;
        told.groups[i] = i;
    }
    told.group_count = 2;
    told.thread = (GROUP_AFFINITY){.Mask = 15, .Group = 0};
    told.times_by_group = true;
}

static void test_lists(void)
{
    char text[HOST_CPUS_TEXT];
    CHECK_EQ_U64(host_cpu_count(), 8);
    CHECK_EQ_TEXT(host_cpus_text(NULL, text, sizeof text), "0-3,64-67");
    CHECK_EQ_TEXT(host_groups_text(text, sizeof text), "0-3; 64-67");
    CHECK_EQ_TEXT(host_groups_text(text, 1), "");
    CHECK_EQ_U64(host_cpus_count("0,64"), 2);
    CHECK_EQ_U64(host_cpus_count("4"), 0);
    CHECK_EQ_U64(host_cpus_count("68"), 0);
    CHECK_EQ_U64(host_cpus_count("128"), 0);
    CHECK_EQ_TEXT(host_cpus_text("66,65", text, sizeof text), "65-66");
    /* Of two groups: nothing can be given these. */
    CHECK_EQ_TEXT(host_cpus_text("0,64", text, sizeof text), "");
    CHECK(host_pin_self("0,64") == -ERROR_NOT_SUPPORTED);
    CHECK(host_pin_process(GetCurrentProcessId(), "0,64") == -ERROR_NOT_SUPPORTED);
    CHECK(host_pin_job(NULL, "0,64") == -ERROR_NOT_SUPPORTED);
    CHECK(host_pin_self("4") == -ERROR_INVALID_PARAMETER);
    CHECK(told.thread.Mask == 15 && told.process_set == 0 && told.job_set.Mask == 0);
}

static void test_pins(void)
{
    char text[HOST_CPUS_TEXT];
    CHECK(host_pin_self("65-66") == 0);
    CHECK(told.thread.Group == 1 && told.thread.Mask == 6);
    CHECK_EQ_TEXT(host_self_cpus(text, sizeof text), "65-66");
    CHECK(host_pin_self(NULL) == 0);
    CHECK_EQ_TEXT(host_self_cpus(text, sizeof text), "64-67");
    CHECK(host_pin_job(NULL, "65,67") == 0);
    CHECK(told.job_class == JobObjectGroupInformationEx);
    CHECK(told.job_set.Group == 1 && told.job_set.Mask == 10);
    /* A mask is of the process's group, whichever that is. */
    CHECK(host_pin_process(GetCurrentProcessId(), "65") == -ERROR_NOT_SUPPORTED);
    CHECK_EQ_TEXT(host_process_cpus(GetCurrentProcessId(), text, sizeof text), "0-3,64-67");
    told.group_count = 1;
    CHECK(host_pin_process(GetCurrentProcessId(), "65") == -ERROR_NOT_SUPPORTED);
    CHECK_EQ_U64(told.process_set, 0);
    told.groups[0] = 1;
    told.mask = 2;
    CHECK(host_pin_process(GetCurrentProcessId(), "65") == 0);
    CHECK_EQ_U64(told.process_set, 2);
    CHECK_EQ_TEXT(host_process_cpus(GetCurrentProcessId(), text, sizeof text), "65");
}

static void test_topology(void)
{
    struct topology topology;
    char server[16], client[16], text[64];
    /* Both fast, and not of one core. */
    CHECK(host_split_cpus(server, client, sizeof server));
    CHECK_EQ_TEXT(server, "0");
    CHECK_EQ_TEXT(client, "3");
    CHECK(host_topology(&topology));
    topology_kinds_text(&topology, text, sizeof text);
    CHECK_EQ_TEXT(text, "4 (0-3), 4 (64-67)");
    topology_nodes_text(&topology, text, sizeof text);
    CHECK_EQ_TEXT(text, "4 (0-3), 4 (64-67)");
    CHECK(topology.cpus[0].node == 0 && topology.cpus[7].node == 1);
    CHECK(topology.cpus[1].core == 0 && topology.cpus[3].core == 2 && topology.cpus[5].core == 65);
    topology_free(&topology);
}

static void test_times(void)
{
    static const char *const sides[HOST_SIDES] = {"1-2", "0,64"}, *const any[] = {NULL};
    struct host_times times[HOST_SIDES];
    CHECK(host_times_now(sides, times, 2));
    /* 80 s and 100 s; 20 s of those that are not idle went to interrupts and deferred calls. */
    CHECK_EQ_U64(times[0].total / times[0].per_s, 160);
    CHECK_EQ_U64(times[0].busy / times[0].per_s, 40);
    CHECK_EQ_U64(times[0].interrupts / times[0].per_s, 40);
    CHECK_EQ_U64(times[1].total / times[1].per_s, 180);
    CHECK_EQ_U64(times[1].busy / times[1].per_s, 60);
    CHECK_EQ_U64(times[1].interrupts / times[1].per_s, 40);
    CHECK(host_times_now(any, times, 1));
    CHECK_EQ_U64(times[0].total / times[0].per_s, 4 * 180);
    /* One group's are no answer. */
    told.times_by_group = false;
    CHECK(!host_times_now(any, times, 1));
    /* Wine without /sys counts no groups: then there is one. */
    told.active_groups = 0;
    CHECK(host_times_now(any, times, 1));
    told.active_groups = 2;
}

/* Since Windows 11 a process begins with all groups. */
static void all_groups(void)
{
    begin();
    test_lists();
    test_topology();
    test_pins();
    test_times();
}

/* On Windows 10, with one of them; here by a mask, too. */
static void one_group(void)
{
    char server[16], client[16], text[HOST_CPUS_TEXT];
    begin();
    told.group_count = 1;
    told.groups[0] = 1;
    told.mask = 14;
    CHECK_EQ_U64(host_cpu_count(), 3);
    CHECK_EQ_TEXT(host_cpus_text(NULL, text, sizeof text), "65-67");
    CHECK_EQ_TEXT(host_groups_text(text, sizeof text), "65-67");
    CHECK_EQ_U64(host_cpus_count("0"), 0);
    CHECK_EQ_U64(host_cpus_count("64"), 0);
    CHECK(host_split_cpus(server, client, sizeof server));
    CHECK_EQ_TEXT(server, "65");
    CHECK_EQ_TEXT(client, "67");
    CHECK(host_pin_self(NULL) == 0);
    CHECK(told.thread.Group == 1 && told.thread.Mask == 14);
}

int main(int argc, char **argv)
{
    wchar_t path[MAX_PATH];
    if (argc > 1) {
        if (strcmp(argv[1], "all") == 0)
            all_groups();
        else
            one_group();
        return check_report();
    }
    CHECK(GetModuleFileNameW(NULL, path, MAX_PATH) != 0);
    CHECK(_wspawnl(_P_WAIT, path, L"test", L"all", NULL) == 0);
    CHECK(_wspawnl(_P_WAIT, path, L"test", L"one", NULL) == 0);
    return check_report();
}
