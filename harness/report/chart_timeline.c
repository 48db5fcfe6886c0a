#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "report/chart.h"
#include "report/plot.h"

enum {
    TOP = 32,
    NAME_HEIGHT = 18,
    STRIP_HEIGHT = 36,
    STRIP_GAP = 8,
    BOTTOM = 30,
    LEFT = 56,
    RIGHT = SVG_WIDTH - 14,
    TEXT_BYTES = 160
};
enum { ROW_HEIGHT = NAME_HEIGHT + 2 * (STRIP_HEIGHT + STRIP_GAP) };

/* What all rows of a panel have in common. */
struct view {
    bool
        is_open; /* how many messages come back is what was asked for: who waits is shown instead */
    bool has_p99; /* else the longest round trips are shown */
    struct scale time, amount, slow;
};

static const struct window_part *part_of(const struct panel *panel, size_t index)
{
    const struct window_part *part = panel->parts[index];
    return part != NULL && part->timeline_count > 0 ? part : NULL;
}

static bool panel_has_data(const struct report *report, const struct panel *panel)
{
    (void)report;
    for (size_t i = 0; i < panel->count; i++)
        if (part_of(panel, i) != NULL)
            return true;
    return false;
}

static double slow_of(const struct view *view, const struct timeline_point *point)
{
    return view->has_p99 ? point->p99_us : point->max_us;
}

static double amount_of(const struct view *view, const struct timeline_point *point)
{
    return view->is_open ? point->outstanding : point->messages_per_s;
}

static const char *slow_name(const struct view *view)
{
    return view->has_p99 ? "99th percentile" : "longest round trip";
}

/* Most intervals have a 99th percentile. */
static bool has_p99(const struct panel *panel)
{
    size_t points = 0, known = 0;
    for (size_t i = 0; i < panel->count; i++) {
        const struct window_part *part = part_of(panel, i);
        for (size_t j = 0; part != NULL && j < part->timeline_count; j++)
            for (size_t k = 0; k < part->timelines[j].count; k++) {
                points += number_is_known(part->timelines[j].points[k].max_us);
                known += number_is_known(part->timelines[j].points[k].p99_us);
            }
    }
    return 2 * known >= points && known > 0;
}

static bool is_open_loop(const struct panel *panel)
{
    return number_is_known(panel->row.target_rate_msgs_per_s) ||
           number_is_known(panel->row.burst_interval_us);
}

static struct view view_of(const struct panel *panel)
{
    struct view view = {.is_open = is_open_loop(panel), .has_p99 = has_p99(panel)};
    struct plot_range amount = plot_range_none(), slow = plot_range_none();
    double end_s = 0;
    for (size_t i = 0; i < panel->count; i++) {
        const struct window_part *part = part_of(panel, i);
        for (size_t j = 0; part != NULL && j < part->timeline_count; j++)
            for (size_t k = 0; k < part->timelines[j].count; k++) {
                const struct timeline_point *point = &part->timelines[j].points[k];
                plot_range_add(&amount, amount_of(&view, point));
                if (slow_of(&view, point) > 0)
                    plot_range_add(&slow, slow_of(&view, point));
                end_s = fmax(end_s, point->end_s);
            }
    }
    if (plot_range_is_empty(&slow))
        slow = (struct plot_range){1, 10};
    /* Their ends are written beside them, so they are values that were measured. */
    view.time = (struct scale){.high = end_s > 0 ? end_s : 1, .from = LEFT, .to = RIGHT};
    view.amount = (struct scale){.high = amount.high > 0 ? amount.high : 1};
    view.slow = (struct scale){
        .low = slow.low, .high = slow.high > slow.low ? slow.high : 2 * slow.low, .is_log = true};
    return view;
}

/* ---- which intervals are printed ---- */

struct worst {
    const struct timeline *timeline;
    const struct timeline_point *point; /* NULL: there is none */
};

static struct worst slowest_of(const struct view *view, const struct window_part *part)
{
    struct worst worst = {NULL, NULL};
    for (size_t i = 0; i < part->timeline_count; i++)
        for (size_t j = 0; j < part->timelines[i].count; j++) {
            const struct timeline_point *point = &part->timelines[i].points[j];
            double slow = slow_of(view, point);
            if (number_is_known(slow) && (worst.point == NULL || slow > slow_of(view, worst.point)))
                worst = (struct worst){&part->timelines[i], point};
        }
    return worst;
}

