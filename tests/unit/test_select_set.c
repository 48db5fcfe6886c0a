#include "check.h"
#include "parts/select_set.h"

#include <limits.h>
#include <sys/select.h>

enum { WORD_BITS = sizeof(long) * CHAR_BIT, MEMBERS = 4 };

static struct select_connection connections[MEMBERS];
static const net_socket sockets[MEMBERS] = {3, WORD_BITS - 1, WORD_BITS, 500};

/* Whole words: the kernel looks at no bit that is not copied, and copies none in vain. */
static void test_bytes(void)
{
    CHECK_EQ_U64(select_set_bytes(1, 1), sizeof(long));
    CHECK_EQ_U64(select_set_bytes(1, WORD_BITS), sizeof(long));
    CHECK_EQ_U64(select_set_bytes(1, WORD_BITS + 1), 2 * sizeof(long));
    CHECK_EQ_U64(select_set_bytes(9, 10 * WORD_BITS), 10 * sizeof(long));
}

static bool is_in(const fd_set *set, net_socket socket)
{
    return FD_ISSET((size_t)socket, set) != 0;
}

/* The set as select gets it has exactly the sockets of the members. */
static void check_set(struct select_set *set, const bool wanted[MEMBERS])
{
    struct select_member ready[MEMBERS];
    unsigned count = 0, found = 0;
    size_t bytes;
    fd_set *copy = select_set_copy(set, 501, &bytes);
    for (unsigned i = 0; i < MEMBERS; i++) {
        count += wanted[i];
        CHECK(select_set_has(set, &connections[i]) == wanted[i]);
        CHECK(copy == NULL || is_in(copy, sockets[i]) == wanted[i]);
    }
    CHECK_EQ_U64(set->count, count);
    CHECK_EQ_U64(bytes, count == 0 ? 0 : select_set_bytes(count, 501));
    CHECK((copy == NULL) == (count == 0));
    if (copy == NULL)
        return;
    CHECK_EQ_U64(select_set_collect(set, ready), count);
    for (unsigned i = 0; i < count; i++)
        found += ready[i].connection->connection.socket == ready[i].socket;
    CHECK_EQ_U64(found, count);
    /* What select has taken out is not reported. */
    FD_CLR((size_t)set->members[0].socket, copy);
    CHECK_EQ_U64(select_set_collect(set, ready), count - 1);
}

static void test_members(void)
{
    struct select_set set = {.count = 0};
    bool wanted[MEMBERS] = {false};
    CHECK(select_set_open(&set, SELECT_READING, MEMBERS));
    check_set(&set, wanted);
    for (unsigned i = 0; i < MEMBERS; i++) {
        connections[i].connection.socket = sockets[i];
        select_set_add(&set, sockets[i], &connections[i]);
        wanted[i] = true;
        check_set(&set, wanted);
    }
    /* From the middle, which the last one fills; again, which changes nothing; the last, the first. */
    static const unsigned leaving[] = {1, 1, 3, 0, 2};
    for (unsigned i = 0; i < sizeof leaving / sizeof leaving[0]; i++) {
        select_set_remove(&set, &connections[leaving[i]]);
        wanted[leaving[i]] = false;
        check_set(&set, wanted);
    }
    select_set_close(&set);
}

/* A call of select whose answer has the sockets of these members only. */
static void answer(struct select_set *set, const bool marked[MEMBERS])
{
    size_t bytes;
    fd_set *copy = select_set_copy(set, 501, &bytes);
    for (unsigned i = 0; copy != NULL && i < MEMBERS; i++)
        if (!marked[i] && select_set_has(set, &connections[i]))
            FD_CLR((size_t)sockets[i], copy);
}

/* 0 and 1 have bytes pending; 0 is reported by both sets, 1 by the writing one, 2 by the other. */
static void test_both_sets(void)
{
    static const bool readable[MEMBERS] = {true, false, true, false};
    static const bool writable[MEMBERS] = {true, true, false, false};
    struct select_set reading = {.count = 0}, writing = {.count = 0};
    struct select_member ready[SELECT_PURPOSES * MEMBERS];
    bool left = false;
    CHECK(select_set_open(&reading, SELECT_READING, MEMBERS));
    CHECK(select_set_open(&writing, SELECT_WRITING, MEMBERS));
    for (unsigned i = 0; i < MEMBERS; i++)
        select_set_add(&reading, sockets[i], &connections[i]);
    answer(&reading, readable);
    CHECK_EQ_U64(select_sets_collect(&reading, &writing, ready, &left), 2);
    CHECK(!left);
    for (unsigned i = 0; i < 2; i++)
        select_set_add(&writing, sockets[i], &connections[i]);
    answer(&reading, readable);
    answer(&writing, writable);
    CHECK_EQ_U64(select_sets_collect(&reading, &writing, ready, &left), 3);
    CHECK(left);
    CHECK(!select_set_has(&reading, &connections[0]));
    for (unsigned i = 1; i < MEMBERS; i++)
        CHECK(select_set_has(&reading, &connections[i]));
    for (unsigned i = 0; i < MEMBERS; i++)
        CHECK(connections[i].writable == (i < 2));
    select_sets_rejoin(&reading, &writing);
    CHECK_EQ_U64(reading.count, MEMBERS);
    for (unsigned i = 0; i < MEMBERS; i++)
        CHECK(select_set_has(&reading, &connections[i]));
    select_set_close(&reading);
    select_set_close(&writing);
}

int main(void)
{
    test_bytes();
    test_members();
    test_both_sets();
    return check_report();
}
