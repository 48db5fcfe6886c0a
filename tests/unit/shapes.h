/*
 * shapes: the distributions by which the coverage of intervals is tried. All values are positive.
 */
#ifndef IOMODELS_TEST_SHAPES_H
#define IOMODELS_TEST_SHAPES_H

#include <math.h>

#include "base/random.h"
#include "stats/statistics.h"

enum shape_kind { SHAPE_NORMAL, SHAPE_SKEWED, SHAPE_TWO_PEAKS };

/* The distributions: normal around 100; log-normal; normal around two peaks, 100 and `peak`. */
struct shape {
    enum shape_kind kind;
    double share;
    double peak;
    double median;
};

/* Of two peaks, 50 in 100 each that overlap, and 70 in 100 that lie apart: Phi(m - 100) = 0.5 / 0.7. */
static const struct shape shapes[] = {{SHAPE_NORMAL, 1, 100, 100},
                                      {SHAPE_SKEWED, 1, 0, 1},
                                      {SHAPE_TWO_PEAKS, 0.5, 104, 102},
                                      {SHAPE_TWO_PEAKS, 0.7, 110, 100.56594882193286}};
static const size_t shapes_trials[] = {6, 10, 20};
enum { SHAPES_TRIALS_MAX = 20 };

static inline double shape_uniform(struct random_state *random)
{
    return ((double)(random_next(random) >> 11) + 0.5) / 9007199254740992.0;
}

/* By Box & Muller 1958. */
static inline double shape_normal(struct random_state *random)
{
    double radius = sqrt(-2 * log(shape_uniform(random)));
    return radius * cos(6.283185307179586 * shape_uniform(random));
}

/* Draws of the shape, times `scale`. */
static inline void shape_draw(struct random_state *random, const struct shape *shape, double scale,
                              double *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        double middle = shape_uniform(random) < shape->share ? 100 : shape->peak;
        double normal = shape_normal(random);
        values[i] = scale * (shape->kind == SHAPE_SKEWED ? exp(normal) : middle + normal);
    }
}

#endif
