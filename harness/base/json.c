#include "base/json.h"

#include "base/utf8.h"

bool json_write_text(FILE *file, const char *text)
{
    bool failed = fputc('"', file) == EOF;
    while (*text != '\0') {
        char escaped[8] = "\\ufffd";
        size_t length = utf8_length(text);
        if ((unsigned char)*text < ' ')
            snprintf(escaped, sizeof escaped, "\\u%04x", (unsigned)(unsigned char)*text);
        else if (*text == '"' || *text == '\\')
            snprintf(escaped, sizeof escaped, "\\%c", *text);
        else if (length > 0)
            escaped[0] = '\0';
        if (escaped[0] != '\0')
            failed |= fputs(escaped, file) < 0;
        else
            failed |= fwrite(text, 1, length, file) != length;
        text += length == 0 ? 1 : length;
    }
    return fputc('"', file) != EOF && !failed;
}
