#include "clock.h"

#include <errno.h>
#include <time.h>

uint64_t clock_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t clock_thread_ns(void)
{
    struct timespec used;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return (uint64_t)used.tv_sec * 1000000000u + (uint64_t)used.tv_nsec;
}

uint64_t clock_boot_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t clock_awake_ns(void)
{
    return clock_now_ns();
}

uint64_t clock_resolution_ns(void)
{
    struct timespec step;
    if (clock_getres(CLOCK_MONOTONIC, &step) != 0 || (step.tv_sec == 0 && step.tv_nsec == 0))
        return 1;
    return (uint64_t)step.tv_sec * 1000000000u + (uint64_t)step.tv_nsec;
}

const char *clock_source(void)
{
    return "CLOCK_MONOTONIC";
}

void clock_sleep_ms(unsigned ms)
{
    clock_sleep_ns((uint64_t)ms * 1000000u);
}

void clock_sleep_ns(uint64_t ns)
{
    struct timespec left = {.tv_sec = (time_t)(ns / 1000000000u),
                            .tv_nsec = (long)(ns % 1000000000u)};
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        continue;
}

uint64_t clock_utc_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}
