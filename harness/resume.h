/*
 * resume: going on with a run that stopped: what it was told, and whether it can be gone on with
 * here and now. Its finished rows are read by results_reader and taken by bench.
 */
#ifndef IOMODELS_RESUME_H
#define IOMODELS_RESUME_H

#include <stdbool.h>

#include "csv.h"
#include "results.h"

struct resume {
    const char *folder;     /* the caller's */
    struct csv_table facts; /* its environment.csv */
    char **words;           /* of its own arguments; owned */
    char **argv;            /* these, the seed, and what is given now; owned */
    int argc;
    bool changes;    /* something that is given now changes it: --trials */
    char *arguments; /* for environment.csv: its own and those given now that change it; owned */
};

/*
 * argc, argv: of the `iomodels bench` that goes on. 0, or with a one-line message the exit status:
 * EXIT_USAGE where something is given that can't be changed any more, EXIT_FAILED where that
 * folder holds no such run. Then nothing needs closing.
 */
int resume_open(struct resume *resume, const char *folder, int argc, char **argv, char *message,
                size_t message_size);
void resume_close(struct resume *resume);

/* A fact of its environment.csv; "" where it is not there. */
const char *resume_fact(const struct resume *resume, const char *name);
/* Whether new rows can be compared with the old ones by what would be written to environment.csv
 * now. 0, or -1 with a one-line message. */
int resume_check(const struct resume *resume, const struct results_fact *facts, size_t count,
                 char *message, size_t message_size);
/* Notes in environment.csv that the run goes on now. 0, or -1 with a one-line message. */
int resume_note(const struct resume *resume, struct results *results, char *message,
                size_t message_size);

#endif
