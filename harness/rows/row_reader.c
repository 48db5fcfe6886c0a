#include "rows/row_reader.h"

int row_reader_check_header(const struct csv_reader *csv, struct failure *failure)
{
    static const enum column_id needed[] = {COLUMN_status, COLUMN_target, COLUMN_model,
                                            COLUMN_workload, COLUMN_connections};
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++)
        if (csv_reader_column(csv, row_columns[needed[i]].name) < 0)
            return failure_set(failure, "line 1: no column %s; is this a runs.csv?",
                               row_columns[needed[i]].name);
    return 0;
}

static int places_find(struct row_reader *reader, struct failure *failure)
{
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        reader->places[i] = csv_reader_column(&reader->csv, row_columns[i].name);
    return row_reader_check_header(&reader->csv, failure);
}

int row_reader_open(struct row_reader *reader, FILE *file, struct failure *failure)
{
    reader->cut_line = 0;
    if (csv_reader_open(&reader->csv, file) != 0)
        return failure_set(failure, "%s", reader->csv.failure.text);
    switch (csv_reader_next(&reader->csv)) {
    case CSV_ROW:
        return places_find(reader, failure);
    case CSV_BAD:
        return failure_set(failure, "%s", reader->csv.failure.text);
    case CSV_END:
    case CSV_CUT:
        break;
    }
    return failure_set(failure, "line 1: no header");
}

int row_reader_next(struct row_reader *reader, struct failure *failure)
{
    enum csv_result result = csv_reader_next(&reader->csv);
    if (result == CSV_BAD)
        return failure_set(failure, "%s", reader->csv.failure.text);
    if (result != CSV_ROW) {
        reader->cut_line = result == CSV_CUT ? reader->csv.row_line : 0;
        return 0;
    }
    row_clear(&reader->row);
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        const char *text = reader->places[i] < 0 ? "" : reader->csv.fields[reader->places[i]];
        if (!column_set(&reader->row, &row_columns[i], text)) {
            struct failure cause = {""};
            (void)column_fault(&row_columns[i], text, &cause);
            return failure_set(failure, "line %zu: %s", reader->csv.row_line, cause.text);
        }
    }
    row_complete(&reader->row);
    return 1;
}

void row_reader_close(struct row_reader *reader)
{
    csv_reader_close(&reader->csv);
}
