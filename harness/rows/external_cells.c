#include "rows/external_cells.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rows/target_order.h"

/* What the cells of a file say of a target. */
struct seen {
    enum row_host_kind host; /* empty where no row was measured */
    bool is_external;
    bool is_model; /* one of our models has the same name */
};

static bool is_external(const struct cell *cell)
{
    return strcmp(cell_model(cell), "external") == 0;
}

static struct seen target_see(const struct cells *cells, size_t file, const char *target)
{
    struct seen seen = {.host = HOST_KIND_EMPTY};
    for (size_t i = 0; i < cells->count; i++) {
        const struct cell *cell = &cells->cells[i];
        if (cell->file != file)
            continue;
        seen.is_model |= strcmp(cell_model(cell), target) == 0;
        if (strcmp(cell_target(cell), target) != 0)
            continue;
        seen.is_external |= is_external(cell);
        if (seen.host == HOST_KIND_EMPTY)
            seen.host = cell->host;
    }
    return seen;
}

/* False without memory. */
static bool label_set(struct cell *cell, const struct seen *seen)
{
    static const char mark[] = " (external)";
    size_t size = strlen(cell_target(cell)) + sizeof mark;
    cell->shown_model = malloc(size);
    if (cell->shown_model != NULL)
        snprintf(cell->shown_model, size, "%s%s", cell_target(cell), seen->is_model ? mark : "");
    return cell->shown_model != NULL;
}

int external_cells_place(struct cells *cells, size_t file, const struct text_list *targets)
{
    struct seen seen[LIST_TEXTS_MAX];
    for (size_t i = 0; i < targets->count; i++)
        seen[i] = target_see(cells, file, targets->items[i]);
    for (size_t i = 0; i < cells->count; i++) {
        struct cell *cell = &cells->cells[i];
        size_t own = target_order_place(targets, cell_target(cell)), at = 0;
        if (cell->file != file || !is_external(cell) || own == targets->count ||
            seen[own].host == HOST_KIND_EMPTY)
            continue;
        while (at < targets->count && (seen[at].is_external || seen[at].host != seen[own].host))
            at++;
        if (at == targets->count)
            continue;
        cell->shown_target = targets->items[at];
        if (!label_set(cell, &seen[own]))
            return -1;
    }
    return 0;
}
