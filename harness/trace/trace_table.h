/*
 * trace_table: traces of one script for people to read, model beside model, aligned at the client's
 * steps; and as CSV, one row for each call. Pure: from traces to text.
 */
#ifndef IOMODELS_TRACE_TABLE_H
#define IOMODELS_TRACE_TABLE_H

#include <stdio.h>

#include "rows/csv_writer.h"
#include "trace/trace.h"

/* width: columns to fill; more models than fit continue below. */
void trace_table_print(FILE *file, const struct trace_script *script, const struct trace *traces,
                       size_t count, unsigned width);

/* The columns are in results/README.md. 0, or -1 once a write has failed. */
int trace_table_write_csv(struct csv_writer *writer, const struct trace_script *script,
                          const struct trace *traces, size_t count);

#endif
