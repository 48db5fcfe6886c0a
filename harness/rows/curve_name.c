#include "rows/curve_name.h"

#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "base/units.h"

/* At a name that is not taken: two targets whose names differ in a '/'. */
enum { ATTEMPTS = 100 };

static void name_write(const struct row *cell, char *name, size_t size)
{
    char rate[32] = "", work[96] = "", threads[32] = "", number[24];
    if (number_is_known(cell->work_cpu_us) || number_is_known(cell->work_wait_us))
        snprintf(work, sizeof work, "-work%.0f-%.0f%s%s",
                 number_is_known(cell->work_cpu_us) ? cell->work_cpu_us : 0,
                 number_is_known(cell->work_wait_us) ? cell->work_wait_us : 0,
                 cell->work_exponential[0] == '\0' ? "" : "-exp", cell->work_exponential);
    if (number_is_known(cell->threads))
        snprintf(threads, sizeof threads, "-%.0fthreads", cell->threads);
    if (number_is_known(cell->target_rate_msgs_per_s))
        snprintf(rate, sizeof rate, "-%s",
                 units_format_fixed(cell->target_rate_msgs_per_s, 0, number, sizeof number));
    snprintf(name, size, "%s-%s-%s-%.0fb-%.0f-%.0f%s%s%s", cell->target, cell->model,
             cell->workload, cell->message_bytes, cell->connections, cell->pipeline_depth, rate,
             work, threads);
    /* A target may be called anything, a file may not. */
    for (char *c = name; *c != '\0'; c++)
        if ((unsigned char)*c < ' ' || strchr("/\\:*?\"<>|", *c) != NULL)
            *c = '_';
}

int curve_name_take(struct key_table *taken, const struct row *cell, char name[CURVE_NAME_BYTES])
{
    char plain[200], folded[CURVE_NAME_BYTES];
    size_t length = 0;
    name_write(cell, plain, sizeof plain);
    for (unsigned attempt = 1; attempt <= ATTEMPTS; attempt++) {
        if (attempt == 1)
            snprintf(name, CURVE_NAME_BYTES, "%s.hgrm", plain);
        else
            snprintf(name, CURVE_NAME_BYTES, "%s-%u.hgrm", plain, attempt);
        for (length = 0; name[length] != '\0'; length++)
            folded[length] = name[length] >= 'A' && name[length] <= 'Z'
                                 ? (char)(name[length] - 'A' + 'a')
                                 : name[length];
        if (key_table_find(taken, folded, length) == KEY_TABLE_NONE)
            break;
    }
    return key_table_add(taken, folded, length, 0);
}
