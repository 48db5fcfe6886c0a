/*
 * tracked_figures: what `compare` found, for services that follow figures from one commit to the next:
 * the median of each cell and the ratio of each pair, under names that stay the same. As the array that
 * github-action-benchmark reads, or in Bencher's metric format.
 */
#ifndef IOMODELS_TRACKED_FIGURES_H
#define IOMODELS_TRACKED_FIGURES_H

#include <stdio.h>

#include "report/comparison_line.h"
#include "report/pairing.h"

enum tracked_format { TRACKED_GITHUB, TRACKED_BENCHER };

struct tracked_figures {
    FILE *file; /* the caller's, open in binary mode */
    enum tracked_format format;
    enum pairing_by
        by; /* two runs: only figures of the second one, whose names the first has too */
    /* The rest is its own. */
    struct tracked_figure *figures; /* of this family */
    size_t count;
    size_t capacity;
    size_t printed;
};

void tracked_figures_begin(struct tracked_figures *tracked);
/* The lines of one metric in a family of pairs: 0, or -1 without memory. */
int tracked_figures_add(struct tracked_figures *tracked, const struct column *metric,
                        const struct comparison_line *lines, size_t count);
/* A family of pairs is over. */
void tracked_figures_end_family(struct tracked_figures *tracked);
/* Frees everything. */
void tracked_figures_end(struct tracked_figures *tracked);

#endif
