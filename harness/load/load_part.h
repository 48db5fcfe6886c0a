/*
 * load_part: which of a run's connections a client thread has. A message of an open loop's schedule
 * belongs to the thread that has its connection, so each is sent by exactly one. Pure functions.
 */
#ifndef IOMODELS_LOAD_PART_H
#define IOMODELS_LOAD_PART_H

#include <stdbool.h>
#include <stdint.h>

/* The connections first, first + step, ...: `count` of them. */
struct load_part {
    unsigned first;
    unsigned step;
    unsigned count;
};

/*
 * The part of thread number `index`, from 0, of `threads`. in_turn: each has every threads-th
 * connection, so that all send all the time where the connections send one after the other; else
 * each has as many neighbours.
 */
struct load_part load_part_of(unsigned connections, unsigned threads, unsigned index, bool in_turn);
/* The number among all connections of the part's own number `index`, below its count. */
unsigned load_part_id(const struct load_part *part, unsigned index);
/*
 * Message i is on connection i % connections: the first one from `message` on that is on one of the
 * part's, which are at least one; *index, its connection's own number.
 */
uint64_t load_part_message(const struct load_part *part, unsigned connections, uint64_t message,
                           unsigned *index);

#endif
