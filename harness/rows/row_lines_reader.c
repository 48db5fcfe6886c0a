#include "rows/row_lines_reader.h"

#include <math.h>
#include <string.h>

#include "base/units.h"

int row_lines_reader_fail(const struct row_lines_reader *reader, struct failure *failure,
                          const char *cause)
{
    return failure_set(failure, "%s/%s: %s", reader->folder, row_file_name(reader->kind), cause);
}

int row_lines_reader_next(struct row_lines_reader *reader, struct failure *failure)
{
    enum csv_result result = csv_reader_next(&reader->csv);
    reader->has_line = result == CSV_ROW;
    return result == CSV_BAD ? row_lines_reader_fail(reader, failure, reader->csv.failure.text) : 0;
}

int row_lines_reader_open(struct row_lines_reader *reader, enum row_file kind, const char *folder,
                          FILE *file, struct failure *failure)
{
    char cause[80];
    *reader = (struct row_lines_reader){.kind = kind, .folder = folder, .file = file};
    if (csv_reader_open(&reader->csv, file) != 0)
        return row_lines_reader_fail(reader, failure, reader->csv.failure.text);
    if (row_lines_reader_next(reader, failure) != 0)
        return -1;
    int place = 0;
    for (size_t i = 0; i < row_file_columns(kind); i++) {
        const char *name = row_file_column(kind, i);
        reader->columns[i] = reader->has_line ? csv_reader_column(&reader->csv, name) : -1;
        if (reader->columns[i] < 0 && row_line_is_optional(i))
            continue;
        reader->is_foreign |= reader->columns[i] != place++;
        if (reader->columns[i] >= 0)
            continue;
        snprintf(cause, sizeof cause, "it has no column %s", name);
        return row_lines_reader_fail(reader, failure, cause);
    }
    reader->is_foreign |= reader->csv.columns != (size_t)place;
    return row_lines_reader_next(reader, failure);
}

void row_lines_reader_close(struct row_lines_reader *reader)
{
    if (reader->file == NULL)
        return;
    csv_reader_close(&reader->csv);
    fclose(reader->file);
    reader->file = NULL;
}

bool row_lines_reader_has(const struct row_lines_reader *reader, const struct row *row)
{
    return reader->has_line && row_line_is_of(&reader->csv, reader->columns, row);
}

int row_lines_reader_seek(struct row_lines_reader *reader, const struct row *row,
                          struct failure *failure)
{
    while (reader->has_line && !row_lines_reader_has(reader, row))
        if (row_lines_reader_next(reader, failure) != 0)
            return -1;
    return 0;
}

const char *row_lines_reader_field(const struct row_lines_reader *reader, size_t column)
{
    return reader->csv.fields[reader->columns[column]];
}

int row_lines_reader_figures(const struct row_lines_reader *reader, double *figures,
                             struct failure *failure)
{
    char cause[120];
    for (size_t i = ROW_LINE_KEYS + 1; i < row_file_columns(reader->kind); i++) {
        const char *text = row_lines_reader_field(reader, i);
        double *figure = figures++;
        *figure = NAN;
        if (text[0] == '\0' ||
            (units_parse_double(text, figure) && *figure >= 0 && *figure <= COLUMN_MOST))
            continue;
        snprintf(cause, sizeof cause, "line %zu: %s: %.30s is not a number from 0 to 2^53",
                 reader->csv.row_line, row_file_column(reader->kind, i), text);
        return row_lines_reader_fail(reader, failure, cause);
    }
    return 0;
}

/* The line in hand, as one of another row. */
static void line_copy(const struct row_lines_reader *reader, struct csv_writer *to,
                      const struct row *as)
{
    row_line_begin(to, as, NULL);
    for (size_t i = ROW_LINE_KEYS; i < row_file_columns(reader->kind); i++)
        csv_write_text(to, row_lines_reader_field(reader, i));
    csv_end_row(to);
}

int row_lines_reader_take(struct row_lines_reader *reader, const struct row *row,
                          struct csv_writer *to, const struct row *as, struct failure *failure)
{
    double figures[ROW_LINE_COLUMNS_MAX], messages = 0;
    char cause[160], text[ROW_NUMBER_BYTES];
    if (row_lines_reader_seek(reader, row, failure) != 0)
        return -1;
    while (row_lines_reader_has(reader, row)) {
        if (row_lines_reader_figures(reader, figures, failure) != 0)
            return -1;
        messages += figures[row_file_messages(reader->kind)];
        if (to != NULL)
            line_copy(reader, to, as);
        if (row_lines_reader_next(reader, failure) != 0)
            return -1;
    }
    if (messages == row->messages)
        return 0;
    snprintf(cause, sizeof cause,
             "it has %.0f messages of a row that has %.24s (%.40s %.40s, trial %.0f)", messages,
             units_format_double(row->messages, 17, text, sizeof text), row->target, row->model,
             row->trial);
    return row_lines_reader_fail(reader, failure, cause);
}

uint64_t row_lines_reader_bytes(const struct row_lines_reader *reader)
{
    return csv_reader_offset(&reader->csv);
}
