/*
 * environment: what the figures of a run depend on, as the facts of environment.csv.
 */
#ifndef IOMODELS_ENVIRONMENT_H
#define IOMODELS_ENVIRONMENT_H

#include "run/bench.h"

#define ENVIRONMENT_FACTS_MAX 24

struct environment {
    struct results_fact facts[ENVIRONMENT_FACTS_MAX];
    size_t count;
    /* The texts of some of them. */
    char generator[16], seed[24], system[160], cpu_model[96], cpu_count[24], governor[32],
        targets[2048];
    char *contestants;
};

/*
 * The facts of a run that begins now; arguments: those of `iomodels bench`, as a command line. 0,
 * or -1 with a failure. The texts that are given have to stay.
 */
int environment_gather(struct environment *environment, const struct bench *bench,
                       const char *suite, const char *arguments, struct failure *failure);
void environment_free(struct environment *environment);

#endif
