#include "report/markup.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/units.h"
#include "base/utf8.h"

enum { NUMBER_BYTES = 360, TEXT_BYTES = 2048, VALUE_DIGITS = 6 };

static const char REPLACEMENT[] = "\xef\xbf\xbd";

static void bytes_put(struct markup *markup, const char *bytes, size_t count)
{
    if (markup->error != 0)
        return;
    errno = 0;
    if (fwrite(bytes, 1, count, markup->file) != count)
        markup->error = errno == 0 ? ENOSPC : errno;
}

void markup_raw(struct markup *markup, const char *text)
{
    bytes_put(markup, text, strlen(text));
}

void markup_put(struct markup *markup, const char *format, ...)
{
    char text[TEXT_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    bytes_put(markup, text, strlen(text));
}

/* XML 1.0, production 2: no control characters but three, and not U+FFFE and U+FFFF. */
static bool is_allowed(const char *at, size_t length)
{
    unsigned char first = (unsigned char)at[0];
    if (length == 1)
        return (first >= 0x20 && first != 0x7f) || first == '\t' || first == '\n' || first == '\r';
    if (length == 2) /* U+0080 to U+009F are control characters too */
        return !(first == 0xc2 && (unsigned char)at[1] < 0xa0);
    return !(length == 3 && first == 0xef && (unsigned char)at[1] == 0xbf &&
             (unsigned char)at[2] >= 0xbe);
}

static void character_put(struct markup *markup, const char *at, size_t length)
{
    switch (*at) {
    case '&':
        bytes_put(markup, "&amp;", 5);
        return;
    case '<':
        bytes_put(markup, "&lt;", 4);
        return;
    case '>':
        bytes_put(markup, "&gt;", 4);
        return;
    case '"':
        bytes_put(markup, "&quot;", 6);
        return;
    case '\t':
    case '\n':
    case '\r': /* as they are, readers of HTML and of XML would take them for different texts */
        bytes_put(markup, " ", 1);
        return;
    default:
        break;
    }
    if (length == 0 || !is_allowed(at, length))
        bytes_put(markup, REPLACEMENT, strlen(REPLACEMENT));
    else
        bytes_put(markup, at, length);
}

void markup_text(struct markup *markup, const char *text)
{
    while (*text != '\0') {
        size_t length = utf8_length(text);
        character_put(markup, text, length);
        text += length > 0 ? length : 1;
    }
}

void markup_format(struct markup *markup, const char *format, ...)
{
    char text[TEXT_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    markup_text(markup, text);
}

void markup_element(struct markup *markup, const char *tag, const char *text)
{
    markup_put(markup, "<%s>", tag);
    markup_text(markup, text);
    markup_put(markup, "</%s>", tag);
}

void markup_number(struct markup *markup, double value, int decimals)
{
    char text[NUMBER_BYTES];
    units_format_fixed(value, decimals, text, sizeof text);
    size_t length = strlen(text);
    if (strchr(text, '.') != NULL) {
        while (text[length - 1] == '0')
            length--;
        length -= text[length - 1] == '.';
        text[length] = '\0';
    }
    markup_put(markup, "%s", strcmp(text, "-0") == 0 ? "0" : text);
}

void markup_value(struct markup *markup, const char *name, double value)
{
    char text[NUMBER_BYTES];
    units_format_double(value, VALUE_DIGITS, text, sizeof text);
    if (text[0] != '\0')
        markup_put(markup, " %s=\"%s\"", name, text);
}
