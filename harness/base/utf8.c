#include "base/utf8.h"

size_t utf8_length(const char *text)
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

bool utf8_is_valid(const char *text)
{
    size_t length = 1;
    while (*text != '\0' && length > 0) {
        length = (unsigned char)*text < 0x80 ? 1 : utf8_length(text);
        text += length;
    }
    return length > 0;
}
