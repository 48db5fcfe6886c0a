#include "program.h"

#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>
/* Version 2 of the interface is exported by KERNEL32 itself. */
#define PSAPI_VERSION 2
#include <psapi.h>

#include "clock.h"
#include "cycles.h"
#include "processors_win32.h"
#include "x86.h"

static uint64_t filetime_us(FILETIME time)
{
    return (((uint64_t)time.dwHighDateTime << 32) | time.dwLowDateTime) / 10;
}

const char *program_system(void)
{
    HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");
    return ntdll != NULL && GetProcAddress(ntdll, "wine_get_version") != NULL ? "wine" : "windows";
}

enum { SPIN_NS = 4000000, SPINS_MOST = 16 };

/* The source of CPU times; set by program_usage_prepare. */
static struct {
    SRWLOCK lock;
    double cycles_per_s; /* 0: in steps, by GetProcessTimes */
    struct cycles_split split;
} cpu_time = {.lock = SRWLOCK_INIT};

/* Whether all cores are of one kind; false where the system doesn't tell. */
static bool cores_are_alike(void)
{
    struct processors processors;
    const SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX *core = NULL, *first;
    processors_ask(RelationProcessorCore, &processors);
    first = processors_next(&processors, NULL);
    bool alike = first != NULL;
    while (alike && (core = processors_next(&processors, core)) != NULL)
        alike = processors_core_class(core) == processors_core_class(first);
    processors_free(&processors);
    return alike;
}

/* False where the system counts no cycles. */
static bool spin(struct cycles_spin *spin)
{
    ULONG64 process_from, thread_from, thread_to, process_to;
    uint64_t begun_ns = clock_now_ns();
    if (!QueryProcessCycleTime(GetCurrentProcess(), &process_from) ||
        !QueryThreadCycleTime(GetCurrentThread(), &thread_from))
        return false;
    while (clock_now_ns() - begun_ns < SPIN_NS)
        continue;
    if (!QueryThreadCycleTime(GetCurrentThread(), &thread_to) ||
        !QueryProcessCycleTime(GetCurrentProcess(), &process_to))
        return false;
    *spin = (struct cycles_spin){.ns = clock_now_ns() - begun_ns,
                                 .thread = thread_to - thread_from,
                                 .process = process_to - process_from};
    return true;
}

void program_usage_prepare(void)
{
    struct cycles_spin spins[SPINS_MOST];
    double rate = 0;
    if (x86_tsc_is_invariant() && cores_are_alike())
        for (size_t i = 0; rate == 0 && i < SPINS_MOST && spin(&spins[i]); i++)
            rate = cycles_per_s(spins, i + 1);
    AcquireSRWLockExclusive(&cpu_time.lock);
    cpu_time.cycles_per_s = rate;
    ReleaseSRWLockExclusive(&cpu_time.lock);
}

/* The caller holds the lock. False where it is not told by cycles. */
static bool cycles_ns(uint64_t *ns)
{
    ULONG64 cycles;
    if (cpu_time.cycles_per_s <= 0 || !QueryProcessCycleTime(GetCurrentProcess(), &cycles))
        return false;
    *ns = (uint64_t)((double)cycles * 1e9 / cpu_time.cycles_per_s);
    return true;
}

/* GetProcessTimes steps with the scheduler's tick: 15.625 ms on Windows, 10 ms on Wine. */
static void coarse_us(uint64_t *user_us, uint64_t *system_us)
{
    FILETIME created, ended, system, user;
    *user_us = *system_us = 0;
    if (!GetProcessTimes(GetCurrentProcess(), &created, &ended, &system, &user))
        return;
    *user_us = filetime_us(user);
    *system_us = filetime_us(system);
}

