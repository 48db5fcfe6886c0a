/*
 * svg: the shapes that charts are made of, written one after the other. Places are in the drawing's
 * units, x to the right and y downwards.
 */
#ifndef IOMODELS_SVG_H
#define IOMODELS_SVG_H

#include "report/markup.h"
#include "report/model_style.h"

/* The width of every drawing: on a page that is 400 pixels wide its text keeps its size. */
enum { SVG_WIDTH = 400, SVG_TEXT_HEIGHT = 13 };

enum svg_anchor { SVG_START, SVG_MIDDLE, SVG_END };

/* Begins a drawing, which its title and its description tell those who can't see it. */
void svg_begin(struct markup *markup, double height, const char *title, const char *description);
void svg_end(struct markup *markup);
/* classes: of the page's style sheet, or "". */
void svg_text(struct markup *markup, double x, double y, enum svg_anchor anchor,
              const char *classes, const char *text);
void svg_line(struct markup *markup, double x1, double y1, double x2, double y2,
              const char *classes);
void svg_box(struct markup *markup, double x, double y, double width, double height,
             const char *classes);

/* The tip of what comes next until svg_group_end. values: attributes by markup_value go between. */
void svg_group_begin(struct markup *markup, const char *classes);
void svg_group_tip(struct markup *markup, const char *tip);
void svg_group_end(struct markup *markup);

/* A point of a model's. */
void svg_point(struct markup *markup, const struct model_style *style, double x, double y);

/* A line through many places: the same number of them by svg_path_to. */
void svg_path_begin(struct markup *markup);
void svg_path_to(struct markup *markup, bool is_first, double x, double y);
/* A dot of its own, in a path whose class draws round ends. */
void svg_path_dot(struct markup *markup, double x, double y);
void svg_path_end(struct markup *markup, const char *classes);
/* The classes of a model's line into text; returns text. */
const char *svg_curve_classes(const struct model_style *style, bool with_dash, char *text,
                              size_t size);

/* About how wide a text is, so that places can be chosen; no font is known here. */
double svg_text_width(const char *text);

#endif
