#include "clock.h"

#include <windows.h>

static uint64_t ticks_per_second(void)
{
    LARGE_INTEGER frequency;
    QueryPerformanceFrequency(&frequency);
    return (uint64_t)frequency.QuadPart;
}

uint64_t clock_now_ns(void)
{
    /* Constant since boot (QueryPerformanceFrequency), so two threads write the same value. */
    static volatile LONG64 frequency;
    LARGE_INTEGER now;
    if (frequency == 0)
        InterlockedExchange64(&frequency, (LONG64)ticks_per_second());
    QueryPerformanceCounter(&now);
    uint64_t ticks = (uint64_t)now.QuadPart, rate = (uint64_t)frequency;
    return ticks / rate * 1000000000u + ticks % rate * 1000000000u / rate;
}

uint64_t clock_thread_ns(void)
{
    return 0;
}

uint64_t clock_boot_ns(void)
{
    return GetTickCount64() * 1000000u;
}

uint64_t clock_awake_ns(void)
{
    ULONGLONG steps = 0;
    QueryUnbiasedInterruptTime(&steps);
    return steps * 100;
}

uint64_t clock_resolution_ns(void)
{
    uint64_t step = 1000000000u / ticks_per_second();
    return step == 0 ? 1 : step;
}

const char *clock_source(void)
{
    return "QueryPerformanceCounter";
}

void clock_sleep_ms(unsigned ms)
{
    Sleep(ms);
}

/* Newer than the headers of some compilers; Windows before 10 1803 refuses it. */
#ifndef CREATE_WAITABLE_TIMER_HIGH_RESOLUTION
#define CREATE_WAITABLE_TIMER_HIGH_RESOLUTION 0x00000002
#endif

void clock_sleep_ns(uint64_t ns)
{
    HANDLE timer = CreateWaitableTimerExW(NULL, NULL, CREATE_WAITABLE_TIMER_HIGH_RESOLUTION,
                                          SYNCHRONIZE | TIMER_MODIFY_STATE);
    LARGE_INTEGER due = {.QuadPart = -(LONGLONG)((ns + 99) / 100)}; /* from now on, in 100 ns */
    if (timer == NULL || !SetWaitableTimer(timer, &due, 0, NULL, NULL, FALSE) ||
        WaitForSingleObject(timer, INFINITE) != WAIT_OBJECT_0)
        Sleep((DWORD)((ns + 999999) / 1000000));
    if (timer != NULL)
        CloseHandle(timer);
}

uint64_t clock_utc_ns(void)
{
    /* FILETIME counts 100 ns from 1601 on; this is the number at the beginning of 1970. */
    static const uint64_t steps_to_1970 = UINT64_C(116444736000000000);
    FILETIME now;
    GetSystemTimePreciseAsFileTime(&now);
    uint64_t steps = (uint64_t)now.dwHighDateTime << 32 | now.dwLowDateTime;
    return (steps - steps_to_1970) * 100;
}
