#include "rows/bottleneck.h"

#include "rows/warnings.h"

/* From such a share of its processors on, a side is held to be the bottleneck. */
static const double SATURATED_LOAD = 0.9;
/* A clock whose step is a larger part of the window than this says nothing of a load. */
static const double COARSE_STEP_SHARE = 0.1;

enum row_bound bottleneck_of(const struct row *row)
{
    if (!number_is_known(row->server_cpu_load) || !number_is_known(row->client_cpu_load))
        return BOUND_UNDECIDED;
    if (row->cpu_resolution_us / 1e6 > COARSE_STEP_SHARE * row->duration_s)
        return BOUND_UNDECIDED;
    bool server = row->server_cpu_load >= SATURATED_LOAD;
    bool client = row->client_cpu_load >= SATURATED_LOAD;
    if (server && client)
        return BOUND_UNDECIDED;
    if (server)
        return BOUND_SERVER;
    if (client)
        return BOUND_CLIENT;
    if (row->loop == LOOP_OPEN)
        return warning_has(row, WARNING_OVERLOAD) ? BOUND_UNDECIDED : BOUND_RATE;
    return row->connections_active * row->pipeline_depth == 1 ? BOUND_LATENCY : BOUND_UNDECIDED;
}
