/*
 * cycles: CPU time from the cycles that a process has used, where these pass at a constant rate.
 * Pure memory: the rate is found by spins, and whether there is one at all.
 */
#ifndef IOMODELS_CYCLES_H
#define IOMODELS_CYCLES_H

#include <stddef.h>
#include <stdint.h>

/* A busy loop of one thread: its length, and the cycles that passed meanwhile. */
struct cycles_spin {
    uint64_t ns;
    uint64_t thread;  /* of the thread */
    uint64_t process; /* of its process */
};

/*
 * Cycles in a second; 0 where the spins contradict one another, are too few, or show a count that
 * advances in steps only. A spin that was interrupted has fewer cycles than its length, so those
 * with the most count: three have to agree within 0.2 %.
 */
double cycles_per_s(const struct cycles_spin *spins, size_t count);

/*
 * CPU time that steps finely, in the shares of user and system that a coarse clock tells. Begins
 * zeroed.
 */
struct cycles_split {
    uint64_t user_us, system_us;               /* so far; together the total */
    uint64_t coarse_user_us, coarse_system_us; /* by the coarse clock */
};

/*
 * All so far. What was added since the last call is split as the coarse clock split its own in that
 * time; as all that it has told where it did not step. Neither part ever falls.
 */
void cycles_split_to(struct cycles_split *split, uint64_t total_us, uint64_t coarse_user_us,
                     uint64_t coarse_system_us);

#endif
