/*
 * CPU time on Windows: by cycles where these are time, else in steps. The calls that count are
 * answered here (the linker's --wrap), and what the processor says of itself.
 */
#include "check.h"
#include "clock.h"
#include "machine_win32.h"
#include "program.h"

enum { GHZ = 3 };

static struct {
    bool counts_cycles;
    bool invariant;
    uint64_t tick_ns;            /* the count's step; 0: none */
    unsigned faster;             /* the rate grows with each reading */
    ULONG64 frozen;              /* what is counted; 0: it goes on */
    uint64_t user_ms, system_ms; /* GetProcessTimes */
} told;

static BOOL cycles_now(PULONG64 cycles)
{
    uint64_t now_ns = clock_now_ns();
    if (!told.counts_cycles) {
        SetLastError(ERROR_CALL_NOT_IMPLEMENTED); /* as Wine 8 */
        return FALSE;
    }
    if (told.tick_ns != 0)
        now_ns -= now_ns % told.tick_ns;
    told.faster *= 2;
    *cycles = told.frozen != 0 ? told.frozen : now_ns * GHZ + told.faster * 1000u;
    return TRUE;
}

STAND_IN(BOOL, QueryThreadCycleTime, (HANDLE thread, PULONG64 cycles))
{
    CHECK(thread == GetCurrentThread());
    return cycles_now(cycles);
}

STAND_IN(BOOL, QueryProcessCycleTime, (HANDLE process, PULONG64 cycles))
{
    CHECK(process == GetCurrentProcess());
    return cycles_now(cycles);
}

static FILETIME filetime(uint64_t ms)
{
    return (FILETIME){.dwLowDateTime = (DWORD)(ms * 10000)};
}

STAND_IN(BOOL, GetProcessTimes,
         (HANDLE process, LPFILETIME created, LPFILETIME ended, LPFILETIME system, LPFILETIME user))
{
    CHECK(process == GetCurrentProcess());
    *created = *ended = filetime(0);
    *system = filetime(told.system_ms);
    *user = filetime(told.user_ms);
    return TRUE;
}

/* The project's own, which asks the processor. */
STAND_IN_OWN(bool, x86_tsc_is_invariant, (void))
{
    return told.invariant;
}

/* A machine on which cycles are time. */
static void begin(void)
{
    memset(&told, 0, sizeof told);
    memset(&machine, 0, sizeof machine);
    machine.cores[0] = (struct machine_core){0, 3, 1};
    machine.cores[1] = (struct machine_core){0, 4, 1};
    machine.groups[0] = 7;
    told.counts_cycles = told.invariant = true;
    told.user_ms = 125;
    told.system_ms = 375;
}

static void expect_steps(void)
{
    struct program_usage usage;
    program_usage_prepare();
    program_usage_now(&usage);
    CHECK_EQ_U64(usage.cpu_user_us, 125000);
    CHECK_EQ_U64(usage.cpu_system_us, 375000);
    CHECK_EQ_U64(usage.cpu_resolution_us, strcmp(program_system(), "wine") == 0 ? 10000 : 15625);
    CHECK_EQ_U64(program_cpu_ns(), 500000000);
}

static void test_cycles(void)
{
    struct program_usage usage;
    begin();
    program_usage_prepare();
    /* One second of cycles; the coarse clock has seen half of it. */
    told.frozen = (ULONG64)GHZ * 1000000000;
    program_usage_now(&usage);
    CHECK_EQ_U64(usage.cpu_resolution_us, 1);
    CHECK_NEAR((double)usage.cpu_user_us, 250000, 1000);
    CHECK_NEAR((double)usage.cpu_system_us, 750000, 3000);
    CHECK_NEAR((double)program_cpu_ns(), 1e9, 4e6);
    uint64_t before_us = usage.cpu_user_us + usage.cpu_system_us;
    /* A millisecond more, which is no step of the coarse one. */
    told.frozen += (ULONG64)GHZ * 1000000;
    program_usage_now(&usage);
    CHECK_NEAR((double)(usage.cpu_user_us + usage.cpu_system_us - before_us), 1000, 5);
}

static void test_steps(void)
{
    begin();
    told.counts_cycles = false;
    expect_steps();
    begin();
    told.invariant = false;
    expect_steps();
    /* Two kinds of cores; and no answer about them. */
    begin();
    machine.cores[1].efficiency_class = 0;
    expect_steps();
    begin();
    memset(machine.cores, 0, sizeof machine.cores);
    expect_steps();
    /* Counts that are none. */
    begin();
    told.tick_ns = 10000000;
    expect_steps();
    begin();
    told.faster = 1;
    expect_steps();
}

int main(void)
{
    test_cycles();
    test_steps();
    return check_report();
}
