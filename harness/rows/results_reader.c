#include "rows/results_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/failure.h"
#include "base/files.h"
#include "base/units.h"
#include "rows/foreign.h"
#include "rows/results.h"

enum { BLOCK_BYTES = 1 << 16 };

static int fail(struct failure *failure, const char *folder, const char *name, const char *cause)
{
    failure_set(failure, "%s/%s: %s", folder, name, cause);
    return -1;
}

static FILE *file_open(const char *folder, const char *name, struct failure *failure)
{
    char path[RESULTS_PATH_BYTES + 40];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = strlen(folder) < RESULTS_PATH_BYTES ? files_open_read(path) : NULL;
    if (file == NULL)
        fail(failure, folder, name, strerror(errno));
    return file;
}

/* All of a file, to free(); NULL with errno. */
static char *read_all(FILE *file, size_t *size)
{
    char *text = NULL;
    size_t length = 0, capacity = 0, count;
    do {
        if (capacity - length < BLOCK_BYTES) {
            capacity = 2 * capacity + BLOCK_BYTES;
            char *larger = realloc(text, capacity);
            if (larger == NULL) {
                free(text);
                return NULL;
            }
            text = larger;
        }
        count = fread(text + length, 1, BLOCK_BYTES, file);
        length += count;
    } while (count > 0);
    *size = length;
    return text;
}

int results_read_table(const char *folder, const char *name, struct csv_table *table,
                       struct failure *failure)
{
    struct failure cause = {""};
    size_t size = 0;
    FILE *file = file_open(folder, name, failure);
    if (file == NULL)
        return -1;
    char *text = read_all(file, &size);
    bool failed = text == NULL || ferror(file) != 0;
    int error = 0;
    if (failed)
        error = fail(failure, folder, name, strerror(errno));
    else if (csv_parse(table, text, size, true, &cause) != 0)
        error = fail(failure, folder, name, cause.text);
    fclose(file);
    free(text);
    return error;
}

static int rows_read(struct results_reader *reader, struct failure *failure)
{
    static const char name[] = "runs.csv";
    struct csv_table table;
    struct failure cause = {""};
    const char *column = NULL;
    if (results_read_table(reader->folder, name, &table, failure) != 0)
        return -1;
    int error = 0;
    reader->count = table.rows > 0 ? table.rows - 1 : 0;
    reader->runs_bytes = table.bytes;
    reader->foreign = row_has_columns(&table) ? NULL : name;
    reader->rows = calloc(reader->count + 1, sizeof *reader->rows);
    if (reader->rows == NULL)
        error = fail(failure, reader->folder, name, "out of memory");
    if (error == 0 && csv_column(&table, "run_id") < 0)
        error = fail(failure, reader->folder, name, "it has no column run_id");
    for (size_t row = 1; row < table.rows && error == 0; row++)
        if (!row_read(&reader->rows[row - 1], &table, row, &column)) {
            const char *text = csv_field(&table, row, csv_column(&table, column));
            failure_set(&cause, "row %zu: %s: %s", row, column, foreign_number_fault(text));
            error = fail(failure, reader->folder, name, cause.text);
        }
    csv_table_free(&table);
    return error;
}

static const char histogram_name[] = "histogram.csv";

/* Its next line, if there is one. */
static int line_next(struct results_reader *reader, struct failure *failure)
{
    enum csv_result result = csv_reader_next(&reader->csv);
    reader->has_line = result == CSV_ROW;
    if (result == CSV_BAD)
        return fail(failure, reader->folder, histogram_name, reader->csv.failure.text);
    return 0;
}

static int histograms_open(struct results_reader *reader, struct failure *failure)
{
    char cause[80];
    reader->file = file_open(reader->folder, histogram_name, failure);
    if (reader->file == NULL)
        return -1;
    if (csv_reader_open(&reader->csv, reader->file) != 0)
        return fail(failure, reader->folder, histogram_name, reader->csv.failure.text);
    if (line_next(reader, failure) != 0)
        return -1;
    for (size_t i = 0; i < HISTOGRAM_LINE_COLUMNS; i++) {
        reader->columns[i] =
            reader->has_line ? csv_reader_column(&reader->csv, histogram_line_name(i)) : -1;
        if (reader->columns[i] != (int)i)
            reader->foreign = histogram_name;
        if (reader->columns[i] >= 0)
            continue;
        snprintf(cause, sizeof cause, "it has no column %s", histogram_line_name(i));
        return fail(failure, reader->folder, histogram_name, cause);
    }
    if (reader->csv.columns != HISTOGRAM_LINE_COLUMNS)
        reader->foreign = histogram_name;
    return line_next(reader, failure);
}

int results_reader_open(struct results_reader *reader, const char *folder, struct failure *failure)
{
    *reader = (struct results_reader){.folder = folder};
    if (rows_read(reader, failure) == 0 && histograms_open(reader, failure) == 0)
        return 0;
    results_reader_close(reader);
    return -1;
}

void results_reader_close(struct results_reader *reader)
{
    if (reader->file != NULL) {
        csv_reader_close(&reader->csv);
        fclose(reader->file);
    }
    free(reader->rows);
    *reader = (struct results_reader){.folder = NULL};
}

static const char *field(const struct results_reader *reader, enum histogram_line_column column)
{
    return reader->csv.fields[reader->columns[column]];
}

/* Whether the line in hand is one of the row's. */
static bool line_is_of(const struct results_reader *reader, const struct row *row)
{
    return reader->has_line && histogram_line_is_of(&reader->csv, reader->columns, row);
}

/* "64", and what other programs make of it: "1e+05", "64.0". */
static bool count_read(const char *text, uint64_t *count)
{
    static const double most = 9007199254740992; /* up to which a double keeps each whole number */
    double number;
    if (units_parse_count(text, 0, UINT64_MAX, count))
        return true;
    if (!units_parse_double(text, &number) || number < 0 || number > most)
        return false;
    *count = (uint64_t)number;
    return (double)*count == number;
}

static int line_add(const struct results_reader *reader, struct histogram *into,
                    struct failure *failure)
{
    uint64_t low, high, count;
    char cause[80];
    if (count_read(field(reader, HISTOGRAM_LINE_LOW), &low) &&
        count_read(field(reader, HISTOGRAM_LINE_HIGH), &high) &&
        count_read(field(reader, HISTOGRAM_LINE_COUNT), &count) &&
        histogram_add_bucket(into, low, high, count))
        return 0;
    snprintf(cause, sizeof cause, "line %zu is no bucket of these histograms",
             reader->csv.row_line);
    return fail(failure, reader->folder, histogram_name, cause);
}

int results_reader_histogram(struct results_reader *reader, const struct row *row, char *basis,
                             size_t basis_size, struct histogram *into, struct failure *failure)
{
    bool is_first = reader->row != row;
    while (is_first && reader->has_line && !line_is_of(reader, row))
        if (line_next(reader, failure) != 0)
            return -1;
    reader->row = row;
    if (!line_is_of(reader, row))
        return 0;
    snprintf(basis, basis_size, "%s", field(reader, HISTOGRAM_LINE_BASIS));
    do {
        if (line_add(reader, into, failure) != 0 || line_next(reader, failure) != 0)
            return -1;
    } while (line_is_of(reader, row) && strcmp(field(reader, HISTOGRAM_LINE_BASIS), basis) == 0);
    return 1;
}

uint64_t results_reader_histogram_bytes(const struct results_reader *reader)
{
    return csv_reader_offset(&reader->csv);
}
