/*
 * resume: continues a run that stopped: which arguments it had, and if it can be continued here and
 * now. results_reader reads its finished rows, bench takes them over.
 */
#ifndef IOMODELS_RESUME_H
#define IOMODELS_RESUME_H

#include <stdbool.h>

#include "base/failure.h"
#include "rows/csv_table.h"
#include "rows/results.h"

struct resume {
    char folder[RESULTS_PATH_BYTES];
    struct csv_table facts; /* its environment.csv */
    char **words;           /* of its own arguments; owned */
    char **argv;            /* these, the seed, and what is given now; owned */
    int argc;
    bool changes;    /* something that is given now changes it: --trials */
    char *arguments; /* for environment.csv: its own and those given now that change it; owned */
};

/*
 * path: the run's folder or its runs.csv. argc, argv: of the `iomodels bench` that goes on. 0, or
 * with a failure the exit status: EXIT_USAGE where something is given that can't be changed any
 * more, EXIT_FAILED where that folder holds no such run. Then nothing needs closing.
 */
int resume_open(struct resume *resume, const char *path, int argc, char **argv,
                struct failure *failure);
void resume_close(struct resume *resume);

/* A fact of its environment.csv; "" where it is not there. */
const char *resume_fact(const struct resume *resume, const char *name);
/* 0: new rows would be comparable with the old ones, by the facts of environment.csv, then and now. Else
 * -1 with a failure. */
int resume_check(const struct resume *resume, const struct results_fact *facts, size_t count,
                 struct failure *failure);
/* Notes in environment.csv that the run goes on now. 0, or -1 with a failure. */
int resume_note(const struct resume *resume, struct results *results, struct failure *failure);

#endif
