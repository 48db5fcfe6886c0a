#include "report/panels.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "report/model_order.h"
#include "report/model_style.h"
#include "rows/external_cells.h"
#include "rows/target_order.h"

/* The rates that a search tries are steps on its way: a chart of its own shows them. */
static bool is_searched(const struct report *report, const struct cell *cell)
{
    struct row row;
    if (report->runs[cell->file].search.rows == 0)
        return false;
    cell_describe(cell, &row);
    return number_is_known(row.target_rate_msgs_per_s);
}

static bool belongs(const struct panel *panel, const struct cell *cell)
{
    return panel->run == cell->file && panel->configuration == cell->configuration &&
           strcmp(panel->target, cell_shown_target(cell)) == 0;
}

static void cell_insert(struct panel *panel, const struct cell *cell,
                        const struct text_list *targets)
{
    if (panel->count == REPORT_MODELS_MAX)
        return;
    size_t at = panel->count++;
    for (; at > 0 && model_order_compare(targets, panel->cells[at - 1], cell) > 0; at--)
        panel->cells[at] = panel->cells[at - 1];
    panel->cells[at] = cell;
}

static int panel_compare(const void *left, const void *right)
{
    const struct panel *a = left, *b = right;
    if (a->run != b->run)
        return a->run < b->run ? -1 : 1;
    if (a->target_place != b->target_place)
        return a->target_place < b->target_place ? -1 : 1;
    return a->configuration < b->configuration ? -1 : 1;
}

static void labels_make(struct report *report)
{
    for (size_t i = 0; i < report->panel_count; i++) {
        struct panel *panel = &report->panels[i];
        char workload[REPORT_LABEL_BYTES - 140], ending[64];
        report_workload_label(report, panel, workload, sizeof workload);
        snprintf(panel->label, sizeof panel->label, "%.63s: %s%s", panel->target, workload,
                 report_run_ending(report, panel->run, ending, sizeof ending));
    }
}

static void strangers_collect(struct report *report)
{
    const struct cells *cells = &report->trials.cells;
    struct text_list *strangers = &report->strangers;
    for (size_t i = 0; i < cells->count; i++) {
        const char *name = cell_shown_model(&cells->cells[i]);
        if (strangers->count < LIST_TEXTS_MAX && model_style_is_stranger(name) &&
            !text_list_has(strangers, name))
            strangers->items[strangers->count++] = name;
    }
}

/* The panel of the cell, a new one where there is none; NULL without memory. */
static struct panel *panel_of(struct report *report, const struct cell *cell, size_t *capacity)
{
    struct panel *grown = array_grow(report->panels, sizeof *grown, report->panel_count, capacity);
    if (grown == NULL)
        return NULL;
    report->panels = grown;
    for (size_t i = 0; i < report->panel_count; i++)
        if (belongs(&grown[i], cell))
            return &grown[i];
    struct panel *panel = &grown[report->panel_count++];
    memset(panel, 0, sizeof *panel);
    panel->run = cell->file;
    panel->target = cell_shown_target(cell);
    panel->target_place = target_order_place(&report->runs[cell->file].targets, panel->target);
    panel->configuration = cell->configuration;
    panel->is_wine = cell->is_wine;
    cell_describe(cell, &panel->row);
    return panel;
}

int panels_make(struct report *report)
{
    const struct cells *cells = &report->trials.cells;
    size_t capacity = 0;
    for (size_t i = 0; i < cells->count; i++) {
        struct report_run *run = &report->runs[cells->cells[i].file];
        target_order_add(&run->targets, report_fact(run, "targets"), cell_target(&cells->cells[i]));
    }
    for (size_t i = 0; i < report->run_count; i++)
        if (external_cells_place(&report->trials.cells, i, &report->runs[i].targets) != 0)
            return -1;
    strangers_collect(report);
    for (size_t i = 0; i < cells->count; i++) {
        const struct cell *cell = &cells->cells[i];
        if (cell->rows == 0 || (report->has_baseline && cell->file == 0) ||
            is_searched(report, cell))
            continue;
        struct panel *panel = panel_of(report, cell, &capacity);
        if (panel == NULL)
            return -1;
        cell_insert(panel, cell, &report->runs[cell->file].targets);
    }
    if (report->panel_count > 0)
        qsort(report->panels, report->panel_count, sizeof *report->panels, panel_compare);
    report->panels_shown =
        report->panel_count < REPORT_PANELS_MAX ? report->panel_count : REPORT_PANELS_MAX;
    labels_make(report);
    return 0;
}

void panels_take_lines(struct report *report)
{
    struct row row;
    for (size_t i = 0; i < report->panels_shown; i++)
        for (size_t j = 0; j < report->panels[i].count; j++) {
            cell_describe(report->panels[i].cells[j], &row);
            report->histograms.cells.file = report->parts.cells.file = report->panels[i].run;
            report->panels[i].histograms[j] = cell_histograms_find(&report->histograms, &row);
            report->panels[i].parts[j] = window_parts_find(&report->parts, &row);
        }
}

bool panels_show(const struct report *report, const struct row *row)
{
    size_t number = cells_find(&report->trials.cells, row);
    for (size_t i = 0; number != CELLS_NONE && i < report->panels_shown; i++)
        if (belongs(&report->panels[i], &report->trials.cells.cells[number]))
            return true;
    return false;
}
