#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "report/chart.h"
#include "report/scale.h"
#include "report/svg.h"

enum {
    STRIP_HEIGHT = 44,
    TOP = 16,
    BOTTOM = 20,
    DOTS_OF_CELL = 200, /* in a strip, and of all strips together */
    DOTS_OF_PAGE = 24000,
    TEXT_BYTES = 160
};

/* What a strip shows at least, as a share of the median around it. */
static const double SHARE_LEAST = 0.05;

/* The figure that tells the trials apart: the cost, or where a server does not tell it the throughput. */
static enum trial_figure figure_of(const struct report *report, const struct cell *cell)
{
    return number_is_known(trials_median(&report->trials, cell, TRIAL_CPU_US))
               ? TRIAL_CPU_US
               : TRIAL_MESSAGES_PER_S;
}

static bool cell_has_data(const struct report *report, const struct cell *cell)
{
    return cell->rows > 1 && trials_median(&report->trials, cell, figure_of(report, cell)) > 0;
}

static bool panel_has_data(const struct report *report, const struct panel *panel)
{
    for (size_t i = 0; i < panel->count; i++)
        if (cell_has_data(report, panel->cells[i]))
            return true;
    return false;
}

/* Dots that a strip may have: the page has to stay small. */
static size_t dots_most(const struct report *report)
{
    size_t cells = 0;
    for (size_t i = 0; i < report->panels_shown; i++)
        cells += report->panels[i].count;
    size_t most = cells == 0 ? DOTS_OF_CELL : DOTS_OF_PAGE / cells;
    return most < DOTS_OF_CELL ? most : DOTS_OF_CELL;
}

/* What a panel's strips share: the runs' places in time, and how far trials are from their median. */
struct strips {
    struct scale time;
    double share;
    size_t most; /* dots of a strip */
    bool capped;
};

static struct strips strips_of(const struct report *report, const struct panel *panel)
{
    double first = INFINITY, last = 0, share = SHARE_LEAST;
    for (size_t i = 0; i < panel->count; i++) {
        const struct cell *cell = panel->cells[i];
        enum trial_figure figure = figure_of(report, cell);
        double median = trials_median(&report->trials, cell, figure);
        for (size_t j = 0; j < cell->rows && median > 0; j++) {
            double order = trials_figure(&report->trials, cell, j, TRIAL_ORDER);
            double value = trials_figure(&report->trials, cell, j, figure);
            first = fmin(first, order);
            last = fmax(last, order);
            if (number_is_known(value))
                share = fmax(share, fabs(value / median - 1));
        }
    }
    return (struct strips){.time = {.low = first,
                                    .high = last > first ? last : first + 1,
                                    .from = 8,
                                    .to = SVG_WIDTH - 8},
                           .share = share,
                           .most = dots_most(report)};
}

static void dots_draw(struct page *page, const struct cell *cell, struct strips *strips, double y)
{
    const struct trials *trials = &page->report->trials;
    enum trial_figure figure = figure_of(page->report, cell);
    struct model_style style = model_style_of(cell_shown_model(cell), &page->report->strangers);
    double median = trials_median(trials, cell, figure), half = STRIP_HEIGHT * 0.23;
    /* Every nth one where there are too many. */
    size_t step = (cell->rows + strips->most - 1) / strips->most;
    char classes[40];
    strips->capped |= step > 1;
    for (int layer = 0; layer < 2; layer++) {
        svg_path_begin(&page->out);
        for (size_t i = 0; i < cell->rows; i += step) {
            double value = trials_figure(trials, cell, i, figure);
            if (number_is_known(value))
                svg_path_dot(&page->out,
                             scale_at(&strips->time, trials_figure(trials, cell, i, TRIAL_ORDER)),
                             y - (value / median - 1) / strips->share * half);
        }
        snprintf(classes, sizeof classes, "dots c%u%s", style.colour, layer == 0 ? " casing" : "");
        svg_path_end(&page->out, classes);
    }
}

static void strip_draw(struct page *page, const struct panel *panel, const struct cell *cell,
                       struct strips *strips, double top)
{
    char name[TEXT_BYTES], text[TEXT_BYTES], number[64], width[64];
    struct markup *out = &page->out;
    enum trial_figure figure = figure_of(page->report, cell);
    double y = top + 27, median = trials_median(&page->report->trials, cell, figure);
    struct interval interval = trials_interval(&page->report->trials, cell, figure);
    report_model_label(panel, cell, name, sizeof name);
    page_number_text(median, number, sizeof number);
    svg_group_begin(out, "");
    markup_put(out, " data-model=\"");
    markup_text(out, cell_shown_model(cell));
    markup_put(out, "\"");
    markup_value(out, "data-median", median);
    svg_group_tip(out, "");
    svg_text(out, 0, top + 9, SVG_START, "name", name);
    snprintf(text, sizeof text, "%s %s", number,
             figure == TRIAL_CPU_US ? "\xc2\xb5s" : "messages/s");
    if (number_is_known(interval.low)) {
        page_number_text(50 * (interval.high - interval.low) / median, width, sizeof width);
        snprintf(text, sizeof text, "%s %s \xc2\xb1%s %%", number,
                 figure == TRIAL_CPU_US ? "\xc2\xb5s" : "messages/s", width);
    }
    svg_text(out, SVG_WIDTH, top + 9, SVG_END, "dim", text);
    svg_line(out, 0, y, SVG_WIDTH, y, "median");
    dots_draw(page, cell, strips, y);
    svg_group_end(out);
}

