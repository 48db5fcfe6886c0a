/*
 * chart: one question, and what answers it. Each is a file of its own, chart_NAME.c; charts.c lists
 * them in the order in which the page has them.
 */
#ifndef IOMODELS_CHART_H
#define IOMODELS_CHART_H

#include "report/page_parts.h"

struct chart {
    const char *name;     /* of its section: "#cost" leads to it */
    const char *question; /* its heading */
    const char *reading;  /* how it is read, a sentence or some */
    /* Of a chart that has a figure for each panel: whether that has anything to show, and the figure. */
    bool (*panel_has_data)(const struct report *report, const struct panel *panel);
    void (*panel_draw)(struct page *page, const struct panel *panel);
    /* Of any other: the same of the runs as a whole. Else both are NULL. */
    bool (*has_data)(const struct report *report);
    void (*draw)(struct page *page);
};

bool chart_has_data(const struct chart *chart, const struct report *report);
void chart_draw(const struct chart *chart, struct page *page);

extern const struct chart chart_changes;
extern const struct chart chart_cost;
extern const struct chart chart_trials;
extern const struct chart chart_scaling;
extern const struct chart chart_percentiles;
extern const struct chart chart_calls;
extern const struct chart chart_fairness;
extern const struct chart chart_timeline;
extern const struct chart chart_rates;
extern const struct chart chart_tradeoff;
extern const struct chart chart_trace;
extern const struct chart chart_conditions;

extern const struct chart *const charts[]; /* ends with NULL */

#endif
