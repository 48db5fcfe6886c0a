#include "load/payload.h"

#include "base/random.h"
#include "stats/statistics.h"

#include <string.h>

enum {
    PERIOD = 65521,
    /* Coprime to the period, so that 65,521 connections in a row start at as many places. */
    CONNECTION_STEP = 40499,
    SEED = 7777
};

/* Longer than its period by a whole span, so that a span from any place lies in one piece. */
static uint8_t table[PERIOD + PAYLOAD_SPAN_MAX];

void payload_init(void)
{
    struct random_state random;
    random_seed(&random, SEED);
    for (size_t i = 0; i < PERIOD; i++)
        table[i] = (uint8_t)random_below(&random, 256);
    for (size_t i = PERIOD; i < sizeof table; i++)
        table[i] = table[i - PERIOD];
}

const uint8_t *payload_span(uint32_t connection, uint64_t offset, size_t wanted, size_t *span)
{
    uint64_t start = (uint64_t)connection * CONNECTION_STEP;
    *span = wanted < PAYLOAD_SPAN_MAX ? wanted : PAYLOAD_SPAN_MAX;
    return table + (start + offset % PERIOD) % PERIOD;
}

bool payload_verify(uint32_t connection, uint64_t offset, const uint8_t *data, size_t size)
{
    size_t span;
    for (; size > 0; size -= span, data += span, offset += span) {
        const uint8_t *expected = payload_span(connection, offset, size, &span);
        if (memcmp(data, expected, span) != 0)
            return false;
    }
    return true;
}
