/*
 * gate: what `compare --fail-if` decides. It is green only where something was shown, so that a
 * contestant can't pass by breaking or by noise. Pure.
 */
#ifndef IOMODELS_GATE_H
#define IOMODELS_GATE_H

#include "stats/comparison.h"

enum gate_result {
    GATE_PASSED,    /* it was shown that the contestant is not slower by so much */
    GATE_NOT_SHOWN, /* neither this nor the other */
    GATE_SLOWER     /* it was shown that the contestant is slower by more */
};

/* The interval of a pair's ratio as shares by which the contestant is slower; below 0: faster. */
struct interval gate_slowdown(const struct comparison *pair, bool more_is_better);
/*
 * The smallest change that trials with such a spread can show: half of the interval's width, as a
 * share of the ratio. NaN where there is no interval.
 */
double gate_smallest_change(const struct comparison *pair);
/*
 * pair: judged; tests: how many pairs were judged together.
 *
 * slower_than above 0: the whole interval has to lie on one side of it, and GATE_SLOWER takes the
 * verdict "slower" too. 0: the verdict "slower" decides; without it trials pass that could have had
 * a verdict. A pair without a verdict has nothing shown. Where the interval is unknown or
 * infinite (trials of 0), "slower" counts by the ratio, and what passes has no trial that is worse
 * than any of the baseline's.
 */
enum gate_result gate_decide(const struct comparison *pair, bool more_is_better, double slower_than,
                             size_t tests);

#endif
