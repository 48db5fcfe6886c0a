#include "rows/histogram_lines.h"

#include <string.h>

#include "base/units.h"

enum histogram_line_column {
    HISTOGRAM_LINE_BASIS = ROW_LINE_KEYS,
    HISTOGRAM_LINE_LOW,
    HISTOGRAM_LINE_HIGH,
    HISTOGRAM_LINE_COUNT
};

int histogram_lines_write(struct csv_writer *csv, const struct row *row,
                          const struct row_histogram *kept, const bool *lacks)
{
    const struct histogram *histogram = kept->histogram;
    for (size_t i = 0; i < histogram->buckets && !csv->failed; i++) {
        uint64_t low, high;
        if (histogram->counts[i] == 0)
            continue;
        histogram_bucket_range(i, &low, &high);
        row_line_begin(csv, row, lacks);
        csv_write_text(csv, kept->basis);
        csv_write_u64(csv, low);
        csv_write_u64(csv, high);
        csv_write_u64(csv, histogram->counts[i]);
        csv_end_row(csv);
    }
    return csv->failed ? -1 : 0;
}

/* "64", and what other programs make of it: "1e+05", "64.0". */
static bool count_read(const char *text, uint64_t *count)
{
    double number;
    if (units_parse_count(text, 0, UINT64_MAX, count))
        return true;
    if (!units_parse_double(text, &number) || number < 0 || number > COLUMN_MOST)
        return false;
    *count = (uint64_t)number;
    return (double)*count == number;
}

static int line_add(const struct row_lines_reader *reader, struct histogram *into,
                    struct failure *failure)
{
    uint64_t low, high, count;
    char cause[80];
    if (count_read(row_lines_reader_field(reader, HISTOGRAM_LINE_LOW), &low) &&
        count_read(row_lines_reader_field(reader, HISTOGRAM_LINE_HIGH), &high) &&
        count_read(row_lines_reader_field(reader, HISTOGRAM_LINE_COUNT), &count) &&
        histogram_add_bucket(into, low, high, count))
        return 0;
    snprintf(cause, sizeof cause, "line %zu is no bucket of these histograms",
             reader->csv.row_line);
    return row_lines_reader_fail(reader, failure, cause);
}

int histogram_lines_read(struct row_lines_reader *reader, const struct row *row, char *basis,
                         size_t basis_size, struct histogram *into, struct failure *failure)
{
    if (!row_lines_reader_has(reader, row))
        return 0;
    snprintf(basis, basis_size, "%s", row_lines_reader_field(reader, HISTOGRAM_LINE_BASIS));
    do {
        if (line_add(reader, into, failure) != 0 || row_lines_reader_next(reader, failure) != 0)
            return -1;
    } while (row_lines_reader_has(reader, row) &&
             strcmp(row_lines_reader_field(reader, HISTOGRAM_LINE_BASIS), basis) == 0);
    return 1;
}
