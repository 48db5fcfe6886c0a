#include "load/unexpected.h"

#include <stdio.h>

#include "load/payload.h"

enum { BYTES_SHOWN = 32 };

/* Printable ASCII as it is, all else as \x00. */
static void bytes_quote(const uint8_t *data, size_t count, char text[4 * BYTES_SHOWN + 1])
{
    text[0] = '\0';
    for (size_t i = 0; i < count && i < BYTES_SHOWN; i++) {
        bool plain = data[i] >= ' ' && data[i] < 0x7f && data[i] != '\\' && data[i] != '"';
        text += snprintf(text, 5, plain ? "%c" : "\\x%02x", data[i]);
    }
}

const char *unexpected_text(uint32_t connection, uint64_t received, uint64_t sent,
                            const uint8_t *data, size_t count, char text[UNEXPECTED_TEXT])
{
    char shown[4 * BYTES_SHOWN + 1];
    size_t right = 0, due = sent - received < count ? (size_t)(sent - received) : count;
    text[0] = '\0';
    while (right < due && payload_verify(connection, received + right, data + right, 1))
        right++;
    if (right == count)
        return text;
    bytes_quote(data + right, count - right, shown);
    const char *more = count - right > BYTES_SHOWN ? " ..." : "";
    /* The place first, as what is too long for its row is cut at its end. */
    if (right < due)
        snprintf(text, UNEXPECTED_TEXT, "in the place of byte %llu of the connection came \"%s\"%s",
                 (unsigned long long)(received + right), shown, more);
    else if (sent == 0)
        snprintf(text, UNEXPECTED_TEXT, "before the client had sent anything came \"%s\"%s", shown,
                 more);
    else
        snprintf(text, UNEXPECTED_TEXT, "after all %llu bytes of the connection came \"%s\"%s",
                 (unsigned long long)sent, shown, more);
    return text;
}
