#include "rows/row_lines.h"

#include <string.h>

#include "base/units.h"

/* What names the row. */
static const enum column_id of_row[] = {COLUMN_run_id,
                                        COLUMN_target,
                                        COLUMN_model,
                                        COLUMN_workload,
                                        COLUMN_connections,
                                        COLUMN_connections_active,
                                        COLUMN_message_bytes,
                                        COLUMN_target_rate_msgs_per_s,
                                        COLUMN_work_cpu_us,
                                        COLUMN_work_wait_us,
                                        COLUMN_work_exponential,
                                        COLUMN_threads,
                                        COLUMN_trial};
_Static_assert(sizeof of_row / sizeof of_row[0] == ROW_LINE_KEYS, "they come first");

struct own_column {
    const char *name;
    int digits; /* significant ones; 17 keep a count exact */
};

static const struct own_column histogram_columns[] = {
    {"latency_basis", 0}, {"low_ns", 17}, {"high_ns", 17}, {"count", 17}};

static const struct own_column interval_columns[] = {
    {"generator", 0},    {"interval", 17},           {"start_s", 9},
    {"length_s", 9},     {"messages", 17},           {"messages_unanswered", 17},
    {"rtt_p50_us", 6},   {"rtt_p99_us", 6},          {"rtt_max_us", 6},
    {"outstanding", 17}, {"oldest_unanswered_us", 6}};

static const struct own_column connection_columns[] = {
    {"generator", 0},   {"connection", 17}, {"messages", 17},           {"bytes", 17},
    {"rtt_mean_us", 9}, {"rtt_max_us", 6},  {"oldest_unanswered_us", 6}};

#define COLUMNS_OF(columns) (columns), sizeof(columns) / sizeof(columns)[0]

static const struct {
    const char *name;
    const struct own_column *columns;
    size_t count;
    size_t messages;
} files[] = {
    [ROW_FILE_HISTOGRAM] = {"histogram.csv", COLUMNS_OF(histogram_columns), 0},
    [ROW_FILE_INTERVALS] = {"intervals.csv", COLUMNS_OF(interval_columns), INTERVAL_MESSAGES},
    [ROW_FILE_CONNECTIONS] = {"connections.csv", COLUMNS_OF(connection_columns),
                              CONNECTION_MESSAGES},
};
_Static_assert(sizeof interval_columns / sizeof interval_columns[0] == 1 + INTERVAL_FIGURES,
               "a column for each");
_Static_assert(sizeof connection_columns / sizeof connection_columns[0] == 1 + CONNECTION_FIGURES,
               "a column for each");

const char *row_file_name(enum row_file file)
{
    return files[file].name;
}

size_t row_file_columns(enum row_file file)
{
    return ROW_LINE_KEYS + files[file].count;
}

const char *row_file_column(enum row_file file, size_t column)
{
    return column < ROW_LINE_KEYS ? row_columns[of_row[column]].name
                                  : files[file].columns[column - ROW_LINE_KEYS].name;
}

size_t row_file_messages(enum row_file file)
{
    return files[file].messages;
}

bool row_line_is_optional(size_t column)
{
    return column < ROW_LINE_KEYS &&
           (of_row[column] == COLUMN_work_cpu_us || of_row[column] == COLUMN_work_wait_us ||
            of_row[column] == COLUMN_work_exponential || of_row[column] == COLUMN_threads);
}

int row_file_write_header(struct csv_writer *csv, enum row_file file)
{
    for (size_t i = 0; i < row_file_columns(file); i++)
        csv_write_text(csv, row_file_column(file, i));
    return csv_end_row(csv);
}

void row_line_begin(struct csv_writer *csv, const struct row *row, const bool *lacks)
{
    for (size_t i = 0; i < ROW_LINE_KEYS; i++)
        if (lacks == NULL || !lacks[i])
            column_write(csv, row, &row_columns[of_row[i]]);
}

int row_line_write(struct csv_writer *csv, enum row_file file, const struct row *row,
                   const double *figures)
{
    row_line_begin(csv, row, NULL);
    csv_write_text(csv, row->generator);
    for (size_t i = 1; i < files[file].count; i++)
        csv_write_double(csv, figures[i - 1], files[file].columns[i].digits);
    return csv_end_row(csv);
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

bool row_line_is_of(const struct csv_reader *csv, const int *places, const struct row *row)
{
    /* The last ones differ most often. */
    for (size_t i = ROW_LINE_KEYS; i > 0; i--)
        if (!field_is_of(places[i - 1] < 0 ? "" : csv->fields[places[i - 1]], row, of_row[i - 1]))
            return false;
    return true;
}
