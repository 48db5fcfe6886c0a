/*
 * bench_options: the options of `iomodels bench`, and its help.
 */
#ifndef IOMODELS_BENCH_OPTIONS_H
#define IOMODELS_BENCH_OPTIONS_H

#include "run/bench_request.h"

/* As options_take. The texts point into argv. */
bool bench_options_take(struct bench_request *request, int argc, char **argv, int *status);
#endif
