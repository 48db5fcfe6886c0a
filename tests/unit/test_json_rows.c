#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "rows/csv_writer.h"

/* What stands between the document's head and its end. */
static const char *rows_of(void (*write)(struct csv_writer *csv), int wanted)
{
    static char text[2000];
    struct json_rows json;
    struct csv_writer csv;
    FILE *file = tmpfile();
    if (file == NULL)
        abort();
    json_rows_begin(&json, file, "a \"test\"");
    csv_writer_init_json(&csv, &json);
    write(&csv);
    CHECK(json_rows_end(&json) == wanted);
    rewind(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    static const char head[] =
        "{\"iomodels_json\":1,\"document\":\"a \\\"test\\\"\",\"tool_version\":\"" IOMODELS_VERSION
        "\",\"rows\":[";
    CHECK(strncmp(text, head, sizeof head - 1) == 0);
    return text + sizeof head - 1;
}

static void names_write(struct csv_writer *csv)
{
    csv_write_text(csv, "name");
    csv_write_text(csv, "figure");
    csv_write_text(csv, "last \\ one");
    csv_end_row(csv);
}

static void nothing_write(struct csv_writer *csv)
{
    (void)csv;
}

static void values_write(struct csv_writer *csv)
{
    names_write(csv);
    csv_write_text(csv, "say \"hi\"\n\\ \x01\xc3\xa9\xff");
    csv_write_double(csv, 1e-7, 6);
    csv_write_text(csv, "5");
    csv_end_row(csv);
    csv_write_empty(csv);
    csv_write_u64(csv, UINT64_MAX);
    csv_write_text(csv, NULL);
    csv_end_row(csv);
    csv_write_text(csv, "");
    csv_write_double(csv, NAN, 6);
    csv_write_number(csv, NULL);
    csv_end_row(csv);
}

/* A row with more fields than there are names can't be written. */
static void too_many_write(struct csv_writer *csv)
{
    names_write(csv);
    for (int i = 0; i < 4; i++)
        csv_write_u64(csv, 1);
    CHECK(csv_end_row(csv) == -1);
}

int main(void)
{
    CHECK_EQ_TEXT(rows_of(nothing_write, 0), "\n]}\n");
    CHECK_EQ_TEXT(rows_of(names_write, 0), "\n]}\n");
    CHECK_EQ_TEXT(rows_of(values_write, 0),
                  "\n{\"name\":\"say \\\"hi\\\"\\u000a\\\\ \\u0001\xc3\xa9\\ufffd\","
                  "\"figure\":0.0000001,\"last \\\\ one\":\"5\"},"
                  "\n{\"figure\":18446744073709551615}\n]}\n");
    (void)rows_of(too_many_write, -1);
    return check_report();
}
