#include "base/failure.h"
#include "base/random.h"
#include "base/utf8.h"
#include "check.h"
#include "rows/csv_reader.h"
#include "rows/csv_table.h"
#include "rows/csv_writer.h"
#include "rows/foreign.h"
#include "stats/statistics.h"

#include <stdlib.h>

#define TEMPORARY "test_csv.tmp"

static struct csv_table table;
static struct failure failure = {""};

static int parse(const char *text, bool tolerate_cut)
{
    failure.text[0] = '\0';
    return csv_parse(&table, text, strlen(text), tolerate_cut, &failure);
}

static void check_refused(const char *text, bool tolerate_cut, const char *expected)
{
    CHECK(parse(text, tolerate_cut) == -1);
    CHECK_EQ_TEXT(failure.text, expected);
    CHECK(table.text == NULL && table.fields == NULL && table.rows == 0);
    csv_table_free(&table);
}

static void test_plain(void)
{
    CHECK(parse("model,trial\nselect,1\nepoll,2\n", false) == 0);
    CHECK_EQ_U64(table.rows, 3);
    CHECK_EQ_U64(table.columns, 2);
    CHECK_EQ_U64((uint64_t)csv_column(&table, "trial"), 1);
    CHECK(csv_column(&table, "tria") == -1);
    CHECK_EQ_TEXT(csv_field(&table, 0, 0), "model");
    CHECK_EQ_TEXT(csv_field(&table, 2, csv_column(&table, "model")), "epoll");
    CHECK_EQ_TEXT(csv_field(&table, 2, 1), "2");
    CHECK_EQ_TEXT(csv_field(&table, 1, -1), "");
    CHECK_EQ_TEXT(csv_field(&table, 3, 0), "");
    CHECK_EQ_TEXT(csv_field(&table, 1, 2), "");
    csv_table_free(&table);
    csv_table_free(&table);
}

static void test_quoting(void)
{
    CHECK(parse("a,b,\"c,d\"\n\"x\"\"y\",\"\",\"1\n2\r\n3\"\n,\"\"\"\",end\n", false) == 0);
    CHECK_EQ_U64(table.rows, 3);
    CHECK_EQ_TEXT(csv_field(&table, 0, 2), "c,d");
    CHECK_EQ_TEXT(csv_field(&table, 1, 0), "x\"y");
    CHECK_EQ_TEXT(csv_field(&table, 1, 1), "");
    CHECK_EQ_TEXT(csv_field(&table, 1, 2), "1\n2\r\n3");
    CHECK_EQ_TEXT(csv_field(&table, 2, 0), "");
    CHECK_EQ_TEXT(csv_field(&table, 2, 1), "\"");
    CHECK_EQ_TEXT(csv_field(&table, 2, 2), "end");
    csv_table_free(&table);
}

static void test_crlf_and_byte_order_mark(void)
{
    CHECK(parse("\xef\xbb\xbf"
                "a,b\r\n1,2\r\n\"3\",\"4\"\r\n",
                false) == 0);
    CHECK_EQ_U64(table.rows, 3);
    CHECK_EQ_TEXT(csv_field(&table, 0, 0), "a");
    CHECK_EQ_TEXT(csv_field(&table, 0, 1), "b");
    CHECK_EQ_TEXT(csv_field(&table, 1, 1), "2");
    CHECK_EQ_TEXT(csv_field(&table, 2, 1), "4");
    csv_table_free(&table);
}

static void test_cut_last_line(void)
{
    static const char *const cut[] = {"a,b\n1,2\n3",         "a,b\n1,2\n3,",      "a,b\n1,2\n3,4",
                                      "a,b\n1,2\n3,4\r",     "a,b\n1,2\n\"3",     "a,b\n1,2\n\"3\"",
                                      "a,b\n1,2\n3,\"4\"\"", "a,b\n1,2\n\"3\"\r", "a,b\n1,2\n\""};
    for (size_t i = 0; i < sizeof cut / sizeof cut[0]; i++) {
        check_refused(cut[i], false, "line 3: the last line is cut off");
        CHECK(parse(cut[i], true) == 0);
        CHECK_EQ_U64(table.rows, 2);
        CHECK_EQ_U64(table.bytes, 8);
        CHECK_EQ_TEXT(csv_field(&table, 1, 1), "2");
        csv_table_free(&table);
    }
    CHECK(parse("a,b\n1,2\n", true) == 0);
    CHECK_EQ_U64(table.bytes, 8);
    CHECK_EQ_U64(table.rows, 2);
    csv_table_free(&table);
    check_refused("a,b", true, "line 1: no header");
    check_refused("a,b", false, "line 1: the last line is cut off");
}

