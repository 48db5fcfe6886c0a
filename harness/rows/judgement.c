#include "rows/judgement.h"

#include <string.h>

#include "rows/warnings.h"

/* From such a share of its processors on, a side is held to be the bottleneck. */
static const double SATURATED_LOAD = 0.9;
/* A clock whose step is a larger part of the window than this says nothing of a load. */
static const double COARSE_STEP_SHARE = 0.1;
/* Either end of a window may be off by a step, so this many tell CPU time to 4 %. */
static const double CPU_STEPS_LEAST = 50;

/* A client that is late by more of a round trip than this measures itself. */
static const double CLIENT_LATE_SHARE = 0.5;

/* Round trips that pile up where a delayed acknowledgement ends, and their neighbourhood. */
enum { PLATEAU_FROM_NS = 38000000, PLATEAU_TO_NS = 48000000, PLATEAU_WIDTH_NS = 10000000 };
static const double PLATEAU_SHARE = 0.001;
static const uint64_t PLATEAU_LEAST = 5;
static const uint64_t PLATEAU_BY_NEIGHBOURS = 4;

const char *judgement_bound(const struct row *row)
{
    if (!number_is_known(row->server_cpu_load) || !number_is_known(row->client_cpu_load))
        return "undecided";
    if (row->cpu_resolution_us / 1e6 > COARSE_STEP_SHARE * row->duration_s)
        return "undecided";
    bool server = row->server_cpu_load >= SATURATED_LOAD;
    bool client = row->client_cpu_load >= SATURATED_LOAD;
    if (server && client)
        return "undecided";
    if (server)
        return "server";
    if (client)
        return "client";
    if (strcmp(row->loop, "open") == 0)
        return warning_has(row, WARNING_OVERLOAD) ? "undecided" : "rate";
    return row->connections_active * row->pipeline_depth == 1 ? "latency" : "undecided";
}

void judgement_take_cpu(struct row *row, double server_cpu_s)
{
    /* A step of a microsecond stands for all that are finer. */
    if (row->cpu_resolution_us > 1 && server_cpu_s * 1e6 < CPU_STEPS_LEAST * row->cpu_resolution_us)
        warning_add(row, WARNING_FEW_CPU_STEPS);
}

void judgement_take_load(struct row *row, const struct histogram *rtt)
{
    uint64_t plateau = histogram_between(rtt, PLATEAU_FROM_NS, PLATEAU_TO_NS);
    uint64_t below = histogram_between(rtt, PLATEAU_FROM_NS - PLATEAU_WIDTH_NS, PLATEAU_FROM_NS);
    uint64_t above = histogram_between(rtt, PLATEAU_TO_NS, PLATEAU_TO_NS + PLATEAU_WIDTH_NS);
    if (row->messages_unanswered > 0)
        warning_add(row, WARNING_UNANSWERED);
    if (row->connections_starved > 0)
        warning_add(row, WARNING_STARVED);
    if (row->send_late_p99_us > CLIENT_LATE_SHARE * row->rtt_p99_us)
        warning_add(row, WARNING_CLIENT_LATE);
    /* Where answers are missing it can be empty for that. */
    if (rtt->total > 0 && !number_is_known(row->rtt_p99_us) && !histogram_carries(rtt, 99))
        warning_add(row, WARNING_FEW_SAMPLES);
    /* A quota's pauses are as long. */
    if (!warning_has(row, WARNING_CPU_QUOTA) && plateau >= PLATEAU_LEAST &&
        (double)plateau >= PLATEAU_SHARE * (double)rtt->total &&
        plateau > PLATEAU_BY_NEIGHBOURS * (below + above))
        warning_add(row, WARNING_PLATEAU_40MS);
}
