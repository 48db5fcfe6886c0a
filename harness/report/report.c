#include "report/report.h"

#include <stdlib.h>
#include <string.h>

#include "report/comparison_table.h"
#include "rows/results_reader.h"

void report_close(struct report *report)
{
    for (size_t i = 0; i < report->run_count; i++) {
        free(report->runs[i].reasons);
        csv_table_free(&report->runs[i].environment);
        csv_table_free(&report->runs[i].search);
    }
    csv_table_free(&report->trace);
    trials_free(&report->trials);
    cell_histograms_free(&report->histograms);
    window_parts_free(&report->parts);
    free(report->panels);
    *report = (struct report){.run_count = 0};
}

const char *report_fact(const struct report_run *run, const char *name)
{
    const char *value = results_fact_find(&run->environment, name);
    return value == NULL ? "" : value;
}

const char *report_run_ending(const struct report *report, size_t run, char *text, size_t size)
{
    const struct report_run *shown = &report->runs[run];
    if (report->run_count > 1 && !report->has_baseline)
        snprintf(text, size, ", %.60s", shown->run_id[0] != '\0' ? shown->run_id : shown->name);
    else
        text[0] = '\0';
    return text;
}

const char *report_workload_label(const struct report *report, const struct panel *panel,
                                  char *text, size_t size)
{
    char other[160];
    row_workload_text(&panel->row, text, size);
    for (size_t i = 0; i < report->panel_count; i++) {
        const struct panel *rival = &report->panels[i];
        if (rival->run == panel->run && strcmp(rival->target, panel->target) == 0 &&
            rival->configuration != panel->configuration &&
            strcmp(text, row_workload_text(&rival->row, other, sizeof other)) == 0)
            return comparison_line_configuration(panel->cells[0], text, size);
    }
    return text;
}

const char *report_model_label(const struct panel *panel, const struct cell *cell, char *text,
                               size_t size)
{
    size_t same = 0;
    for (size_t i = 0; i < panel->count; i++)
        same += strcmp(cell_shown_model(panel->cells[i]), cell_shown_model(cell)) == 0;
    if (same > 1)
        snprintf(text, size, "%s, %s threads", cell_shown_model(cell), cell_threads(cell));
    else
        snprintf(text, size, "%s", cell_shown_model(cell));
    return text;
}
