/* runs.csv: by rows, as a whole table, and as `compare` takes its figures. */
#include "fuzz.h"
#include "rows/cell_values_reader.h"
#include "rows/merge.h"
#include "rows/row_reader.h"

enum { PARTS = 4 };

/* Whether the file has only rows that can be read. The first ones are kept as parts of one run, and written. */
static bool rows_read(const void *bytes, size_t size, struct row *parts, size_t *count,
                      struct csv_writer *written)
{
    struct row_reader reader;
    FILE *file = fuzz_file(bytes, size);
    int result = row_reader_open(&reader, file, NULL);
    bool is_open = result == 0;
    *count = 0;
    if (is_open)
        row_write_header(written);
    while (is_open && (result = row_reader_next(&reader, NULL)) == 1) {
        if (*count == PARTS)
            continue;
        row_write(written, &reader.row);
        parts[(*count)++] = reader.row;
    }
    row_reader_close(&reader);
    fclose(file);
    return result == 0;
}

/* What was written of the rows is read, and written in the same way again. */
static void rows_again(const struct csv_writer *written)
{
    static struct row parts[PARTS];
    size_t count;
    struct csv_writer again;
    csv_writer_init_text(&again);
    FUZZ_HOLDS(!written->failed);
    FUZZ_HOLDS(rows_read(written->text, written->bytes, parts, &count, &again));
    FUZZ_HOLDS(again.bytes == written->bytes &&
               memcmp(again.text, written->text, again.bytes) == 0);
    csv_writer_free(&again);
}

static void values_read(const uint8_t *data, size_t size, bool is_good)
{
    static const struct column *metrics[COLUMN_COUNT];
    struct cell_values values;
    size_t count = 0, measured, cut_line = 0, parts = 0;
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        if (row_columns[i].better != COLUMN_NO_METRIC)
            metrics[count++] = &row_columns[i];
    cell_values_init(&values, metrics, count);
    FILE *file = fuzz_file(data, size);
    int error = cell_values_read(&values, file, &cut_line, &parts, NULL);
    fclose(file);
    FUZZ_HOLDS(error == 0 || !is_good);
    if (error == 0 && cell_values_gather(&values) == 0)
        for (size_t cell = 0; cell < values.cells.count; cell++)
            for (size_t i = 0; i < count; i++)
                (void)cell_values_of(&values, cell, i, &measured);
    cell_values_free(&values);
}

static void table_read(const uint8_t *data, size_t size, bool is_good)
{
    struct csv_table table;
    static struct row row;
    int error = csv_parse(&table, (const char *)data, size, true, NULL);
    FUZZ_HOLDS(error == 0 || !is_good);
    if (error != 0)
        return;
    FUZZ_HOLDS(table.bytes <= size);
    for (size_t line = 1; line < table.rows && error == 0; line++)
        error = row_read(&row, &table, line, NULL);
    FUZZ_HOLDS(error == 0 || !is_good);
    csv_table_free(&table);
}

static void parts_merge(const struct row *parts, size_t count)
{
    static struct row merged;
    const struct row *rows[PARTS] = {NULL};
    for (size_t i = 0; i < count; i++)
        rows[i] = &parts[i];
    merge_rows(&merged, rows, count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct row parts[PARTS];
    char key[ROW_KEY_BYTES], text[200];
    size_t count;
    struct csv_writer written;
    if (size == 0)
        return 0;
    csv_writer_init_text(&written);
    bool is_good = rows_read(data, size, parts, &count, &written);
    if (count > 0) {
        rows_again(&written);
        parts_merge(parts, count);
        (void)row_workload_text(&parts[0], text, sizeof text);
        FUZZ_HOLDS(row_cell_key(&parts[0], key) <= sizeof key);
        FUZZ_HOLDS(row_same_cell(&parts[0], &parts[0]));
    }
    csv_writer_free(&written);
    table_read(data, size, is_good);
    values_read(data, size, is_good);
    return 0;
}
