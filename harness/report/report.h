/*
 * report: the runs that the page shows, as they were read: their trials, histograms, environment, and
 * what was left out of them; and the panels, one for each target and configuration.
 */
#ifndef IOMODELS_REPORT_H
#define IOMODELS_REPORT_H

#include "base/lists.h"
#include "report/trials.h"
#include "report/window_parts.h"
#include "rows/cell_histograms.h"
#include "rows/csv_table.h"
#include "rows/results.h"
#include "rows/warnings.h"

enum {
    REPORT_RUNS_MAX = 8,
    REPORT_REASONS_MAX = 100,
    /* More would make the page too large to be looked at. */
    REPORT_PANELS_MAX = 24,
    REPORT_MODELS_MAX = 32,
    REPORT_LABEL_BYTES = 720
};

/* Rows that have no figures, and why. */
struct report_reason {
    struct row row; /* the first one */
    char models[400];
    size_t rows;
};

struct report_run {
    const char *name; /* as it was given; the caller's */
    char folder[RESULTS_PATH_BYTES];
    char run_id[40];
    char tool_version[16];
    size_t rows;
    size_t ok;
    size_t cut_line;
    size_t warned[WARNINGS];       /* rows with each warning */
    struct report_reason *reasons; /* owned; each once */
    size_t reason_count;
    struct csv_table environment; /* without rows where there is none */
    struct csv_table search;      /* rate_search.csv, as well */
    struct text_list targets;     /* of its rows, in the order of target_order */
};

/* One target in one configuration. */
struct panel {
    size_t run;
    const char *target;
    size_t target_place; /* among the run's */
    size_t configuration;
    bool is_wine;
    struct row row;                              /* its target and factors */
    const struct cell *cells[REPORT_MODELS_MAX]; /* with trials, in their order */
    /* Of each of them: its round trips, NULL where they were not read. */
    const struct cell_histogram *histograms[REPORT_MODELS_MAX];
    const struct window_part *parts[REPORT_MODELS_MAX]; /* as well */
    size_t count;
    char label[REPORT_LABEL_BYTES]; /* "native: pingpong 64 B x 63" */
};

struct report {
    struct report_run runs[REPORT_RUNS_MAX + 1];
    size_t run_count;
    bool has_baseline; /* it is the first of the runs, and has no panels */
    struct csv_table
        trace; /* what `trace --format csv` printed; without rows where none was given */
    struct trials trials;
    struct cell_histograms histograms; /* of the panels */
    struct window_parts parts;         /* as well */
    struct panel *panels;              /* owned; run by run, targets as they were given */
    size_t panel_count;
    struct text_list strangers; /* model_style.h; their texts are the cells' */
    size_t panels_shown;        /* the first ones: those that charts of single panels show */
};

void report_close(struct report *report);

/* What the headings of a run's cards end with: ", 2026-11-24T06-08-39Z", or "" where it is the only run. */
const char *report_run_ending(const struct report *report, size_t run, char *text, size_t size);
/* The workload alone where that tells the panels of a target apart, else all that does. */
const char *report_workload_label(const struct report *report, const struct panel *panel,
                                  char *text, size_t size);
/* "select", with the run's number of server threads where one model has several. */
const char *report_model_label(const struct panel *panel, const struct cell *cell, char *text,
                               size_t size);
/* A fact of a run's environment.csv; "" where it has none. */
const char *report_fact(const struct report_run *run, const char *name);

#endif
