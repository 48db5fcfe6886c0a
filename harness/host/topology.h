/*
 * topology: which processors share a core, are of one kind or of one NUMA node, and which two
 * serve a measurement best. Pure memory; host_topology fills it in.
 */
#ifndef IOMODELS_TOPOLOGY_H
#define IOMODELS_TOPOLOGY_H

#include <stdbool.h>
#include <stddef.h>

#include "host/cpu_list.h"

struct topology_cpu {
    unsigned cpu;  /* its number, as in lists of processors */
    unsigned core; /* that of the core's first processor */
    unsigned kind; /* the higher, the faster; the number itself means nothing */
    unsigned node; /* of NUMA */
};

/* In the order of their numbers. */
struct topology {
    struct topology_cpu *cpus;
    size_t count;
};

void topology_free(struct topology *topology);

/*
 * One processor for the server and one for the client: both of the fastest kind, the first and the
 * last of it, and of two cores. Of a slower kind where that has two cores and no faster one has;
 * one core's two, or of two kinds, only where nothing better is left. False where there is only one
 * processor.
 */
bool topology_split(const struct topology *topology, const struct topology_cpu **server,
                    const struct topology_cpu **client);
/*
 * Where a side has several threads: for the server up to `most` processors, each of another core, and
 * for the client what is left. Both are of the fastest kind and of one node where a node has more cores than
 * that, else of the whole machine's fastest kind, else of all kinds; one core stays the client's. Adds
 * them to the lists. Returns how many the server has; 0, and nothing was added, where it would have one
 * instead of more, or none.
 */
unsigned topology_share(const struct topology *topology, unsigned most, struct cpu_list *server,
                        struct cpu_list *client);

/*
 * The kinds, the fastest first, and the nodes, each with its processors: "8 (0-7), 16 (8-23)".
 * Return how many there are. "" where the text does not fit.
 */
unsigned topology_kinds_text(const struct topology *topology, char *text, size_t size);
unsigned topology_nodes_text(const struct topology *topology, char *text, size_t size);

#endif
