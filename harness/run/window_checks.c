#include "run/window_checks.h"

#include <math.h>
#include <stdio.h>

#include "rows/warnings.h"

/* Steps of the host's accounting in the window, a side's processors together, that tell a load. */
enum { HOST_STEPS_LEAST = 50, HOST_STEP_PER_S = 100 };
/* Of a side's processors, used by others: more than the accounting's steps make of nothing. */
static const double NOISY_LOAD = 0.1;
static const double NOISY_STEPS = 10;
static const double STOLEN_SHARE = 0.01;

/*
 * Of the window, in which the client did not run: from what length on it is a warning, and from
 * what length on the row is no measurement. A
 * time below the least is any busy system's.
 */
enum { TIME_LOST_NS_LEAST = 100 * 1000 * 1000, PAUSED_NS_MOST = 500 * 1000 * 1000 };
static const double PAUSED_SHARE = 0.01;
static const double PAUSED_SHARE_MOST = 0.5;

static void take_side(struct row *row, const struct host_times *from, const struct host_times *to,
                      double own_cpu_s)
{
    if (to->total <= from->total || to->busy - to->interrupts < from->busy - from->interrupts ||
        to->stolen < from->stolen)
        return; /* iowait can step back (proc_stat(5)), and the total with it */
    double all_s = (double)(to->total - from->total) / (double)to->per_s;
    /* Some kernels charge a loopback's interrupts to the process that sends, some to nobody. */
    uint64_t interrupts = to->interrupts > from->interrupts ? to->interrupts - from->interrupts : 0;
    double busy_s = (double)(to->busy - from->busy - interrupts) / (double)to->per_s;
    double stolen_s = (double)(to->stolen - from->stolen) / (double)to->per_s;
    if (!number_is_known(own_cpu_s) || all_s * HOST_STEP_PER_S < HOST_STEPS_LEAST)
        return;
    double others_s = busy_s > own_cpu_s ? busy_s - own_cpu_s : 0;
    if (!(others_s / all_s <= row->others_cpu_load))
        row->others_cpu_load = others_s / all_s;
    if (stolen_s / all_s > STOLEN_SHARE)
        warning_add(row, WARNING_CPU_STOLEN);
    if (others_s / all_s > NOISY_LOAD && others_s * HOST_STEP_PER_S > NOISY_STEPS)
        warning_add(row, WARNING_HOST_NOISY);
}

void window_check_host(struct row *row, const struct window_host *host)
{
    row->others_cpu_load = NAN;
    if (host->throttled)
        warning_add(row, WARNING_CPU_THROTTLED);
    for (size_t i = 0; i < host->sides; i++)
        take_side(row, &host->from[i], &host->to[i], host->own_cpu_s[i]);
}

bool window_check_time(struct row *row, const struct window_time *time, char *reason, size_t size)
{
    uint64_t longer_ns = time->window_ns > time->asked_ns ? time->window_ns - time->asked_ns : 0;
    uint64_t lost_ns = longer_ns > time->paused_ns && longer_ns >= TIME_LOST_NS_LEAST
                           ? longer_ns
                           : time->paused_ns;
    double lost_share = (double)lost_ns / (double)time->asked_ns;
    int64_t stepped_ns = time->stepped_ns < 0 ? -time->stepped_ns : time->stepped_ns;
    if (stepped_ns >= TIME_LOST_NS_LEAST)
        warning_add(row, WARNING_CLOCK_STEPPED);
    if (lost_share > PAUSED_SHARE)
        warning_add(row, WARNING_CLIENT_PAUSED);
    if (time->suspended_ns >= TIME_LOST_NS_LEAST)
        snprintf(reason, size, "the machine was suspended for %.1f s within the window",
                 (double)time->suspended_ns / 1e9);
    else if (time->server_stopped)
        snprintf(reason, size,
                 "the server's process was stopped within the window (SIGSTOP, Ctrl-Z)");
    else if (lost_share > PAUSED_SHARE_MOST && lost_ns >= PAUSED_NS_MOST)
        snprintf(reason, size,
                 "the client did not run for %.1f s; its window was to be %.3g s and took %.3g s: "
                 "was it stopped (Ctrl-Z), or is the machine too busy?",
                 (double)lost_ns / 1e9, (double)time->asked_ns / 1e9,
                 (double)time->window_ns / 1e9);
    else
        return true;
    return false;
}