static struct worst emptiest_of(const struct window_part *part)
{
    struct worst worst = {NULL, NULL};
    for (size_t i = 0; i < part->timeline_count; i++)
        for (size_t j = 0; j < part->timelines[i].count; j++) {
            const struct timeline_point *point = &part->timelines[i].points[j];
            if (worst.point == NULL || point->messages_per_s < worst.point->messages_per_s)
                worst = (struct worst){&part->timelines[i], point};
        }
    return worst;
}

/* Of what is drawn of a cell; NaN: nothing is, or there is no memory. */
static double median_of(const struct view *view, const struct window_part *part,
                        double (*of)(const struct view *, const struct timeline_point *))
{
    size_t count = 0, most = 0;
    for (size_t i = 0; i < part->timeline_count; i++)
        most += part->timelines[i].count;
    double *values = malloc((most + 1) * sizeof *values);
    for (size_t i = 0; values != NULL && i < part->timeline_count; i++)
        for (size_t j = 0; j < part->timelines[i].count; j++) {
            double value = of(view, &part->timelines[i].points[j]);
            if (number_is_known(value))
                values[count++] = value;
        }
    double median = values == NULL ? NAN : statistics_median(values, count);
    free(values);
    return median;
}

static const char *slow_text(double us, char *text, size_t size)
{
    if (us > 1e300)
        snprintf(text, size, "no answer");
    else
        plot_text_us(us, text, size);
    return text;
}

static const char *when_text(const struct worst *worst, char *text, size_t size)
{
    char begin[64], end[64];
    plot_text_us(worst->point->begin_s * 1e6, begin, sizeof begin);
    plot_text_us(worst->point->end_s * 1e6, end, sizeof end);
    snprintf(text, size, "from %s to %s of trial %.0f", begin, end, worst->timeline->trial);
    return text;
}

static void sentence_make(const struct view *view, const struct panel *panel, char *text,
                          size_t size)
{
    char name[TEXT_BYTES], when[TEXT_BYTES], value[64], usual[64];
    const struct window_part *slowest = NULL;
    size_t at = 0;
    for (size_t i = 0; i < panel->count; i++) {
        const struct window_part *part = part_of(panel, i);
        struct worst worst = part == NULL ? (struct worst){NULL, NULL} : slowest_of(view, part);
        if (worst.point == NULL)
            continue;
        if (slowest == NULL ||
            slow_of(view, worst.point) > slow_of(view, slowest_of(view, slowest).point)) {
            slowest = part;
            at = i;
        }
    }
    snprintf(text, size, "No interval has enough messages to tell how slow it was.");
    if (slowest == NULL)
        return;
    struct worst worst = slowest_of(view, slowest);
    double slow = slow_of(view, worst.point);
    report_model_label(panel, panel->cells[at], name, sizeof name);
    when_text(&worst, when, sizeof when);
    slow_text(median_of(view, slowest, slow_of), usual, sizeof usual);
    if (slow > 1e300)
        snprintf(text, size,
                 "%s left messages without an answer that were meant to be sent %s; in half of its "
                 "intervals the %s is at most %s.",
                 name, when, slow_name(view), usual);
    else
        snprintf(text, size,
                 "The slowest interval is one of %s, %s: its %s is %s, and half of that model's "
                 "intervals have at most %s.",
                 name, when, slow_name(view), slow_text(slow, value, sizeof value), usual);
}

/* ---- the drawing ---- */

/* One line of a strip; where a value is not known it has a gap. A single interval is as wide as it is. */
static void line_draw(struct page *page, const struct view *view, const struct timeline *timeline,
                      const struct scale *scale,
                      double (*of)(const struct view *, const struct timeline_point *),
                      const char *classes)
{
    bool is_first = true, alone = timeline->count == 1;
    svg_path_begin(&page->out);
    for (size_t i = 0; i < timeline->count; i++) {
        const struct timeline_point *point = &timeline->points[i];
        double value = of(view, point), middle_s = (point->begin_s + point->end_s) / 2;
        double y = scale_at(scale, fmax(scale->low, fmin(value, scale->high)));
        if (number_is_known(value)) {
            svg_path_to(&page->out, is_first,
                        scale_at(&view->time, alone ? point->begin_s : middle_s), y);
            if (alone)
                svg_path_to(&page->out, false, scale_at(&view->time, point->end_s), y);
        }
        is_first = !number_is_known(value);
    }
    svg_path_end(&page->out, classes);
}

