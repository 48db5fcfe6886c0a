/*
 * ranking: the models of one target and workload by one figure, each compared with the one whose
 * median is the best: by the rule that `compare` has. The page and `compare` share it.
 */
#ifndef IOMODELS_RANKING_H
#define IOMODELS_RANKING_H

#include "rows/cells.h"
#include "stats/comparison.h"

enum { RANKING_MAX = 64, RANKING_NAME_BYTES = 80 };

struct ranked {
    char name[RANKING_NAME_BYTES];
    const struct cell *cell;
    double median;
    struct comparison comparison; /* with the best; the best one has only its trials there */
};

/* All zero is empty; set more_is_better before the first is added. */
struct ranking {
    struct ranked entries[RANKING_MAX]; /* the best median first */
    size_t count;
    bool more_is_better;
};

/* Adds one with its trials, none NaN, which stay the caller's. Without trials it is left out. */
void ranking_add(struct ranking *ranking, const struct cell *cell, const char *name,
                 const double *trials, size_t count);
/* Once, after the last one. */
void ranking_judge(struct ranking *ranking);

/* How a ranking is put into words. */
struct ranking_words {
    const char *best;   /* "cheapest" */
    const char *amount; /* the best median with its unit: "5.21 us for a message" */
    const char *times;  /* the sign behind a ratio */
    /* Models that differ from the best are named one by one if they are no more than that. */
    size_t most;
};

/*
 * What it says, without a full stop: "epoll and poll are cheapest (no difference shown), 5.21 us;
 * select 1.21x [1.15, 1.30], blocking 1.48x [1.42, 1.53]". Returns text; "" where it is empty.
 */
const char *ranking_sentence(const struct ranking *ranking, const struct ranking_words *words,
                             char *text, size_t size);
/* "1.48x [1.42, 1.53]", "no difference shown", "too few trials": of one that is not the best. */
const char *ranking_verdict_text(const struct ranked *ranked, const char *times, char *text,
                                 size_t size);

#endif
