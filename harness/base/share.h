/*
 * share: a total split among several, as evenly as it goes.
 */
#ifndef IOMODELS_SHARE_H
#define IOMODELS_SHARE_H

#include <stdint.h>

/* The share of number `index`, from 1, of `count`; all shares together are the total. */
static inline uint64_t share_of(uint64_t total, unsigned index, unsigned count)
{
    return total / count + (index <= total % count);
}

#endif
