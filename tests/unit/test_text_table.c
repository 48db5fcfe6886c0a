#include "check.h"
#include "report/text_table.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

#define TEMPORARY "test_text_table.tmp"

static char printed[8192];

static const char *print(struct text_table *table, unsigned width)
{
    FILE *file = fopen(TEMPORARY, "w+b");
    if (file == NULL)
        abort();
    CHECK(text_table_print(table, file, 2, width, &(struct text_table_told){""}) == 0);
    rewind(file);
    printed[fread(printed, 1, sizeof printed - 1, file)] = '\0';
    fclose(file);
    remove(TEMPORARY);
    text_table_free(table);
    return printed;
}

static void row(struct text_table *table, const char *a, const char *b, const char *c)
{
    text_table_add_cell(table, a);
    text_table_add_cell(table, b);
    text_table_add_cell(table, c);
}

static struct text_table two_models(void)
{
    struct text_table table = {.columns = NULL};
    text_table_add_column(&table, "model", TEXT_TABLE_LEFT, 9);
    text_table_add_column(&table, "server's time, us", TEXT_TABLE_RIGHT, 2);
    text_table_add_column(&table, "pingpong\n64 B x 1", TEXT_TABLE_RIGHT, 1);
    row(&table, "select", "7.67 +-2%", "121\t (starved)");
    row(&table, "wsaeventselect", "12.5 +-12%\t*", "-");
    return table;
}

static void test_columns_are_as_wide_as_needed(void)
{
    struct text_table table = two_models();
    CHECK_EQ_TEXT(print(&table, 80), "                    server's   pingpong\n"
                                     "  model             time, us   64 B x 1\n"
                                     "  select           7.67 +-2%        121 (starved)\n"
                                     "  wsaeventselect  12.5 +-12%*         -\n");
}

static void test_the_least_important_columns_go(void)
{
    struct text_table table = two_models();
    CHECK_EQ_TEXT(print(&table, 46), "                    server's\n"
                                     "  model             time, us\n"
                                     "  select           7.67 +-2%\n"
                                     "  wsaeventselect  12.5 +-12%*\n"
                                     "  no room for: pingpong 64 B x 1 (COLUMNS=49\n"
                                     "    has room for all)\n");
    table = two_models();
    CHECK(strstr(print(&table, 49), "no room") == NULL);
    /* The first column and one more stay, whatever the width. */
    table = two_models();
    print(&table, 1);
    CHECK(strstr(printed, "7.67 +-2%") != NULL && strstr(printed, "121") == NULL);
    /* Of equals the last one goes. */
    table = (struct text_table){.columns = NULL};
    text_table_add_column(&table, "", TEXT_TABLE_LEFT, 0);
    text_table_add_column(&table, "first", TEXT_TABLE_RIGHT, 1);
    text_table_add_column(&table, "second", TEXT_TABLE_RIGHT, 1);
    row(&table, "x", "1", "2");
    print(&table, 12);
    CHECK(strstr(printed, "first") < strstr(printed, "no room") &&
          strstr(printed, "second") > strstr(printed, "no room"));
}

/* Each line of a table with Korean, decomposed and combined letters ends in the same column. */
static void test_wide_characters_keep_columns_straight(void)
{
    static const char *const names[] = {"epoll", "\xed\x95\x9c\xea\xb5\xad", "cafe\xcc\x81",
                                        "\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab",
                                        "\xf0\x9f\x98\x80\xe6\x97\xa5"};
    struct text_table table = {.columns = NULL};
    text_table_add_column(&table, "\xeb\xaa\xa8\xeb\x8d\xb8", TEXT_TABLE_LEFT, 0);
    text_table_add_column(&table, "us", TEXT_TABLE_RIGHT, 1);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        text_table_add_cell(&table, names[i]);
        text_table_add_cell(&table, "7");
    }
    print(&table, 80);
    size_t lines = 0;
    for (const char *at = printed; *at != '\0'; at += strcspn(at, "\n") + 1) {
        CHECK_EQ_U64(utf8_columns(at, strcspn(at, "\n")), 2 + 5 + 2 + 2);
        lines++;
    }
    CHECK_EQ_U64(lines, 6);
}

/* By Unicode's EastAsianWidth.txt; combining marks take no column. */
static void test_width_of_characters(void)
{
    static const struct {
        const char *text;
        size_t columns;
    } cases[] = {
        {"", 0},
        {"abc", 3},
        {"\xc3\xa9", 1},         /* U+00E9 */
        {"e\xcc\x81", 1},        /* U+0301 */
        {"\xe1\x84\x80", 2},     /* U+1100 */
        {"\xe1\x85\xa1", 0},     /* U+1161 */
        {"\xea\xb0\x80", 2},     /* U+AC00 */
        {"\xed\x9e\xa3", 2},     /* U+D7A3 */
        {"\xe3\x80\xbf", 1},     /* U+303F is neutral, before it all are wide */
        {"\xe3\x80\xbe", 2},     /* U+303E */
        {"\xef\xbc\xa1", 2},     /* U+FF21, a full-width A */
        {"\xef\xbd\xb1", 1},     /* U+FF71, half-width */
        {"\xf0\xa0\x80\x80", 2}, /* U+20000 */
        {"\xc2\xb1\xce\xb1", 2}, /* ambiguous ones are narrow outside of East Asia */
        {"\xff\x80 ", 3},        /* bytes that are not UTF-8 */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        CHECK_EQ_U64(utf8_columns(cases[i].text, strlen(cases[i].text)), cases[i].columns);
    CHECK_EQ_U64(utf8_columns("abc", 2), 2);
}

static void test_nothing(void)
{
    struct text_table table = {.columns = NULL};
    CHECK_EQ_TEXT(print(&table, 80), "");
}

int main(void)
{
    test_columns_are_as_wide_as_needed();
    test_the_least_important_columns_go();
    test_wide_characters_keep_columns_straight();
    test_width_of_characters();
    test_nothing();
    return check_report();
}
