#include "report/svg.h"

#include "base/utf8.h"

enum { PLACE_DECIMALS = 1 };

static void attribute(struct markup *markup, const char *name, double value)
{
    markup_put(markup, " %s=\"", name);
    markup_number(markup, value, PLACE_DECIMALS);
    markup_put(markup, "\"");
}

static void classes_put(struct markup *markup, const char *classes)
{
    if (classes[0] != '\0')
        markup_put(markup, " class=\"%s\"", classes);
}

void svg_begin(struct markup *markup, double height, const char *title, const char *description)
{
    markup_put(markup, "<svg role=\"img\" viewBox=\"0 0 %d ", SVG_WIDTH);
    markup_number(markup, height, 0);
    markup_put(markup, "\"><title>");
    markup_text(markup, title);
    markup_put(markup, "</title><desc>");
    markup_text(markup, description);
    markup_put(markup, "</desc>\n");
}

void svg_end(struct markup *markup)
{
    markup_put(markup, "</svg>\n");
}

void svg_text(struct markup *markup, double x, double y, enum svg_anchor anchor,
              const char *classes, const char *text)
{
    static const char *const anchors[] = {"", "mid", "end"};
    markup_put(markup, "<text");
    attribute(markup, "x", x);
    attribute(markup, "y", y);
    if (anchors[anchor][0] != '\0' || classes[0] != '\0')
        markup_put(markup, " class=\"%s%s%s\"", anchors[anchor],
                   anchors[anchor][0] != '\0' && classes[0] != '\0' ? " " : "", classes);
    markup_put(markup, ">");
    markup_text(markup, text);
    markup_put(markup, "</text>\n");
}

void svg_line(struct markup *markup, double x1, double y1, double x2, double y2,
              const char *classes)
{
    svg_path_begin(markup);
    svg_path_to(markup, true, x1, y1);
    svg_path_to(markup, false, x2, y2);
    svg_path_end(markup, classes);
}

void svg_box(struct markup *markup, double x, double y, double width, double height,
             const char *classes)
{
    markup_put(markup, "<rect");
    attribute(markup, "x", x);
    attribute(markup, "y", y);
    attribute(markup, "width", width > 0 ? width : 0);
    attribute(markup, "height", height);
    classes_put(markup, classes);
    markup_put(markup, "/>");
}

void svg_group_begin(struct markup *markup, const char *classes)
{
    markup_put(markup, "<g");
    classes_put(markup, classes);
}

void svg_group_tip(struct markup *markup, const char *tip)
{
    markup_put(markup, ">");
    if (tip[0] != '\0')
        markup_element(markup, "title", tip);
}

void svg_group_end(struct markup *markup)
{
    markup_put(markup, "</g>\n");
}

/* Around their middle; all about as large. */
static const char *const shapes[MODEL_SHAPES] = {
    "m-4.2 0a4.2 4.2 0 1 0 8.4 0a4.2 4.2 0 1 0 -8.4 0z",
    "m-3.8 -3.8h7.6v7.6h-7.6z",
    "m0 -5.4l5.4 5.4l-5.4 5.4l-5.4 -5.4z",
    "m0 -5l5 8.6h-10z",
    "m0 5l-5 -8.6h10z",
    "m-1.7 -5h3.4v3.3h3.3v3.4h-3.3v3.3h-3.4v-3.3h-3.3v-3.4h3.3z",
    ("m0 -2.4l2.6 -2.6l2.4 2.4l-2.6 2.6l2.6 2.6l-2.4 2.4l-2.6 -2.6l-2.6 2.6l-2.4 -2.4l"
     "2.6 -2.6l-2.6 -2.6l2.4 -2.4z"),
    "m-2.6 -4.5h5.2l2.6 4.5l-2.6 4.5h-5.2l-2.6 -4.5z",
    ("m0 -5.6l1.4 3.7l3.9 .2l-3 2.4l1 3.8l-3.3 -2.1l-3.3 2.1l1 -3.8l-3 -2.4l3.9 -.2z"),
};

void svg_point(struct markup *markup, const struct model_style *style, double x, double y)
{
    markup_put(markup, "<path class=\"point c%u%s\" d=\"M", style->colour,
               style->is_lesson ? " hollow" : "");
    markup_number(markup, x, PLACE_DECIMALS);
    markup_put(markup, " ");
    markup_number(markup, y, PLACE_DECIMALS);
    markup_put(markup, "%s\"/>", shapes[style->shape]);
}

void svg_path_begin(struct markup *markup)
{
    markup_put(markup, "<path d=\"");
}

void svg_path_to(struct markup *markup, bool is_first, double x, double y)
{
    markup_put(markup, is_first ? "M" : "L");
    markup_number(markup, x, PLACE_DECIMALS);
    markup_put(markup, " ");
    markup_number(markup, y, PLACE_DECIMALS);
}

void svg_path_dot(struct markup *markup, double x, double y)
{
    svg_path_to(markup, true, x, y);
    markup_put(markup, "h0");
}

void svg_path_end(struct markup *markup, const char *classes)
{
    markup_put(markup, "\"");
    classes_put(markup, classes);
    markup_put(markup, "/>\n");
}

const char *svg_curve_classes(const struct model_style *style, bool with_dash, char *text,
                              size_t size)
{
    int length = snprintf(text, size, "curve c%u", style->colour);
    if (with_dash && style->dash > 0 && length > 0 && (size_t)length < size)
        snprintf(text + length, size - (size_t)length, " d%u", style->dash);
    return text;
}

double svg_text_width(const char *text)
{
    static const double narrow = 6.6, wide = 13;
    double width = 0;
    while (*text != '\0') {
        size_t length = utf8_length(text);
        width += length > 2 ? wide : narrow;
        text += length > 0 ? length : 1;
    }
    return width;
}
