#include <math.h>
#include <stdio.h>

#include "report/chart.h"
#include "report/plot.h"
#include "rows/workload_facts.h"

enum {
    ROW_HEIGHT = 36,
    STRIPS_HEAD = 22,
    STRIP_HEIGHT = 50,
    TOP = 16,
    BOTTOM = 30,
    TEXT_BYTES = 160
};

/* From there on all connections got about the same. */
static const double ALIKE = 0.99;

static double starved_of(const struct report *report, const struct cell *cell)
{
    size_t count;
    double most = 0;
    const double *values = trials_values(&report->trials, cell, TRIAL_STARVED, &count);
    for (size_t i = 0; i < count; i++)
        most = fmax(most, values[i]);
    return most;
}

static const struct window_part *strip_of(const struct panel *panel, size_t index)
{
    const struct window_part *part = panel->parts[index];
    return part != NULL && part->share_count > 0 ? part : NULL;
}

static bool has_strips(const struct panel *panel)
{
    bool any = false;
    for (size_t i = 0; i < panel->count; i++)
        any |= strip_of(panel, i) != NULL;
    return any;
}

/* Where some clients got less than others, or that is what was asked for. */
static bool panel_has_data(const struct report *report, const struct panel *panel)
{
    bool any = false, unfair = workload_facts_of(&panel->row)->shows_fairness;
    for (size_t i = 0; i < panel->count; i++) {
        double index = trials_median(&report->trials, panel->cells[i], TRIAL_FAIRNESS);
        any |= number_is_known(index);
        unfair |= index < ALIKE || starved_of(report, panel->cells[i]) > 0;
    }
    return any && (unfair || has_strips(panel)) && panel->row.connections > 1;
}

static void row_draw(struct page *page, const struct panel *panel, const struct cell *cell,
                     const struct scale *scale, double y)
{
    char text[TEXT_BYTES], number[64];
    struct model_style style = model_style_of(cell_shown_model(cell), &page->report->strangers);
    struct interval interval = trials_interval(&page->report->trials, cell, TRIAL_FAIRNESS);
    double index = trials_median(&page->report->trials, cell, TRIAL_FAIRNESS);
    double starved = starved_of(page->report, cell);
    svg_group_begin(&page->out, "");
    markup_put(&page->out, " data-model=\"");
    markup_text(&page->out, cell_shown_model(cell));
    markup_put(&page->out, "\"");
    markup_value(&page->out, "data-value", index);
    markup_value(&page->out, "data-starved", starved);
    svg_group_tip(&page->out, "");
    svg_text(&page->out, 0, y - 11, SVG_START, "name",
             report_model_label(panel, cell, text, sizeof text));
    page_number_text(index, number, sizeof number);
    if (starved > 0)
        snprintf(text, sizeof text, "%s; up to %.0f of %.0f starved", number, starved,
                 panel->row.connections);
    else
        snprintf(text, sizeof text, "%s", number);
    svg_text(&page->out, SVG_WIDTH, y - 11, SVG_END, starved > 0 ? "wine" : "dim", text);
    svg_line(&page->out, scale->from, y, scale->to, y, "track");
    if (number_is_known(interval.low)) {
        char classes[40];
        snprintf(classes, sizeof classes, "interval c%u", style.colour);
        svg_line(&page->out, scale_at(scale, interval.low), y, scale_at(scale, interval.high), y,
                 classes);
    }
    svg_point(&page->out, &style, scale_at(scale, index), y);
    svg_group_end(&page->out);
}

static const char *shares_name(const struct panel *panel)
{
    const struct workload_facts *facts = workload_facts_of(&panel->row);
    return facts->counts_bytes ? "Bytes" : facts->shows_fairness ? "Mean round trip" : "Messages";
}

static const char *share_text(const struct panel *panel, double value, char *text, size_t size)
{
    if (workload_facts_of(&panel->row)->shows_fairness)
        return plot_text_us(value, text, size);
    return page_number_text(value, text, size);
}

