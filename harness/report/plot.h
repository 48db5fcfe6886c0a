/*
 * plot: a drawing with two axes and lines or points of models in it, each with its name beside it.
 */
#ifndef IOMODELS_PLOT_H
#define IOMODELS_PLOT_H

#include "report/page_parts.h"
#include "report/scale.h"
#include "report/svg.h"

enum { PLOT_LABELS_MAX = 2 * REPORT_MODELS_MAX, PLOT_LABEL_BYTES = 96 };

/* How an axis' values are written into text; returns text. */
typedef const char *plot_text(double value, char *text, size_t size);

struct plot {
    struct scale x;
    struct scale y;
    double top, bottom, left, right;
    /* The rest is its own: names that wait for their places. */
    struct plot_label {
        char text[PLOT_LABEL_BYTES];
        double x, y;
        unsigned colour;
        size_t order; /* as they were added */
    } labels[PLOT_LABELS_MAX];
    size_t label_count;
};

/* Values that a plot has to hold. */
struct plot_range {
    double low, high;
};
struct plot_range plot_range_none(void);
void plot_range_add(struct plot_range *range, double value); /* unless it is not finite */
bool plot_range_is_empty(const struct plot_range *range);

/* A plot with room for names of that width at its right. Logarithmic axes take values above 0. */
void plot_init(struct plot *plot, const struct plot_range *x, bool x_is_log,
               const struct plot_range *y, bool y_is_log, double label_width);
double plot_height(const struct plot *plot);
void plot_axes_draw(const struct plot *plot, struct page *page, const char *x_title,
                    plot_text *x_text, const char *y_title, plot_text *y_text);
/* A name for what ends at that value; drawn by plot_labels_draw, where names do not overlap. */
void plot_label_add(struct plot *plot, const char *text, const struct model_style *style, double x,
                    double y);
void plot_labels_draw(struct plot *plot, struct page *page);

/* Texts of axes. */
const char *plot_text_number(double value, char *text, size_t size); /* "20k" */
const char *plot_text_us(double value, char *text, size_t size);     /* "20 us", "1 ms" */
const char *plot_text_bytes(double value, char *text, size_t size);

#endif
