/*
 * record_groups: the measured rows of a run as its tables show them: by target, configuration and
 * model.
 */
#ifndef IOMODELS_RECORD_GROUPS_H
#define IOMODELS_RECORD_GROUPS_H

#include <stdio.h>

#include "record.h"
#include "suite.h"

enum { RECORD_GROUPS_LINES_MAX = SUITE_WORKLOADS_MAX, RECORD_GROUPS_MODELS_MAX = 64 };

/* Set records and count, the rest to 0. */
struct record_groups {
    const struct record *records; /* the caller's */
    size_t count;
    const char *target;                                    /* the one at hand */
    const struct record *lines[RECORD_GROUPS_LINES_MAX];   /* one of each configuration */
    const struct record *models[RECORD_GROUPS_MODELS_MAX]; /* one of each model, by the registry */
    size_t line_count;
    size_t model_count;
};

/* The next target, by name, of which a row has the status ok; false where there is none left. */
bool record_groups_next(struct record_groups *groups);
/* Its name, and what it runs on. */
void record_groups_print_heading(const struct record_groups *groups, FILE *file);
/* True: the row is one of the target's, of that configuration and model. */
bool record_groups_has(const struct record_groups *groups, const struct record *line,
                       const char *model, const struct record *record);
/* The measured values of these rows; how many. values has room for all rows. */
size_t record_groups_values(const struct record_groups *groups, const struct record *line,
                            const char *model, double (*of)(const struct record *record),
                            double *values);
/* The width of a column, at least `least`, in which each model's name and `around` have room. */
int record_groups_column(const struct record_groups *groups, int least, int around);
/* How many such columns fit behind a label, at least 1. */
size_t record_groups_columns_fit(unsigned width, unsigned label, int column);

#endif
