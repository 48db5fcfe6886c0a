/*
 * comparison_table: what `compare` found, for a person, for a page in Markdown, or as CSV.
 */
#ifndef IOMODELS_COMPARISON_TABLE_H
#define IOMODELS_COMPARISON_TABLE_H

#include "report/pairing.h"
#include "rows/csv_writer.h"
#include "stats/comparison.h"

enum comparison_format { COMPARISON_TEXT, COMPARISON_MARKDOWN, COMPARISON_CSV };

struct comparison_table {
    FILE *file; /* the caller's; binary for CSV */
    enum comparison_format format;
    enum pairing_by by;
    const char *old_run; /* of PAIRING_RUNS: what the first file is called */
    /* The rest is its own. */
    struct csv_writer csv;
    bool any_wine, any_client, any_few, any_starved, any_ratio, any_disagreeing;
    bool begun;
    const struct cell *heading; /* not printed yet */
};

/* One pair of cells. */
struct comparison_line {
    const struct cell *baseline;
    const struct cell *contestant;
    const struct comparison *comparison;
    bool starved; /* no verdict, since a side's figures are of some clients only */
};

/* "pingpong 64 B x 16, placement split" into text; returns text. */
const char *comparison_table_configuration(const struct cell *cell, char *text, size_t size);
void comparison_table_begin(struct comparison_table *table);
/* A family of pairs, one of whose cells this is; then its metrics, each with what was judged
 * together. */
void comparison_table_heading(struct comparison_table *table, const struct cell *cell);
void comparison_table_metric(struct comparison_table *table, const struct column *metric,
                             const struct comparison_line *lines, size_t count);
/* A line for the reader below the figures; nothing in CSV. */
void comparison_table_note(struct comparison_table *table, const char *text);
/* Explains the marks that were used. */
void comparison_table_end(struct comparison_table *table);

#endif
