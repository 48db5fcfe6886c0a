#include "load/tick_win32.h"

#include <stdbool.h>
#include <string.h>

#include <windows.h>

/* Headers from before Windows 11 lack it. */
#ifndef PROCESS_POWER_THROTTLING_IGNORE_TIMER_RESOLUTION
#define PROCESS_POWER_THROTTLING_IGNORE_TIMER_RESOLUTION 0x4
#endif

/*
 * winmm's timeBeginPeriod or timeEndPeriod: waits end with the system's next tick, which comes each
 * 15.6 ms, with a period of 1 ms each millisecond ("timeBeginPeriod function"). Loaded by hand: the
 * program imports nothing but what every part of it needs.
 */
static bool tick_call(HMODULE timers, const char *name)
{
    UINT(WINAPI * call)(UINT);
    FARPROC found = GetProcAddress(timers, name);
    memcpy(&call, &found, sizeof call);
    return found != NULL && call(1) == 0;
}

/*
 * Since Windows 11 the system may forget that period while the process's window can't be seen, if it
 * is not asked to keep it ("SetProcessInformation function"). Older systems refuse, and keep it.
 */
static void tick_keep(void)
{
    PROCESS_POWER_THROTTLING_STATE state = {
        .Version = PROCESS_POWER_THROTTLING_CURRENT_VERSION,
        .ControlMask = PROCESS_POWER_THROTTLING_IGNORE_TIMER_RESOLUTION,
        .StateMask = 0 /* do not ignore it */
    };
    (void)SetProcessInformation(GetCurrentProcess(), ProcessPowerThrottling, &state, sizeof state);
}

struct tick *tick_shorten(void)
{
    tick_keep();
    HMODULE timers = LoadLibraryExW(L"winmm.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
    if (timers != NULL && !tick_call(timers, "timeBeginPeriod")) {
        FreeLibrary(timers);
        return NULL;
    }
    return (struct tick *)timers;
}

void tick_restore(struct tick *tick)
{
    HMODULE timers = (HMODULE)tick;
    tick_call(timers, "timeEndPeriod");
    FreeLibrary(timers);
}
