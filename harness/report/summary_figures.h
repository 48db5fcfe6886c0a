/*
 * summary_figures: the figures that the summary shows, the one to compare first at the top; where
 * there is little room on the terminal the last ones go first.
 */
#ifndef IOMODELS_SUMMARY_FIGURES_H
#define IOMODELS_SUMMARY_FIGURES_H

#include "rows/row.h"

enum { SUMMARY_FIGURES = 10 };

struct summary_figure {
    const char *title;
    double (*of)(const struct row *row,
                 enum column_id column); /* NaN where the workload fixes it, or has it not */
    enum column_id column;
    bool higher_is_better;
    bool in_thousands;     /* shown as 12.7k; else with three digits */
    bool is_after_sending; /* without the time that a message waited in the client */
    bool is_latency;       /* of those that got an answer */
    bool of_client;        /* says little of the server where the client was the limit */
};

extern const struct summary_figure summary_figures[SUMMARY_FIGURES];

/* A value that is finite, as the table shows it. Returns text. */
const char *summary_figure_text(const struct summary_figure *figure, double value, char *text,
                                size_t size);

#endif
