/*
 * CPU time as the program tells it, beside the system's own coarse clock, while a thread runs. Where
 * Windows counts cycles, nothing but this shows that they are as current as the coarse clock.
 */
#include "check.h"
#include "clock.h"
#include "program.h"
#include "thread.h"

#include <stdatomic.h>
#include <windows.h>

enum { BURN_US = 300000, STEP_US = 15625, HANG_MS = 60000 };

static atomic_bool ended;
static volatile unsigned sink;

static void burn(void *argument)
{
    (void)argument;
    while (!atomic_load(&ended))
        sink++;
}

static uint64_t system_us(void)
{
    FILETIME created, ended_at, kernel, user;
    CHECK(GetProcessTimes(GetCurrentProcess(), &created, &ended_at, &kernel, &user));
    return ((uint64_t)kernel.dwLowDateTime + user.dwLowDateTime) / 10;
}

static uint64_t program_us(uint64_t *resolution_us)
{
    struct program_usage usage;
    program_usage_now(&usage);
    *resolution_us = usage.cpu_resolution_us;
    return usage.cpu_user_us + usage.cpu_system_us;
}

int main(void)
{
    thread_handle thread;
    uint64_t resolution_us;
    program_usage_prepare();
    uint64_t system_from = system_us(), program_from = program_us(&resolution_us);
    uint64_t cpu_from = program_cpu_ns() / 1000;
    CHECK(thread_start(&thread, burn, NULL, 0) == 0);
    for (int i = 0; i < HANG_MS && system_us() - system_from < BURN_US; i++)
        clock_sleep_ms(1);
    uint64_t system = system_us() - system_from, told = program_us(&resolution_us) - program_from;
    uint64_t cpu = program_cpu_ns() / 1000 - cpu_from;
    atomic_store(&ended, true);
    thread_join(thread);
    printf("in %.0f ms by the system's clock: %.1f ms, steps of %.3f ms\n", (double)system / 1e3,
           (double)told / 1e3, (double)resolution_us / 1e3);
    CHECK(system >= BURN_US);
    /* A step at either end, and what the coarse clock's samples miss. */
    CHECK_NEAR((double)told, (double)system, 2 * STEP_US + 0.1 * (double)system);
    CHECK_NEAR((double)cpu, (double)told, STEP_US);
    return check_report();
}
