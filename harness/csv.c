#include "csv.h"

#include "units.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void csv_writer_init(struct csv_writer *writer, FILE *file)
{
    *writer = (struct csv_writer){.file = file};
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

static void write_bytes(struct csv_writer *writer, const char *bytes, size_t count)
{
    errno = 0;
    check_write(writer, fwrite(bytes, 1, count, writer->file) == count);
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
    check_write(writer, fflush(writer->file) == 0);
    writer->fields = 0;
    if (writer->failed)
        return -1;
    writer->rows_bytes = writer->bytes;
    return 0;
}

struct parser {
    struct csv_table *table;
    char *at; /* within table->text */
    char *end;
    size_t capacity; /* of table->fields */
    size_t count;    /* fields so far */
    size_t line;     /* of the file, from 1 */
    size_t row_line; /* where the row in hand begins */
    char *message;
    size_t message_size;
};

enum field_end { FIELD_COMMA, FIELD_LINE, FIELD_CUT, FIELD_BAD };

static void say(const struct parser *parser, size_t line, const char *cause)
{
    snprintf(parser->message, parser->message_size, "line %zu: %s", line, cause);
}

static bool append_field(struct parser *parser, char *field)
{
    if (parser->count == parser->capacity) {
        size_t capacity = parser->capacity == 0 ? 64 : parser->capacity * 2;
        char **fields = capacity > SIZE_MAX / sizeof *fields
                            ? NULL
                            : realloc(parser->table->fields, capacity * sizeof *fields);
        if (fields == NULL)
            return false;
        parser->table->fields = fields;
        parser->capacity = capacity;
    }
    parser->table->fields[parser->count++] = field;
    return true;
}

/* What follows a field's text; moves past it. */
static enum field_end read_separator(struct parser *parser)
{
    size_t left = (size_t)(parser->end - parser->at);
    if (left == 0 || (left == 1 && *parser->at == '\r'))
        return FIELD_CUT;
    if (*parser->at == ',') {
        parser->at++;
        return FIELD_COMMA;
    }
    size_t length = *parser->at == '\r' ? 2 : 1;
    if (parser->at[length - 1] != '\n')
        return FIELD_BAD;
    parser->at += length;
    parser->line++;
    return FIELD_LINE;
}

static enum field_end read_bare_field(struct parser *parser)
{
    while (parser->at < parser->end && strchr(",\"\r\n", *parser->at) == NULL)
        parser->at++;
    char *field_end = parser->at;
    enum field_end end = read_separator(parser);
    if (end == FIELD_BAD)
        say(parser, parser->line,
            *field_end == '"' ? "a quote within an unquoted field" : "a CR without its LF");
    *field_end = '\0';
    return end;
}

/* Unescapes in place, from behind the opening quote. */
static enum field_end read_quoted_field(struct parser *parser)
{
    char *to = parser->at++;
    for (;; parser->at++) {
        if (parser->at == parser->end)
            return FIELD_CUT;
        if (*parser->at == '"' && *++parser->at != '"')
            break;
        parser->line += *parser->at == '\n';
        *to++ = *parser->at;
    }
    enum field_end end = read_separator(parser);
    if (end == FIELD_BAD)
        say(parser, parser->line, "text behind a closing quote");
    *to = '\0';
    return end;
}

static enum field_end read_field(struct parser *parser)
{
    char *field = parser->at;
    if (!append_field(parser, field)) {
        say(parser, parser->line, "out of memory");
        return FIELD_BAD;
    }
    return *field == '"' ? read_quoted_field(parser) : read_bare_field(parser);
}

static enum field_end read_row(struct parser *parser)
{
    enum field_end end;
    parser->row_line = parser->line;
    do
        end = read_field(parser);
    while (end == FIELD_COMMA);
    return end;
}

/* The row just read has as many fields as the header. */
static bool check_row(struct parser *parser)
{
    struct csv_table *table = parser->table;
    size_t fields = parser->count - table->rows * table->columns;
    if (table->rows == 0)
        table->columns = fields;
    if (fields == table->columns) {
        table->rows++;
        return true;
    }
    snprintf(parser->message, parser->message_size,
             "line %zu: %zu field%s where the header has %zu", parser->row_line, fields,
             fields == 1 ? "" : "s", table->columns);
    return false;
}

static bool read_rows(struct parser *parser, bool tolerate_cut)
{
    while (parser->at < parser->end) {
        enum field_end end = read_row(parser);
        if (end == FIELD_BAD || (end == FIELD_LINE && !check_row(parser)))
            return false;
        if (end == FIELD_CUT && !tolerate_cut) {
            say(parser, parser->row_line, "the last line is cut off");
            return false;
        }
        if (end == FIELD_CUT)
            break;
    }
    if (parser->table->rows == 0)
        say(parser, 1, "no header");
    return parser->table->rows > 0;
}

/* A byte 0 would end a field early, unseen. */
static bool check_bytes(struct parser *parser)
{
    const char *zero = memchr(parser->at, 0, (size_t)(parser->end - parser->at));
    if (zero == NULL)
        return true;
    size_t line = 1;
    for (const char *at = parser->at; at < zero; at++)
        line += *at == '\n';
    say(parser, line, "a byte 0");
    return false;
}

static void skip_byte_order_mark(struct parser *parser)
{
    if (parser->end - parser->at >= 3 && memcmp(parser->at, "\xef\xbb\xbf", 3) == 0)
        parser->at += 3;
}

int csv_parse(struct csv_table *table, const char *text, size_t size, bool tolerate_cut,
              char *message, size_t message_size)
{
    struct parser parser = {
        .table = table, .line = 1, .message = message, .message_size = message_size};
    *table = (struct csv_table){.text = size < SIZE_MAX ? malloc(size + 1) : NULL};
    if (table->text == NULL) {
        say(&parser, 1, "out of memory");
        return -1;
    }
    if (size > 0)
        memcpy(table->text, text, size);
    table->text[size] = '\0';
    parser.at = table->text;
    parser.end = table->text + size;
    skip_byte_order_mark(&parser);
    if (check_bytes(&parser) && read_rows(&parser, tolerate_cut))
        return 0;
    csv_table_free(table);
    return -1;
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
