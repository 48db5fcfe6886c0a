#include "host.h"

#include <stdio.h>
#include <string.h>
#include <windows.h>

#include <psapi.h>
#include <winternl.h>

#include "program.h"

/* The processor's own name is asked with an instruction that only x86 has. */
#if defined(_M_X64) || defined(_M_IX86)
#include <intrin.h>
#define HOST_CPUID(leaf, words) __cpuid((int *)(words), (int)(leaf))
#elif defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#define HOST_CPUID(leaf, words) __cpuid((leaf), (words)[0], (words)[1], (words)[2], (words)[3])
#endif

/*
 * Processors are those of the process's group, so at most 64: that is also what a list of
 * processors can name here.
 */
#define CPUS_MAX ((unsigned)(sizeof(DWORD_PTR) * 8))

enum { FILETIME_PER_S = 10000000 };

static bool mask_has(DWORD_PTR mask, unsigned cpu)
{
    return (mask >> cpu & 1) != 0;
}

/* What the process began with: what it has now may have been narrowed by host_pin_process. */
static DWORD_PTR initial_cpus(void)
{
    /* Read before anything here changes it, so that a race writes the same value. */
    static volatile LONG64 initial;
    DWORD_PTR process = 0, system = 0;
    if (initial == 0) {
        if (!GetProcessAffinityMask(GetCurrentProcess(), &process, &system) || process == 0)
            process = 1;
        InterlockedExchange64(&initial, (LONG64)process);
    }
    return (DWORD_PTR)initial;
}

/* Moves *text past a processor's number; CPUS_MAX where there is none. */
static unsigned cpu_parse(const char **text)
{
    unsigned value = 0;
    if (**text < '0' || **text > '9')
        return CPUS_MAX;
    for (; **text >= '0' && **text <= '9'; (*text)++) {
        value = value * 10 + (unsigned)(**text - '0');
        if (value >= CPUS_MAX)
            return CPUS_MAX;
    }
    return value;
}

/* False where text is not a list of processors that this process may use. */
static bool cpus_parse(const char *text, DWORD_PTR *mask)
{
    DWORD_PTR usable = initial_cpus();
    *mask = 0;
    for (;; text++) {
        unsigned first = cpu_parse(&text), last = first;
        if (*text == '-') {
            text++;
            last = cpu_parse(&text);
        }
        if (first == CPUS_MAX || last == CPUS_MAX || last < first)
            return false;
        for (unsigned cpu = first; cpu <= last; cpu++) {
            if (!mask_has(usable, cpu))
                return false;
            *mask |= (DWORD_PTR)1 << cpu;
        }
        if (*text != ',')
            return *text == '\0';
    }
}

/* "" where it does not fit: a list cut short would name other processors. */
static const char *cpus_format(DWORD_PTR mask, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++) {
        unsigned first = cpu;
        if (!mask_has(mask, cpu))
            continue;
        while (cpu + 1 < CPUS_MAX && mask_has(mask, cpu + 1))
            cpu++;
        const char *comma = used == 0 ? "" : ",";
        int length = first == cpu
                         ? snprintf(text + used, size - used, "%s%u", comma, cpu)
                         : snprintf(text + used, size - used, "%s%u-%u", comma, first, cpu);
        if (length < 0 || (size_t)length >= size - used) {
            text[0] = '\0';
            break;
        }
        used += (size_t)length;
    }
    return text;
}

static unsigned cpus_count(DWORD_PTR mask)
{
    unsigned count = 0;
    for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++)
        count += mask_has(mask, cpu) ? 1 : 0;
    return count;
}

unsigned host_cpu_count(void)
{
    return cpus_count(initial_cpus());
}

bool host_split_cpus(char *server, char *client, size_t size)
{
    DWORD_PTR mask = initial_cpus();
    unsigned first = 0, last = CPUS_MAX - 1;
    while (!mask_has(mask, first))
        first++;
    while (!mask_has(mask, last))
        last--;
    if (first == last)
        return false;
    snprintf(server, size, "%u", first);
    snprintf(client, size, "%u", last);
    return true;
}

unsigned host_cpus_count(const char *text)
{
    DWORD_PTR mask;
    return cpus_parse(text, &mask) ? cpus_count(mask) : 0;
}

/* The mask that the text names, NULL: the one at the beginning. 0 or a negative error. */
static int cpus_wanted(const char *cpus, DWORD_PTR *mask)
{
    *mask = initial_cpus();
    return cpus == NULL || cpus_parse(cpus, mask) ? 0 : -ERROR_INVALID_PARAMETER;
}

