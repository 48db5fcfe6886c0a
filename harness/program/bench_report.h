/*
 * bench_report: what `iomodels bench` says to who watches: what it is going to do, and what came of it.
 */
#ifndef IOMODELS_BENCH_REPORT_H
#define IOMODELS_BENCH_REPORT_H

#include "run/bench.h"
#include "run/search.h"

/* On standard error, before the first run: the models that were asked for and that no target can run. */
void bench_report_skipped(const struct plan *plan, const struct text_list *wanted);
/* On standard error, before the first run. finished: runs that need not be done any more. */
void bench_report_plan(const struct plan *plan, const struct run_settings *settings,
                       size_t finished);
void bench_report_search(const struct search *search, const struct plan *plan,
                         const struct run_settings *settings);
/* Whether no row is new in a run that was gone on with. */
bool bench_report_has_nothing_new(const struct bench *bench);
/* The tables of all rows, on standard output. search: NULL, or what was searched. */
void bench_report_results(const struct bench *bench, const struct bench_request *given,
                          const struct search *search);
/* The same as JSON: what summary.csv has. 0, or -1 where it could not be written. */
int bench_report_json(const struct bench *bench);
/* Says which limits of --require are kept. Returns how many are not, or -1 without memory. */
int bench_report_requirements(const struct bench *bench, const struct bench_request *given);
/* The page of a run whose files are closed, for --report. 0, or -1 after a message. */
int bench_report_page(const struct bench *bench, const struct bench_request *given);

#endif
