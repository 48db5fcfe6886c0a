#include "work.h"

#include <math.h>

#include "clock.h"

uint64_t work_messages(struct work_progress *progress, const struct work *work, size_t bytes)
{
    uint64_t complete = (progress->bytes + bytes) / work->message_bytes;
    progress->bytes = (progress->bytes + bytes) % work->message_bytes;
    return complete;
}

/* splitmix64 (Steele, Lea, Flood 2014): a number that looks random, of any number. */
static uint64_t mixed(uint64_t number)
{
    number += UINT64_C(0x9e3779b97f4a7c15);
    number = (number ^ (number >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    number = (number ^ (number >> 27)) * UINT64_C(0x94d049bb133111eb);
    return number ^ (number >> 31);
}

uint64_t work_ns(const struct work_time *time, uint64_t connection, uint64_t message)
{
    if (!time->exponential)
        return time->mean_ns;
    /* 53 bits, above 0 and at most 1. */
    double uniform = (double)((mixed(mixed(connection) + message) >> 11) + 1) * 0x1p-53;
    return (uint64_t)(-log(uniform) * (double)time->mean_ns);
}

static void spin_until(uint64_t end_ns)
{
    while (clock_now_ns() < end_ns)
        continue;
}

static void spin_without_gaps(uint64_t ns)
{
    static const uint64_t gap_ns = 10000;
    uint64_t done_ns = 0, before_ns = clock_now_ns();
    while (done_ns < ns) {
        uint64_t now_ns = clock_now_ns(), step_ns = now_ns - before_ns;
        before_ns = now_ns;
        if (step_ns < gap_ns)
            done_ns += step_ns;
    }
}

void work_spin(uint64_t ns)
{
    if (ns == 0)
        return;
    uint64_t begun_ns = clock_thread_ns(), done_ns = 0;
    if (begun_ns == 0)
        spin_without_gaps(ns);
    /* The thread's clock is a system call, so it is read only where what is left may be done. */
    while (begun_ns != 0 && done_ns < ns) {
        spin_until(clock_now_ns() + ns - done_ns);
        done_ns = clock_thread_ns() - begun_ns;
    }
}

void work_wait(uint64_t ns)
{
    if (ns > 0)
        clock_sleep_ns(ns);
}