static void table_put(struct page *page, const struct panel *panel)
{
    static const char *const names[] = {"model", "trials, in the order in which they ran"};
    char text[TEXT_BYTES];
    size_t most = dots_most(page->report);
    page_table_begin(page, names, 2);
    for (size_t i = 0; i < panel->count; i++) {
        const struct cell *cell = panel->cells[i];
        enum trial_figure figure = figure_of(page->report, cell);
        size_t step = (cell->rows + most - 1) / most;
        if (!cell_has_data(page->report, cell))
            continue;
        page_table_row(page, report_model_label(panel, cell, text, sizeof text));
        markup_put(&page->out, "<td>");
        for (size_t j = 0; j < cell->rows; j += step)
            markup_put(&page->out, "%s%s", j == 0 ? "" : " ",
                       page_number_text(trials_figure(&page->report->trials, cell, j, figure), text,
                                        sizeof text));
        markup_put(&page->out, "</td>");
        page_table_row_end(page);
    }
    page_table_end(page);
}

static const char *sentence_make(const struct report *report, const struct panel *panel,
                                 const struct strips *strips, char *text, size_t size)
{
    char share[64], name[TEXT_BYTES], worst_text[64];
    double worst = 0;
    const struct cell *widest = NULL;
    for (size_t i = 0; i < panel->count; i++) {
        enum trial_figure figure = figure_of(report, panel->cells[i]);
        struct interval interval = trials_interval(&report->trials, panel->cells[i], figure);
        double width = 50 * (interval.high - interval.low) /
                       trials_median(&report->trials, panel->cells[i], figure);
        if (width > worst) {
            worst = width;
            widest = panel->cells[i];
        }
    }
    page_number_text(100 * strips->share, share, sizeof share);
    if (widest == NULL)
        snprintf(text, size,
                 "Fewer than %d trials have no interval. A strip's height is \xc2\xb1%s %% of the "
                 "median.",
                 STATISTICS_TRIALS_MIN, share);
    else
        snprintf(
            text, size,
            "The least certain median is that of %s, known to \xc2\xb1%s %%. A strip's height is "
            "\xc2\xb1%s %% of the median.",
            report_model_label(panel, widest, name, sizeof name),
            page_number_text(worst, worst_text, sizeof worst_text), share);
    return text;
}

static void panel_draw(struct page *page, const struct panel *panel)
{
    char sentence[480], title[REPORT_LABEL_BYTES + 40];
    struct strips strips = strips_of(page->report, panel);
    size_t shown = 0;
    for (size_t i = 0; i < panel->count; i++)
        shown += cell_has_data(page->report, panel->cells[i]);
    double bottom = TOP + STRIP_HEIGHT * (double)shown;
    sentence_make(page->report, panel, &strips, sentence, sizeof sentence);
    page_figure_begin(page, panel->label, panel->is_wine, sentence);
    snprintf(title, sizeof title, "Trials in the order in which they ran, %s", panel->label);
    svg_begin(&page->out, bottom + BOTTOM, title, sentence);
    for (size_t i = 0, at = 0; i < panel->count; i++)
        if (cell_has_data(page->report, panel->cells[i]))
            strip_draw(page, panel, panel->cells[i], &strips, TOP + STRIP_HEIGHT * (double)at++);
    svg_text(&page->out, 0, bottom + 14, SVG_START, "dim", "first run");
    svg_text(&page->out, SVG_WIDTH, bottom + 14, SVG_END, "dim", "last run");
    page_mark_wine(page, panel->is_wine);
    svg_end(&page->out);
    if (strips.capped)
        markup_put(
            &page->out,
            "<p class=\"note\">Of each strip at most %zu trials are drawn, evenly taken; the "
            "medians are of all.</p>\n",
            strips.most);
    table_put(page, panel);
    page_figure_end(page);
}

const struct chart chart_trials = {
    .name = "trials",
    .question = "Can the trials be trusted?",
    .reading =
        "A dot is a trial, from left to right in the order in which they ran; the line is the "
        "median. Dots that climb or fall from left to right are a machine that drifts; single "
        "ones far out were disturbed.",
    .panel_has_data = panel_has_data,
    .panel_draw = panel_draw,
};
