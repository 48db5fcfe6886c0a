/*
 * explain: what one message cost each model, model beside model, and in a sentence each. Pure: from
 * rows to text. The sentences follow from the figures alone, never from a model's name.
 */
#ifndef IOMODELS_EXPLAIN_H
#define IOMODELS_EXPLAIN_H

#include <stdio.h>

#include "base/lists.h"
#include "rows/row.h"

/* For one message, but for the two by wait. */
enum explain_figure {
    EXPLAIN_WAITS,
    EXPLAIN_SCANNED, /* entries handed to the waits */
    EXPLAIN_SET_BYTES,
    EXPLAIN_RECEIVES,
    EXPLAIN_SENDS,
    EXPLAIN_OTHERS,  /* all other calls */
    EXPLAIN_NOTHING, /* receives and sends that found nothing to do */
    EXPLAIN_SWITCHES,
    EXPLAIN_CPU_US,
    EXPLAIN_POSTED, /* those of the receives and sends that an other call posted */
    EXPLAIN_SCANNED_PER_WAIT,
    EXPLAIN_EVENTS_PER_WAIT,
    EXPLAIN_FIGURES
};

/* Of one row; NaN where it was not measured. */
double explain_figure_of(const struct row *row, enum explain_figure figure);
/*
 * Of the figures, by enum explain_figure; the waits, receives and sends are measured. others: the names
 * of the other calls, "" where they are not known.
 */
const char *explain_sentence(const double figures[EXPLAIN_FIGURES], const char *others, char *text,
                             size_t size);
/*
 * For each target and configuration of the rows with the status ok: a table of the medians over the
 * trials, then a sentence for each model. Models whose server does not tell its counters are left
 * out, and a line says so. targets: as table_grid_open. width: columns to fill; where more are needed, a
 * line says what was left out.
 */
void explain_print(FILE *file, const struct row *rows, size_t count,
                   const struct text_list *targets, unsigned width);

#endif
