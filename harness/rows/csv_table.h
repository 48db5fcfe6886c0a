/*
 * csv_table: a whole CSV file in memory, by the rules of csv_reader.
 */
#ifndef IOMODELS_CSV_TABLE_H
#define IOMODELS_CSV_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/failure.h"

/* A whole file in memory: row 0 is the header. */
struct csv_table {
    char *text;    /* owned; fields point into it */
    char **fields; /* rows × columns, owned */
    size_t rows;   /* with the header */
    size_t columns;
    size_t bytes; /* of these rows in what was parsed: a line that was cut off lies behind them */
};
/*
 * Parses size bytes of text (copied). 0, or -1 with a failure that names the line and the cause. A last
 * line that was cut off in the middle (a killed writer) is an error unless `tolerate_cut`, when it is
 * left out; a line without its LF counts as cut off.
 */
int csv_parse(struct csv_table *table, const char *text, size_t size, bool tolerate_cut,
              struct failure *failure);
void csv_table_free(struct csv_table *table);
/* The column's index by its name in the header, or -1. */
int csv_column(const struct csv_table *table, const char *name);
/* row from 1 for data; "" for a column of -1. */
const char *csv_field(const struct csv_table *table, size_t row, int column);

#endif
