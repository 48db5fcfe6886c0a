/*
 * probe: what the system does where it should do otherwise, found out by having it do that. A case
 * that can't hold there is skipped by it, never by the name or the version of a system.
 */
#ifndef IOMODELS_CONFORMANCE_PROBE_H
#define IOMODELS_CONFORMANCE_PROBE_H

#include <stdbool.h>

/*
 * Whether all that a non-blocking `send` has taken arrives although the peer finishes sending before
 * it has read it. Not so on Wine 10.0. True as well where this can't be found out.
 */
bool probe_sends_survive_half_close(void);

#endif
