/*
 * pairing: which cells are compared with which: pairs, in families that are judged together.
 */
#ifndef IOMODELS_PAIRING_H
#define IOMODELS_PAIRING_H

#include "options.h"
#include "trials.h"

enum pairing_by {
    PAIRING_MODELS,  /* in one target and configuration */
    PAIRING_TARGETS, /* of one model; a family is a configuration */
    PAIRING_RUNS     /* the second file with the first one, of one model and target; likewise */
};

struct pairing_rules {
    enum pairing_by by;
    /*
     * The model or the target that the others are compared with; nothing to PAIRING_RUNS. NULL, for
     * models only: a lesson with the model that it changes, all others with the first one in the
     * registry's order that was measured there.
     */
    const char *baseline;
    const struct option_texts *models; /* only these, lists as options_names takes; none: all */
    const struct option_texts *targets;
};

struct pair {
    size_t baseline; /* cells of the trials */
    size_t contestant;
    size_t family; /* ascending, from 0 */
};

struct pairing {
    struct pair *pairs; /* owned */
    size_t count;
    size_t alone;   /* cells that have nothing to be compared with */
    size_t *broken; /* cells whose every row failed, while their baseline has trials; owned */
    size_t broken_count;
};

/* 0, or -1 without memory. Only cells that have trials are paired. */
int pairing_make(struct pairing *pairing, const struct trials *trials,
                 const struct pairing_rules *rules);
/* Whether the rules let the cell take part. */
bool pairing_wants(const struct pairing_rules *rules, const struct trials_cell *cell);
void pairing_free(struct pairing *pairing);

#endif
