#include "check.h"
#include "net.h"
#include "turn.h"

/* Errors as the system's calls give them. */
#ifdef _WIN32
enum { WOULD_BLOCK = -WSAEWOULDBLOCK, RESET = -WSAECONNRESET };
#else
#include <errno.h>
enum { WOULD_BLOCK = -EAGAIN, RESET = -ECONNRESET };
#endif

enum { BUFFER = 8 };
static char buffer[BUFFER];

static struct session session_new(void)
{
    struct session session;
    session_init(&session, buffer, sizeof buffer);
    return session;
}

static void test_one_receive_then_its_bytes(void)
{
    struct session session = session_new();
    struct turn turn = turn_begin(&session, TURN_RECEIVES);
    CHECK(turn_next(&turn) == TURN_RECV);
    CHECK(turn.step == TURN_RECV && turn.span.at == buffer);
    CHECK_EQ_U64(turn.span.size, BUFFER);
    turn_received(&turn, 5);
    CHECK(turn_next(&turn) == TURN_SEND);
    CHECK(turn.span.at == buffer);
    CHECK_EQ_U64(turn.span.size, 5);
    turn_sent(&turn, 5);
    CHECK(turn_next(&turn) == TURN_OVER);
    CHECK(turn_wants(&turn) == SESSION_RECV);
    CHECK(turn.has_received && !turn.found_nothing && turn.error == 0);
}

static void test_a_second_receive_after_a_full_buffer(void)
{
    struct session session = session_new();
    struct turn turn = turn_begin(&session, TURN_RECEIVES);
    unsigned receives = 0;
    /* A client that has always more to say. */
    while (turn_next(&turn) != TURN_OVER && receives < 10)
        if (turn.step == TURN_RECV) {
            receives++;
            turn_received(&turn, BUFFER);
        } else {
            turn_sent(&turn, (int64_t)turn.span.size);
        }
    CHECK_EQ_U64(receives, 2);
    CHECK(turn_wants(&turn) == SESSION_RECV);
}

static void test_no_second_receive_where_one_is_allowed(void)
{
    struct session session = session_new();
    struct turn turn = turn_begin(&session, 1);
    CHECK(turn_next(&turn) == TURN_RECV);
    turn_received(&turn, BUFFER);
    CHECK(turn_next(&turn) == TURN_SEND);
    turn_sent(&turn, BUFFER);
    CHECK(turn_next(&turn) == TURN_OVER);
}

static void test_nothing_is_received_where_nobody_said_so(void)
{
    struct session session = session_new();
    struct turn turn = turn_begin(&session, 0);
    CHECK(turn_next(&turn) == TURN_OVER);
    CHECK(turn_wants(&turn) == SESSION_RECV);
    CHECK(!turn.has_received);
}

static void test_partial_send_goes_on_until_it_would_block(void)
{
    struct session session = session_new();
    struct turn turn = turn_begin(&session, TURN_RECEIVES);
    turn_next(&turn);
    turn_received(&turn, BUFFER);
    CHECK(turn_next(&turn) == TURN_SEND);
    turn_sent(&turn, 3);
    CHECK(turn_next(&turn) == TURN_SEND);
    CHECK(turn.span.at == buffer + 3);
    CHECK_EQ_U64(turn.span.size, BUFFER - 3);
    turn_sent(&turn, WOULD_BLOCK);
    CHECK(turn_next(&turn) == TURN_OVER);
    CHECK(turn_wants(&turn) == SESSION_SEND);
    CHECK(turn.error == 0);

    /* The next turn begins with what is pending, and may then receive. */
    turn = turn_begin(&session, 1);
    CHECK(turn_next(&turn) == TURN_SEND);
    turn_sent(&turn, BUFFER - 3);
    CHECK(turn_next(&turn) == TURN_RECV);
}

static void test_receive_that_finds_nothing(void)
{
    struct session session = session_new();
    struct turn turn = turn_begin(&session, TURN_RECEIVES);
    turn_next(&turn);
    turn_received(&turn, WOULD_BLOCK);
    CHECK(turn_next(&turn) == TURN_OVER);
    CHECK(turn.has_received && turn.found_nothing && turn.error == 0);
    CHECK(turn_wants(&turn) == SESSION_RECV);
}

#ifndef _WIN32 /* no signal interrupts Winsock's calls */
static void test_interrupted_calls_are_repeated(void)
{
    struct session session = session_new();
    struct turn turn = turn_begin(&session, 1);
    turn_next(&turn);
    turn_received(&turn, -EINTR);
    CHECK(turn_next(&turn) == TURN_RECV);
    CHECK(!turn.found_nothing);
    turn_received(&turn, 2);
    CHECK(turn_next(&turn) == TURN_SEND);
    turn_sent(&turn, -EINTR);
    CHECK(turn_next(&turn) == TURN_SEND);
    CHECK_EQ_U64(turn.span.size, 2);
}
#endif

static void test_errors_end_the_connection(void)
{
    struct session session = session_new();
    struct turn turn = turn_begin(&session, TURN_RECEIVES);
    turn_next(&turn);
    turn_received(&turn, RESET);
    CHECK(turn_next(&turn) == TURN_OVER);
    CHECK(turn_wants(&turn) == SESSION_CLOSE);
    CHECK(turn.error == RESET);

    session = session_new();
    turn = turn_begin(&session, TURN_RECEIVES);
    turn_next(&turn);
    turn_received(&turn, 4);
    turn_next(&turn);
    turn_sent(&turn, RESET);
    CHECK(turn_next(&turn) == TURN_OVER);
    CHECK(turn_wants(&turn) == SESSION_CLOSE);
    CHECK(turn.error == RESET);
}

static void test_the_peers_finish(void)
{
    struct session session = session_new();
    struct turn turn = turn_begin(&session, TURN_RECEIVES);
    turn_next(&turn);
    turn_received(&turn, 0);
    CHECK(turn_next(&turn) == TURN_OVER);
    CHECK(turn_wants(&turn) == SESSION_CLOSE);
    CHECK(turn.error == 0);
}

static void test_posted_operations(void)
{
    struct session session = session_new();
    struct turn turn = turn_begin(&session, 0);
    turn_completed(&turn, 6);
    CHECK(turn_next(&turn) == TURN_SEND);
    turn_sent(&turn, 2);
    turn_next(&turn);
    turn_sent(&turn, WOULD_BLOCK);
    CHECK(turn_next(&turn) == TURN_OVER);
    CHECK(turn_wants(&turn) == SESSION_SEND);

    /* The rest was posted as a send, and is complete. */
    turn = turn_begin(&session, 0);
    turn_completed(&turn, 4);
    CHECK(turn_next(&turn) == TURN_OVER);
    CHECK(turn_wants(&turn) == SESSION_RECV);

    turn = turn_begin(&session, 0);
    turn_completed(&turn, RESET);
    CHECK(turn_next(&turn) == TURN_OVER);
    CHECK(turn_wants(&turn) == SESSION_CLOSE);
    CHECK(turn.error == RESET);
}

int main(void)
{
    test_one_receive_then_its_bytes();
    test_a_second_receive_after_a_full_buffer();
    test_no_second_receive_where_one_is_allowed();
    test_nothing_is_received_where_nobody_said_so();
    test_partial_send_goes_on_until_it_would_block();
    test_receive_that_finds_nothing();
#ifndef _WIN32
    test_interrupted_calls_are_repeated();
#endif
    test_errors_end_the_connection();
    test_the_peers_finish();
    test_posted_operations();
    return check_report();
}