/* The strip's ends, at its left. */
static void strip_frame(struct page *page, const struct scale *scale, double top, double bottom,
                        plot_text *text_of)
{
    char text[64];
    svg_line(&page->out, LEFT, bottom, RIGHT, bottom, "rule");
    svg_line(&page->out, LEFT, top, RIGHT, top, "rule");
    svg_text(&page->out, LEFT - 4, top + 9, SVG_END, "dim",
             text_of(scale->high, text, sizeof text));
    svg_text(&page->out, LEFT - 4, bottom, SVG_END, "dim", text_of(scale->low, text, sizeof text));
}

static void timeline_draw(struct page *page, const struct view *view,
                          const struct timeline *timeline, const struct scale *amount,
                          const struct scale *slow, const struct model_style *style)
{
    char classes[40];
    double slowest = NAN, least = INFINITY, most = 0;
    for (size_t i = 0; i < timeline->count; i++) {
        double value = slow_of(view, &timeline->points[i]);
        slowest = !number_is_known(slowest) || value > slowest ? value : slowest;
        least = fmin(least, timeline->points[i].messages_per_s);
        most = fmax(most, timeline->points[i].outstanding);
    }
    svg_group_begin(&page->out, "");
    markup_value(&page->out, "data-trial", timeline->trial);
    markup_value(&page->out, "data-slowest", slowest);
    markup_value(&page->out, "data-least", least);
    markup_value(&page->out, "data-outstanding", most);
    svg_group_tip(&page->out, "");
    snprintf(classes, sizeof classes, "thin curve c%u", style->colour);
    line_draw(page, view, timeline, amount, amount_of, classes);
    line_draw(page, view, timeline, slow, slow_of, classes);
    svg_group_end(&page->out);
}

static void row_draw(struct page *page, const struct view *view, const struct panel *panel,
                     size_t index, double top)
{
    char text[TEXT_BYTES], value[64];
    const struct cell *cell = panel->cells[index];
    const struct window_part *part = part_of(panel, index);
    struct model_style style = model_style_of(cell_shown_model(cell), &page->report->strangers);
    struct scale amount = view->amount, slow = view->slow;
    amount.to = top + NAME_HEIGHT;
    amount.from = amount.to + STRIP_HEIGHT;
    slow.to = amount.from + STRIP_GAP;
    slow.from = slow.to + STRIP_HEIGHT;
    svg_group_begin(&page->out, "");
    markup_put(&page->out, " data-model=\"");
    markup_text(&page->out, cell_shown_model(cell));
    markup_put(&page->out, "\"");
    svg_group_tip(&page->out, "");
    svg_text(&page->out, 0, top + 12, SVG_START, "name",
             report_model_label(panel, cell, text, sizeof text));
    struct worst worst = slowest_of(view, part);
    if (worst.point != NULL) {
        snprintf(text, sizeof text, "slowest: %s",
                 slow_text(slow_of(view, worst.point), value, sizeof value));
        svg_text(&page->out, SVG_WIDTH, top + 12, SVG_END, "dim", text);
    }
    strip_frame(page, &amount, amount.to, amount.from, plot_text_number);
    strip_frame(page, &slow, slow.to, slow.from, plot_text_us);
    for (size_t i = 0; i < part->timeline_count; i++)
        timeline_draw(page, view, &part->timelines[i], &amount, &slow, &style);
    if (worst.point != NULL)
        svg_point(&page->out, &style,
                  scale_at(&view->time, (worst.point->begin_s + worst.point->end_s) / 2),
                  scale_at(&slow, fmin(slow_of(view, worst.point), slow.high)));
    svg_group_end(&page->out);
}

static void time_axis_draw(struct page *page, const struct view *view, double bottom)
{
    char text[64];
    double ticks[SCALE_TICKS_MAX];
    size_t count = scale_ticks(&view->time, 6, ticks);
    for (size_t i = 0; i < count; i++) {
        double x = scale_at(&view->time, ticks[i]);
        svg_line(&page->out, x, TOP + NAME_HEIGHT, x, bottom, "rule");
        svg_text(&page->out, x, bottom + 13, SVG_MIDDLE, "dim",
                 plot_text_us(ticks[i] * 1e6, text, sizeof text));
    }
    svg_text(&page->out, SVG_WIDTH, bottom + 27, SVG_END, "dim", "time since the window began");
}

