/*
 * pairing: which cells are compared: pairs, in families that are judged together. And the gaps:
 * cells that the baseline has measured and the contestant has not.
 */
#ifndef IOMODELS_PAIRING_H
#define IOMODELS_PAIRING_H

#include "base/lists.h"
#include "rows/cells.h"

enum pairing_by {
    PAIRING_MODELS, /* in one target and configuration, as they are shown (rows/external_cells.h) */
    PAIRING_TARGETS, /* of one model; a family is a configuration */
    PAIRING_RUNS     /* the second file with the first one, of one model, target and number of
                        server threads; a family is a configuration */
};

struct pairing_rules {
    enum pairing_by by;
    /*
     * The model or the target that the others are compared with; nothing to PAIRING_RUNS. NULL, for
     * models only: a lesson with the model that it changes, all others with the first one in the
     * registry's order that was measured there.
     */
    const char *baseline;
    const struct text_list *models; /* only these, lists as text_list_names takes; none: all */
    const struct text_list *targets;
    const struct text_list *order; /* of the targets, as target_order makes it */
};

struct pair {
    size_t baseline; /* cells, by their numbers */
    size_t contestant;
    size_t family; /* ascending, from 0 */
    /* Rows that failed on each side, also those that ended before their server told its threads. */
    size_t baseline_failed;
    size_t contestant_failed;
};

#define PAIRING_NONE SIZE_MAX

/* A baseline that has trials, while the contestant has none that could be compared with them. */
struct pairing_gap {
    size_t baseline;
    size_t other_threads; /* the contestant's cell with another server_threads, or PAIRING_NONE */
    const char *model;    /* the contestant's; they point into the cells or into the rules */
    const char *target;
    size_t failed; /* its rows; all are 0 where it has none at all */
    size_t skipped;
    size_t incomplete;
};

struct pairing {
    struct pair *pairs; /* owned */
    size_t count;
    size_t alone;             /* cells that have nothing to be compared with */
    struct pairing_gap *gaps; /* owned */
    size_t gap_count;
};

/*
 * 0, or -1 without memory. Only cells that have trials are paired. A contestant is missed where its
 * baseline has trials: the second file; each target that takes part; each model that has trials
 * anywhere on that target, has failed there, or was named in the rules.
 */
int pairing_make(struct pairing *pairing, const struct cells *cells,
                 const struct pairing_rules *rules);
/* Whether the rules let the cell take part. */
bool pairing_wants(const struct pairing_rules *rules, const struct cell *cell);
void pairing_free(struct pairing *pairing);

#endif
