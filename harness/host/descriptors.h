/*
 * descriptors: how many this process may open, and how many it is going to need.
 */
#ifndef IOMODELS_DESCRIPTORS_H
#define IOMODELS_DESCRIPTORS_H

#include <stdint.h>

/* How many descriptors a process with that many connections opens in all. */
uint64_t descriptors_needed(unsigned connections);
/* How many connections a process can have within its limit of descriptors; 0: unknown. */
unsigned descriptors_most_connections(void);
/*
 * Raises the limit of descriptors as far as allowed. Call it once, before sockets are opened. If
 * the limit is too low for the connections, a line on standard error says so, and what helps.
 */
void descriptors_raise(const char *command, unsigned connections);

#endif