static void table_put(struct page *page, const struct view *view, const struct panel *panel)
{
    char heads[2][64], text[TEXT_BYTES], when[TEXT_BYTES];
    snprintf(heads[0], sizeof heads[0], "%s: median, \xc2\xb5s", slow_name(view));
    snprintf(heads[1], sizeof heads[1], "slowest interval, \xc2\xb5s");
    const char *const names[] = {"model", "trials read",       heads[0], heads[1],
                                 "when",  "fewest messages/s", "when"};
    page_table_begin(page, names, sizeof names / sizeof names[0]);
    for (size_t i = 0; i < panel->count; i++) {
        const struct window_part *part = part_of(panel, i);
        if (part == NULL)
            continue;
        struct worst slowest = slowest_of(view, part), emptiest = emptiest_of(part);
        page_table_row(page, report_model_label(panel, panel->cells[i], text, sizeof text));
        page_table_number(page, (double)part->timelines_read);
        page_table_number(page, median_of(view, part, slow_of));
        page_table_number(page, slowest.point == NULL ? NAN : slow_of(view, slowest.point));
        page_table_text(page, slowest.point == NULL ? "" : when_text(&slowest, when, sizeof when));
        page_table_number(page, emptiest.point == NULL ? NAN : emptiest.point->messages_per_s);
        page_table_text(page,
                        emptiest.point == NULL ? "" : when_text(&emptiest, when, sizeof when));
        page_table_row_end(page);
    }
    page_table_end(page);
}

static bool is_capped(const struct panel *panel)
{
    bool capped = false;
    for (size_t i = 0; i < panel->count; i++)
        capped |=
            part_of(panel, i) != NULL && part_of(panel, i)->timelines_read > TIMELINES_OF_CELL;
    return capped;
}

static void panel_draw(struct page *page, const struct panel *panel)
{
    char sentence[640], title[REPORT_LABEL_BYTES + 40], legend[TEXT_BYTES];
    struct view view = view_of(panel);
    size_t rows = 0;
    for (size_t i = 0; i < panel->count; i++)
        rows += part_of(panel, i) != NULL;
    double bottom = TOP + ROW_HEIGHT * (double)rows;
    sentence_make(&view, panel, sentence, sizeof sentence);
    page_figure_begin(page, panel->label, panel->is_wine, sentence);
    snprintf(title, sizeof title, "Each window over time, %s", panel->label);
    svg_begin(&page->out, bottom + BOTTOM, title, sentence);
    snprintf(legend, sizeof legend, "above: %s; below: %s, logarithmic",
             view.is_open ? "messages that wait" : "messages/s", slow_name(&view));
    svg_text(&page->out, 0, 22, SVG_START, "dim", legend);
    time_axis_draw(page, &view, bottom);
    for (size_t i = 0, at = 0; i < panel->count; i++)
        if (part_of(panel, i) != NULL)
            row_draw(page, &view, panel, i, TOP + ROW_HEIGHT * (double)at++);
    page_mark_wine(page, panel->is_wine);
    svg_end(&page->out);
    if (is_capped(panel))
        markup_put(&page->out,
                   "<p class=\"note\">Of each model the %d trials with the slowest messages are "
                   "drawn.</p>\n",
                   TIMELINES_OF_CELL);
    table_put(page, &view, panel);
    page_figure_end(page);
}

const struct chart chart_timeline = {
    .name = "timeline",
    .question = "When did what happen?",
    .reading =
        "A line is a trial, from its window's begin to its end; the mark is the model's slowest "
        "interval. In a closed loop a stall is a gap below, and above a fall to 0: nothing comes "
        "back meanwhile. In an open loop messages belong to when they were meant to be sent, so "
        "the ones that a stall held up are slow where it began. A line has at most 200 places: "
        "where there are more intervals, neighbours are taken together, and their slowest is "
        "drawn.",
    .panel_has_data = panel_has_data,
    .panel_draw = panel_draw,
};
