/*
 * compare_rules: what `iomodels compare` compares with what: two runs, the models of one, or its
 * targets, and which of them is the baseline.
 */
#ifndef IOMODELS_COMPARE_RULES_H
#define IOMODELS_COMPARE_RULES_H

#include "program/compare_options.h"
#include "report/pairing.h"

enum { COMPARE_NAME_BYTES = 64 };

struct compare_rules {
    struct pairing_rules pairing; /* points to the options, the cells and to order */
    struct text_list order;
};

/* Once the rows are there; it puts external servers beside our models. 0, or after a message the exit status. */
int compare_rules_choose(struct compare_rules *chosen, const struct compare_options *given,
                         struct cells *cells);

#endif
