/*
 * generator: gives each of several load generators, which load one server together, its number and
 * the moments of each run. Each is a process of its own on any machine, and they do not talk to each
 * other: all have the same plan, and compute the same moments from the wall clock.
 *
 * Each run has a slot of fixed length:
 *
 *     begin_ns    the first generator starts the server
 *     connect_ns  all connect, each its share of the connections
 *     warmup_ns   the warm-up begins, at the same moment for all
 *     window_ns   the warm-up ends, and the window begins
 *     stop_ns     all have drained and closed; the first stops the server
 *     end_ns      the next slot begins
 */
#ifndef IOMODELS_GENERATOR_H
#define IOMODELS_GENERATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { GENERATORS_MAX = 64 }; /* that load one server, and whose parts can be merged */

struct generator {
    unsigned index;        /* from 1; the first starts the servers */
    unsigned count;        /* 1: alone, and nothing of the rest applies */
    const char *known_by;  /* where that is from: "--generator", or the launcher's variable */
    uint64_t start_utc_ns; /* when the first slot begins */
    uint64_t allowance_ns; /* from a slot's begin to its warm-up, and from its window to its end */
    uint64_t next_utc_ns;  /* when the next slot begins */
};

/*
 * Finds out the number of this generator and how many there are: from text ("2/3", "2 of 3") or,
 * where that is NULL, from what a launcher of several processes has set: Open MPI, MPICH's Hydra,
 * Slurm's srun. False where text is not of that form. The caller refuses more than GENERATORS_MAX.
 */
bool generator_identify(struct generator *generator, const char *text);

/*
 * "2 of 3" into text of at least 12 bytes, "" for one that is alone; returns text. Spreadsheets
 * take "2/3" for a date.
 */
const char *generator_text(const struct generator *generator, char *text, size_t size);

/* Of clock_now_ns, but for the first. */
struct generator_slot {
    uint64_t begin_utc_ns;
    uint64_t begin_ns;
    uint64_t connect_ns;
    uint64_t warmup_ns;
    uint64_t window_ns;
    uint64_t stop_ns;
    uint64_t end_ns;
    uint64_t drain_ns; /* how long the drain may take */
};
/* How long each slot is. */
uint64_t generator_slot_length_ns(const struct generator *generator, uint64_t warmup_ns,
                                  uint64_t duration_ns);
/* The next one, which is then taken. */
struct generator_slot generator_slot_take(struct generator *generator, uint64_t warmup_ns,
                                          uint64_t duration_ns);

#endif
