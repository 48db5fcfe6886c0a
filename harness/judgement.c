#include "judgement.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "warnings.h"

/* From such a share of its processors on, a side is held to be the bottleneck. */
static const double SATURATED_LOAD = 0.9;
/* A clock whose step is a larger part of the window than this says nothing of a load. */
static const double COARSE_STEP_SHARE = 0.1;
/* Either end of a window may be off by a step, so this many tell CPU time to 4 %. */
static const double CPU_STEPS_LEAST = 50;

/* Steps of the host's accounting in the window, a side's processors together, that tell a load. */
enum { HOST_STEPS_LEAST = 50, HOST_STEP_PER_S = 100 };
/* Of a side's processors, used by others: more than the accounting's steps make of nothing. */
static const double NOISY_LOAD = 0.1;
static const double NOISY_STEPS = 10;
static const double STOLEN_SHARE = 0.01;

/* A client that is late by more of a round trip than this measures itself. */
static const double CLIENT_LATE_SHARE = 0.5;

/*
 * Of the window, in which the client did not run: from what length on it is a warning, and from
 * what length on the row is no measurement. A
 * time below the least is any busy system's.
 */
enum { TIME_LOST_NS_LEAST = 100 * 1000 * 1000, PAUSED_NS_MOST = 500 * 1000 * 1000 };
static const double PAUSED_SHARE = 0.01;
static const double PAUSED_SHARE_MOST = 0.5;

/* Round trips that pile up where a delayed acknowledgement ends, and their neighbourhood. */
enum { PLATEAU_FROM_NS = 38000000, PLATEAU_TO_NS = 48000000, PLATEAU_WIDTH_NS = 10000000 };
static const double PLATEAU_SHARE = 0.001;
static const uint64_t PLATEAU_LEAST = 5;
static const uint64_t PLATEAU_BY_NEIGHBOURS = 4;

const char *judgement_bound(const struct record *record)
{
    if (!record_has(record->server_cpu_load) || !record_has(record->client_cpu_load))
        return "undecided";
    if (record->cpu_resolution_us / 1e6 > COARSE_STEP_SHARE * record->duration_s)
        return "undecided";
    bool server = record->server_cpu_load >= SATURATED_LOAD;
    bool client = record->client_cpu_load >= SATURATED_LOAD;
    if (server && client)
        return "undecided";
    if (server)
        return "server";
    if (client)
        return "client";
    if (strcmp(record->loop, "open") == 0)
        return warning_has(record, WARNING_OVERLOAD) ? "undecided" : "rate";
    return record->connections_active * record->pipeline_depth == 1 ? "latency" : "undecided";
}

void judgement_take_cpu(struct record *record, double server_cpu_s)
{
    /* A step of a microsecond stands for all that are finer. */
    if (record->cpu_resolution_us > 1 &&
        server_cpu_s * 1e6 < CPU_STEPS_LEAST * record->cpu_resolution_us)
        warning_add(record, WARNING_FEW_CPU_STEPS);
}

static void take_side(struct record *record, const struct host_times *from,
                      const struct host_times *to, double own_cpu_s)
{
    if (to->total <= from->total || to->busy - to->interrupts < from->busy - from->interrupts ||
        to->stolen < from->stolen)
        return; /* iowait can step back (proc_stat(5)), and the total with it */
    double all_s = (double)(to->total - from->total) / (double)to->per_s;
    /* Some kernels charge a loopback's interrupts to the process that sends, some to nobody. */
    uint64_t interrupts = to->interrupts > from->interrupts ? to->interrupts - from->interrupts : 0;
    double busy_s = (double)(to->busy - from->busy - interrupts) / (double)to->per_s;
    double stolen_s = (double)(to->stolen - from->stolen) / (double)to->per_s;
    if (!record_has(own_cpu_s) || all_s * HOST_STEP_PER_S < HOST_STEPS_LEAST)
        return;
    double others_s = busy_s > own_cpu_s ? busy_s - own_cpu_s : 0;
    if (!(others_s / all_s <= record->others_cpu_load))
        record->others_cpu_load = others_s / all_s;
    if (stolen_s / all_s > STOLEN_SHARE)
        warning_add(record, WARNING_CPU_STOLEN);
    if (others_s / all_s > NOISY_LOAD && others_s * HOST_STEP_PER_S > NOISY_STEPS)
        warning_add(record, WARNING_HOST_NOISY);
}

void judgement_take_host(struct record *record, const struct judgement_host *host)
{
    record->others_cpu_load = NAN;
    if (host->throttled)
        warning_add(record, WARNING_CPU_THROTTLED);
    for (size_t i = 0; i < host->sides; i++)
        take_side(record, &host->from[i], &host->to[i], host->own_cpu_s[i]);
}

bool judgement_take_time(struct record *record, const struct judgement_time *time, char *reason,
                         size_t size)
{
    uint64_t longer_ns = time->window_ns > time->asked_ns ? time->window_ns - time->asked_ns : 0;
    uint64_t lost_ns = longer_ns > time->paused_ns && longer_ns >= TIME_LOST_NS_LEAST
                           ? longer_ns
                           : time->paused_ns;
    double lost_share = (double)lost_ns / (double)time->asked_ns;
    int64_t stepped_ns = time->stepped_ns < 0 ? -time->stepped_ns : time->stepped_ns;
    if (stepped_ns >= TIME_LOST_NS_LEAST)
        warning_add(record, WARNING_CLOCK_STEPPED);
    if (lost_share > PAUSED_SHARE)
        warning_add(record, WARNING_CLIENT_PAUSED);
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

void judgement_take_load(struct record *record, const struct histogram *rtt)
{
    uint64_t plateau = histogram_between(rtt, PLATEAU_FROM_NS, PLATEAU_TO_NS);
    uint64_t below = histogram_between(rtt, PLATEAU_FROM_NS - PLATEAU_WIDTH_NS, PLATEAU_FROM_NS);
    uint64_t above = histogram_between(rtt, PLATEAU_TO_NS, PLATEAU_TO_NS + PLATEAU_WIDTH_NS);
    if (record->messages_unanswered > 0)
        warning_add(record, WARNING_UNANSWERED);
    if (record->connections_starved > 0)
        warning_add(record, WARNING_STARVED);
    if (record->send_late_p99_us > CLIENT_LATE_SHARE * record->rtt_p99_us)
        warning_add(record, WARNING_CLIENT_LATE);
    /* Where answers are missing it can be empty for that. */
    if (rtt->total > 0 && !record_has(record->rtt_p99_us) && !histogram_carries(rtt, 99))
        warning_add(record, WARNING_FEW_SAMPLES);
    /* A quota's pauses are as long. */
    if (!warning_has(record, WARNING_CPU_QUOTA) && plateau >= PLATEAU_LEAST &&
        (double)plateau >= PLATEAU_SHARE * (double)rtt->total &&
        plateau > PLATEAU_BY_NEIGHBOURS * (below + above))
        warning_add(record, WARNING_PLATEAU_40MS);
}
