/*
 * unexpected: bytes that are no echo, in words for a person: what came shows what the server is.
 */
#ifndef IOMODELS_UNEXPECTED_H
#define IOMODELS_UNEXPECTED_H

#include <stddef.h>
#include <stdint.h>

/* The longest text. */
#define UNEXPECTED_TEXT 260

/*
 * Says what is wrong with the `count` bytes at data, and shows them from the first wrong one on. "": nothing
 * is wrong. received, sent: bytes that the connection had received and sent before. Returns text.
 */
const char *unexpected_text(uint32_t connection, uint64_t received, uint64_t sent,
                            const uint8_t *data, size_t count, char text[UNEXPECTED_TEXT]);

#endif
