#include "report/plot.h"

#include <math.h>
#include <stdlib.h>

#include "base/units.h"

enum {
    TOP = 30,
    HEIGHT = 230,
    LEFT = 58,
    BOTTOM_ROOM = 36,
    LABEL_GAP = 13,
    LEADER = 14,
    TICK_GAP = 10
};

struct plot_range plot_range_none(void)
{
    return (struct plot_range){INFINITY, -INFINITY};
}

void plot_range_add(struct plot_range *range, double value)
{
    if (!number_is_known(value) || fabs(value) > 1e300)
        return;
    range->low = fmin(range->low, value);
    range->high = fmax(range->high, value);
}

bool plot_range_is_empty(const struct plot_range *range)
{
    return range->low > range->high;
}

static struct scale scale_of(const struct plot_range *range, bool is_log, double from, double to)
{
    return is_log ? scale_log(range->low, range->high, from, to)
                  : scale_from_zero(range->high, from, to);
}

void plot_init(struct plot *plot, const struct plot_range *x, bool x_is_log,
               const struct plot_range *y, bool y_is_log, double label_width)
{
    double most = SVG_WIDTH * 0.42;
    label_width = label_width > most ? most : label_width;
    plot->top = TOP;
    plot->bottom = TOP + HEIGHT;
    plot->left = LEFT;
    plot->right = SVG_WIDTH - label_width - LEADER;
    plot->label_count = 0;
    plot->x = scale_of(x, x_is_log, plot->left, plot->right);
    plot->y = scale_of(y, y_is_log, plot->bottom, plot->top);
}

double plot_height(const struct plot *plot)
{
    return plot->bottom + BOTTOM_ROOM;
}

static bool ticks_fit(const struct scale *scale, const double *ticks, size_t count,
                      plot_text *to_text)
{
    char text[64];
    double end = -INFINITY;
    for (size_t i = 0; i < count; i++) {
        double half = svg_text_width(to_text(ticks[i], text, sizeof text)) / 2;
        double middle = scale_at(scale, ticks[i]);
        if (middle - half < end + TICK_GAP)
            return false;
        end = middle + half;
    }
    return true;
}

/* As many as have room for their texts beside each other. */
static size_t ticks_beside(const struct scale *scale, plot_text *to_text,
                           double ticks[SCALE_TICKS_MAX])
{
    size_t most = 6, count = scale_ticks(scale, most, ticks);
    while (most > 2 && !ticks_fit(scale, ticks, count, to_text))
        count = scale_ticks(scale, --most, ticks);
    return count;
}

void plot_axes_draw(const struct plot *plot, struct page *page, const char *x_title,
                    plot_text *x_text, const char *y_title, plot_text *y_text)
{
    double ticks[SCALE_TICKS_MAX];
    char text[64];
    struct markup *out = &page->out;
    size_t count = ticks_beside(&plot->x, x_text, ticks);
    for (size_t i = 0; i < count; i++) {
        double x = scale_at(&plot->x, ticks[i]);
        svg_line(out, x, plot->top, x, plot->bottom, "rule");
        svg_text(out, x, plot->bottom + 14, SVG_MIDDLE, "dim", x_text(ticks[i], text, sizeof text));
    }
    count = y_text == plot_text_bytes ? scale_ticks_bytes(&plot->y, 7, ticks)
                                      : scale_ticks(&plot->y, 7, ticks);
    for (size_t i = 0; i < count; i++) {
        double y = scale_at(&plot->y, ticks[i]);
        svg_line(out, plot->left, y, plot->right, y, "rule");
        svg_text(out, plot->left - 5, y + 4, SVG_END, "dim", y_text(ticks[i], text, sizeof text));
    }
    svg_line(out, plot->left, plot->bottom, plot->right, plot->bottom, "axis");
    svg_line(out, plot->left, plot->top, plot->left, plot->bottom, "axis");
    svg_text(out, plot->right, plot->bottom + 29, SVG_END, "dim", x_title);
    svg_text(out, 0, 22, SVG_START, "dim", y_title);
}

void plot_label_add(struct plot *plot, const char *text, const struct model_style *style, double x,
                    double y)
{
    if (plot->label_count == PLOT_LABELS_MAX)
        return;
    struct plot_label *label = &plot->labels[plot->label_count];
    label->order = plot->label_count++;
    snprintf(label->text, sizeof label->text, "%s", text);
    label->x = scale_at(&plot->x, x);
    label->y = scale_at(&plot->y, y);
    label->colour = style->colour;
}

static int label_compare(const void *left, const void *right)
{
    const struct plot_label *a = left, *b = right;
    if (a->y != b->y)
        return a->y < b->y ? -1 : 1;
    return a->order < b->order ? -1 : 1; /* qsort alone does not keep the order of equal ones */
}

void plot_labels_draw(struct plot *plot, struct page *page)
{
    double places[PLOT_LABELS_MAX];
    qsort(plot->labels, plot->label_count, sizeof plot->labels[0], label_compare);
    for (size_t i = 0; i < plot->label_count; i++)
        places[i] = plot->labels[i].y;
    scale_spread(places, plot->label_count, LABEL_GAP, plot->top, plot->bottom);
    for (size_t i = 0; i < plot->label_count; i++) {
        const struct plot_label *label = &plot->labels[i];
        char classes[32];
        snprintf(classes, sizeof classes, "curve leader c%u", label->colour);
        svg_line(&page->out, label->x, label->y, plot->right + LEADER - 4, places[i], classes);
        svg_text(&page->out, plot->right + LEADER - 2, places[i] + 4, SVG_START, "", label->text);
    }
}

const char *plot_text_number(double value, char *text, size_t size)
{
    return units_format_si(value, text, size);
}

const char *plot_text_us(double value, char *text, size_t size)
{
    static const char *const units[] = {" ns", " \xc2\xb5s", " ms", " s"};
    char number[48];
    size_t unit = 1;
    if (value < 1 && value > 0) {
        value *= 1000;
        unit = 0;
    }
    for (; value >= 999.5 && unit < 3; value /= 1000)
        unit++;
    units_format_double(value, 3, number, sizeof number);
    snprintf(text, size, "%s%s", number, value == 0 ? "" : units[unit]);
    return text;
}

const char *plot_text_bytes(double value, char *text, size_t size)
{
    return units_format_size((uint64_t)(value + 0.5), text, size);
}
