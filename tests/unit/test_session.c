#include "base/random.h"
#include "check.h"
#include "session.h"
#include "stats/statistics.h"

static void test_recv_only_when_nothing_is_pending(void)
{
    char buffer[8];
    struct session session;
    session_init(&session, buffer, sizeof buffer);
    CHECK(session_wants(&session) == SESSION_RECV);
    CHECK(session_recv_span(&session).at == buffer);
    CHECK_EQ_U64(session_recv_span(&session).size, sizeof buffer);

    session_received(&session, 5);
    CHECK(session_wants(&session) == SESSION_SEND);
    CHECK(session_send_span(&session).at == buffer);
    CHECK_EQ_U64(session_send_span(&session).size, 5);
}

static void test_partial_sends(void)
{
    char buffer[8];
    struct session session;
    session_init(&session, buffer, sizeof buffer);
    session_received(&session, 5);
    session_sent(&session, 2);
    CHECK(session_wants(&session) == SESSION_SEND);
    CHECK(session_send_span(&session).at == buffer + 2);
    CHECK_EQ_U64(session_send_span(&session).size, 3);
    session_sent(&session, 0);
    CHECK_EQ_U64(session_send_span(&session).size, 3);
    session_sent(&session, 3);
    CHECK(session_wants(&session) == SESSION_RECV);
    CHECK(session_recv_span(&session).at == buffer);
    CHECK_EQ_U64(session_recv_span(&session).size, sizeof buffer);
}

static void test_full_buffer(void)
{
    char buffer[8];
    struct session session;
    session_init(&session, buffer, sizeof buffer);
    session_received(&session, sizeof buffer - 1);
    CHECK(!session_is_full(&session));
    session_sent(&session, sizeof buffer - 1);
    session_received(&session, sizeof buffer);
    CHECK(session_is_full(&session));
    CHECK_EQ_U64(session_send_span(&session).size, sizeof buffer);
    session_sent(&session, sizeof buffer - 1);
    CHECK(session_send_span(&session).at == buffer + sizeof buffer - 1);
    CHECK_EQ_U64(session_send_span(&session).size, 1);
    session_sent(&session, 1);
    CHECK(session_wants(&session) == SESSION_RECV);
}

static void test_one_byte_buffer(void)
{
    char buffer[1];
    struct session session;
    session_init(&session, buffer, sizeof buffer);
    for (int i = 0; i < 3; i++) {
        CHECK_EQ_U64(session_recv_span(&session).size, 1);
        session_received(&session, 1);
        CHECK(session_wants(&session) == SESSION_SEND);
        session_sent(&session, 1);
        CHECK(session_wants(&session) == SESSION_RECV);
    }
}

static void test_half_close(void)
{
    char buffer[8];
    struct session session;
    session_init(&session, buffer, sizeof buffer);
    session_received(&session, 0);
    CHECK(session_wants(&session) == SESSION_CLOSE);

    /* The peer finished while bytes are pending: they still go back, and only then it is over. */
    session_init(&session, buffer, sizeof buffer);
    session_received(&session, 4);
    session.peer_finished = true;
    CHECK(session_wants(&session) == SESSION_SEND);
    session_sent(&session, 3);
    CHECK(session_wants(&session) == SESSION_SEND);
    session_sent(&session, 1);
    CHECK(session_wants(&session) == SESSION_CLOSE);
}

static void test_move(void)
{
    char first[8] = "abcdefg", second[8] = "ABCDEFG";
    struct session session;
    session_init(&session, first, sizeof first);
    session_move(&session, second); /* nothing is pending, so nothing is copied */
    CHECK(memcmp(second, "ABCDEFG", sizeof second) == 0);
    CHECK(session_recv_span(&session).at == second);
    CHECK_EQ_U64(session_recv_span(&session).size, sizeof second);

    session_received(&session, 5);
    session_sent(&session, 2);
    session_move(&session, second);
    CHECK(memcmp(second, "ABCDEFG", sizeof second) == 0);
    session_move(&session, first);
    CHECK(session_wants(&session) == SESSION_SEND);
    CHECK(session_send_span(&session).at == first + 2);
    CHECK_EQ_U64(session_send_span(&session).size, 3);
    CHECK(memcmp(first, "abCDEfg", sizeof first) == 0);
    session_sent(&session, 3);
    CHECK(session_recv_span(&session).at == first);
}

/* Both ends simulated: whatever the sizes of receives and sends, every byte returns in order. */
static void test_echo_in_random_pieces(void)
{
    char buffer[7];
    uint8_t sent[1000], returned[1000];
    size_t in = 0, out = 0;
    struct random_state random;
    struct session session;
    random_seed(&random, 1);
    session_init(&session, buffer, sizeof buffer);
    for (size_t i = 0; i < sizeof sent; i++)
        sent[i] = (uint8_t)random_next(&random);

    for (int steps = 0; steps < 10000 && session_wants(&session) != SESSION_CLOSE; steps++) {
        if (session_wants(&session) == SESSION_RECV) {
            size_t left = sizeof sent - in;
            struct session_span span = session_recv_span(&session);
            size_t count = (size_t)random_below(&random, span.size) + 1;
            count = count < left ? count : left;
            memcpy(span.at, sent + in, count);
            session_received(&session, count);
            in += count;
        } else {
            struct session_span span = session_send_span(&session);
            size_t count = (size_t)random_below(&random, span.size + 1);
            memcpy(returned + out, span.at, count);
            session_sent(&session, count);
            out += count;
        }
    }
    CHECK(session_wants(&session) == SESSION_CLOSE);
    CHECK_EQ_U64(out, sizeof sent);
    CHECK(memcmp(sent, returned, sizeof sent) == 0);
}

int main(void)
{
    test_recv_only_when_nothing_is_pending();
    test_partial_sends();
    test_full_buffer();
    test_one_byte_buffer();
    test_half_close();
    test_move();
    test_echo_in_random_pieces();
    return check_report();
}
