#include "rows/foreign.h"

#include <stdbool.h>
#include <string.h>

#define UTF_16                                                                                     \
    "the file is UTF-16, as PowerShell's > writes it; write it again as UTF-8: "                   \
    "Get-Content FILE | Out-File -Encoding utf8 NEW (elsewhere: iconv -f UTF-16 -t UTF-8)"

static const struct {
    const char *bytes;
    size_t count;
    const char *fault;
} beginnings[] = {
    {"\xff\xfe", 2, UTF_16},
    {"\xfe\xff", 2, UTF_16},
    {"PK\x03\x04", 4, "the file is a spreadsheet's own (.xlsx, .ods); save it as CSV in UTF-8"},
    {"#TYPE ", 6,
     "the file begins with the #TYPE line of PowerShell's Export-Csv; write it again with "
     "-NoTypeInformation"},
    {"sep=", 4, "the file begins with a line sep=, which only Excel knows; delete that line"},
};

/* A separator in the first line, where that has no comma; 0: none. */
static char separator_find(const char *bytes, size_t size)
{
    char found = '\0';
    for (size_t i = 0; i < size && bytes[i] != '\n' && bytes[i] != '\r'; i++) {
        if (bytes[i] == ',')
            return '\0';
        if (found == '\0' && (bytes[i] == ';' || bytes[i] == '\t'))
            found = bytes[i];
    }
    return found;
}

static bool has_only_cr(const char *bytes, size_t size)
{
    const char *cr = size == 0 ? NULL : memchr(bytes, '\r', size);
    return cr != NULL && cr + 1 < bytes + size && memchr(bytes, '\n', size) == NULL;
}

const char *foreign_file_fault(const char *bytes, size_t size)
{
    for (size_t i = 0; i < sizeof beginnings / sizeof beginnings[0]; i++)
        if (size >= beginnings[i].count &&
            memcmp(bytes, beginnings[i].bytes, beginnings[i].count) == 0)
            return beginnings[i].fault;
    switch (separator_find(bytes, size)) {
    case ';':
        return "semicolons separate the fields, as a spreadsheet writes them where numbers have "
               "decimal commas; save it again with commas between fields and points in numbers "
               "(LibreOffice: Save As, 'Edit filter settings'; Excel: set Windows' region to "
               "English (United States); R: write.csv, not write.csv2)";
    case '\t':
        return "tabs separate the fields; save it again with commas (Excel: 'CSV UTF-8 (Comma "
               "delimited)', not 'Text'; R: write.csv)";
    default:
        break;
    }
    if (has_only_cr(bytes, size))
        return "the lines end in CR alone, as on an old Macintosh; save it again with LF or CRLF "
               "(Excel: 'CSV UTF-8 (Comma delimited)', not 'CSV (Macintosh)')";
    return NULL;
}

const char *foreign_number_fault(const char *text)
{
    static const char *const empty_words[] = {"NA",  "N/A",  "#N/A", "NaN",
                                              "nan", "NULL", "null", "None"};
    for (size_t i = 0; i < sizeof empty_words / sizeof empty_words[0]; i++)
        if (strcmp(text, empty_words[i]) == 0)
            return "not a number but a word for an empty field; write such fields empty (R: "
                   "write.csv with na = \"\")";
    if (text[0] == '#')
        return "not a number but ###, which a spreadsheet saves where a column is too narrow; "
               "make the columns wider, or save without 'as shown'";
    if (text[strspn(text, "0123456789.,-+eE")] == '\0' && strpbrk(text, ",.") != NULL)
        return "not a number but one with a decimal comma, or with separators between thousands; "
               "save it again with a point only (spreadsheet: English (USA); R: write.csv, not "
               "write.csv2)";
    return "not a number";
}
