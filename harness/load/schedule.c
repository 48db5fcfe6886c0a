#include "load/schedule.h"

enum { NS_PER_S = 1000000000 };

struct schedule schedule_rate(uint64_t per_second)
{
    return (struct schedule){.together = 1, .interval_ns = NS_PER_S, .moments = per_second};
}

struct schedule schedule_bursts(uint64_t together, uint64_t interval_ns)
{
    return (struct schedule){.together = together, .interval_ns = interval_ns, .moments = 1};
}

/* Whole intervals apart from the rest, so that no product leaves 64 bits. */

uint64_t schedule_moment(const struct schedule *schedule, uint64_t message)
{
    uint64_t moment = message / schedule->together;
    return moment / schedule->moments * schedule->interval_ns +
           moment % schedule->moments * schedule->interval_ns / schedule->moments;
}

uint64_t schedule_before(const struct schedule *schedule, uint64_t elapsed_ns)
{
    uint64_t rest = elapsed_ns % schedule->interval_ns * schedule->moments;
    uint64_t moments = elapsed_ns / schedule->interval_ns * schedule->moments +
                       rest / schedule->interval_ns + (rest % schedule->interval_ns != 0);
    return moments * schedule->together;
}
