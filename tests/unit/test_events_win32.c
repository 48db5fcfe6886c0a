/* What the Windows models keep of events: whose turn is next, and what has been reported once. */
#include "check.h"
#include "parts/event_set_win32.h"
#include "parts/network_events_win32.h"

enum { BUFFER = 8, MEMBERS = 4 };

static struct event_set set;
static unsigned slots[MEMBERS];
static int owners[MEMBERS]; /* their addresses tell them apart */

static WSAEVENT event_numbered(size_t number)
{
    return (WSAEVENT)(uintptr_t)(number + 1);
}

static void set_fill(void)
{
    set = (struct event_set){0};
    for (unsigned i = 0; i < MEMBERS; i++)
        event_set_add(&set, event_numbered(i), &owners[i], &slots[i]);
}

/* The member that a wait serves, where the events of these are signalled; else MEMBERS. */
static unsigned member_served(const bool signalled[MEMBERS])
{
    const WSAEVENT *first = event_set_first(&set);
    for (unsigned index = 0; index < set.count; index++)
        for (unsigned i = 0; i < MEMBERS; i++)
            if (signalled[i] && first[index] == set.events[slots[i]])
                return (unsigned)((int *)event_set_served(&set, index) - owners);
    return MEMBERS;
}

/* A wait reports the lowest index: whoever is always signalled must not keep the others waiting. */
static void test_wait_begins_behind_who_was_served(void)
{
    static const bool all[MEMBERS] = {true, true, true, true};
    static const bool two[MEMBERS] = {true, false, true, false};
    set_fill();
    for (unsigned i = 0; i < 2 * MEMBERS; i++)
        CHECK_EQ_U64(member_served(all), i % MEMBERS);
    CHECK_EQ_U64(member_served(two), 0);
    CHECK_EQ_U64(member_served(two), 2);
    CHECK_EQ_U64(member_served(two), 0);
}

static void test_each_wait_has_all_events(void)
{
    static const bool all[MEMBERS] = {true, true, true, true};
    set_fill();
    for (int round = 0; round < MEMBERS; round++) {
        unsigned seen = 0;
        for (unsigned index = 0; index < set.count; index++)
            seen |= 1U << (uintptr_t)event_set_first(&set)[index];
        CHECK_EQ_U64(seen, 2 + 4 + 8 + 16);
        member_served(all);
    }
}

static void test_removal(void)
{
    set_fill();
    event_set_remove(&set, slots[1]);
    CHECK_EQ_U64(slots[3], 1);
    CHECK(set.events[slots[3]] == event_numbered(3));
    CHECK(event_set_last(&set) == &owners[2]);
    /* The wait would begin at the slot that is gone. */
    set_fill();
    CHECK(event_set_served(&set, 2) == &owners[2]);
    for (unsigned i = MEMBERS - 1; i > 0; i--)
        event_set_remove(&set, slots[i]);
    CHECK(event_set_first(&set)[0] == event_numbered(0));
}

/* A connection with bytes that are not sent yet. */
static char buffer[BUFFER];
static struct session session;
static struct network_events events;

static void connection_begin(void)
{
    events = (struct network_events){0};
    session_init(&session, buffer, BUFFER);
    session_received(&session, 4);
}

/* Its send would block, so what is reported can't be acted on. Whether it needs another turn. */
static bool needs_turn_after_blocked_send(long reported)
{
    struct turn turn = network_events_turn(&events, reported, &session);
    CHECK(turn_next(&turn) == TURN_SEND);
    turn_sent(&turn, -WSAEWOULDBLOCK);
    CHECK(turn_next(&turn) == TURN_OVER);
    return network_events_again(&events, &turn);
}

/* FD_WRITE comes: it sends, and then receives what was reported before. The same. */
static bool needs_turn_after_echo(void)
{
    struct turn turn = network_events_turn(&events, FD_WRITE, &session);
    CHECK(turn_next(&turn) == TURN_SEND);
    turn_sent(&turn, 4);
    CHECK(turn_next(&turn) == TURN_RECV);
    turn_received(&turn, 2);
    CHECK(turn_next(&turn) == TURN_SEND);
    turn_sent(&turn, 2);
    CHECK(turn_next(&turn) == TURN_OVER);
    return network_events_again(&events, &turn);
}

/* FD_CLOSE is reported once; what came before it may be left to receive, and to send. */
static void test_close_is_kept(void)
{
    connection_begin();
    CHECK(!needs_turn_after_blocked_send(FD_CLOSE)); /* FD_WRITE will be reported */
    CHECK(needs_turn_after_echo()); /* nothing more is reported, but the end is left */

    struct turn turn = network_events_turn(&events, 0, &session);
    CHECK(turn_next(&turn) == TURN_RECV);
    turn_received(&turn, 0);
    CHECK(turn_next(&turn) == TURN_OVER);
    CHECK(turn_wants(&turn) == SESSION_CLOSE);
    CHECK(!network_events_again(&events, &turn));
}

/* FD_READ is reported again only after a receive, which may not come at once. */
static void test_readable_is_kept_until_a_receive(void)
{
    connection_begin();
    CHECK(!needs_turn_after_blocked_send(FD_READ));
    CHECK(!needs_turn_after_echo()); /* the receive has re-enabled it */

    struct turn turn = network_events_turn(&events, FD_WRITE, &session);
    CHECK(turn_next(&turn) == TURN_OVER);
    CHECK(turn_wants(&turn) == SESSION_RECV);
}

int main(void)
{
    test_wait_begins_behind_who_was_served();
    test_each_wait_has_all_events();
    test_removal();
    test_close_is_kept();
    test_readable_is_kept_until_a_receive();
    return check_report();
}