static void test_malformed(void)
{
    check_refused("", false, "line 1: no header");
    check_refused("\xef\xbb\xbf", true, "line 1: no header");
    check_refused("a,b\n1\n", true, "line 2: 1 field where the header has 2");
    check_refused("a,b\n1,2\n\n", true, "line 3: 1 field where the header has 2");
    check_refused("a,b\n\"1\n1\",2\n1,2,3\n", true, "line 4: 3 fields where the header has 2");
    check_refused("a,b\n1,2\"3\n", true, "line 2: a quote within an unquoted field");
    check_refused("a,b\n1,\"2\"3\n", true, "line 2: text behind a closing quote");
    check_refused("a,b\n1\r,2\n", true, "line 2: a CR without its LF");
    CHECK(csv_parse(&table, "a,b\n1\0,2\n", 9, true, &failure) == -1);
    CHECK_EQ_TEXT(failure.text, "line 2: a byte 0");
    CHECK(csv_parse(&table, "", 0, true, NULL) == -1);
}

/* What is not of the form that is read here, by what it is. */
static void test_foreign_files(void)
{
    static const struct {
        const char *bytes;
        size_t size;
        const char *says;
    } cases[] = {
        {"\xff\xfe"
         "a\0,\0b\0\n\0",
         10, "UTF-16"},
        {"\xfe\xff\0a", 4, "UTF-16"},
        {"\xef\xbb\xbf"
         "a;b\r\n1;2,5\r\n",
         15, "semicolons"},
        {"\"a\";\"b\"\n1;2\n", 12, "semicolons"},
        {"a\tb\n1\t2\n", 8, "tabs"},
        {"a,b\r1,2\r", 8, "CR alone"},
        {"#TYPE X\r\na,b\r\n", 14, "#TYPE"},
        {"PK\x03\x04\x14\0", 6, ".xlsx"},
        {"sep=,\na,b\n", 10, "sep="},
        {"a,b\ngr\xfc\xdf,1\n", 11, "not UTF-8"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK(csv_parse(&table, cases[i].bytes, cases[i].size, true, &failure) == -1);
        CHECK(strncmp(failure.text, i == 9 ? "line 2: " : "line 1: ", 8) == 0);
        if (strstr(failure.text, cases[i].says) == NULL)
            CHECK_EQ_TEXT(failure.text, cases[i].says);
        CHECK(strlen(failure.text) < sizeof failure.text - 1);
    }
    /* A separator of others is text like any other. */
    CHECK(parse("a,b\n1;2,3\t4\n", false) == 0);
    csv_table_free(&table);
    CHECK(utf8_is_valid("") && utf8_is_valid("a\n\xea\xb2\xb0") && !utf8_is_valid("a\xff"));
}

static void test_foreign_numbers(void)
{
    static const char *const cases[][2] = {{"2,5", "decimal comma"}, {"1.234,5", "decimal comma"},
                                           {"1,234.5", "thousands"}, {"9,1E-05", "decimal comma"},
                                           {"NA", "empty field"},    {"NaN", "empty field"},
                                           {"####", "too narrow"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        CHECK(strstr(foreign_number_fault(cases[i][0]), cases[i][1]) != NULL);
    CHECK_EQ_TEXT(foreign_number_fault("many"), "not a number");
    CHECK_EQ_TEXT(foreign_number_fault("0x1"), "not a number");
    CHECK_EQ_TEXT(foreign_number_fault("1, 2"), "not a number");
}

static void check_file(FILE *file, const char *expected)
{
    char text[1000];
    rewind(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    CHECK_EQ_TEXT(text, expected);
}

static void write_rows(FILE *file)
{
    struct csv_writer writer;
    csv_writer_init(&writer, file);
    csv_write_text(&writer, "plain");
    csv_write_text(&writer, "a,b \"c\"\n");
    csv_write_text(&writer, NULL);
    csv_write_text(&writer, "\r");
    CHECK(csv_end_row(&writer) == 0);
    csv_write_u64(&writer, UINT64_MAX);
    csv_write_double(&writer, 12345.678, 6);
    csv_write_double(&writer, NAN, 6);
    csv_write_empty(&writer);
    CHECK(csv_end_row(&writer) == 0);
    csv_write_double(&writer, 1e-7, 3);
    csv_write_double(&writer, -2.5e20, 3);
    csv_write_double(&writer, INFINITY, 3);
    csv_write_double(&writer, -4.9406564584124654e-324, 17);
    CHECK(csv_end_row(&writer) == 0);
}

static void check_written_rows(void)
{
    FILE *file = fopen(TEMPORARY, "w+b");
    CHECK(file != NULL);
    if (file == NULL)
        return;
    write_rows(file);
    char expected[1000] = "plain,\"a,b \"\"c\"\"\n\",,\"\r\"\n18446744073709551615,12345.7,,\n"
                          "0.0000001,-250000000000000000000,,-0.";
    for (int i = 0; i < 323; i++)
        strcat(expected, "0");
    strcat(expected, "49406564584124654\n");
    check_file(file, expected);
    fclose(file);
    remove(TEMPORARY);
}

static void test_writer(void)
{
    check_written_rows();
    if (check_comma_locale())
        check_written_rows();
    setlocale(LC_ALL, "C");
}

static void test_writer_tells_of_failure(void)
{
    struct csv_writer writer;
    FILE *file = fopen(TEMPORARY, "wb");
    CHECK(file != NULL);
    fclose(file);
    file = fopen(TEMPORARY, "rb"); /* no writing to that */
    CHECK(file != NULL);
    csv_writer_init(&writer, file);
    csv_write_text(&writer, "lost");
    CHECK(csv_end_row(&writer) == -1);
    CHECK(writer.failed && writer.error != 0);
    CHECK(csv_end_row(&writer) == -1);
    fclose(file);
    remove(TEMPORARY);
}

/* What comes from elsewhere may be of any encoding; the file is of one. */
static void test_writer_writes_only_utf8(void)
{
    static const struct {
        const char *text, *written;
    } cases[] = {
        {"\xea\xb2\xb0\xea\xb3\xbc \xc3\xbc \xf0\x9f\x98\x80", NULL}, /* 2 to 4 bytes */
        {"\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80", NULL},
        {"\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", NULL},
        {"gr\xfc\xdf", "gr\xef\xbf\xbd\xef\xbf\xbd"},             /* Latin-1 */
        {"\xc3", "\xef\xbf\xbd"},                                 /* cut off */
        {"\xea\xb2", "\xef\xbf\xbd\xef\xbf\xbd"},                 /* cut off */
        {"\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd"},                 /* overlong '/' */
        {"\xe0\x9f\xbf", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"}, /* overlong */
        {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"}, /* half a UTF-16 pair */
        {"\xf4\x90\x80\x80",                                      /* past U+10FFFF */
         "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xc3\"\x80", "\"\xef\xbf\xbd\"\"\xef\xbf\xbd\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char line[64] = "";
        struct csv_writer writer;
        FILE *file = fopen(TEMPORARY, "w+b");
        CHECK(file != NULL);
        csv_writer_init(&writer, file);
        csv_write_text(&writer, cases[i].text);
        csv_end_row(&writer);
        rewind(file);
        size_t size = fread(line, 1, sizeof line - 1, file);
        fclose(file);
        remove(TEMPORARY);
        CHECK_EQ_U64(writer.bytes, size);
        line[size > 0 ? size - 1 : 0] = '\0';
        CHECK_EQ_TEXT(line, cases[i].written != NULL ? cases[i].written : cases[i].text);
    }
}

/* Text of those characters that matter to a CSV parser. */
static void draw_text(struct random_state *random, char *text, size_t size)
{
    static const char *const alphabet[] = {"a", "a",  "b",  "\"", ",",       "\"",
                                           ",", "\n", "\r", " ",  "\xc3\xbc"};
    size_t most = (size_t)random_below(random, size), length = 0;
    for (;;) {
        const char *drawn = alphabet[random_below(random, sizeof alphabet / sizeof alphabet[0])];
        if (length + strlen(drawn) > most)
            break;
        memcpy(text + length, drawn, strlen(drawn));
        length += strlen(drawn);
    }
    text[length] = '\0';
}

static void test_written_is_read(void)
{
    enum { ROWS = 200, COLUMNS = 3, LENGTH = 12 };
    static char texts[ROWS * COLUMNS][LENGTH], file_text[ROWS * COLUMNS * LENGTH * 3];
    struct random_state random;
    struct csv_writer writer;
    FILE *file = fopen(TEMPORARY, "w+b");
    CHECK(file != NULL);
    random_seed(&random, 11);
    csv_writer_init(&writer, file);
    for (size_t i = 0; i < ROWS * COLUMNS; i++) {
        draw_text(&random, texts[i], LENGTH);
        csv_write_text(&writer, texts[i]);
        if (i % COLUMNS == COLUMNS - 1)
            csv_end_row(&writer);
    }
    rewind(file);
    size_t size = fread(file_text, 1, sizeof file_text, file);
    fclose(file);
    remove(TEMPORARY);
    CHECK(csv_parse(&table, file_text, size, false, &failure) == 0);
    CHECK_EQ_U64(table.rows, ROWS);
    for (size_t i = 0; i < ROWS * COLUMNS && table.rows == ROWS; i++)
        CHECK_EQ_TEXT(csv_field(&table, i / COLUMNS, (int)(i % COLUMNS)), texts[i]);
    csv_table_free(&table);
}

/* A copy of its exact size on the heap, so that a sanitizer sees a read beyond it. */
static void parse_bytes(const char *bytes, size_t size, bool tolerate_cut)
{
    char *copy = malloc(size + (size == 0));
    if (copy == NULL)
        return;
    memcpy(copy, bytes, size);
    failure.text[0] = '\0';
    int result = csv_parse(&table, copy, size, tolerate_cut, &failure);
    CHECK(result == 0 ? table.rows > 0 && failure.text[0] == '\0'
                      : strncmp(failure.text, "line ", 5) == 0 && table.text == NULL);
    free(copy);
    for (size_t i = 0; i < table.rows * table.columns; i++)
        CHECK(strlen(table.fields[i]) <= size);
    csv_table_free(&table);
}

static void test_any_bytes_are_survived(void)
{
    struct random_state random;
    char bytes[64];
    random_seed(&random, 12);
    for (int i = 0; i < 20000; i++) {
        draw_text(&random, bytes, sizeof bytes);
        parse_bytes(bytes, strlen(bytes), i % 2 == 0);
        size_t size = (size_t)random_below(&random, sizeof bytes);
        for (size_t j = 0; j < size; j++)
            bytes[j] = (char)(random_next(&random) & 0x7f);
        parse_bytes(bytes, size, i % 2 == 0);
    }
}

static FILE *file_of(const char *text, size_t size)
{
    FILE *file = fopen(TEMPORARY, "w+b");
    if (file != NULL) {
        fwrite(text, 1, size, file);
        rewind(file);
    }
    return file;
}

static void file_end(FILE *file)
{
    fclose(file);
    remove(TEMPORARY);
}

/* Several times what the reader keeps in memory, so that rows lie across its borders. */
static void test_reader_reads_large_files(void)
{
    enum { COLUMNS = 5, LENGTH = 40, ROWS = 60000 };
    char text[LENGTH];
    size_t rows = 0, lines = 1;
    struct random_state random;
    struct csv_writer writer, again;
    struct csv_reader reader;
    FILE *file = file_of("\xef\xbb\xbf", 3);
    csv_writer_init_text(&again);
    CHECK(file != NULL);
    random_seed(&random, 13);
    CHECK(fseek(file, 0, SEEK_END) == 0);
    csv_writer_init(&writer, file);
    for (size_t i = 0; i < ROWS * COLUMNS; i++) {
        draw_text(&random, text, LENGTH);
        csv_write_text(&writer, text);
        if (i % COLUMNS == COLUMNS - 1)
            csv_end_row(&writer);
    }
    CHECK(writer.bytes > 3 * CSV_ROW_BYTES_MAX);
    rewind(file);
    random_seed(&random, 13);
    CHECK(csv_reader_open(&reader, file) == 0);
    uint64_t bytes = 3;
    while (csv_reader_next(&reader) == CSV_ROW) {
        CHECK_EQ_U64(reader.columns, COLUMNS);
        CHECK_EQ_U64(reader.row_line, lines);
        CHECK_EQ_U64(csv_reader_offset(&reader), bytes);
        csv_writer_clear(&again);
        for (size_t i = 0; i < COLUMNS; i++)
            csv_write_text(&again, reader.fields[i]);
        csv_end_row(&again);
        bytes += again.bytes;
        for (size_t i = 0; i < COLUMNS; i++) {
            draw_text(&random, text, LENGTH);
            CHECK_EQ_TEXT(reader.fields[i], text);
            for (const char *c = text; *c != '\0'; c++)
                lines += *c == '\n';
        }
        rows++;
        lines++;
    }
    CHECK_EQ_TEXT(reader.failure.text, "");
    CHECK_EQ_U64(rows, ROWS);
    CHECK_EQ_U64(csv_reader_offset(&reader), writer.bytes + 3);
    csv_writer_free(&again);
    csv_reader_close(&reader);
    file_end(file);
}

static void check_reader(const char *text, size_t size, enum csv_result expected, size_t rows,
                         const char *expected_message)
{
    struct csv_reader reader;
    enum csv_result result;
    FILE *file = file_of(text, size);
    CHECK(file != NULL);
    CHECK(csv_reader_open(&reader, file) == 0);
    for (; (result = csv_reader_next(&reader)) == CSV_ROW; rows--)
        CHECK(csv_reader_column(&reader, "b") == (reader.row_line == 1 ? 1 : -1));
    CHECK(result == expected);
    CHECK_EQ_U64(rows, 0);
    CHECK_EQ_TEXT(reader.failure.text, expected_message);
    csv_reader_close(&reader);
    file_end(file);
}

static void test_reader_ends(void)
{
    check_reader("", 0, CSV_END, 0, "");
    check_reader("a,b\n1,2\n", 8, CSV_END, 2, "");
    check_reader("a,b\n1,2\n3", 9, CSV_CUT, 2, "");
    check_reader("a,b\n1,\"2", 8, CSV_CUT, 1, "");
    check_reader("a,b\n1,2\n3\n", 10, CSV_BAD, 2, "line 3: 1 field where the header has 2");
    check_reader("a,b\n1,\"\0\"\n", 10, CSV_BAD, 1, "line 2: a byte 0");
}

/* A quote that is never closed must not take the whole rest of a file for one row. */
static void test_reader_refuses_long_rows(void)
{
    char *text = malloc(CSV_ROW_BYTES_MAX + 100);
    CHECK(text != NULL);
    if (text == NULL)
        return;
    memset(text, 'x', CSV_ROW_BYTES_MAX + 100);
    snprintf(text, 8, "a,b\n1,\"");
    text[7] = 'x';
    check_reader(text, CSV_ROW_BYTES_MAX + 100, CSV_BAD, 1,
                 "line 2: it is longer than 1 MiB; is a quote never closed?");
    text[CSV_ROW_BYTES_MAX + 4 - 2] = '"';
    text[CSV_ROW_BYTES_MAX + 4 - 1] = '\n';
    check_reader(text, CSV_ROW_BYTES_MAX + 4, CSV_END, 2, "");
    free(text);
}

static void test_reader_tells_of_failure(void)
{
    struct csv_reader reader;
    FILE *file = fopen(TEMPORARY, "wb"); /* no reading from that */
    CHECK(file != NULL);
    if (fgetc(file) == EOF && ferror(file) == 0) {
        printf("skipped: this C library doesn't tell that reading failed\n");
        file_end(file);
        return;
    }
    CHECK(csv_reader_open(&reader, file) == 0);
    CHECK(csv_reader_next(&reader) == CSV_BAD);
    CHECK(strncmp(reader.failure.text, "reading failed: ", 16) == 0);
    csv_reader_close(&reader);
    file_end(file);
}

int main(void)
{
    test_foreign_files();
    test_foreign_numbers();
    test_reader_reads_large_files();
    test_reader_ends();
    test_reader_refuses_long_rows();
    test_reader_tells_of_failure();
    test_plain();
    test_quoting();
    test_crlf_and_byte_order_mark();
    test_cut_last_line();
    test_malformed();
    test_writer();
    test_writer_tells_of_failure();
    test_writer_writes_only_utf8();
    test_written_is_read();
    test_any_bytes_are_survived();
    return check_report();
}