const char *host_cpus_text(const char *cpus, char *text, size_t size)
{
    DWORD_PTR mask;
    text[0] = '\0';
    return cpus_wanted(cpus, &mask) == 0 ? cpus_format(mask, text, size) : text;
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
    DWORD_PTR mask;
    int error = cpus_wanted(cpus, &mask);
    if (error == 0 && SetThreadAffinityMask(GetCurrentThread(), mask) == 0)
        error = last_error();
    return error;
}

/* The process's mask holds for each of its threads, later ones too. */
int host_pin_process(unsigned long pid, const char *cpus)
{
    DWORD_PTR mask;
    int error = cpus_wanted(cpus, &mask);
    if (error != 0)
        return error;
    HANDLE process = OpenProcess(PROCESS_SET_INFORMATION, FALSE, pid);
    if (process == NULL)
        return last_error();
    if (!SetProcessAffinityMask(process, mask))
        error = last_error();
    CloseHandle(process);
    return error;
}

const char *host_self_cpus(char *text, size_t size)
{
    GROUP_AFFINITY affinity;
    text[0] = '\0';
    if (!GetThreadGroupAffinity(GetCurrentThread(), &affinity))
        return text;
    return cpus_format(affinity.Mask, text, size);
}

const char *host_process_cpus(unsigned long pid, char *text, size_t size)
{
    DWORD_PTR mask = 0, system = 0;
    HANDLE process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, pid);
    text[0] = '\0';
    if (process == NULL)
        return text;
    if (GetProcessAffinityMask(process, &mask, &system))
        cpus_format(mask, text, size);
    CloseHandle(process);
    return text;
}

const char *host_cpu_model(char *text, size_t size)
{
    text[0] = '\0';
#ifdef HOST_CPUID
    unsigned words[12], most[4];
    char name[sizeof words + 1];
    HOST_CPUID(0x80000000u, most);
    if (most[0] < 0x80000004u)
        return text;
    for (unsigned i = 0; i < 3; i++)
        HOST_CPUID(0x80000002u + i, words + (size_t)4 * i);
    memcpy(name, words, sizeof words);
    name[sizeof words] = '\0';
    /* Padded with spaces before or behind. */
    size_t length = strlen(name);
    while (length > 0 && name[length - 1] == ' ')
        name[--length] = '\0';
    snprintf(text, size, "%s", name + strspn(name, " "));
#else
    (void)size;
#endif
    return text;
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

/* Of each processor of this process's group, in their order. Returns how many; 0 where
 * Windows does not say. */
static ULONG processors_ask(SYSTEM_PROCESSOR_PERFORMANCE_INFORMATION processors[CPUS_MAX])
{
    typedef NTSTATUS(NTAPI * query_system)(SYSTEM_INFORMATION_CLASS, PVOID, ULONG, PULONG);
    query_system query;
    ULONG bytes = 0;
    void *address = ntdll_function("NtQuerySystemInformation");
    memcpy(&query, &address, sizeof query);
    if (query == NULL || query(SystemProcessorPerformanceInformation, processors,
                               CPUS_MAX * sizeof *processors, &bytes) != 0)
        return 0;
    return bytes / (ULONG)sizeof *processors;
}

bool host_times_now(const char *const *cpus, struct host_times *times, size_t count)
{
    SYSTEM_PROCESSOR_PERFORMANCE_INFORMATION processors[CPUS_MAX];
    ULONG known = processors_ask(processors);
    for (size_t i = 0; i < count; i++) {
        DWORD_PTR mask;
        times[i] = (struct host_times){.per_s = FILETIME_PER_S};
        if (cpus_wanted(cpus[i], &mask) != 0)
            return false;
        for (unsigned cpu = 0; cpu < known && cpu < CPUS_MAX; cpu++) {
            if (!mask_has(mask, cpu))
                continue;
            /* The kernel's time holds the idle time. */
            uint64_t total = (uint64_t)processors[cpu].KernelTime.QuadPart +
                             (uint64_t)processors[cpu].UserTime.QuadPart;
            uint64_t idle = (uint64_t)processors[cpu].IdleTime.QuadPart;
            times[i].total += total;
            times[i].busy += total > idle ? total - idle : 0;
        }
        if (times[i].total == 0)
            return false;
    }
    return true;
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
