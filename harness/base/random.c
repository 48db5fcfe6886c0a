#include "base/random.h"

#include <stddef.h>

static uint64_t splitmix64(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

void random_seed(struct random_state *random, uint64_t seed)
{
    for (size_t i = 0; i < 4; i++)
        random->s[i] = splitmix64(&seed);
}

static uint64_t rotate_left(uint64_t value, int bits)
{
    return (value << bits) | (value >> (64 - bits));
}

uint64_t random_next(struct random_state *random)
{
    uint64_t *s = random->s;
    uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    uint64_t shifted = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotate_left(s[3], 45);
    return result;
}

uint64_t random_below(struct random_state *random, uint64_t bound)
{
    /* 2^64 mod bound values are one too many for equal shares: they are drawn again. */
    uint64_t excess = (0 - bound) % bound;
    uint64_t drawn;
    do
        drawn = random_next(random);
    while (drawn < excess);
    return drawn % bound;
}
