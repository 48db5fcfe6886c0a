/*
 * descriptors: how many this process may open, beside how many it is going to need.
 */
#ifndef IOMODELS_DESCRIPTORS_H
#define IOMODELS_DESCRIPTORS_H

#include <stdint.h>

/* What a process that has so many connections opens in all. */
uint64_t descriptors_needed(unsigned connections);
/* The most connections that a process can have by its limit of descriptors; 0: none is known. */
unsigned descriptors_most_connections(void);
/*
 * Raises the limit of descriptors as far as it may be, once, before the sockets are opened. Says in
 * a line on standard error where that is too few for so many connections, and what helps.
 */
void descriptors_raise(const char *command, unsigned connections);

#endif
