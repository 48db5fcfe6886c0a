#include "rows/csv.h"

#include "base/failure.h"
#include "base/units.h"
#include "rows/foreign.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_BYTES = 1 << 12 };

void csv_writer_init(struct csv_writer *writer, FILE *file)
{
    *writer = (struct csv_writer){.file = file};
}

void csv_writer_init_text(struct csv_writer *writer)
{
    csv_writer_init(writer, NULL);
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

/* Bytes of the character at text; 0 where they are not UTF-8 (Unicode's table 3-7). */
static size_t character_length(const char *text)
{
    static const struct {
        unsigned char first_low, first_high, second_low, second_high;
        size_t length;
    } forms[] = {
        {0x01, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    const unsigned char *bytes = (const unsigned char *)text;
    size_t form = 0;
    while (form < sizeof forms / sizeof forms[0] &&
           (bytes[0] < forms[form].first_low || bytes[0] > forms[form].first_high))
        form++;
    if (form == sizeof forms / sizeof forms[0])
        return 0;
    size_t length = forms[form].length;
    if (length > 1 && (bytes[1] < forms[form].second_low || bytes[1] > forms[form].second_high))
        return 0;
    for (size_t i = 2; i < length; i++)
        if (bytes[i] < 0x80 || bytes[i] > 0xbf)
            return 0;
    return length;
}

bool csv_is_text(const char *text)
{
    size_t length = 1;
    while (*text != '\0' && length > 0) {
        length = (unsigned char)*text < 0x80 ? 1 : character_length(text);
        text += length;
    }
    return length > 0;
}

void csv_write_text(struct csv_writer *writer, const char *text)
{
    begin_field(writer);
    if (text == NULL)
        return;
    bool quoted = text[strcspn(text, ",\"\r\n")] != '\0';
    if (quoted)
        write_char(writer, '"');
    while (*text != '\0') {
        size_t length = character_length(text);
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

void csv_write_u64(struct csv_writer *writer, uint64_t value)
{
    char text[24];
    begin_field(writer);
    snprintf(text, sizeof text, "%" PRIu64, value);
    write_raw(writer, text);
}

void csv_write_double(struct csv_writer *writer, double value, int digits)
{
    char text[360]; /* the longest: -4.9...e-324 with 17 digits */
    begin_field(writer);
    write_raw(writer, units_format_double(value, digits, text, sizeof text));
}

void csv_write_empty(struct csv_writer *writer)
{
    begin_field(writer);
}

int csv_end_row(struct csv_writer *writer)
{
    write_char(writer, '\n');
    errno = 0;
    check_write(writer, writer->file == NULL || fflush(writer->file) == 0);
    writer->fields = 0;
    return writer->failed ? -1 : 0;
}

enum field_end { FIELD_COMMA, FIELD_LINE, FIELD_CUT, FIELD_BAD };

static void say(struct csv_reader *reader, size_t line, const char *cause)
{
    failure_set(&reader->failure, "line %zu: %s", line, cause);
}

/* Room for one more field of the row in hand. */
static bool fields_grow(struct csv_reader *reader)
{
    size_t capacity = reader->fields_capacity == 0 ? 64 : reader->fields_capacity * 2;
    if (capacity > SIZE_MAX / sizeof *reader->fields)
        return false;
    char **fields = realloc(reader->fields, capacity * sizeof *fields);
    if (fields == NULL)
        return false;
    reader->fields = fields;
    char **ends = realloc(reader->ends, capacity * sizeof *ends);
    if (ends == NULL)
        return false;
    reader->ends = ends;
    reader->fields_capacity = capacity;
    return true;
}

/* What follows a field's text; moves past it. */
static enum field_end read_separator(struct csv_reader *reader)
{
    size_t left = (size_t)(reader->end - reader->at);
    if (left == 0 || (left == 1 && *reader->at == '\r'))
        return FIELD_CUT;
    if (*reader->at == ',') {
        reader->at++;
        return FIELD_COMMA;
    }
    size_t length = *reader->at == '\r' ? 2 : 1;
    if (reader->at[length - 1] != '\n')
        return FIELD_BAD;
    reader->at += length;
    reader->line++;
    return FIELD_LINE;
}

static bool is_bare(char c)
{
    return c != ',' && c != '\n' && c != '\r' && c != '"' && c != '\0';
}

/* A byte 0 would end a field early, unseen. */
static enum field_end read_bare_field(struct csv_reader *reader, char **field_end)
{
    while (reader->at < reader->end && is_bare(*reader->at))
        reader->at++;
    *field_end = reader->at;
    enum field_end end = read_separator(reader);
    if (end == FIELD_BAD)
        say(reader, reader->line,
            **field_end == '"'    ? "a quote within an unquoted field"
            : **field_end == '\0' ? "a byte 0"
                                  : "a CR without its LF");
    return end;
}

/* *field_end: the closing quote. */
static enum field_end read_quoted_field(struct csv_reader *reader, char **field_end)
{
    for (reader->at++;; reader->at++) {
        if (reader->at == reader->end)
            return FIELD_CUT;
        *field_end = reader->at;
        if (*reader->at == '"' && (++reader->at == reader->end || *reader->at != '"'))
            break;
        reader->line += *reader->at == '\n';
        if (*reader->at == '\0') {
            say(reader, reader->line, "a byte 0");
            return FIELD_BAD;
        }
    }
    enum field_end end = read_separator(reader);
    if (end == FIELD_BAD)
        say(reader, reader->line, *reader->at == '\0' ? "a byte 0" : "text behind a closing quote");
    return end;
}

/* Finds the fields' ends from reader->row on. It changes no byte: a row that is not all there yet
 * is read again. */
static enum field_end read_row(struct csv_reader *reader)
{
    enum field_end end;
    reader->at = reader->row;
    reader->line = reader->row_line;
    reader->count = 0;
    do {
        if (reader->count == reader->fields_capacity && !fields_grow(reader)) {
            say(reader, reader->line, "out of memory");
            return FIELD_BAD;
        }
        char **field_end = &reader->ends[reader->count];
        reader->fields[reader->count++] = reader->at;
        end = reader->at < reader->end && *reader->at == '"' ? read_quoted_field(reader, field_end)
                                                             : read_bare_field(reader, field_end);
    } while (end == FIELD_COMMA);
    return end;
}

/* Ends each text with a 0, the quoted ones without their quotes. */
static void finish_row(struct csv_reader *reader)
{
    for (size_t i = 0; i < reader->count; i++) {
        char *end = reader->ends[i];
        if (*reader->fields[i] == '"') {
            char *to = reader->fields[i];
            for (const char *from = to + 1; from < end; from++) {
                from += *from == '"';
                *to++ = *from;
            }
            end = to;
        }
        *end = '\0';
    }
}

/* After finish_row. What is written here is UTF-8. */
static bool check_texts(struct csv_reader *reader)
{
    for (size_t i = 0; i < reader->count; i++)
        if (!csv_is_text(reader->fields[i])) {
            say(reader, reader->row_line,
                "the file is not UTF-8 but of an older character set; save it again as UTF-8 "
                "(Excel: 'CSV UTF-8 (Comma delimited)', not 'CSV')");
            return false;
        }
    return true;
}

/* The row just read has as many fields as the header. */
static bool check_row(struct csv_reader *reader)
{
    if (reader->columns == 0)
        reader->columns = reader->count;
    if (reader->count == reader->columns)
        return true;
    failure_set(&reader->failure, "line %zu: %zu field%s where the header has %zu",
                reader->row_line, reader->count, reader->count == 1 ? "" : "s", reader->columns);
    return false;
}

/* Reads on behind the part of a row that is there. */
static bool refill(struct csv_reader *reader)
{
    size_t kept = (size_t)(reader->end - reader->row);
    if (kept == CSV_ROW_BYTES_MAX) {
        say(reader, reader->row_line, "it is longer than 1 MiB; is a quote never closed?");
        return false;
    }
    reader->base = csv_reader_offset(reader);
    memmove(reader->text, reader->row, kept);
    size_t wanted = CSV_ROW_BYTES_MAX - kept;
    errno = 0;
    size_t came = fread(reader->text + kept, 1, wanted, reader->file);
    reader->row = reader->text;
    reader->end = reader->text + kept + came;
    reader->is_whole = came < wanted;
    if (ferror(reader->file)) {
        failure_set(&reader->failure, "reading failed: %s", strerror(errno));
        return false;
    }
    return true;
}

static void skip_byte_order_mark(struct csv_reader *reader)
{
    if (reader->columns == 0 && reader->end - reader->row >= 3 &&
        memcmp(reader->row, "\xef\xbb\xbf", 3) == 0)
        reader->row += 3;
}

int csv_reader_open(struct csv_reader *reader, FILE *file)
{
    *reader = (struct csv_reader){.file = file, .row_line = 1, .line = 1};
    reader->text = malloc(CSV_ROW_BYTES_MAX);
    reader->row = reader->at = reader->end = reader->text;
    if (reader->text == NULL)
        say(reader, 1, "out of memory");
    return reader->text == NULL ? -1 : 0;
}

enum csv_result csv_reader_next(struct csv_reader *reader)
{
    enum field_end end;
    reader->row = reader->at;
    reader->row_line = reader->line;
    do {
        if (reader->row == reader->end && !reader->is_whole && !refill(reader))
            return CSV_BAD;
        skip_byte_order_mark(reader);
        if (reader->row == reader->end)
            return CSV_END;
        const char *fault =
            reader->columns == 0
                ? foreign_file_fault(reader->row, (size_t)(reader->end - reader->row))
                : NULL;
        if (fault != NULL) {
            say(reader, reader->row_line, fault);
            return CSV_BAD;
        }
        end = read_row(reader);
        if (end == FIELD_CUT && reader->is_whole)
            return CSV_CUT;
    } while (end == FIELD_CUT && refill(reader));
    if (end != FIELD_LINE || !check_row(reader))
        return CSV_BAD;
    finish_row(reader);
    return check_texts(reader) ? CSV_ROW : CSV_BAD;
}

void csv_reader_close(struct csv_reader *reader)
{
    free(reader->text);
    free(reader->fields);
    free(reader->ends);
    reader->text = NULL;
    reader->fields = reader->ends = NULL;
}

static int column_find(char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return (int)i;
    return -1;
}

uint64_t csv_reader_offset(const struct csv_reader *reader)
{
    return reader->base + (uint64_t)(reader->row - reader->text);
}

int csv_reader_column(const struct csv_reader *reader, const char *name)
{
    return column_find(reader->fields, reader->columns, name);
}

/* *capacity: rows that table->fields has room for. */
static bool append_row(struct csv_table *table, const struct csv_reader *reader, size_t *capacity)
{
    if (table->rows == *capacity) {
        size_t rows = *capacity == 0 ? 16 : *capacity * 2;
        char **fields = rows > SIZE_MAX / sizeof *fields / reader->columns
                            ? NULL
                            : realloc(table->fields, rows * reader->columns * sizeof *fields);
        if (fields == NULL)
            return false;
        table->fields = fields;
        *capacity = rows;
    }
    table->columns = reader->columns;
    memcpy(table->fields + table->rows * table->columns, reader->fields,
           table->columns * sizeof *table->fields);
    table->rows++;
    return true;
}

static bool read_rows(struct csv_table *table, struct csv_reader *reader, bool tolerate_cut)
{
    size_t capacity = 0;
    enum csv_result result;
    while ((result = csv_reader_next(reader)) == CSV_ROW)
        if (!append_row(table, reader, &capacity)) {
            say(reader, reader->row_line, "out of memory");
            return false;
        }
    if (result == CSV_BAD)
        return false;
    if (result == CSV_CUT && !tolerate_cut) {
        say(reader, reader->row_line, "the last line is cut off");
        return false;
    }
    if (table->rows == 0)
        say(reader, 1, "no header");
    return table->rows > 0;
}

int csv_parse(struct csv_table *table, const char *text, size_t size, bool tolerate_cut,
              struct failure *failure)
{
    *table = (struct csv_table){.text = size < SIZE_MAX ? malloc(size + 1) : NULL};
    if (table->text == NULL)
        return failure_set(failure, "line 1: out of memory");
    if (size > 0)
        memcpy(table->text, text, size);
    struct csv_reader reader = {.text = table->text,
                                .row = table->text,
                                .at = table->text,
                                .end = table->text + size,
                                .is_whole = true,
                                .row_line = 1,
                                .line = 1};
    bool read = read_rows(table, &reader, tolerate_cut);
    if (!read) {
        failure_set(failure, "%s", reader.failure.text);
        csv_table_free(table);
    }
    table->bytes = read ? (size_t)csv_reader_offset(&reader) : 0;
    reader.text = NULL; /* the table's */
    csv_reader_close(&reader);
    return read ? 0 : -1;
}

void csv_table_free(struct csv_table *table)
{
    free(table->text);
    free(table->fields);
    *table = (struct csv_table){0};
}

int csv_column(const struct csv_table *table, const char *name)
{
    return column_find(table->fields, table->columns, name);
}

const char *csv_field(const struct csv_table *table, size_t row, int column)
{
    if (column < 0 || (size_t)column >= table->columns || row >= table->rows)
        return "";
    return table->fields[row * table->columns + (size_t)column];
}
