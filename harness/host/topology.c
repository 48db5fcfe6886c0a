#include "host/topology.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "host/cpu_list.h"

enum { LIST_TEXT = 256 };

void topology_free(struct topology *topology)
{
    free(topology->cpus);
    *topology = (struct topology){0};
}

static unsigned kind_of(const struct topology_cpu *cpu)
{
    return cpu->kind;
}

/* The loop over values goes downwards, and nodes are listed from the lowest on. */
static unsigned node_from_behind(const struct topology_cpu *cpu)
{
    return UINT_MAX - cpu->node;
}

/* The highest value below `below` that a processor has; false where there is none. */
static bool next_value(const struct topology *topology,
                       unsigned (*value_of)(const struct topology_cpu *cpu),
                       unsigned long long below, unsigned *value)
{
    bool found = false;
    *value = 0;
    for (size_t i = 0; i < topology->count; i++) {
        unsigned own = value_of(&topology->cpus[i]);
        if (own >= below || (found && own <= *value))
            continue;
        *value = own;
        found = true;
    }
    return found;
}

/* The first and the last of a kind, of two cores where it has two; false where it has only one. */
static bool split_kind(const struct topology *topology, unsigned kind,
                       const struct topology_cpu **server, const struct topology_cpu **client)
{
    const struct topology_cpu *same_core = NULL;
    *server = *client = NULL;
    for (size_t i = 0; i < topology->count; i++) {
        const struct topology_cpu *cpu = &topology->cpus[i];
        if (cpu->kind != kind)
            continue;
        if (*server == NULL)
            *server = cpu;
        else if (cpu->core != (*server)->core)
            *client = cpu;
        else
            same_core = cpu;
    }
    *client = *client == NULL ? same_core : *client;
    return *client != NULL;
}

bool topology_split(const struct topology *topology, const struct topology_cpu **server,
                    const struct topology_cpu **client)
{
    const struct topology_cpu *one_core[2] = {NULL, NULL};
    unsigned long long below = ULLONG_MAX;
    unsigned kind;
    if (topology->count < 2)
        return false;
    for (; next_value(topology, kind_of, below, &kind); below = kind) {
        if (!split_kind(topology, kind, server, client))
            continue;
        if ((*server)->core != (*client)->core)
            return true;
        if (one_core[0] == NULL) {
            one_core[0] = *server;
            one_core[1] = *client;
        }
    }
    *server = one_core[0] != NULL ? one_core[0] : &topology->cpus[0];
    *client = one_core[0] != NULL ? one_core[1] : &topology->cpus[topology->count - 1];
    return true;
}

/* Some of a machine's processors. */
struct part {
    const struct topology *topology;
    bool any_kind, any_node;
    unsigned kind, node;
};

static bool part_has(const struct part *part, const struct topology_cpu *cpu)
{
    return (part->any_kind || cpu->kind == part->kind) &&
           (part->any_node || cpu->node == part->node);
}

/* Whether it is the first one of its core within the part. */
static bool begins_core(const struct part *part, const struct topology_cpu *cpu)
{
    for (const struct topology_cpu *at = part->topology->cpus; at < cpu; at++)
        if (at->core == cpu->core && part_has(part, at))
            return false;
    return part_has(part, cpu);
}

static unsigned cores_of(const struct part *part)
{
    unsigned cores = 0;
    for (size_t i = 0; i < part->topology->count; i++)
        cores += begins_core(part, &part->topology->cpus[i]);
    return cores;
}

/* The first cores are the server's, the others the client's. */
static void part_share(const struct part *part, unsigned cores, struct cpu_list *server,
                       struct cpu_list *client)
{
    struct cpu_list taken = {{0}};
    for (size_t i = 0; i < part->topology->count; i++) {
        const struct topology_cpu *cpu = &part->topology->cpus[i];
        if (cores > 0 && begins_core(part, cpu)) {
            cpu_list_add(server, cpu->cpu);
            cpu_list_add(&taken, cpu->core);
            cores--;
        } else if (part_has(part, cpu) && !cpu_list_has(&taken, cpu->core)) {
            cpu_list_add(client, cpu->cpu);
        }
    }
}

unsigned topology_share(const struct topology *topology, unsigned most, struct cpu_list *server,
                        struct cpu_list *client)
{
    struct part part = {.topology = topology};
    unsigned value;
    if (!next_value(topology, kind_of, ULLONG_MAX, &part.kind))
        return 0;
    /* One node of the fastest kind, from the lowest on. */
    for (unsigned long long under = ULLONG_MAX;
         next_value(topology, node_from_behind, under, &value); under = value) {
        part.node = UINT_MAX - value;
        if (cores_of(&part) > most) {
            part_share(&part, most, server, client);
            return most;
        }
    }
    part.any_node = true;
    if (cores_of(&part) <= most)
        part.any_kind = true;
    unsigned cores = cores_of(&part);
    unsigned share = cores > most ? most : cores - 1;
    if (share < 2 && share < most)
        return 0;
    part_share(&part, share, server, client);
    return share;
}

static unsigned parts_text(const struct topology *topology,
                           unsigned (*value_of)(const struct topology_cpu *cpu), char *text,
                           size_t size)
{
    unsigned long long below = ULLONG_MAX;
    unsigned parts = 0, value;
    size_t used = 0;
    text[0] = '\0';
    for (; next_value(topology, value_of, below, &value); below = value) {
        struct cpu_list list = {{0}};
        char cpus[LIST_TEXT];
        for (size_t i = 0; i < topology->count; i++)
            if (value_of(&topology->cpus[i]) == value)
                cpu_list_add(&list, topology->cpus[i].cpu);
        int length = used >= size
                         ? 0
                         : snprintf(text + used, size - used, "%s%u (%s)", parts == 0 ? "" : ", ",
                                    cpu_list_count(&list), cpu_list_format(&list, cpus, LIST_TEXT));
        used += length < 0 ? size : (size_t)length;
        parts++;
    }
    if (used >= size)
        text[0] = '\0';
    return parts;
}

unsigned topology_kinds_text(const struct topology *topology, char *text, size_t size)
{
    return parts_text(topology, kind_of, text, size);
}

unsigned topology_nodes_text(const struct topology *topology, char *text, size_t size)
{
    return parts_text(topology, node_from_behind, text, size);
}
