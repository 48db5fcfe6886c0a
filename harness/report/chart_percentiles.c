#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/units.h"
#include "report/chart.h"
#include "report/plot.h"

enum {
    POINTS_OF_CURVE = 200, /* of one curve, and of all curves together */
    POINTS_OF_PAGE = 60000,
    TEXT_BYTES = 160
};

/* Samples that have to lie beyond a percentile, here as in every table. */
static const double BEYOND = 10;

/* The percentiles that have a point on their curve and a column in the table. */
static const double marked[] = {50, 90, 99, 99.9, 99.99};
enum { MARKED = sizeof marked / sizeof marked[0] };

/* A model's round trips, of all trials. */
struct curve {
    const struct cell *cell;
    const struct histogram *own;
    const struct histogram *uncorrected; /* NULL: there is none */
    uint64_t slower;                     /* messages without an answer */
    double beyond_most;                  /* 1 / (1 - p) where it ends */
};

static bool curve_take(const struct report *report, const struct panel *panel, size_t index,
                       struct curve *curve)
{
    const struct cell_histogram *found = panel->histograms[index];
    size_t count;
    double slower = 0;
    if (found == NULL)
        return false;
    const char *basis = found->row.latency_basis;
    *curve = (struct curve){.cell = panel->cells[index], .own = cell_histogram_of(found, basis)};
    if (found->row.loop == LOOP_OPEN) {
        const double *values =
            trials_values(&report->trials, curve->cell, TRIAL_UNANSWERED, &count);
        for (size_t i = 0; i < count; i++)
            slower += values[i];
        curve->uncorrected = strcmp(basis, "sent") == 0 ? NULL : cell_histogram_of(found, "sent");
    }
    if (curve->own == NULL || (double)curve->own->total < 2 * BEYOND)
        return false;
    curve->slower = (uint64_t)slower;
    double all = (double)curve->own->total + slower;
    curve->beyond_most = all / (slower + BEYOND);
    return true;
}

static size_t curves_take(const struct report *report, const struct panel *panel,
                          struct curve curves[REPORT_MODELS_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < panel->count; i++)
        count += curve_take(report, panel, i, &curves[count]);
    return count;
}

static bool panel_has_data(const struct report *report, const struct panel *panel)
{
    struct curve curves[REPORT_MODELS_MAX];
    return curves_take(report, panel, curves) > 0;
}

/* In us; NaN where too few samples carry it. */
static double at_percentile(const struct histogram *histogram, uint64_t slower, double percentile)
{
    return row_percentile_us(histogram, slower, percentile);
}

static size_t points_most(const struct report *report)
{
    size_t curves = 0;
    for (size_t i = 0; i < report->panels_shown; i++)
        curves += 2 * report->panels[i].count;
    size_t most = curves == 0 ? POINTS_OF_CURVE : POINTS_OF_PAGE / curves;
    return most < POINTS_OF_CURVE ? most : POINTS_OF_CURVE;
}

/* A value for each place, evenly spaced on the logarithmic axis; the last one is where it ends. */
static void line_draw(struct page *page, const struct plot *plot, const struct curve *curve,
                      const struct histogram *histogram, const char *classes)
{
    size_t most = points_most(page->report);
    bool is_first = true;
    svg_path_begin(&page->out);
    for (size_t i = 0; i < most; i++) {
        /* A hair before the end, so that rounding does not take it beyond. */
        double beyond = pow(curve->beyond_most, (double)i / (double)(most - 1)) * (1 - 1e-9);
        double us = at_percentile(histogram, curve->slower, 100 * (1 - 1 / fmax(beyond, 1)));
        if (!number_is_known(us))
            continue;
        svg_path_to(&page->out, is_first, scale_at(&plot->x, fmax(beyond, 1)),
                    scale_at(&plot->y, fmax(us, plot->y.low)));
        is_first = false;
    }
    svg_path_end(&page->out, classes);
}

