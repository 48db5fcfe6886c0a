#include <string.h>

#include "check.h"
#include "load/payload.h"
#include "load/unexpected.h"

enum { CONNECTION = 3 };

static const char *text_of(uint64_t received, uint64_t sent, const void *data, size_t count)
{
    static char text[UNEXPECTED_TEXT];
    return unexpected_text(CONNECTION, received, sent, data, count, text);
}

/* What the connection has sent, from an offset on. */
static void take_payload(uint64_t offset, uint8_t *data, size_t count)
{
    size_t span;
    memcpy(data, payload_span(CONNECTION, offset, count, &span), count);
}

static void test_an_echo(void)
{
    uint8_t data[64];
    take_payload(100, data, sizeof data);
    CHECK_EQ_TEXT(text_of(100, 164, data, sizeof data), "");
    CHECK_EQ_TEXT(text_of(100, 1000, data, 1), "");
    CHECK_EQ_TEXT(text_of(0, 0, data, 0), "");
}

static void test_one_byte_is_wrong(void)
{
    uint8_t data[64];
    take_payload(100, data, sizeof data);
    data[63] = data[63] == 'x' ? 'y' : 'x';
    CHECK_EQ_TEXT(text_of(100, 164, data, sizeof data),
                  data[63] == 'x' ? "in the place of byte 163 of the connection came \"x\""
                                  : "in the place of byte 163 of the connection came \"y\"");
}

static void test_before_anything_was_sent(void)
{
    CHECK_EQ_TEXT(text_of(0, 0, "220 \"ready\"\r\n", 13),
                  "before the client had sent anything came \"220 \\x22ready\\x22\\x0d\\x0a\"");
}

static void test_more_than_was_sent(void)
{
    uint8_t data[65];
    take_payload(0, data, 64);
    data[64] = '!';
    CHECK_EQ_TEXT(text_of(0, 64, data, sizeof data),
                  "after all 64 bytes of the connection came \"!\"");
}

/* The longest text that can be. */
static void test_is_cut(void)
{
    char wrong[100], shown[UNEXPECTED_TEXT] =
                         "in the place of byte 18446744073709551000 of the connection came \"";
    memset(wrong, '\x01', sizeof wrong);
    for (size_t i = 0; i < 32; i++)
        strcat(shown, "\\x01");
    strcat(shown, "\" ...");
    CHECK_EQ_TEXT(text_of(18446744073709551000u, 18446744073709551615u, wrong, sizeof wrong),
                  shown);
}

int main(void)
{
    payload_init();
    test_an_echo();
    test_one_byte_is_wrong();
    test_before_anything_was_sent();
    test_more_than_was_sent();
    test_is_cut();
    return check_report();
}
