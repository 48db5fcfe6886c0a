#include <stdio.h>
#include <string.h>

#include "base/units.h"
#include "report/chart.h"
#include "report/ranking.h"
#include "report/scale.h"
#include "report/svg.h"

enum { ROW_HEIGHT = 36, TOP = 16, BOTTOM = 30, TEXT_BYTES = 160 };

#define TIMES "\xc3\x97"

/* How much wider than others bold letters are. */
static const double BOLD = 1.15;

static bool panel_has_data(const struct report *report, const struct panel *panel)
{
    for (size_t i = 0; i < panel->count; i++)
        if (number_is_known(trials_median(&report->trials, panel->cells[i], TRIAL_CPU_US)))
            return true;
    return false;
}

/* What the reader has to know before comparing; "" where nothing is. */
static const char *bound_text(const struct cell *cell)
{
    if (2 * cell->client_bound > cell->rows)
        return "client-bound";
    return 2 * cell->latency_bound > cell->rows ? "latency-bound" : "";
}

static double highest_of(const struct report *report, const struct ranking *ranking)
{
    double highest = 0;
    for (size_t i = 0; i < ranking->count; i++) {
        double high = trials_interval(&report->trials, ranking->entries[i].cell, TRIAL_CPU_US).high;
        double value = high > ranking->entries[i].median ? high : ranking->entries[i].median;
        highest = value > highest ? value : highest;
    }
    return highest;
}

static void axis_draw(struct markup *out, const struct scale *scale, double bottom)
{
    double ticks[SCALE_TICKS_MAX];
    char number[64], text[64];
    size_t count = scale_ticks(scale, 6, ticks);
    for (size_t i = 0; i < count; i++) {
        double x = scale_at(scale, ticks[i]);
        svg_line(out, x, TOP, x, bottom, "rule");
        snprintf(text, sizeof text, "%s",
                 ticks[i] == 0 ? "0" : page_number_text(ticks[i], number, sizeof number));
        /* The last one would be cut off, were its middle there. */
        bool at_edge = x + svg_text_width(text) / 2 > SVG_WIDTH;
        svg_text(out, at_edge ? SVG_WIDTH : x, bottom + 13, at_edge ? SVG_END : SVG_MIDDLE, "dim",
                 text);
    }
    svg_text(out, SVG_WIDTH, bottom + 27, SVG_END, "dim", "\xc2\xb5s of CPU time for a message");
}

static void row_draw(struct page *page, const struct panel *panel, const struct ranking *ranking,
                     size_t index, const struct scale *scale)
{
    char name[TEXT_BYTES], tip[3 * TEXT_BYTES], number[64], verdict[TEXT_BYTES];
    struct markup *out = &page->out;
    const struct cell *cell = ranking->entries[index].cell;
    struct model_style style = model_style_of(cell_shown_model(cell), &page->report->strangers);
    struct interval interval = trials_interval(&page->report->trials, cell, TRIAL_CPU_US);
    double y = TOP + ROW_HEIGHT * (double)index + 26, value = ranking->entries[index].median;
    report_model_label(panel, cell, name, sizeof name);
    page_number_text(value, number, sizeof number);
    snprintf(verdict, sizeof verdict, "lowest");
    if (index > 0)
        ranking_verdict_text(&ranking->entries[index], TIMES, verdict, sizeof verdict);
    snprintf(tip, sizeof tip, "%s: %s \xc2\xb5s, %s", name, number, verdict);
    svg_group_begin(out, "");
    markup_put(out, " data-model=\"");
    markup_text(out, cell_shown_model(cell));
    markup_put(out, "\"");
    markup_value(out, "data-value", value);
    markup_value(out, "data-low", interval.low);
    markup_value(out, "data-high", interval.high);
    svg_group_tip(out, tip);
    svg_text(out, 0, y - 11, SVG_START, "name", name);
    double at = svg_text_width(name) * BOLD + 8;
    snprintf(tip, sizeof tip, "%s, %s", number, bound_text(cell));
    /* Where there is no room for the word, the sentence above and the table below have it. */
    bool has_room = at + svg_text_width(tip) + svg_text_width(verdict) < SVG_WIDTH - 8;
    svg_text(out, at, y - 11, SVG_START, "",
             bound_text(cell)[0] != '\0' && has_room ? tip : number);
    svg_text(out, SVG_WIDTH, y - 11, SVG_END, "dim", verdict);
    svg_line(out, scale->from, y, scale->to, y, "track");
    if (number_is_known(interval.low)) {
        char classes[40];
        snprintf(classes, sizeof classes, "interval c%u", style.colour);
        svg_line(out, scale_at(scale, interval.low), y, scale_at(scale, interval.high), y, classes);
    }
    svg_point(out, &style, scale_at(scale, value), y);
    svg_group_end(out);
}

