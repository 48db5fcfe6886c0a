#include <math.h>
#include <stdio.h>

#include "model.h"
#include "report/chart.h"
#include "report/scale.h"
#include "report/svg.h"

enum {
    ROW_HEIGHT = 34,
    TOP = 58,
    BAR_HEIGHT = 12,
    MIDDLE = 196,
    GAP = 12,
    LEGEND_COLUMN = 90,
    TEXT_BYTES = 160
};

/* What one bar is made of: parts of one unit, never of different ones. */
struct part {
    enum trial_figure figure;
    const char *name;
    unsigned shade;
};

static const struct part calls[] = {
    {TRIAL_EXPLAIN + EXPLAIN_WAITS, "waits", 0},
    {TRIAL_EXPLAIN + EXPLAIN_RECEIVES, "receives", 1},
    {TRIAL_EXPLAIN + EXPLAIN_SENDS, "sends", 2},
    {TRIAL_EXPLAIN + EXPLAIN_OTHERS, "others", 3},
};
static const struct part times[] = {
    {TRIAL_USER_US, "user", 0},
    {TRIAL_SYSTEM_US, "system", 1},
    {TRIAL_WINESERVER_US, "wineserver", 2},
};
enum { CALLS = sizeof calls / sizeof calls[0], TIMES = sizeof times / sizeof times[0] };

static double part_of(const struct report *report, const struct cell *cell, const struct part *part)
{
    double value = trials_median(&report->trials, cell, part->figure);
    return value > 0 ? value : 0;
}

static double sum_of(const struct report *report, const struct cell *cell, const struct part *parts,
                     size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += part_of(report, cell, &parts[i]);
    return sum;
}

/* Whether the server's calls are known. */
static bool cell_has_data(const struct report *report, const struct cell *cell)
{
    return number_is_known(trials_median(&report->trials, cell, TRIAL_EXPLAIN + EXPLAIN_WAITS)) &&
           sum_of(report, cell, calls, CALLS) > 0;
}

static size_t cells_take(const struct report *report, const struct panel *panel,
                         const struct cell *cells[REPORT_MODELS_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < panel->count; i++)
        if (cell_has_data(report, panel->cells[i]))
            cells[count++] = panel->cells[i];
    return count;
}

static bool panel_has_data(const struct report *report, const struct panel *panel)
{
    const struct cell *cells[REPORT_MODELS_MAX];
    return cells_take(report, panel, cells) > 0;
}

static void bar_draw(struct page *page, const struct cell *cell, const struct part *parts,
                     size_t count, const struct scale *scale, double y)
{
    char tip[TEXT_BYTES], number[64], shade[8];
    double at = 0;
    for (size_t i = 0; i < count; i++) {
        double value = part_of(page->report, cell, &parts[i]);
        if (value == 0)
            continue;
        svg_group_begin(&page->out, "");
        markup_put(&page->out, " data-part=\"%s\"", parts[i].name);
        markup_value(&page->out, "data-value", value);
        snprintf(tip, sizeof tip, "%s: %s", parts[i].name,
                 page_number_text(value, number, sizeof number));
        svg_group_tip(&page->out, tip);
        snprintf(shade, sizeof shade, "p%u", parts[i].shade);
        svg_box(&page->out, scale_at(scale, at), y,
                scale_at(scale, at + value) - scale_at(scale, at), BAR_HEIGHT, shade);
        svg_group_end(&page->out);
        at += value;
    }
}

/* In two columns, two names each. */
static void legend_draw(struct page *page, const struct part *parts, size_t count, double left,
                        const char *title, bool is_wine)
{
    svg_text(&page->out, left, 22, SVG_START, "", title);
    for (size_t i = 0; i < count; i++) {
        char shade[8];
        double x = left + (i / 2 == 0 ? 0 : LEGEND_COLUMN), y = i % 2 == 0 ? 36 : 50;
        if (parts[i].figure == TRIAL_WINESERVER_US && !is_wine)
            continue;
        snprintf(shade, sizeof shade, "p%u", parts[i].shade);
        svg_box(&page->out, x, y - 7, 7, 7, shade);
        svg_text(&page->out, x + 10, y, SVG_START, "dim", parts[i].name);
    }
}

/* The bars of one model, each with its sum at its end. */
static void row_draw(struct page *page, const struct panel *panel, const struct cell *cell,
                     const struct scale *counts, const struct scale *cpu, double top)
{
    char text[TEXT_BYTES];
    double sum = sum_of(page->report, cell, calls, CALLS);
    double us = trials_median(&page->report->trials, cell, TRIAL_CPU_US);
    struct model_style style = model_style_of(cell_shown_model(cell), &page->report->strangers);
    svg_group_begin(&page->out, "");
    markup_put(&page->out, " data-model=\"");
    markup_text(&page->out, cell_shown_model(cell));
    markup_put(&page->out, "\"");
    svg_group_tip(&page->out, "");
    svg_point(&page->out, &style, 6, top + 6);
    svg_text(&page->out, 16, top + 10, SVG_START, "name",
             report_model_label(panel, cell, text, sizeof text));
    svg_text(&page->out, MIDDLE, top + 10, SVG_END, "dim",
             page_number_text(sum, text, sizeof text));
    bar_draw(page, cell, calls, CALLS, counts, top + 15);
    if (number_is_known(us))
        svg_text(&page->out, SVG_WIDTH, top + 10, SVG_END, "dim",
                 page_number_text(us, text, sizeof text));
    bar_draw(page, cell, times, TIMES, cpu, top + 15);
    svg_group_end(&page->out);
}

/* What a model's other calls are, as the registry knows it. */
static const char *others_of(const struct cell *cell)
{
    const struct model_entry *entry = model_find(cell_model(cell));
    return entry == NULL ? "" : entry->other_calls;
}

