#include "rows/csv_table.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "rows/csv_reader.h"

/* *capacity: rows that table->fields has room for. */
static bool append_row(struct csv_table *table, const struct csv_reader *reader, size_t *capacity)
{
    size_t row_bytes = reader->columns * sizeof *table->fields;
    char **grown = array_grow(table->fields, row_bytes, table->rows, capacity);
    if (grown == NULL)
        return false;
    table->fields = grown;
    table->columns = reader->columns;
    memcpy(table->fields + table->rows * table->columns, reader->fields, row_bytes);
    table->rows++;
    return true;
}

/* 0, or -1 with a failure. */
static int read_rows(struct csv_table *table, struct csv_reader *reader, bool tolerate_cut,
                     struct failure *failure)
{
    size_t capacity = 0;
    enum csv_result result;
    while ((result = csv_reader_next(reader)) == CSV_ROW)
        if (!append_row(table, reader, &capacity))
            return failure_set(failure, "line %zu: out of memory", reader->row_line);
    if (result == CSV_BAD)
        return failure_set(failure, "%s", reader->failure.text);
    if (result == CSV_CUT && !tolerate_cut)
        return failure_set(failure, "line %zu: the last line is cut off", reader->row_line);
    return table->rows > 0 ? 0 : failure_set(failure, "line 1: no header");
}

int csv_parse(struct csv_table *table, const char *text, size_t size, bool tolerate_cut,
              struct failure *failure)
{
    struct csv_reader reader;
    *table = (struct csv_table){.text = size < SIZE_MAX ? malloc(size + 1) : NULL};
    if (table->text == NULL)
        return failure_set(failure, "line 1: out of memory");
    if (size > 0)
        memcpy(table->text, text, size);
    csv_reader_open_text(&reader, table->text, size);
    int error = read_rows(table, &reader, tolerate_cut, failure);
    table->bytes = (size_t)csv_reader_offset(&reader);
    csv_reader_close(&reader);
    if (error != 0)
        csv_table_free(table);
    return error;
}

void csv_table_free(struct csv_table *table)
{
    free(table->text);
    free(table->fields);
    *table = (struct csv_table){0};
}

int csv_column(const struct csv_table *table, const char *name)
{
    for (size_t i = 0; i < table->columns; i++)
        if (strcmp(table->fields[i], name) == 0)
            return (int)i;
    return -1;
}

const char *csv_field(const struct csv_table *table, size_t row, int column)
{
    if (column < 0 || (size_t)column >= table->columns || row >= table->rows)
        return "";
    return table->fields[row * table->columns + (size_t)column];
}
