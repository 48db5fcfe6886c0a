#include "load/load_part.h"

#include "base/share.h"

struct load_part load_part_of(unsigned connections, unsigned threads, unsigned index, bool in_turn)
{
    struct load_part part = {.step = in_turn ? threads : 1,
                             .count = (unsigned)share_of(connections, index + 1, threads)};
    if (in_turn)
        part.first = index;
    else
        for (unsigned i = 1; i <= index; i++)
            part.first += (unsigned)share_of(connections, i, threads);
    return part;
}

unsigned load_part_id(const struct load_part *part, unsigned index)
{
    return part->first + index * part->step;
}

uint64_t load_part_message(const struct load_part *part, unsigned connections, uint64_t message,
                           unsigned *index)
{
    unsigned id = (unsigned)(message % connections);
    uint64_t round = message - id;
    *index = id <= part->first ? 0 : (id - part->first + part->step - 1) / part->step;
    if (*index >= part->count) {
        *index = 0;
        round += connections;
    }
    return round + load_part_id(part, *index);
}
