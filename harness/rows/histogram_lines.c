#include "rows/histogram_lines.h"

#include <string.h>

#include "base/units.h"

/* What names the row. */
static const enum column_id of_row[] = {COLUMN_run_id,        COLUMN_target,
                                        COLUMN_model,         COLUMN_workload,
                                        COLUMN_connections,   COLUMN_connections_active,
                                        COLUMN_message_bytes, COLUMN_target_rate_msgs_per_s,
                                        COLUMN_trial};
_Static_assert(sizeof of_row / sizeof of_row[0] == HISTOGRAM_LINE_ROW_COLUMNS, "they come first");

const char *histogram_line_name(size_t column)
{
    static const char *const own[] = {"latency_basis", "low_ns", "high_ns", "count"};
    return column < HISTOGRAM_LINE_ROW_COLUMNS ? row_columns[of_row[column]].name
                                               : own[column - HISTOGRAM_LINE_ROW_COLUMNS];
}

int histogram_lines_write_header(struct csv_writer *csv)
{
    for (size_t i = 0; i < HISTOGRAM_LINE_COLUMNS; i++)
        csv_write_text(csv, histogram_line_name(i));
    return csv_end_row(csv);
}

int histogram_lines_write(struct csv_writer *csv, const struct row *row,
                          const struct row_histogram *kept)
{
    const struct histogram *histogram = kept->histogram;
    for (size_t i = 0; i < histogram->buckets && !csv->failed; i++) {
        uint64_t low, high;
        if (histogram->counts[i] == 0)
            continue;
        histogram_bucket_range(i, &low, &high);
        for (size_t j = 0; j < HISTOGRAM_LINE_ROW_COLUMNS; j++)
            column_write(csv, row, &row_columns[of_row[j]]);
        csv_write_text(csv, kept->basis);
        csv_write_u64(csv, low);
        csv_write_u64(csv, high);
        csv_write_u64(csv, histogram->counts[i]);
        csv_end_row(csv);
    }
    return csv->failed ? -1 : 0;
}

static bool field_is_of(const char *text, const struct row *row, enum column_id column)
{
    double value;
    if (row_columns[column].kind != COLUMN_NUMBER)
        return strcmp(text, row_word(row, column)) == 0;
    if (!number_is_known(row_number(row, column)))
        return text[0] == '\0';
    return units_parse_double(text, &value) && value == row_number(row, column);
}

bool histogram_line_is_of(const struct csv_reader *csv, const int places[HISTOGRAM_LINE_COLUMNS],
                          const struct row *row)
{
    /* The last ones differ most often. */
    for (size_t i = HISTOGRAM_LINE_ROW_COLUMNS; i > 0; i--)
        if (!field_is_of(csv->fields[places[i - 1]], row, of_row[i - 1]))
            return false;
    return true;
}
