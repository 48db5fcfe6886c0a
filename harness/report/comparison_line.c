#include "report/comparison_line.h"

#include <stdio.h>
#include <string.h>

#include "base/units.h"

bool comparison_line_is_client_bound(const struct comparison_line *line)
{
    return 2 * line->baseline->client_bound > line->baseline->rows ||
           2 * line->contestant->client_bound > line->contestant->rows;
}

const char *comparison_line_configuration(const struct cell *cell, char *text, size_t size)
{
    struct row row;
    char number[32];
    cell_describe(cell, &row);
    row_workload_text(&row, text, size);
    size_t used = strlen(text);
    if (row.pipeline_depth > 1 && used < size)
        used += (size_t)snprintf(text + used, size - used, ", depth %.0f", row.pipeline_depth);
    if (row.tcp_nodelay == NODELAY_NO && used < size)
        used += (size_t)snprintf(text + used, size - used, ", Nagle on");
    if (number_is_known(row.buffer_bytes) && row.buffer_bytes != 65536 && used < size)
        used +=
            (size_t)snprintf(text + used, size - used, ", buffer %s",
                             units_format_size((uint64_t)row.buffer_bytes, number, sizeof number));
    if (row.placement[0] != '\0' && used < size)
        snprintf(text + used, size - used, ", placement %s", row.placement);
    return text;
}
