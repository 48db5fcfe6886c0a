/*
 * row: writes and reads a row of runs.csv, compares two rows by what they measured, and sets a
 * row's percentiles from a histogram. columns.h lists what a row has.
 */
#ifndef IOMODELS_ROW_H
#define IOMODELS_ROW_H

#include <stdbool.h>

#include "rows/columns.h"
#include "rows/csv_table.h"
#include "stats/histogram.h"

#define ROW_SCHEMA_VERSION 3

/* Configurations that a run has at most. */
#define ROW_CONFIGURATIONS_MAX 512

/* Room for the text of any number of a row. */
#define ROW_NUMBER_BYTES 360

/* Every text empty, every number not measured. */
void row_clear(struct row *row);
double row_number(const struct row *row, enum column_id column);
/* The text of a column that is no number; it points into the row or is static. */
const char *row_word(const struct row *row, enum column_id column);
/*
 * Rounds its numbers to what the file will hold, so that all decisions use the same numbers. What is
 * outside of its column's range is not measured.
 */
void row_round(struct row *row);
/* Adds a word to the warnings, once; by warning_add. */
void row_warn(struct row *row, const char *warning);
/* Whether words, separated by ";", have that one. */
bool row_text_has(const char *words, const char *warning);

/* The header and the rows of runs.csv. 0, or -1 once a write has failed (writer->error). */
int row_write_header(struct csv_writer *runs);
/*
 * True if the rows have only columns that row_write writes, in its order. An older version of
 * the program had fewer of them.
 */
bool row_has_columns(const struct csv_table *runs);
int row_write(struct csv_writer *runs, const struct row *row);
/* Writes a row with the columns of `header`, those of an older version, say. */
int row_write_as(struct csv_writer *runs, const struct row *row, const struct csv_table *header);

/*
 * Reads a row of such a table by the columns' names. Columns that the table lacks stay empty,
 * unknown ones are passed over. 0, or -1 with a failure, by column_fault.
 */
int row_read(struct row *row, const struct csv_table *runs, size_t line, struct failure *failure);

/* Fills in what rows of an older schema lack but is known. row_read calls it. */
void row_complete(struct row *row);

/*
 * Writes the key of a row's cell, which no other cell has: the texts of target, model and the
 * factors, each with its final 0. Returns its bytes.
 */
#define ROW_KEY_BYTES 6144
size_t row_cell_key(const struct row *row, char key[ROW_KEY_BYTES]);

/* True: the rows are trials of one cell, so target, model and all factors are equal. */
bool row_same_cell(const struct row *a, const struct row *b);
/* True: all factors are equal; target and model may differ. */
bool row_same_configuration(const struct row *a, const struct row *b);
/* "pingpong 64 B x 250", "rate 10k/s 64 B x 32" into text; returns text. */
const char *row_workload_text(const struct row *row, char *text, size_t size);
/* The same as the head of a column: "pingpong", "64 B x 250" and the work, with \n between them. */
const char *row_workload_head(const struct row *row, char *text, size_t size);

/*
 * How many messages of an open loop were not answered: their round trips are longer than all that
 * were measured. 0 of a closed loop, and where a file does not tell.
 */
uint64_t row_slower(const struct row *row);
/*
 * The percentile, in us, of the samples and `slower` more that are larger than all of them. NaN
 * where it lies among those, or too few samples carry it.
 */
double row_percentile_us(const struct histogram *samples, uint64_t slower, double percentile);
/*
 * Sets the columns of the round trips. slower: how many more there were of unknown length, longer
 * than all of these. A percentile that too few samples carry stays empty.
 */
void row_set_round_trips(struct row *row, const struct histogram *rtt, uint64_t slower);
/* The same for the columns of the uncorrected round trips. */
void row_set_uncorrected(struct row *row, const struct histogram *rtt, uint64_t slower);
/* The same for the columns of the connects. */
void row_set_connects(struct row *row, const struct histogram *connects);

#endif
