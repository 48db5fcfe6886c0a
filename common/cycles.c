#include "cycles.h"

enum { AGREEING_LEAST = 3 };

/* The spin's own calls take about a thousandth of its few milliseconds. */
static const double AGREEING_SHARE = 0.002;

double cycles_per_s(const struct cycles_spin *spins, size_t count)
{
    double most = 0, sum = 0;
    size_t agreeing = 0;
    for (size_t i = 0; i < count; i++) {
        double thread = (double)spins[i].thread, process = (double)spins[i].process;
        /* A count in steps of a clock's tick shows none in some spins. */
        if (spins[i].ns == 0 || spins[i].thread == 0 || process < thread * (1 - AGREEING_SHARE))
            return 0;
        most = thread / (double)spins[i].ns > most ? thread / (double)spins[i].ns : most;
    }
    for (size_t i = 0; i < count; i++) {
        double rate = (double)spins[i].thread / (double)spins[i].ns;
        if (rate < most * (1 - AGREEING_SHARE))
            continue;
        sum += rate;
        agreeing++;
    }
    return agreeing < AGREEING_LEAST ? 0 : sum / (double)agreeing * 1e9;
}

static uint64_t gained(uint64_t now, uint64_t before)
{
    return now > before ? now - before : 0;
}

void cycles_split_to(struct cycles_split *split, uint64_t total_us, uint64_t coarse_user_us,
                     uint64_t coarse_system_us)
{
    uint64_t added_us = gained(total_us, split->user_us + split->system_us);
    uint64_t user_us = gained(coarse_user_us, split->coarse_user_us);
    uint64_t system_us = gained(coarse_system_us, split->coarse_system_us);
    if (user_us + system_us == 0) {
        user_us = coarse_user_us;
        system_us = coarse_system_us;
    }
    uint64_t coarse_us = user_us + system_us;
    double share = coarse_us == 0 ? 1 : (double)user_us / (double)coarse_us;
    uint64_t added_user_us = (uint64_t)((double)added_us * share + 0.5);
    added_user_us = added_user_us > added_us ? added_us : added_user_us;
    split->user_us += added_user_us;
    split->system_us += added_us - added_user_us;
    split->coarse_user_us = coarse_user_us;
    split->coarse_system_us = coarse_system_us;
}
