#include "rows/results_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/failure.h"
#include "base/files.h"
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
    int error = errno;
    if (file == NULL)
        fail(failure, folder, name, files_error_text(error));
    errno = error;
    return file;
}

/* All of a file, to free(); NULL with errno, EFBIG where it is longer than bytes_most. */
static char *read_all(FILE *file, size_t bytes_most, size_t *size)
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
        if (length > bytes_most) {
            free(text);
            errno = EFBIG;
            return NULL;
        }
    } while (count == BLOCK_BYTES);
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
    char *text = read_all(file, RESULTS_TABLE_BYTES_MOST, &size);
    bool failed = text == NULL || ferror(file) != 0;
    int error = 0;
    if (text == NULL && errno == EFBIG)
        error = fail(failure, folder, name, "it is longer than 256 MiB, the most that is read");
    else if (failed)
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
        if (row_read(&reader->rows[row - 1], &table, row, &cause) != 0)
            error =
                failure_set(failure, "%s/%s: row %zu: %s", reader->folder, name, row, cause.text);
    csv_table_free(&table);
    return error;
}

/* The files of row_lines.h that are there. */
static int lines_open(struct results_reader *reader, struct failure *failure)
{
    struct failure cause = {""};
    for (int i = 0; i < ROW_FILES; i++) {
        const char *name = row_file_name((enum row_file)i);
        FILE *file = file_open(reader->folder, name, &cause);
        if (file == NULL && i != ROW_FILE_HISTOGRAM && errno == ENOENT)
            continue;
        if (file == NULL || row_lines_reader_open(&reader->lines[i], (enum row_file)i,
                                                  reader->folder, file, &cause) != 0)
            return failure_set(failure, "%s", cause.text);
        if (reader->lines[i].is_foreign)
            reader->foreign = name;
    }
    return 0;
}

int results_reader_open(struct results_reader *reader, const char *folder, struct failure *failure)
{
    *reader = (struct results_reader){.folder = folder};
    if (rows_read(reader, failure) == 0 && lines_open(reader, failure) == 0)
        return 0;
    results_reader_close(reader);
    return -1;
}

void results_reader_close(struct results_reader *reader)
{
    for (int i = 0; i < ROW_FILES; i++)
        row_lines_reader_close(&reader->lines[i]);
    free(reader->rows);
    *reader = (struct results_reader){.folder = NULL};
}

int results_reader_histogram(struct results_reader *reader, const struct row *row, char *basis,
                             size_t basis_size, struct histogram *into, struct failure *failure)
{
    struct row_lines_reader *lines = &reader->lines[ROW_FILE_HISTOGRAM];
    if (reader->row != row && row_lines_reader_seek(lines, row, failure) != 0)
        return -1;
    reader->row = row;
    return histogram_lines_read(lines, row, basis, basis_size, into, failure);
}

static bool has(const struct results_reader *reader, int file)
{
    return reader->lines[file].file != NULL;
}

unsigned results_reader_keeps(const struct results_reader *reader)
{
    unsigned keeps = 0;
    for (int i = 0; i < ROW_FILES; i++)
        keeps |= has(reader, i) ? RESULTS_KEEP(i) : 0;
    return keeps;
}

int results_reader_take(struct results_reader *reader, enum row_file file, const struct row *row,
                        struct csv_writer *to, const struct row *as, struct failure *failure)
{
    if (has(reader, (int)file))
        return row_lines_reader_take(&reader->lines[file], row, to, as, failure);
    return fail(failure, reader->folder, row_file_name(file), strerror(ENOENT));
}

void results_reader_bytes(const struct results_reader *reader, uint64_t bytes[ROW_FILES])
{
    for (int i = 0; i < ROW_FILES; i++)
        bytes[i] = has(reader, i) ? row_lines_reader_bytes(&reader->lines[i]) : 0;
}

char *results_fact_find(const struct csv_table *facts, const char *name)
{
    int names = csv_column(facts, "name"), values = csv_column(facts, "value");
    for (size_t row = 1; row < facts->rows && values >= 0; row++)
        if (strcmp(csv_field(facts, row, names), name) == 0)
            return facts->fields[row * facts->columns + (size_t)values];
    return NULL;
}
