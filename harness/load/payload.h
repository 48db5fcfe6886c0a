/*
 * payload: what clients send: a function of connection and stream offset, so that a byte lost,
 * doubled, altered or given to another connection shows.
 *
 * The bytes lie ready in one constant table (period 65,521, a prime; each connection starts at
 * another place), so that sending copies nothing and checking is one memcmp.
 */
#ifndef IOMODELS_PAYLOAD_H
#define IOMODELS_PAYLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The longest span that payload_span gives at once. */
#define PAYLOAD_SPAN_MAX ((size_t)256 * 1024)

void payload_init(void); /* once, before the others; then any thread */
/* The bytes that `connection` has at `offset` of its stream: *span of them (at most wanted).
 * Constant memory. */
const uint8_t *payload_span(uint32_t connection, uint64_t offset, size_t wanted, size_t *span);
/* Whether data is what the connection sent at offset. Any size. */
bool payload_verify(uint32_t connection, uint64_t offset, const uint8_t *data, size_t size);

#endif
