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

static uint64_t filetime_us(FILETIME time)
{
    return (((uint64_t)time.dwHighDateTime << 32) | time.dwLowDateTime) / 10;
}

const char *program_system(void)
{
    HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");
    return ntdll != NULL && GetProcAddress(ntdll, "wine_get_version") != NULL ? "wine" : "windows";
}

void program_usage_now(struct program_usage *usage)
{
    FILETIME created, ended, system, user;
    PROCESS_MEMORY_COUNTERS memory = {.cb = sizeof memory};
    *usage = (struct program_usage){.context_switches = -1};
    if (GetProcessTimes(GetCurrentProcess(), &created, &ended, &system, &user)) {
        usage->cpu_user_us = filetime_us(user);
        usage->cpu_system_us = filetime_us(system);
    }
    /* GetProcessTimes steps with the scheduler's tick: 15.625 ms on Windows, 10 ms on Wine. */
    usage->cpu_resolution_us = strcmp(program_system(), "wine") == 0 ? 10000 : 15625;
    if (K32GetProcessMemoryInfo(GetCurrentProcess(), &memory, sizeof memory))
        usage->rss_peak_bytes = memory.PeakWorkingSetSize;
}

uint64_t program_cpu_ns(void)
{
    FILETIME created, ended, system, user;
    if (!GetProcessTimes(GetCurrentProcess(), &created, &ended, &system, &user))
        return 0;
    return (filetime_us(user) + filetime_us(system)) * 1000;
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

void program_set_output_binary(void)
{
    _setmode(_fileno(stdout), _O_BINARY);
}

/* The user's code page while another is set; 0: nothing to put back. */
static volatile LONG console_code_page;

static void console_restore(void)
{
    LONG code_page = InterlockedExchange(&console_code_page, 0);
    if (code_page != 0)
        SetConsoleOutputCP((UINT)code_page);
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
