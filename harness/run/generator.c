#include "run/generator.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"
#include "clock.h"

/* "2/3", and as the files have it, "2 of 3". */
static bool identity_parse(struct generator *generator, const char *text)
{
    static const char of[] = " of ";
    char index[8];
    uint64_t number, count;
    size_t length = strcspn(text, " /");
    const char *rest = text + length;
    if (length >= sizeof index)
        return false;
    if (strncmp(rest, of, strlen(of)) == 0)
        rest += strlen(of);
    else if (*rest++ != '/')
        return false;
    memcpy(index, text, length);
    index[length] = '\0';
    if (!units_parse_count(rest, 1, UINT32_MAX, &count) ||
        !units_parse_count(index, 1, count, &number))
        return false;
    generator->index = (unsigned)number;
    generator->count = (unsigned)count;
    return true;
}

bool generator_identify(struct generator *generator, const char *text)
{
    /* Slurm's batch script has SLURM_NTASKS too, but only what srun starts is one of several. */
    static const char *const launchers[][2] = {{"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"},
                                               {"PMI_RANK", "PMI_SIZE"},
                                               {"SLURM_PROCID", "SLURM_STEP_NUM_TASKS"}};
    generator->index = generator->count = 1;
    generator->known_by = "--generator";
    if (text != NULL)
        return identity_parse(generator, text);
    for (size_t i = 0; i < sizeof launchers / sizeof launchers[0]; i++) {
        const char *rank = getenv(launchers[i][0]), *size = getenv(launchers[i][1]);
        uint64_t index, count;
        if (rank == NULL || size == NULL || !units_parse_count(size, 2, UINT32_MAX, &count) ||
            !units_parse_count(rank, 0, count - 1, &index))
            continue;
        generator->index = (unsigned)index + 1;
        generator->count = (unsigned)count;
        generator->known_by = launchers[i][0];
        break;
    }
    return true;
}

const char *generator_text(const struct generator *generator, char *text, size_t size)
{
    if (generator->count == 1)
        snprintf(text, size, "%s", "");
    else
        snprintf(text, size, "%u of %u", generator->index, generator->count);
    return text;
}

uint64_t generator_slot_length_ns(const struct generator *generator, uint64_t warmup_ns,
                                  uint64_t duration_ns)
{
    return 2 * generator->allowance_ns + warmup_ns + duration_ns;
}

struct generator_slot generator_slot_take(struct generator *generator, uint64_t warmup_ns,
                                          uint64_t duration_ns)
{
    uint64_t quarter_ns = generator->allowance_ns / 4;
    uint64_t utc_ns = clock_utc_ns(), now_ns = clock_now_ns();
    struct generator_slot slot = {.begin_utc_ns = generator->next_utc_ns};
    /* The monotonic clock's zero may lie after the slot's begin only if that is long past. */
    slot.begin_ns = slot.begin_utc_ns + now_ns > utc_ns ? slot.begin_utc_ns + now_ns - utc_ns : 0;
    slot.connect_ns = slot.begin_ns + quarter_ns;
    slot.warmup_ns = slot.begin_ns + generator->allowance_ns;
    slot.window_ns = slot.warmup_ns + warmup_ns;
    slot.drain_ns = 2 * quarter_ns;
    slot.stop_ns = slot.window_ns + duration_ns + 3 * quarter_ns;
    slot.end_ns = slot.begin_ns + generator_slot_length_ns(generator, warmup_ns, duration_ns);
    generator->next_utc_ns += slot.end_ns - slot.begin_ns;
    return slot;
}