void program_usage_now(struct program_usage *usage)
{
    PROCESS_MEMORY_COUNTERS memory = {.cb = sizeof memory};
    uint64_t ns;
    *usage = (struct program_usage){.context_switches = -1};
    AcquireSRWLockExclusive(&cpu_time.lock);
    coarse_us(&usage->cpu_user_us, &usage->cpu_system_us);
    usage->cpu_resolution_us = strcmp(program_system(), "wine") == 0 ? 10000 : 15625;
    if (cycles_ns(&ns)) {
        cycles_split_to(&cpu_time.split, ns / 1000, usage->cpu_user_us, usage->cpu_system_us);
        usage->cpu_user_us = cpu_time.split.user_us;
        usage->cpu_system_us = cpu_time.split.system_us;
        usage->cpu_resolution_us = 1;
    }
    ReleaseSRWLockExclusive(&cpu_time.lock);
    if (K32GetProcessMemoryInfo(GetCurrentProcess(), &memory, sizeof memory))
        usage->rss_peak_bytes = memory.PeakWorkingSetSize;
}

uint64_t program_cpu_ns(void)
{
    uint64_t ns, user_us, system_us;
    AcquireSRWLockShared(&cpu_time.lock);
    bool fine = cycles_ns(&ns);
    ReleaseSRWLockShared(&cpu_time.lock);
    if (fine)
        return ns;
    coarse_us(&user_us, &system_us);
    return (user_us + system_us) * 1000;
}

unsigned long program_id(void)
{
    return GetCurrentProcessId();
}

bool program_path(char *text, size_t size)
{
    wchar_t path[4096];
    DWORD length = GetModuleFileNameW(NULL, path, 4096);
    if (length == 0 || length >= 4096)
        return false;
    return WideCharToMultiByte(CP_UTF8, 0, path, -1, text, (int)size, NULL, NULL) > 0;
}

/* A console handler is a plain function, so its request can only be file-scope. */
static void (*stop_function)(void *argument);
static void *stop_argument;
static volatile LONG stop_asked;

static BOOL WINAPI handle_console_event(DWORD event)
{
    if (InterlockedExchange(&stop_asked, 1) != 0)
        return FALSE; /* the second Ctrl-C ends the process, should the stop hang */
    stop_function(stop_argument);
    /* The process ends when this returns from a close, log-off or shutdown: leave time to report.
     */
    if (event != CTRL_C_EVENT && event != CTRL_BREAK_EVENT)
        Sleep(5000);
    return TRUE;
}

int program_on_stop(void (*stop)(void *argument), void *argument)
{
    stop_function = stop;
    stop_argument = argument;
    return SetConsoleCtrlHandler(handle_console_event, TRUE) ? 0 : -(int)GetLastError();
}

size_t program_read_input(char *buffer, size_t size)
{
    HANDLE input = GetStdHandle(STD_INPUT_HANDLE);
    DWORD count = 0;
    if (input == NULL || input == INVALID_HANDLE_VALUE ||
        !ReadFile(input, buffer, (DWORD)size, &count, NULL))
        return 0;
    return count;
}

void program_write(enum program_stream stream, const char *text, size_t size)
{
    int descriptor = _fileno(stream == PROGRAM_OUTPUT ? stdout : stderr);
    while (size > 0) {
        int count = _write(descriptor, text, (unsigned)size);
        if (count <= 0)
            return;
        text += count;
        size -= (size_t)count;
    }
}

void program_set_output_binary(void)
{
    _setmode(_fileno(stdout), _O_BINARY);
}

/* The user's code page, which another has taken the place of; 0: it is still set. */
static volatile LONG console_code_page;

/* By two threads at once where a Ctrl-C meets the program's end: whichever comes first may not be the one
 * that the process waits for, so both set it. */
static void console_restore(void)
{
    if (console_code_page != 0)
        SetConsoleOutputCP((UINT)console_code_page);
}

/* Called where nobody else handles the event, and the process then ends without `atexit`. */
static BOOL WINAPI console_restore_on_event(DWORD event)
{
    (void)event;
    console_restore();
    return FALSE;
}

void program_set_console_utf8(void)
{
    UINT code_page = GetConsoleOutputCP();
    if (code_page == 0 || code_page == CP_UTF8 || atexit(console_restore) != 0 ||
        !SetConsoleCtrlHandler(console_restore_on_event, TRUE))
        return;
    console_code_page = (LONG)code_page;
    SetConsoleOutputCP(CP_UTF8);
}