static void table_put(struct page *page, const struct panel *panel, const struct ranking *ranking)
{
    static const char *const names[] = {"model",
                                        "CPU time, \xc2\xb5s",
                                        "from",
                                        "to",
                                        "trials",
                                        "ratio",
                                        "from",
                                        "to",
                                        "verdict",
                                        "messages/s",
                                        "99 % within, \xc2\xb5s",
                                        "bound"};
    char text[TEXT_BYTES];
    const struct trials *trials = &page->report->trials;
    page_table_begin(page, names, sizeof names / sizeof names[0]);
    for (size_t i = 0; i < ranking->count; i++) {
        const struct cell *cell = ranking->entries[i].cell;
        const struct comparison *comparison = &ranking->entries[i].comparison;
        struct interval interval = trials_interval(trials, cell, TRIAL_CPU_US);
        size_t count;
        trials_values(trials, cell, TRIAL_CPU_US, &count);
        page_table_row(page, report_model_label(panel, cell, text, sizeof text));
        page_table_number(page, ranking->entries[i].median);
        page_table_number(page, interval.low);
        page_table_number(page, interval.high);
        page_table_number(page, (double)count);
        page_table_number(page, i == 0 ? 1 : comparison->ratio);
        page_table_number(page, i == 0 ? 1 : comparison->interval.low);
        page_table_number(page, i == 0 ? 1 : comparison->interval.high);
        page_table_text(page, i == 0 ? "" : comparison_verdict_shown(comparison->verdict));
        page_table_number(page, trials_median(trials, cell, TRIAL_MESSAGES_PER_S));
        page_table_number(page, trials_median(trials, cell, TRIAL_P99_US));
        page_table_text(page, bound_text(cell));
        page_table_row_end(page);
    }
    page_table_end(page);
}

/* The models of the panel by their CPU time. */
static struct ranking ranking_of(const struct report *report, const struct panel *panel)
{
    struct ranking ranking = {.count = 0};
    char name[RANKING_NAME_BYTES];
    for (size_t i = 0; i < panel->count; i++) {
        size_t count;
        const double *trials =
            trials_values(&report->trials, panel->cells[i], TRIAL_CPU_US, &count);
        ranking_add(&ranking, panel->cells[i],
                    report_model_label(panel, panel->cells[i], name, sizeof name), trials, count);
    }
    ranking_judge(&ranking);
    return ranking;
}

static void sentence_make(const struct ranking *ranking, char *text, size_t size)
{
    char number[64], amount[120];
    size_t client = 0, latency = 0;
    for (size_t i = 0; i < ranking->count; i++) {
        client += 2 * ranking->entries[i].cell->client_bound > ranking->entries[i].cell->rows;
        latency += 2 * ranking->entries[i].cell->latency_bound > ranking->entries[i].cell->rows;
    }
    snprintf(amount, sizeof amount, "%s \xc2\xb5s for a message",
             page_number_text(ranking->entries[0].median, number, sizeof number));
    const struct ranking_words words = {"cheapest", amount, TIMES, 1};
    ranking_sentence(ranking, &words, text, size);
    size_t used = strlen(text);
    snprintf(text + used, size - used, ".%s",
             2 * latency > ranking->count
                 ? " Latency-bound: neither side was busy, so this is mostly the waking of a "
                   "sleeping processor and says little of the models."
             : 2 * client > ranking->count
                 ? " Client-bound: the load generator was the limit, so the CPU time is to be "
                   "compared and not the throughput."
                 : "");
}

static void panel_draw(struct page *page, const struct panel *panel)
{
    char sentence[1200], title[REPORT_LABEL_BYTES + 40];
    struct ranking ranking = ranking_of(page->report, panel);
    double bottom = TOP + ROW_HEIGHT * (double)ranking.count;
    struct scale scale = scale_from_zero(highest_of(page->report, &ranking), 6, SVG_WIDTH - 6);
    sentence_make(&ranking, sentence, sizeof sentence);
    page_figure_begin(page, panel->label, panel->is_wine, sentence);
    snprintf(title, sizeof title, "CPU time for a message, %s", panel->label);
    svg_begin(&page->out, bottom + BOTTOM, title, sentence);
    axis_draw(&page->out, &scale, bottom);
    for (size_t i = 0; i < ranking.count; i++)
        row_draw(page, panel, &ranking, i, &scale);
    page_mark_wine(page, panel->is_wine);
    svg_end(&page->out);
    table_put(page, panel, &ranking);
    page_figure_end(page);
}

const struct chart chart_cost = {
    .name = "cost",
    .question = "Which model is cheapest, and is it noise?",
    .reading =
        "A point is the median of the trials, the bar its 95 % interval: the server's CPU time for "
        "a "
        "message, less is better. At the right is how much more that is than the lowest, with a 95 "
        "% "
        "interval, where a test tells the two apart (Mann-Whitney, p below 0.05 after Holm's "
        "correction); else no difference was shown.",
    .panel_has_data = panel_has_data,
    .panel_draw = panel_draw,
};