/* Dots, from left to right by the connections' index; those that got nothing are squares below. */
static void strip_draw(struct page *page, const struct panel *panel, size_t index, double top)
{
    char text[2 * TEXT_BYTES], number[64], classes[40];
    const struct window_part *part = strip_of(panel, index);
    const struct cell *cell = panel->cells[index];
    struct model_style style = model_style_of(cell_shown_model(cell), &page->report->strangers);
    struct plot_range values = plot_range_none();
    size_t starved = 0;
    plot_range_add(&values, 0);
    for (size_t i = 0; i < part->share_count; i++) {
        plot_range_add(&values, part->shares[i].value);
        starved += part->shares[i].starved;
    }
    struct scale y = scale_from_zero(values.high, top + STRIP_HEIGHT - 8, top + 14);
    struct scale x = {.high = (double)part->share_count, .from = 6, .to = SVG_WIDTH - 6};
    svg_group_begin(&page->out, "");
    markup_put(&page->out, " data-model=\"");
    markup_text(&page->out, cell_shown_model(cell));
    markup_put(&page->out, "\"");
    markup_value(&page->out, "data-trial", part->share_trial);
    markup_value(&page->out, "data-connections", (double)part->connections);
    markup_value(&page->out, "data-most", values.high);
    markup_value(&page->out, "data-dots-starved", (double)starved);
    svg_group_tip(&page->out, "");
    svg_text(&page->out, 0, top + 10, SVG_START, "name",
             report_model_label(panel, cell, text, sizeof text));
    snprintf(text, sizeof text, "trial %.0f, up to %s%s", part->share_trial,
             share_text(panel, values.high, number, sizeof number),
             starved > 0 ? "; some starved" : "");
    svg_text(&page->out, SVG_WIDTH, top + 10, SVG_END, starved > 0 ? "wine" : "dim", text);
    svg_line(&page->out, x.from, y.from, x.to, y.from, "track");
    for (int dead = 0; dead < 2; dead++) {
        svg_path_begin(&page->out);
        for (size_t i = 0; i < part->share_count; i++)
            if (part->shares[i].starved == (dead != 0))
                svg_path_dot(&page->out, scale_at(&x, (double)i + 0.5),
                             dead ? y.from : scale_at(&y, part->shares[i].value));
        snprintf(classes, sizeof classes, dead ? "dots starved" : "dots small c%u", style.colour);
        svg_path_end(&page->out, classes);
    }
    svg_group_end(&page->out);
}

static void strips_draw(struct page *page, const struct panel *panel, double top)
{
    char text[TEXT_BYTES];
    if (!has_strips(panel))
        return;
    snprintf(text, sizeof text, "%s of each connection by its index", shares_name(panel));
    svg_text(&page->out, 0, top + 14, SVG_START, "dim", text);
    top += STRIPS_HEAD;
    for (size_t i = 0; i < panel->count; i++)
        if (strip_of(panel, i) != NULL) {
            strip_draw(page, panel, i, top);
            top += STRIP_HEIGHT;
        }
}

/* What strips_draw takes. */
static double strips_height(const struct panel *panel)
{
    double height = has_strips(panel) ? STRIPS_HEAD : 0;
    for (size_t i = 0; i < panel->count; i++)
        height += strip_of(panel, i) != NULL ? STRIP_HEIGHT : 0;
    return height;
}

static void sentence_make(const struct report *report, const struct panel *panel, char *text,
                          size_t size)
{
    const struct cell *worst = NULL;
    double low = INFINITY, starved = 0;
    char name[TEXT_BYTES], number[64];
    for (size_t i = 0; i < panel->count; i++) {
        double index = trials_median(&report->trials, panel->cells[i], TRIAL_FAIRNESS);
        starved = fmax(starved, starved_of(report, panel->cells[i]));
        if (index < low) {
            low = index;
            worst = panel->cells[i];
        }
    }
    if (worst == NULL)
        snprintf(text, size, "No client got anything.");
    else if (low >= ALIKE && starved == 0)
        snprintf(text, size, "Every model served all clients alike.");
    else
        snprintf(text, size, "%s is the least fair: Jain's index %s.%s",
                 report_model_label(panel, worst, name, sizeof name),
                 page_number_text(low, number, sizeof number),
                 starved > 0 ? " Some clients got no answer through a whole window." : "");
}

