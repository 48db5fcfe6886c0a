#include "rows/workload_facts.h"

#include <string.h>

const struct workload_facts workload_facts[] = {
    {.name = "stream", .counts_bytes = true},
    {.name = "burst", .shows_fairness = true},
    {.name = "idle", .shows_memory = true},
    {.name = "ramp", .finds_connections = true},
    {.name = NULL},
};

const struct workload_facts *workload_facts_of(const struct row *row)
{
    const struct workload_facts *facts = workload_facts;
    while (facts->name != NULL && strcmp(facts->name, row->workload) != 0)
        facts++;
    return facts;
}