/* --explain's sentences, of the same medians. */
static void sentences_put(struct page *page, const struct panel *panel,
                          const struct cell *const *cells, size_t count)
{
    char sentence[1024], name[TEXT_BYTES];
    markup_put(&page->out, "<ul>\n");
    for (size_t i = 0; i < count; i++) {
        double figures[EXPLAIN_FIGURES];
        for (int j = 0; j < EXPLAIN_FIGURES; j++)
            figures[j] = trials_median(&page->report->trials, cells[i],
                                       (enum trial_figure)(TRIAL_EXPLAIN + j));
        markup_put(&page->out, "<li><b>");
        markup_text(&page->out, report_model_label(panel, cells[i], name, sizeof name));
        markup_put(&page->out, "</b>: ");
        markup_text(&page->out,
                    explain_sentence(figures, others_of(cells[i]), sentence, sizeof sentence));
        markup_put(&page->out, "</li>\n");
    }
    markup_put(&page->out, "</ul>\n");
}

static void table_put(struct page *page, const struct panel *panel, const struct cell *const *cells,
                      size_t count)
{
    const char *names[CALLS + TIMES + 3] = {"model"};
    char text[TEXT_BYTES];
    for (size_t i = 0; i < CALLS; i++)
        names[i + 1] = calls[i].name;
    names[CALLS + 1] = "context switches";
    for (size_t i = 0; i < TIMES; i++)
        names[CALLS + 2 + i] = times[i].name;
    names[CALLS + TIMES + 2] = "CPU time, \xc2\xb5s";
    page_table_begin(page, names, CALLS + TIMES + 3);
    for (size_t i = 0; i < count; i++) {
        const struct trials *trials = &page->report->trials;
        page_table_row(page, report_model_label(panel, cells[i], text, sizeof text));
        for (size_t j = 0; j < CALLS; j++)
            page_table_number(page, trials_median(trials, cells[i], calls[j].figure));
        page_table_number(page, trials_median(trials, cells[i], TRIAL_EXPLAIN + EXPLAIN_SWITCHES));
        for (size_t j = 0; j < TIMES; j++)
            page_table_number(page, trials_median(trials, cells[i], times[j].figure));
        page_table_number(page, trials_median(trials, cells[i], TRIAL_CPU_US));
        page_table_row_end(page);
    }
    page_table_end(page);
}

static void sentence_make(const struct report *report, const struct panel *panel,
                          const struct cell *const *cells, size_t count, char *text, size_t size)
{
    char least_name[TEXT_BYTES], most_name[TEXT_BYTES], least_text[64], most_text[64];
    size_t least = 0, most = 0;
    for (size_t i = 1; i < count; i++) {
        if (sum_of(report, cells[i], calls, CALLS) < sum_of(report, cells[least], calls, CALLS))
            least = i;
        if (sum_of(report, cells[i], calls, CALLS) > sum_of(report, cells[most], calls, CALLS))
            most = i;
    }
    report_model_label(panel, cells[least], least_name, sizeof least_name);
    report_model_label(panel, cells[most], most_name, sizeof most_name);
    page_number_text(sum_of(report, cells[least], calls, CALLS), least_text, sizeof least_text);
    page_number_text(sum_of(report, cells[most], calls, CALLS), most_text, sizeof most_text);
    if (least == most)
        snprintf(text, size, "%s takes %s calls for a message.", least_name, least_text);
    else
        snprintf(text, size, "%s takes %s calls for a message, %s %s.", least_name, least_text,
                 most_name, most_text);
}

static void panel_draw(struct page *page, const struct panel *panel)
{
    const struct cell *cells[REPORT_MODELS_MAX];
    char sentence[640], title[REPORT_LABEL_BYTES + 40];
    double most_calls = 0, most_us = 0;
    size_t count = cells_take(page->report, panel, cells);
    if (count == 0)
        return;
    for (size_t i = 0; i < count; i++) {
        most_calls = fmax(most_calls, sum_of(page->report, cells[i], calls, CALLS));
        most_us = fmax(most_us, sum_of(page->report, cells[i], times, TIMES));
    }
    struct scale counts = scale_from_zero(most_calls, 0, MIDDLE);
    struct scale cpu = scale_from_zero(most_us, MIDDLE + GAP, SVG_WIDTH);
    sentence_make(page->report, panel, cells, count, sentence, sizeof sentence);
    page_figure_begin(page, panel->label, panel->is_wine, sentence);
    snprintf(title, sizeof title, "Calls and CPU time for a message, %s", panel->label);
    svg_begin(&page->out, TOP + ROW_HEIGHT * (double)count + 4, title, sentence);
    legend_draw(page, calls, CALLS, 0, "calls for a message", panel->is_wine);
    legend_draw(page, times, TIMES, MIDDLE + GAP, "CPU time for a message, \xc2\xb5s",
                panel->is_wine);
    for (size_t i = 0; i < count; i++)
        row_draw(page, panel, cells[i], &counts, &cpu, TOP + ROW_HEIGHT * (double)i);
    page_mark_wine(page, panel->is_wine);
    svg_end(&page->out);
    sentences_put(page, panel, cells, count);
    table_put(page, panel, cells, count);
    page_figure_end(page);
}

const struct chart chart_calls = {
    .name = "calls",
    .question = "Why?",
    .reading =
        "At the left the calls that a message takes, at the right the CPU time: in the server's "
        "own code (user), in the kernel (system) and, under Wine, in wineserver. Each is the "
        "median of the trials. A receive or send that was posted counts among these when "
        "it was done; the call that posted it counts as well, among the others.",
    .panel_has_data = panel_has_data,
    .panel_draw = panel_draw,
};
