#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"
#include "report/chart.h"
#include "report/comparison_table.h"
#include "report/pairing.h"
#include "report/scale.h"
#include "report/svg.h"
#include "rows/target_order.h"

enum { ROW_HEIGHT = 36, TOP = 16, BOTTOM = 30, TEXT_BYTES = 240 };

static const struct text_list none = {.count = 0};

/* Two targets of one kind in the one run are two builds, say: then the first one given. Else NULL. */
static const char *baseline_target(const struct report *report)
{
    const struct cells *cells = &report->trials.cells;
    const struct text_list *order = &report->runs[0].targets;
    const char *first = NULL;
    bool differ = false;
    if (report->run_count != 1)
        return NULL;
    for (size_t i = 0; i < cells->count; i++) {
        const struct cell *cell = &cells->cells[i];
        if (cell->rows == 0)
            continue;
        if (cell->is_wine != cells->cells[0].is_wine)
            return NULL;
        size_t place = target_order_place(order, cell_target(cell));
        if (first == NULL || place < target_order_place(order, first))
            first = cell_target(cell);
    }
    for (size_t i = 0; i < cells->count && first != NULL; i++)
        differ |= cells->cells[i].rows > 0 && strcmp(cell_target(&cells->cells[i]), first) != 0;
    return differ ? first : NULL;
}

/* 0, or -1 without memory. No pairs: nothing is compared. */
static int pairs_make(const struct report *report, struct pairing *pairing)
{
    struct pairing_rules rules = {
        .by = PAIRING_RUNS, .models = &none, .targets = &none, .order = &report->runs[0].targets};
    *pairing = (struct pairing){.count = 0};
    if (!report->has_baseline) {
        rules.by = PAIRING_TARGETS;
        rules.baseline = baseline_target(report);
        if (rules.baseline == NULL)
            return 0;
    }
    return pairing_make(pairing, &report->trials.cells, &rules);
}

static bool is_known(const struct report *report, const struct pair *pair)
{
    const struct cell *cells = report->trials.cells.cells;
    return number_is_known(trials_median(&report->trials, &cells[pair->baseline], TRIAL_CPU_US)) &&
           number_is_known(trials_median(&report->trials, &cells[pair->contestant], TRIAL_CPU_US));
}

static bool has_data(const struct report *report)
{
    struct pairing pairing;
    bool any = false;
    if (pairs_make(report, &pairing) == 0)
        for (size_t i = 0; i < pairing.count; i++)
            any |= is_known(report, &pairing.pairs[i]);
    pairing_free(&pairing);
    return any;
}

/* A family: pairs of one configuration, which are judged together. */
struct family {
    const struct cell *cells[REPORT_MODELS_MAX]; /* the contestants */
    struct comparison comparisons[REPORT_MODELS_MAX];
    size_t count;
    bool is_wine;
};

static void family_take(const struct report *report, const struct pair *pairs, size_t count,
                        struct family *family)
{
    const struct cell *cells = report->trials.cells.cells;
    *family = (struct family){.count = 0};
    for (size_t i = 0; i < count && family->count < REPORT_MODELS_MAX; i++) {
        if (!is_known(report, &pairs[i]))
            continue;
        struct comparison *comparison = &family->comparisons[family->count];
        comparison->baseline = trials_values(&report->trials, &cells[pairs[i].baseline],
                                             TRIAL_CPU_US, &comparison->baseline_count);
        comparison->contestant = trials_values(&report->trials, &cells[pairs[i].contestant],
                                               TRIAL_CPU_US, &comparison->contestant_count);
        family->cells[family->count++] = &cells[pairs[i].contestant];
        family->is_wine |= cells[pairs[i].contestant].is_wine;
    }
    comparison_judge(family->comparisons, family->count, false);
}

static const char *verdict_text(const struct comparison *comparison)
{
    static const char *const texts[] = {"too few trials", "no difference shown", "costs less",
                                        "costs more"};
    return texts[comparison->verdict];
}

