#include <string.h>

#include "report/chart.h"
#include "rows/drift.h"

static bool has_data(const struct report *report)
{
    return report->run_count > 0;
}

static void facts_begin(struct page *page, const struct report_run *run, const char *heading)
{
    char title[120], ending[64];
    size_t number = (size_t)(run - page->report->runs);
    snprintf(title, sizeof title, "%s%s", heading,
             report_run_ending(page->report, number, ending, sizeof ending));
    markup_put(&page->out, "<figure class=\"full\"><figcaption>");
    markup_element(&page->out, "h3", title);
    markup_put(&page->out, "</figcaption><table class=\"facts\"><tbody>\n");
}

static void facts_end(struct page *page)
{
    markup_put(&page->out, "</tbody></table></figure>\n");
}

static void fact_put(struct page *page, const char *name, const char *value)
{
    if (value[0] == '\0')
        return;
    page_table_row(page, name);
    page_table_text(page, value);
    page_table_row_end(page);
}

static void environment_put(struct page *page, const struct report_run *run)
{
    char text[120];
    fact_put(page, "run", run->name);
    snprintf(text, sizeof text, "%zu; %zu of them have the status ok%s", run->rows, run->ok,
             run->cut_line == 0 ? "" : "; a last line is cut off and was left out");
    fact_put(page, "rows", text);
    if (run->environment.rows == 0)
        fact_put(page, "tool_version", run->tool_version);
    for (size_t i = 1; i < run->environment.rows && run->environment.columns == 2; i++)
        fact_put(page, csv_field(&run->environment, i, 0), csv_field(&run->environment, i, 1));
}

struct run_trials {
    const struct trials *trials;
    size_t run;
};

static const double *run_values(const void *context, size_t number, enum column_id metric,
                                size_t *count)
{
    const struct run_trials *of = context;
    const struct cell *cell = &of->trials->cells.cells[number];
    *count = 0;
    if (cell->file != of->run)
        return NULL;
    return trials_values(
        of->trials, cell,
        metric == COLUMN_server_cpu_us_per_msg ? TRIAL_CPU_US : TRIAL_MESSAGES_PER_S, count);
}

static struct drift run_drift(const struct report *report, size_t run)
{
    struct run_trials of = {&report->trials, run};
    return drift_of_source(&(struct drift_source){report->trials.cells.count, run_values, &of});
}

static void warnings_put(struct page *page, const struct report_run *run)
{
    char text[400];
    struct drift drift = run_drift(page->report, (size_t)(run - page->report->runs));
    bool any = drift.found;
    for (int i = 0; i < WARNINGS; i++)
        any |= run->warned[i] > 0;
    if (!any)
        return;
    facts_begin(page, run, "Warnings, and what helps");
    for (int i = 0; i < WARNINGS; i++) {
        if (run->warned[i] == 0)
            continue;
        snprintf(text, sizeof text, "in %zu of %zu rows: %s", run->warned[i], run->rows,
                 warning_advice((enum warning)i));
        fact_put(page, warning_word((enum warning)i), text);
    }
    if (drift.found) {
        snprintf(text, sizeof text, "%s by %.0f %%: %s", drift.metric, 100 * drift.change,
                 warning_advice(WARNING_DRIFT));
        fact_put(page, warning_word(WARNING_DRIFT), text);
    }
    facts_end(page);
}

static void reasons_put(struct page *page, const struct report_run *run)
{
    char head[160], text[720];
    if (run->reason_count == 0)
        return;
    facts_begin(page, run, "What was left out, and why");
    for (size_t i = 0; i < run->reason_count; i++) {
        const struct report_reason *reason = &run->reasons[i];
        snprintf(head, sizeof head, "%s on %s", row_word(&reason->row, COLUMN_status),
                 reason->row.target);
        snprintf(text, sizeof text, "%s (%zu row%s): %s", reason->models, reason->rows,
                 reason->rows == 1 ? "" : "s",
                 reason->row.status_reason[0] == '\0' ? "no reason is given"
                                                      : reason->row.status_reason);
        fact_put(page, head, text);
    }
    facts_end(page);
}

static void draw(struct page *page)
{
    const struct report *report = page->report;
    for (size_t i = 0; i < report->run_count; i++) {
        const struct report_run *run = &report->runs[i];
        facts_begin(page, run,
                    report->has_baseline && i == 0 ? "The run that it is compared with"
                                                   : "The run");
        environment_put(page, run);
        facts_end(page);
        warnings_put(page, run);
        reasons_put(page, run);
    }
}

const struct chart chart_conditions = {
    .name = "conditions",
    .question = "Under which conditions?",
    .reading =
        "Figures hold for this machine, these options and this placement. Two runs differ by "
        "more than what was changed, so what is to be compared belongs into one run.",
    .has_data = has_data,
    .draw = draw,
};
