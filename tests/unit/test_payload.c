#include "check.h"
#include "load/payload.h"

#include <stdlib.h>

enum { PERIOD = 65521, MESSAGE = 64 };

static const uint8_t *bytes_at(uint32_t connection, uint64_t offset)
{
    size_t span;
    return payload_span(connection, offset, MESSAGE, &span);
}

static void test_span_sizes(void)
{
    size_t span = 1;
    payload_span(3, 5, 0, &span);
    CHECK_EQ_U64(span, 0);
    payload_span(3, 5, 1000, &span);
    CHECK_EQ_U64(span, 1000);
    payload_span(3, 5, PAYLOAD_SPAN_MAX, &span);
    CHECK_EQ_U64(span, PAYLOAD_SPAN_MAX);
    payload_span(3, 5, PAYLOAD_SPAN_MAX + 1, &span);
    CHECK(span >= 1 && span <= PAYLOAD_SPAN_MAX);
}

static void test_connections_differ(void)
{
    uint32_t alike = 0;
    for (uint32_t connection = 1; connection < 20000; connection++)
        alike += memcmp(bytes_at(0, 1000), bytes_at(connection, 1000), MESSAGE) == 0;
    CHECK_EQ_U64(alike, 0);
    CHECK(!payload_verify(7, 1000, bytes_at(8, 1000), MESSAGE));
    CHECK(payload_verify(7, 1000, bytes_at(7, 1000), MESSAGE));
}

/* Lost or doubled bytes shift what follows, by few bytes or by a whole message or buffer. */
static void test_shift_shows(void)
{
    static const uint64_t shifts[] = {1, 2, 64, 1024, 4096, 16384, 65536, 131072, 1048576};
    for (size_t i = 0; i < sizeof shifts / sizeof shifts[0]; i++)
        CHECK(!payload_verify(9, 5000, bytes_at(9, 5000 + shifts[i]), MESSAGE));
}

/* A stream is one sequence, however it is cut into spans, also where the table begins anew. */
static void test_spans_join(void)
{
    for (uint32_t connection = 0; connection < 50; connection++) {
        size_t span;
        const uint8_t *whole = payload_span(connection, 0, 2 * PERIOD, &span);
        uint32_t mismatches = 0;
        CHECK_EQ_U64(span, 2 * PERIOD);
        for (uint64_t offset = 0; offset + MESSAGE <= 2 * PERIOD; offset += 61)
            mismatches += memcmp(whole + offset, bytes_at(connection, offset), MESSAGE) != 0;
        CHECK_EQ_U64(mismatches, 0);
        CHECK(payload_verify(connection, PERIOD - 10, whole + PERIOD - 10, 20));
    }
}

static void test_far_offsets(void)
{
    uint64_t far = UINT64_MAX / PERIOD * PERIOD - PERIOD;
    CHECK(payload_verify(UINT32_MAX, far + 17, bytes_at(UINT32_MAX, 17), MESSAGE));
    CHECK(payload_verify(UINT32_MAX, UINT64_MAX - MESSAGE,
                         bytes_at(UINT32_MAX, UINT64_MAX - MESSAGE), MESSAGE));
}

static uint8_t *stream_new(uint32_t connection, uint64_t offset, size_t size)
{
    uint8_t *data = malloc(size);
    size_t span;
    for (size_t at = 0; data != NULL && at < size; at += span) {
        const uint8_t *bytes = payload_span(connection, offset + at, size - at, &span);
        memcpy(data + at, bytes, span);
    }
    return data;
}

static void test_verify_sees_every_byte(void)
{
    size_t size = 2 * PAYLOAD_SPAN_MAX + 1000;
    size_t places[] = {0, 1, PAYLOAD_SPAN_MAX - 1, PAYLOAD_SPAN_MAX, size - 1};
    uint8_t *data = stream_new(4, 123456789, size);
    CHECK(data != NULL);
    if (data == NULL)
        return;
    CHECK(payload_verify(4, 123456789, data, size));
    CHECK(payload_verify(4, 123456789, data, 0));
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        data[places[i]] ^= 1;
        CHECK(!payload_verify(4, 123456789, data, size));
        data[places[i]] ^= 1;
    }
    free(data);
}

/* Bytes that are mostly alike would hide a swap of single bytes. */
static void test_bytes_are_spread(void)
{
    uint32_t seen[256] = {0};
    for (uint64_t offset = 0; offset < PERIOD; offset++)
        seen[*bytes_at(0, offset)]++;
    uint32_t outside = 0; /* 256 on average, with a standard deviation of 16 */
    for (size_t i = 0; i < 256; i++)
        outside += seen[i] < 170 || seen[i] > 342;
    CHECK_EQ_U64(outside, 0);
}

int main(void)
{
    payload_init();
    test_span_sizes();
    test_connections_differ();
    test_shift_shows();
    test_spans_join();
    test_far_offsets();
    test_verify_sees_every_byte();
    test_bytes_are_spread();
    return check_report();
}