static void row_draw(struct page *page, const struct cell *cell,
                     const struct comparison *comparison, const struct scale *scale, double y)
{
    char text[TEXT_BYTES], ratio[64], low[64], high[64];
    struct model_style style = model_style_of(cell_shown_model(cell), &page->report->strangers);
    svg_group_begin(&page->out, "");
    markup_put(&page->out, " data-model=\"");
    markup_text(&page->out, cell_model(cell));
    markup_put(&page->out, "\" data-target=\"");
    markup_text(&page->out, cell_target(cell));
    markup_put(&page->out, "\"");
    markup_value(&page->out, "data-value", comparison->ratio);
    svg_group_tip(&page->out, "");
    snprintf(text, sizeof text, "%s on %s", cell_model(cell), cell_target(cell));
    svg_text(&page->out, 0, y - 11, SVG_START, "name", text);
    units_format_fixed(comparison->ratio, 2, ratio, sizeof ratio);
    units_format_fixed(comparison->interval.low, 2, low, sizeof low);
    units_format_fixed(comparison->interval.high, 2, high, sizeof high);
    snprintf(text, sizeof text, "%s\xc3\x97 [%s, %s] %s", ratio, low, high,
             verdict_text(comparison));
    svg_text(&page->out, SVG_WIDTH, y - 11, SVG_END,
             comparison->verdict > COMPARISON_UNCLEAR ? "" : "dim",
             low[0] == '\0' || high[0] == '\0' ? verdict_text(comparison) : text);
    svg_line(&page->out, scale->from, y, scale->to, y, "track");
    if (low[0] != '\0' && high[0] != '\0' && comparison->interval.low > 0) {
        snprintf(text, sizeof text, "interval c%u", style.colour);
        svg_line(&page->out, scale_at(scale, comparison->interval.low), y,
                 scale_at(scale, comparison->interval.high), y, text);
    }
    if (comparison->ratio > 0 && comparison->ratio < DBL_MAX)
        svg_point(&page->out, &style, scale_at(scale, comparison->ratio), y);
    svg_group_end(&page->out);
}

static struct scale scale_of(const struct family *family)
{
    double low = 0.95, high = 1.05;
    for (size_t i = 0; i < family->count; i++) {
        const struct comparison *comparison = &family->comparisons[i];
        const double values[] = {comparison->ratio, comparison->interval.low,
                                 comparison->interval.high};
        for (size_t j = 0; j < 3; j++)
            if (values[j] > 0 && values[j] < DBL_MAX) {
                low = fmin(low, values[j]);
                high = fmax(high, values[j]);
            }
    }
    return scale_log(low, high, 6, SVG_WIDTH - 6);
}

static void axis_draw(struct page *page, const struct scale *scale, double bottom)
{
    double ticks[SCALE_TICKS_MAX];
    char text[64];
    size_t count = scale_ticks(scale, 6, ticks);
    for (size_t i = 0; i < count; i++) {
        double x = scale_at(scale, ticks[i]);
        svg_line(&page->out, x, TOP, x, bottom, "rule");
        svg_text(&page->out, x, bottom + 13, SVG_MIDDLE, "dim",
                 page_number_text(ticks[i], text, sizeof text));
    }
    svg_line(&page->out, scale_at(scale, 1), TOP, scale_at(scale, 1), bottom, "limit");
    svg_text(&page->out, SVG_WIDTH, bottom + 27, SVG_END, "dim",
             "CPU time for a message, as a ratio (1: as before)");
}