static void points_draw(struct page *page, const struct plot *plot, const struct curve *curve,
                        const struct model_style *style)
{
    char tip[2 * TEXT_BYTES], number[64];
    for (size_t i = 0; i < MARKED; i++) {
        double us = at_percentile(curve->own, curve->slower, marked[i]);
        if (!number_is_known(us))
            continue;
        svg_group_begin(&page->out, "");
        markup_value(&page->out, "data-percentile", marked[i]);
        markup_value(&page->out, "data-value", us);
        snprintf(tip, sizeof tip, "%s: %g %% within %s", cell_shown_model(curve->cell), marked[i],
                 plot_text_us(us, number, sizeof number));
        svg_group_tip(&page->out, tip);
        svg_point(&page->out, style, scale_at(&plot->x, 1 / (1 - marked[i] / 100)),
                  scale_at(&plot->y, us));
        svg_group_end(&page->out);
    }
}

/* Where messages had no answer the true curve goes on above all that was measured. */
static void ceiling_draw(struct page *page, const struct plot *plot, const struct curve *curve,
                         double us)
{
    if (curve->slower == 0)
        return;
    double x = scale_at(&plot->x, curve->beyond_most);
    svg_line(&page->out, x, scale_at(&plot->y, us), x, plot->top, "limit");
    svg_line(&page->out, x, plot->top, plot->right, plot->top, "limit");
}

static void curve_draw(struct page *page, const struct panel *panel, struct plot *plot,
                       const struct curve *curve)
{
    char name[TEXT_BYTES], label[2 * TEXT_BYTES], classes[40], dashed[80];
    struct model_style style =
        model_style_of(cell_shown_model(curve->cell), &page->report->strangers);
    double end =
        at_percentile(curve->own, curve->slower, 100 * (1 - 1 / (curve->beyond_most * (1 - 1e-9))));
    report_model_label(panel, curve->cell, name, sizeof name);
    svg_group_begin(&page->out, "");
    markup_put(&page->out, " data-model=\"");
    markup_text(&page->out, cell_shown_model(curve->cell));
    markup_put(&page->out, "\"");
    svg_group_tip(&page->out, name);
    svg_curve_classes(&style, false, classes, sizeof classes);
    if (curve->uncorrected != NULL) {
        snprintf(dashed, sizeof dashed, "%s uncorrected", classes);
        line_draw(page, plot, curve, curve->uncorrected, dashed);
    }
    line_draw(page, plot, curve, curve->own, classes);
    points_draw(page, plot, curve, &style);
    ceiling_draw(page, plot, curve, end);
    svg_group_end(&page->out);
    snprintf(label, sizeof label, "%s%s", name, curve->slower > 0 ? ", unanswered" : "");
    plot_label_add(plot, label, &style, curve->beyond_most, end);
}

static const char *percent_text(double beyond, char *text, size_t size)
{
    char number[64];
    units_format_double(100 * (1 - 1 / beyond), 6, number, sizeof number);
    snprintf(text, size, "%s %%", number);
    return text;
}

static void ranges_take(const struct report *report, const struct curve *curves, size_t count,
                        struct plot_range *x, struct plot_range *y)
{
    (void)report;
    *x = *y = plot_range_none();
    plot_range_add(x, 1);
    for (size_t i = 0; i < count; i++) {
        const struct histogram *both[] = {curves[i].own, curves[i].uncorrected};
        plot_range_add(x, curves[i].beyond_most);
        for (size_t j = 0; j < 2; j++) {
            if (both[j] == NULL || both[j]->total == 0)
                continue;
            plot_range_add(y, fmax(at_percentile(both[j], curves[i].slower, 0), 0.1));
            plot_range_add(y, at_percentile(both[j], curves[i].slower,
                                            100 * (1 - 1 / (curves[i].beyond_most * (1 - 1e-9)))));
        }
    }
}

static void table_put(struct page *page, const struct panel *panel, const struct curve *curves,
                      size_t count)
{
    char heads[MARKED][48], text[TEXT_BYTES];
    const char *names[MARKED + 4] = {"model", "messages", "without an answer", "counted from"};
    for (size_t i = 0; i < MARKED; i++) {
        snprintf(heads[i], sizeof heads[i], "%g %%, \xc2\xb5s", marked[i]);
        names[i + 4] = heads[i];
    }
    page_table_begin(page, names, MARKED + 4);
    for (size_t i = 0; i < count; i++) {
        const struct histogram *both[] = {curves[i].own, curves[i].uncorrected};
        for (size_t j = 0; j < 2 && both[j] != NULL; j++) {
            page_table_row(page, report_model_label(panel, curves[i].cell, text, sizeof text));
            page_table_number(page, (double)both[j]->total);
            page_table_number(page, (double)curves[i].slower);
            page_table_text(page,
                            j == 1 || curves[i].uncorrected == NULL ? "sent" : "meant to be sent");
            for (size_t k = 0; k < MARKED; k++)
                page_table_number(page, at_percentile(both[j], curves[i].slower, marked[k]));
            page_table_row_end(page);
        }
    }
    page_table_end(page);
}