/* What is not seen: whose dots these are, and which ones were left out. */
static void strips_explain(struct page *page, const struct panel *panel)
{
    size_t most = 0, drawn = 0;
    for (size_t i = 0; i < panel->count; i++)
        if (strip_of(panel, i) != NULL && panel->parts[i]->connections > most) {
            most = panel->parts[i]->connections;
            drawn = panel->parts[i]->share_count;
        }
    markup_put(&page->out, "<p class=\"note\">The dots are of each model's least fair trial; a "
                           "square got no answer in the whole window.");
    if (drawn < most)
        markup_put(&page->out,
                   " %zu of up to %zu connections have a dot: of neighbours the one that is off "
                   "worst.",
                   drawn, most);
    markup_put(&page->out, "</p>\n");
}

static void panel_draw(struct page *page, const struct panel *panel)
{
    static const char *const names[] = {"model", "Jain's index", "most starved clients of a trial"};
    char sentence[320], title[REPORT_LABEL_BYTES + 40], text[TEXT_BYTES];
    struct scale scale = {.low = 0, .high = 1, .from = 6, .to = SVG_WIDTH - 6};
    double bottom = TOP, ticks[SCALE_TICKS_MAX];
    for (size_t i = 0; i < panel->count; i++)
        bottom +=
            number_is_known(trials_median(&page->report->trials, panel->cells[i], TRIAL_FAIRNESS))
                ? ROW_HEIGHT
                : 0;
    sentence_make(page->report, panel, sentence, sizeof sentence);
    page_figure_begin(page, panel->label, panel->is_wine, sentence);
    snprintf(title, sizeof title, "Jain's index of the connections, %s", panel->label);
    svg_begin(&page->out, bottom + BOTTOM + strips_height(panel), title, sentence);
    size_t count = scale_ticks(&scale, 6, ticks);
    for (size_t i = 0; i < count; i++) {
        double x = scale_at(&scale, ticks[i]);
        svg_line(&page->out, x, TOP, x, bottom, "rule");
        svg_text(&page->out, x, bottom + 13, SVG_MIDDLE, "dim",
                 ticks[i] == 0 ? "0" : page_number_text(ticks[i], text, sizeof text));
    }
    svg_text(&page->out, SVG_WIDTH, bottom + 27, SVG_END, "dim", "Jain's index (1: all alike)");
    for (size_t i = 0, at = 0; i < panel->count; i++)
        if (number_is_known(trials_median(&page->report->trials, panel->cells[i], TRIAL_FAIRNESS)))
            row_draw(page, panel, panel->cells[i], &scale, TOP + ROW_HEIGHT * (double)at++ + 26);
    strips_draw(page, panel, bottom + BOTTOM);
    page_mark_wine(page, panel->is_wine);
    svg_end(&page->out);
    if (has_strips(panel))
        strips_explain(page, panel);
    page_table_begin(page, names, 3);
    for (size_t i = 0; i < panel->count; i++) {
        page_table_row(page, report_model_label(panel, panel->cells[i], text, sizeof text));
        page_table_number(page,
                          trials_median(&page->report->trials, panel->cells[i], TRIAL_FAIRNESS));
        page_table_number(page, starved_of(page->report, panel->cells[i]));
        page_table_row_end(page);
    }
    page_table_end(page);
    page_figure_end(page);
}

const struct chart chart_fairness = {
    .name = "fairness",
    .question = "Who starves?",
    .reading =
        "Jain's index of what each connection got: 1 where all got the same, 1/n where one of n "
        "got everything. Workloads in which every model has at least 0.99, and no client "
        "starved, are left out, unless the run kept each connection's share.",
    .panel_has_data = panel_has_data,
    .panel_draw = panel_draw,
};