static void sentence_make(const struct family *family, const char *baseline, char *text,
                          size_t size)
{
    static const struct {
        enum comparison_verdict verdict;
        const char *words;
    } parts[] = {{COMPARISON_FASTER, "cheaper"},
                 {COMPARISON_SLOWER, "dearer"},
                 {COMPARISON_UNCLEAR, "without a difference that was shown"},
                 {COMPARISON_NONE, "with too few trials to tell"}};
    size_t counts[COMPARISON_SLOWER + 1] = {0};
    for (size_t i = 0; i < family->count; i++)
        counts[family->comparisons[i].verdict]++;
    const char *separator = ": ";
    int used = snprintf(text, size, "%zu against %.120s", family->count, baseline);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0] && used > 0 && (size_t)used < size; i++)
        if (counts[parts[i].verdict] > 0) {
            used += snprintf(text + used, size - (size_t)used, "%s%zu %s", separator,
                             counts[parts[i].verdict], parts[i].words);
            separator = ", ";
        }
    if (used > 0 && (size_t)used < size)
        snprintf(text + used, size - (size_t)used, ".");
}

static void table_put(struct page *page, const struct family *family)
{
    static const char *const names[] = {"model",
                                        "target",
                                        "CPU time for a message, \xc2\xb5s",
                                        "before, \xc2\xb5s",
                                        "ratio",
                                        "from",
                                        "to",
                                        "p",
                                        "verdict"};
    page_table_begin(page, names, sizeof names / sizeof names[0]);
    for (size_t i = 0; i < family->count; i++) {
        const struct comparison *comparison = &family->comparisons[i];
        page_table_row(page, cell_model(family->cells[i]));
        page_table_text(page, cell_target(family->cells[i]));
        page_table_number(page, comparison->contestant_median);
        page_table_number(page, comparison->baseline_median);
        page_table_number(page, comparison->ratio);
        page_table_number(page, comparison->interval.low);
        page_table_number(page, comparison->interval.high);
        page_table_number(page, comparison->p);
        page_table_text(page, verdict_text(comparison));
        page_table_row_end(page);
    }
    page_table_end(page);
}

static void family_draw(struct page *page, const struct family *family, const char *baseline)
{
    char heading[REPORT_LABEL_BYTES], sentence[320];
    if (family->count == 0)
        return;
    struct scale scale = scale_of(family);
    double bottom = TOP + ROW_HEIGHT * (double)family->count;
    comparison_line_configuration(family->cells[0], heading, sizeof heading);
    sentence_make(family, baseline, sentence, sizeof sentence);
    page_figure_begin(page, heading, family->is_wine, sentence);
    svg_begin(&page->out, bottom + BOTTOM, heading, sentence);
    axis_draw(page, &scale, bottom);
    for (size_t i = 0; i < family->count; i++)
        row_draw(page, family->cells[i], &family->comparisons[i], &scale,
                 TOP + ROW_HEIGHT * (double)i + 26);
    page_mark_wine(page, family->is_wine);
    svg_end(&page->out);
    table_put(page, family);
    page_figure_end(page);
}

static void draw(struct page *page)
{
    static struct family family;
    struct pairing pairing;
    size_t drawn = 0;
    const struct report *report = page->report;
    const char *baseline = report->has_baseline ? report->runs[0].name : baseline_target(report);
    if (pairs_make(report, &pairing) == 0)
        for (size_t begin = 0, end; begin < pairing.count && drawn < REPORT_PANELS_MAX;
             begin = end, drawn++) {
            for (end = begin;
                 end < pairing.count && pairing.pairs[end].family == pairing.pairs[begin].family;)
                end++;
            family_take(report, pairing.pairs + begin, end - begin, &family);
            family_draw(page, &family, baseline);
        }
    pairing_free(&pairing);
}

const struct chart chart_changes = {
    .name = "changes",
    .question = "What changed, and is it noise?",
    .reading =
        "Each model with itself: its CPU time for a message by that of the baseline, with a 95 % "
        "interval, and what a test tells, as 'iomodels compare' does. Left of 1 it costs less. "
        "Two separate runs also have what drifted on the machine between them in each ratio; "
        "two targets of one run do not.",
    .has_data = has_data,
    .draw = draw,
};