/* Who has the lowest and who the highest 99th percentile, or the median where that is not known. */
static void sentence_make(const struct panel *panel, const struct curve *curves, size_t count,
                          char *text, size_t size)
{
    char low_text[64], high_text[64], low_name[TEXT_BYTES], high_name[TEXT_BYTES];
    double low = INFINITY, high = 0, percentile = 99;
    const struct cell *lowest = NULL, *highest = NULL;
    uint64_t unanswered = 0;
    for (size_t i = 0; i < count; i++)
        if (!number_is_known(at_percentile(curves[i].own, curves[i].slower, percentile)))
            percentile = 50;
    for (size_t i = 0; i < count; i++) {
        double us = at_percentile(curves[i].own, curves[i].slower, percentile);
        unanswered += curves[i].slower;
        if (us < low) {
            low = us;
            lowest = curves[i].cell;
        }
        if (us > high) {
            high = us;
            highest = curves[i].cell;
        }
    }
    text[0] = '\0';
    if (lowest != NULL && lowest == highest)
        snprintf(text, size, "%g %% of %s's messages are back within %s.", percentile,
                 report_model_label(panel, lowest, low_name, sizeof low_name),
                 plot_text_us(low, low_text, sizeof low_text));
    else if (lowest != NULL)
        snprintf(text, size,
                 "%g %% of the messages are back within %s with %s, and within %s with %s.",
                 percentile, plot_text_us(low, low_text, sizeof low_text),
                 report_model_label(panel, lowest, low_name, sizeof low_name),
                 plot_text_us(high, high_text, sizeof high_text),
                 report_model_label(panel, highest, high_name, sizeof high_name));
    size_t used = strlen(text);
    if (unanswered > 0)
        snprintf(text + used, size - used,
                 " %llu messages got no answer: they took longer than all that is drawn.",
                 (unsigned long long)unanswered);
}

static void panel_draw(struct page *page, const struct panel *panel)
{
    struct curve curves[REPORT_MODELS_MAX];
    struct plot_range x, y;
    struct plot plot;
    char sentence[640], title[REPORT_LABEL_BYTES + 40], name[TEXT_BYTES];
    double width = 60;
    bool is_open = false;
    size_t count = curves_take(page->report, panel, curves);
    for (size_t i = 0; i < count; i++) {
        width = fmax(width,
                     svg_text_width(report_model_label(panel, curves[i].cell, name, sizeof name)) +
                         (curves[i].slower > 0 ? 70 : 0));
        is_open |= curves[i].uncorrected != NULL;
    }
    ranges_take(page->report, curves, count, &x, &y);
    plot_init(&plot, &x, true, &y, true, width);
    plot.x.low = 1;
    sentence_make(panel, curves, count, sentence, sizeof sentence);
    page_figure_begin(page, panel->label, panel->is_wine, sentence);
    snprintf(title, sizeof title, "Round trips by percentile, %s", panel->label);
    svg_begin(&page->out, plot_height(&plot), title, sentence);
    plot_axes_draw(&plot, page,
                   is_open ? "full: from when meant to be sent; dotted: from when sent"
                           : "share of the messages",
                   percent_text, "round trip within", plot_text_us);
    for (size_t i = 0; i < count; i++)
        curve_draw(page, panel, &plot, &curves[i]);
    plot_labels_draw(&plot, page);
    page_mark_wine(page, panel->is_wine);
    svg_end(&page->out);
    table_put(page, panel, curves, count);
    page_figure_end(page);
}

const struct chart chart_percentiles = {
    .name = "percentiles",
    .question = "How long does one wait?",
    .reading =
        "Each curve is of all messages of all trials: so large a share of them was back within so "
        "much time. Lower is better, and to the right are the slowest ones. A curve ends where "
        "fewer "
        "than 10 messages lie beyond. Where a message was late to be sent, the dotted curve does "
        "not "
        "count that, and looks better than what a client feels. Curves have at most 200 places.",
    .panel_has_data = panel_has_data,
    .panel_draw = panel_draw,
};
