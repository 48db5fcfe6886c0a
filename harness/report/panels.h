/*
 * panels: which targets and configurations of the runs the page shows, and in which order.
 */
#ifndef IOMODELS_PANELS_H
#define IOMODELS_PANELS_H

#include "report/report.h"

/* Once the trials are gathered. 0, or -1 without memory. */
int panels_make(struct report *report);
/* Once all lines of the rows are read: histograms, intervals, connections. */
void panels_take_lines(struct report *report);
/* Whether the row's cell, of the file at hand, is in a panel. */
bool panels_show(const struct report *report, const struct row *row);

#endif
