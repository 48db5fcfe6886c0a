#include "host/descriptors.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>

#include "net.h"

/* What a process has open beside its connections, amply. */
enum { OTHER_DESCRIPTORS = 32 };

uint64_t descriptors_needed(unsigned connections)
{
    return (uint64_t)connections + OTHER_DESCRIPTORS;
}

unsigned descriptors_most_connections(void)
{
    uint64_t limit = net_raise_limit();
    if (limit <= OTHER_DESCRIPTORS)
        return 0;
    return limit - OTHER_DESCRIPTORS < UINT_MAX ? (unsigned)(limit - OTHER_DESCRIPTORS) : UINT_MAX;
}

void descriptors_raise(const char *command, unsigned connections)
{
    uint64_t limit = net_raise_limit(), needed = descriptors_needed(connections);
    if (limit != 0 && limit < needed)
        fprintf(stderr,
                "iomodels %s: %" PRIu64 " descriptors are the limit, too few for %u connections; "
                "as root, `ulimit -n %" PRIu64 "` raises it\n",
                command, limit, connections, needed);
}
