/*
 * page: one HTML file with everything in it, to be looked at without a network and without scripts. It
 * has a section for each chart whose data the runs have; chart.h says what a chart is.
 */
#ifndef IOMODELS_PAGE_H
#define IOMODELS_PAGE_H

#include <stdbool.h>
#include <stdio.h>

#include "report/report.h"

/* Writes the page of these runs into a file that is open in binary mode. 0, or errno. */
int page_write(const struct report *report, FILE *file);
/* Whether a file that is open in binary mode, at its start, begins as page_write begins one. */
bool page_is_begun(FILE *file);

#endif
