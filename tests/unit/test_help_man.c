#include "check.h"
#include "program/help_man.h"

#include <stdlib.h>

#define TEMPORARY "test_help_man.tmp"

static char written[4096];

static const char *text_page(const char *text)
{
    FILE *file = fopen(TEMPORARY, "w+b");
    if (file == NULL)
        abort();
    help_man_text(file, text);
    rewind(file);
    written[fread(written, 1, sizeof written - 1, file)] = '\0';
    fclose(file);
    remove(TEMPORARY);
    return written;
}

static void test_paragraphs(void)
{
    CHECK_EQ_TEXT(text_page(""), "");
    CHECK_EQ_TEXT(text_page("One.\nTwo.\n"), "One.\nTwo.\n");
    CHECK_EQ_TEXT(text_page("no line end"), "no line end\n");
    CHECK_EQ_TEXT(text_page("One.\n\nTwo.\n"), "One.\n.PP\nTwo.\n");
}

static void test_lines_that_stay(void)
{
    CHECK_EQ_TEXT(text_page("list:\n  a  b\n  c\nend\n"), "list:\n.EX\n  a  b\n  c\n.EE\nend\n");
    CHECK_EQ_TEXT(text_page("  a\n\n  b\n"), ".EX\n  a\n.EE\n.PP\n.EX\n  b\n.EE\n");
}

/* A text says what it says: nothing of it is a request, and each character stays what it is. */
static void test_no_text_is_a_request(void)
{
    CHECK_EQ_TEXT(text_page(".hgrm files\n"), "\\&.hgrm files\n");
    CHECK_EQ_TEXT(text_page("'bench' does\n"), "\\(aqbench\\(aq does\n");
    CHECK_EQ_TEXT(text_page("a.b 'C:\\new'\n"), "a.b \\(aqC:\\enew\\(aq\n");
    CHECK_EQ_TEXT(text_page("--out \"x\" `y` ~ ^\n"),
                  "\\-\\-out \\(dqx\\(dq \\(gay\\(ga \\(ti \\(ha\n");
}

int main(void)
{
    test_paragraphs();
    test_lines_that_stay();
    test_no_text_is_a_request();
    return check_report();
}
