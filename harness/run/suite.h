/*
 * suite: named lists of workloads with their trials and times.
 */
#ifndef IOMODELS_SUITE_H
#define IOMODELS_SUITE_H

#include "load/workload.h"
#include "rows/row.h"

#define SUITE_WORKLOADS_MAX ROW_CONFIGURATIONS_MAX

/* Connections of a workload: as many as this machine allows. */
#define SUITE_CONNECTIONS_MOST 0

/* With its kind's defaults for all else. */
struct suite_workload {
    const struct workload_kind *kind;
    unsigned connections;
    uint64_t work_cpu_ns;
    uint64_t work_wait_ns;
    /* 0: the suite's. More than 2 are left out where they are more than half of the processors. */
    unsigned threads;
};

struct suite {
    const char *name;
    const char *summary;
    uint64_t trials;
    uint64_t warmup_ns;
    uint64_t duration_ns;
    bool lessons;       /* of the lessons and of what they change, not of the models */
    const char *models; /* only these, "a,b"; NULL: all models */
    const char *added;  /* lessons that are measured beside the models, "a,b"; NULL: none */
    unsigned threads;   /* by default; 0: each model's own choice */
    size_t count;
    struct suite_workload workloads[8];
};

extern const struct suite suites[]; /* ends with a NULL name; the first is the default */
/* By name, without regard to case, or NULL. */
const struct suite *suite_find(const char *name);
/* The names of all: "quick, smoke". Returns text. */
const char *suite_names(char *text, size_t size);

#endif
