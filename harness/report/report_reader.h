/*
 * report_reader: reads the runs that a page shows, row by row, so that their size does not matter.
 */
#ifndef IOMODELS_REPORT_READER_H
#define IOMODELS_REPORT_READER_H

#include "base/failure.h"
#include "report/report.h"

/*
 * names: run folders, or their runs.csv; those of the caller. baseline: another one, or NULL. 0, or -1
 * with a failure; to be closed in either case.
 */
int report_open(struct report *report, const char *const *names, size_t count, const char *baseline,
                struct failure *failure);
/* Once it is open: the file that `trace --format csv` printed. 0, or -1 with a failure. */
int report_trace_read(struct report *report, const char *path, struct failure *failure);

#endif
