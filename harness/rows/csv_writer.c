#include "rows/csv_writer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"
#include "base/utf8.h"

enum { TEXT_BYTES = 1 << 12 };

void csv_writer_init(struct csv_writer *writer, FILE *file)
{
    *writer = (struct csv_writer){.file = file};
}

void csv_writer_init_text(struct csv_writer *writer)
{
    csv_writer_init(writer, NULL);
}

void csv_writer_init_json(struct csv_writer *writer, struct json_rows *json)
{
    *writer = (struct csv_writer){.json = json};
}

void csv_writer_clear(struct csv_writer *writer)
{
    *writer = (struct csv_writer){
        .file = writer->file, .text = writer->text, .capacity = writer->capacity};
}

void csv_writer_free(struct csv_writer *writer)
{
    free(writer->text);
    *writer = (struct csv_writer){0};
}

/*
 * Keeps the first failure: later calls may overwrite errno, which was 0 before the write. One that
 * was cut short without an error met a full disk.
 */
static void check_write(struct csv_writer *writer, bool written)
{
    if (!written && !writer->failed) {
        writer->failed = true;
        writer->error = errno == 0 ? ENOSPC : errno;
    }
}

/* False, with errno, without memory. */
static bool append(struct csv_writer *writer, const char *bytes, size_t count)
{
    if (writer->capacity - writer->bytes < count) {
        size_t capacity = 2 * writer->capacity + count + TEXT_BYTES;
        char *text = realloc(writer->text, capacity);
        if (text == NULL) {
            errno = ENOMEM;
            return false;
        }
        writer->text = text;
        writer->capacity = capacity;
    }
    if (count > 0)
        memcpy(writer->text + writer->bytes, bytes, count);
    return true;
}

static void write_bytes(struct csv_writer *writer, const char *bytes, size_t count)
{
    if (writer->failed)
        return;
    errno = 0;
    check_write(writer, writer->file == NULL ? append(writer, bytes, count)
                                             : fwrite(bytes, 1, count, writer->file) == count);
    writer->bytes += count;
}

static void write_char(struct csv_writer *writer, char c)
{
    write_bytes(writer, &c, 1);
}

static void write_raw(struct csv_writer *writer, const char *text)
{
    write_bytes(writer, text, strlen(text));
}

static void begin_field(struct csv_writer *writer)
{
    if (writer->fields++ > 0)
        write_char(writer, ',');
}

void csv_write_text(struct csv_writer *writer, const char *text)
{
    if (writer->json != NULL) {
        json_rows_text(writer->json, text);
        return;
    }
    begin_field(writer);
    if (text == NULL)
        return;
    bool quoted = text[strcspn(text, ",\"\r\n")] != '\0';
    if (quoted)
        write_char(writer, '"');
    while (*text != '\0') {
        size_t length = utf8_length(text);
        if (*text == '"')
            write_char(writer, '"');
        if (length == 0) {
            write_raw(writer, "\xef\xbf\xbd");
            text++;
        }
        write_bytes(writer, text, length);
        text += length;
    }
    if (quoted)
        write_char(writer, '"');
}

void csv_write_number(struct csv_writer *writer, const char *text)
{
    if (writer->json != NULL) {
        json_rows_number(writer->json, text);
        return;
    }
    begin_field(writer);
    if (text != NULL)
        write_raw(writer, text);
}

void csv_write_u64(struct csv_writer *writer, uint64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, value);
    csv_write_number(writer, text);
}

void csv_write_double(struct csv_writer *writer, double value, int digits)
{
    char text[360]; /* the longest: -4.9...e-324 with 17 digits */
    csv_write_number(writer, units_format_double(value, digits, text, sizeof text));
}

void csv_write_empty(struct csv_writer *writer)
{
    csv_write_text(writer, "");
}

int csv_end_row(struct csv_writer *writer)
{
    if (writer->json != NULL) {
        json_rows_end_row(writer->json);
        writer->failed = writer->json->failed;
        return writer->failed ? -1 : 0;
    }
    write_char(writer, '\n');
    errno = 0;
    check_write(writer, writer->file == NULL || fflush(writer->file) == 0);
    writer->fields = 0;
    return writer->failed ? -1 : 0;
}
