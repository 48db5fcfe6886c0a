#include "rows/csv_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "rows/foreign.h"

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
        if (!utf8_is_valid(reader->fields[i])) {
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

void csv_reader_open_text(struct csv_reader *reader, char *text, size_t size)
{
    *reader = (struct csv_reader){.text = text,
                                  .row = text,
                                  .at = text,
                                  .end = text + size,
                                  .is_whole = true,
                                  .row_line = 1,
                                  .line = 1};
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
    if (reader->file != NULL)
        free(reader->text);
    free(reader->fields);
    free(reader->ends);
    reader->text = NULL;
    reader->fields = reader->ends = NULL;
}

uint64_t csv_reader_offset(const struct csv_reader *reader)
{
    return reader->base + (uint64_t)(reader->row - reader->text);
}

int csv_reader_column(const struct csv_reader *reader, const char *name)
{
    for (size_t i = 0; i < reader->columns; i++)
        if (strcmp(reader->fields[i], name) == 0)
            return (int)i;
    return -1;
}
