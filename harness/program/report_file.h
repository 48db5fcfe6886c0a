/*
 * report_file: makes the page of some runs, for `report` and for `bench --report`.
 */
#ifndef IOMODELS_REPORT_FILE_H
#define IOMODELS_REPORT_FILE_H

#include "base/failure.h"
#include "rows/results.h"

enum { REPORT_PATH_BYTES = RESULTS_PATH_BYTES + 16 };

/*
 * runs, baseline: as report_open takes them. trace: as report_trace_read takes it; NULL: none.
 * out: the page's path; NULL: report.html in the first run's folder. An older page there is replaced,
 * any other file is kept, and that is a failure. path: where it went. 0, or the exit status, with a
 * failure.
 */
int report_file_make(const char *const *runs, size_t count, const char *baseline, const char *trace,
                     const char *out, char path[REPORT_PATH_BYTES], struct failure *failure);

#endif
