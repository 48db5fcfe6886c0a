/*
 * random: a small seeded generator of numbers.
 */
#ifndef IOMODELS_RANDOM_H
#define IOMODELS_RANDOM_H

#include <stdint.h>

/* A small seeded generator (xoshiro256** seeded by splitmix64), for shuffles. */
struct random_state {
    uint64_t s[4];
};
void random_seed(struct random_state *random, uint64_t seed);
uint64_t random_next(struct random_state *random);
/* Uniform in [0, bound), bound > 0, without bias. */
uint64_t random_below(struct random_state *random, uint64_t bound);

#endif
