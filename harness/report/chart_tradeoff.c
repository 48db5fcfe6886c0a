#include <math.h>
#include <stdio.h>

#include "report/chart.h"
#include "report/plot.h"

enum { TEXT_BYTES = 160 };

static bool is_known(const struct report *report, const struct cell *cell)
{
    double us = trials_median(&report->trials, cell, TRIAL_P99_US);
    return us > 0 && us < 1e300 && trials_median(&report->trials, cell, TRIAL_CPU_US) > 0;
}

/* Two points at least: one alone tells nothing. */
static bool panel_has_data(const struct report *report, const struct panel *panel)
{
    size_t count = 0;
    for (size_t i = 0; i < panel->count; i++)
        count += is_known(report, panel->cells[i]);
    return count > 1;
}

static void table_put(struct page *page, const struct panel *panel)
{
    static const char *const names[] = {"model", "CPU time for a message, \xc2\xb5s",
                                        "round trip, 99th percentile, \xc2\xb5s"};
    char text[TEXT_BYTES];
    page_table_begin(page, names, 3);
    for (size_t i = 0; i < panel->count; i++) {
        page_table_row(page, report_model_label(panel, panel->cells[i], text, sizeof text));
        page_table_number(page,
                          trials_median(&page->report->trials, panel->cells[i], TRIAL_CPU_US));
        page_table_number(page,
                          trials_median(&page->report->trials, panel->cells[i], TRIAL_P99_US));
        page_table_row_end(page);
    }
    page_table_end(page);
}

static void point_draw(struct page *page, const struct panel *panel, struct plot *plot,
                       const struct cell *cell)
{
    char name[TEXT_BYTES], tip[2 * TEXT_BYTES], cpu_text[64], p99_text[64];
    double cpu = trials_median(&page->report->trials, cell, TRIAL_CPU_US);
    double p99 = trials_median(&page->report->trials, cell, TRIAL_P99_US);
    struct model_style style = model_style_of(cell_shown_model(cell), &page->report->strangers);
    report_model_label(panel, cell, name, sizeof name);
    svg_group_begin(&page->out, "");
    markup_put(&page->out, " data-model=\"");
    markup_text(&page->out, cell_shown_model(cell));
    markup_put(&page->out, "\"");
    markup_value(&page->out, "data-value", cpu);
    markup_value(&page->out, "data-p99", p99);
    snprintf(tip, sizeof tip, "%s: %s for a message, 99 %% within %s", name,
             plot_text_us(cpu, cpu_text, sizeof cpu_text),
             plot_text_us(p99, p99_text, sizeof p99_text));
    svg_group_tip(&page->out, tip);
    svg_point(&page->out, &style, scale_at(&plot->x, cpu), scale_at(&plot->y, p99));
    svg_group_end(&page->out);
    plot_label_add(plot, name, &style, cpu, p99);
}

/* Whether one model has both the lowest CPU time and the lowest percentile. */
static void sentence_make(const struct report *report, const struct panel *panel, char *text,
                          size_t size)
{
    const struct cell *cheapest = NULL, *quickest = NULL;
    char name[TEXT_BYTES], other[TEXT_BYTES];
    double cpu = INFINITY, p99 = INFINITY;
    for (size_t i = 0; i < panel->count; i++) {
        const struct cell *cell = panel->cells[i];
        if (!is_known(report, cell))
            continue;
        if (trials_median(&report->trials, cell, TRIAL_CPU_US) < cpu) {
            cpu = trials_median(&report->trials, cell, TRIAL_CPU_US);
            cheapest = cell;
        }
        if (trials_median(&report->trials, cell, TRIAL_P99_US) < p99) {
            p99 = trials_median(&report->trials, cell, TRIAL_P99_US);
            quickest = cell;
        }
    }
    report_model_label(panel, cheapest, name, sizeof name);
    report_model_label(panel, quickest, other, sizeof other);
    if (cheapest == quickest)
        snprintf(text, size, "%s has both the lowest CPU time and the lowest 99th percentile.",
                 name);
    else
        snprintf(text, size, "%s has the lowest CPU time, %s the lowest 99th percentile.", name,
                 other);
}

static void panel_draw(struct page *page, const struct panel *panel)
{
    struct plot_range x = plot_range_none(), y = plot_range_none();
    struct plot plot;
    char sentence[480], title[REPORT_LABEL_BYTES + 60], name[TEXT_BYTES];
    double width = 60;
    for (size_t i = 0; i < panel->count; i++)
        if (is_known(page->report, panel->cells[i])) {
            plot_range_add(&x, trials_median(&page->report->trials, panel->cells[i], TRIAL_CPU_US));
            plot_range_add(&y, trials_median(&page->report->trials, panel->cells[i], TRIAL_P99_US));
            width =
                fmax(width,
                     svg_text_width(report_model_label(panel, panel->cells[i], name, sizeof name)));
        }
    plot_init(&plot, &x, false, &y, false, width);
    sentence_make(page->report, panel, sentence, sizeof sentence);
    page_figure_begin(page, panel->label, panel->is_wine, sentence);
    snprintf(title, sizeof title, "CPU time against the 99th percentile, %s", panel->label);
    svg_begin(&page->out, plot_height(&plot), title, sentence);
    plot_axes_draw(&plot, page, "CPU time for a message", plot_text_us, "99 % within",
                   plot_text_us);
    for (size_t i = 0; i < panel->count; i++)
        if (is_known(page->report, panel->cells[i]))
            point_draw(page, panel, &plot, panel->cells[i]);
    plot_labels_draw(&plot, page);
    page_mark_wine(page, panel->is_wine);
    svg_end(&page->out);
    table_put(page, panel);
    page_figure_end(page);
}

const struct chart chart_tradeoff = {
    .name = "tradeoff",
    .question = "Is the cheapest model also the quickest?",
    .reading =
        "A point is a model: further left is cheaper, further down answers sooner. The medians "
        "of the trials.",
    .panel_has_data = panel_has_data,
    .panel_draw = panel_draw,
};
