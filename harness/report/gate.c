#include "report/gate.h"

#include <math.h>

/* Not isfinite, whose macro converts to float in MinGW's headers. */
static bool is_known(struct interval interval)
{
    return interval.low - interval.low == 0 && interval.high - interval.high == 0;
}

struct interval gate_slowdown(const struct comparison *pair, bool more_is_better)
{
    struct interval ratio = pair->interval;
    return more_is_better ? (struct interval){1 - ratio.high, 1 - ratio.low}
                          : (struct interval){ratio.low - 1, ratio.high - 1};
}

double gate_smallest_change(const struct comparison *pair)
{
    struct interval ratio = pair->interval;
    return is_known(ratio) && pair->ratio > 0 ? (ratio.high - ratio.low) / 2 / pair->ratio : NAN;
}

static bool is_nowhere_worse(const struct comparison *pair, bool more_is_better)
{
    for (size_t i = 0; i < pair->contestant_count; i++)
        for (size_t j = 0; j < pair->baseline_count; j++)
            if (more_is_better ? pair->contestant[i] < pair->baseline[j]
                               : pair->contestant[i] > pair->baseline[j])
                return false;
    return true;
}

enum gate_result gate_decide(const struct comparison *pair, bool more_is_better, double slower_than,
                             size_t tests)
{
    struct interval slowdown = gate_slowdown(pair, more_is_better);
    bool passed;
    if (pair->verdict == COMPARISON_NONE)
        return GATE_NOT_SHOWN;
    if (pair->verdict == COMPARISON_SLOWER) {
        double least = slowdown.low <= slowdown.high ? slowdown.low
                                                     : comparison_slowdown(pair, more_is_better);
        if (!(slower_than > 0) || least > slower_than)
            return GATE_SLOWER;
    }
    if (!(slower_than > 0))
        passed = pair->verdict == COMPARISON_FASTER ||
                 comparison_can_tell(pair->baseline_count, pair->contestant_count, tests);
    else if (is_known(slowdown))
        passed = slowdown.high < slower_than;
    else
        passed = is_nowhere_worse(pair, more_is_better);
    return passed ? GATE_PASSED : GATE_NOT_SHOWN;
}
