#include "clock.h"

#include <stdio.h>
#include <windows.h>

static uint64_t ticks_per_second(void)
{
    LARGE_INTEGER frequency;
    QueryPerformanceFrequency(&frequency);
    return (uint64_t)frequency.QuadPart;
}

uint64_t clock_now_ns(void)
{
    /* Constant since boot (QueryPerformanceFrequency's page), so that a race writes the same value.
     */
    static volatile LONG64 frequency;
    LARGE_INTEGER now;
    if (frequency == 0)
        InterlockedExchange64(&frequency, (LONG64)ticks_per_second());
    QueryPerformanceCounter(&now);
    uint64_t ticks = (uint64_t)now.QuadPart, rate = (uint64_t)frequency;
    return ticks / rate * 1000000000u + ticks % rate * 1000000000u / rate;
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

const char *clock_utc_text(char *text, size_t size)
{
    SYSTEMTIME utc;
    GetSystemTime(&utc);
    snprintf(text, size, "%04u-%02u-%02uT%02u:%02u:%02uZ", utc.wYear, utc.wMonth, utc.wDay,
             utc.wHour, utc.wMinute, utc.wSecond);
    return text;
}
