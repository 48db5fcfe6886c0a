/*
 * compare_options: the options of `iomodels compare`, and its help.
 */
#ifndef IOMODELS_COMPARE_OPTIONS_H
#define IOMODELS_COMPARE_OPTIONS_H

#include <stdbool.h>

#include "base/lists.h"

struct compare_options {
    struct text_list runs;
    const char *by;
    const char *baseline;
    struct text_list metrics;
    struct text_list models;
    struct text_list targets;
    const char *format;
    const char *fail_if;
};

/* As options_take, also where what was given does not go together. */
bool compare_options_take(struct compare_options *given, int argc, char **argv, int *status);

#endif
