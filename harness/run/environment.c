#include "run/environment.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "host/host.h"
#include "run/generator.h"

static void targets_write(const struct plan *plan, char *text, size_t size)
{
    size_t used = 0;
    for (size_t i = 0; i < plan->target_count && used < size; i++) {
        const struct target *target = &plan->targets[i];
        used +=
            (size_t)snprintf(text + used, size - used, "%s%s: %s", i == 0 ? "" : "; ", target->name,
                             target->command != NULL ? target->command : target->missing);
    }
}

/* NULL without memory. */
static char *contestants_text(const struct plan *plan)
{
    size_t most = 1, used = 0;
    for (size_t i = 0; i < plan->contestant_count; i++)
        most += strlen(plan->contestants[i].target->name) + strlen(plan->contestants[i].model) + 2;
    char *text = calloc(1, most);
    for (size_t i = 0; text != NULL && i < plan->contestant_count; i++)
        used += (size_t)snprintf(text + used, most - used, "%s%s:%s", i == 0 ? "" : " ",
                                 plan->contestants[i].target->name, plan->contestants[i].model);
    return text;
}

int environment_gather(struct environment *environment, const struct bench *bench,
                       const char *suite, const char *arguments, struct failure *failure)
{
    struct environment *e = environment;
    targets_write(bench->plan, e->targets, sizeof e->targets);
    e->contestants = contestants_text(bench->plan);
    if (e->contestants == NULL)
        return failure_set(failure, "out of memory");
    snprintf(e->cpu_count, sizeof e->cpu_count, "%u", host_cpu_count());
    snprintf(e->seed, sizeof e->seed, "%" PRIu64, bench->seed);
    const struct results_fact facts[] = {
        {"run_id", bench->results->run_id},
        {"resumed_at_utc", ""},
        {"tool_version", IOMODELS_VERSION},
        {"arguments", arguments},
        {"suite", suite},
        {"generator",
         generator_text(bench->settings->generator, e->generator, sizeof e->generator)},
        {"seed", e->seed},
        {"placement", bench->settings->placement},
        {"client_system", host_system_text(e->system, sizeof e->system)},
        {"cpu_model", host_cpu_model(e->cpu_model, sizeof e->cpu_model)},
        {"cpu_count", e->cpu_count},
        {"cpu_governor", host_cpu_governor(e->governor, sizeof e->governor)},
        {"clock_source", clock_source()},
        {"targets", e->targets},
        {"contestants", e->contestants},
    };
    e->count = sizeof facts / sizeof facts[0];
    memcpy(e->facts, facts, sizeof facts);
    return 0;
}

void environment_free(struct environment *environment)
{
    free(environment->contestants);
    environment->contestants = NULL;
}
