/*
 * scale: where a value lies on an axis, and which values are marked on it. Pure.
 */
#ifndef IOMODELS_SCALE_H
#define IOMODELS_SCALE_H

#include <stdbool.h>
#include <stddef.h>

enum { SCALE_TICKS_MAX = 16 };

struct scale {
    double low, high; /* values; of a logarithmic scale above 0 */
    double from, to;  /* where these two lie in the drawing */
    bool is_log;
};

/* From 0 to a little above `highest`. */
struct scale scale_from_zero(double highest, double from, double to);
/* Logarithmic, with some room around; both above 0. */
struct scale scale_log(double lowest, double highest, double from, double to);
double scale_at(const struct scale *scale, double value);
/* Round values within the scale, ascending, at most `most` (2..SCALE_TICKS_MAX); how many. */
size_t scale_ticks(const struct scale *scale, size_t most, double ticks[SCALE_TICKS_MAX]);

/* The same of bytes, which are round where they are powers of two, or multiples of one. */
size_t scale_ticks_bytes(const struct scale *scale, size_t most, double ticks[SCALE_TICKS_MAX]);

/*
 * Moves places, ascending, as little as needed so that each is `gap` away from the next, and all lie
 * in low..high where there is room for them.
 */
void scale_spread(double *places, size_t count, double gap, double low, double high);

#endif
