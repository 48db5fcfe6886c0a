/*
 * comparison_table: what `compare` found, for a person, for a page in Markdown, or for programs.
 */
#ifndef IOMODELS_COMPARISON_TABLE_H
#define IOMODELS_COMPARISON_TABLE_H

#include "report/comparison_line.h"
#include "report/pairing.h"
#include "report/text_table.h"
#include "report/tracked_figures.h"
#include "rows/csv_writer.h"

enum comparison_format {
    COMPARISON_TEXT,
    COMPARISON_MARKDOWN,
    COMPARISON_CSV,
    COMPARISON_JSON,
    /* github-action-benchmark takes metrics of one direction: where less is better, or where more is. */
    COMPARISON_GITHUB_SMALLER,
    COMPARISON_GITHUB_BIGGER,
    COMPARISON_BENCHER
};

struct comparison_table {
    FILE *file; /* the caller's; binary where the format is for programs */
    enum comparison_format format;
    enum pairing_by by;
    const char *old_run; /* of PAIRING_RUNS: what the first file is called */
    unsigned width;      /* of text: columns to fill */
    /* The rest is its own. */
    struct csv_writer csv;
    struct json_rows json;
    struct tracked_figures tracked;
    bool any_wine, any_client, any_few, any_starved, any_ratio, any_disagreeing, any_unclear;
    bool begun;
    const struct cell *heading; /* not printed yet */
    struct text_table_told told;
};

bool comparison_format_is_for_programs(enum comparison_format format);
void comparison_table_begin(struct comparison_table *table);
/* A family of pairs, one of whose cells this is; then its metrics, each with what was judged
 * together: 0, or -1 without memory. */
void comparison_table_heading(struct comparison_table *table, const struct cell *cell);
int comparison_table_metric(struct comparison_table *table, const struct column *metric,
                            const struct comparison_line *lines, size_t count);
/* Some text for the reader below the figures, as a paragraph or, in text, as a further line of it;
 * nothing where it is for programs. */
void comparison_table_note(struct comparison_table *table, const char *text, bool new_paragraph);
/* Explains the marks that were used, or ends the document. Once, also after a failure. */
void comparison_table_end(struct comparison_table *table);

#endif
