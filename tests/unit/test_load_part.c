/* The connections of a run, and the messages of its schedule, among the client threads. */
#include "check.h"
#include "load/load_part.h"

enum { CONNECTIONS_MOST = 13, ROUNDS = 3 };

/* Each connection is of one thread, and no thread has more than one beyond another's. */
static void check_connections(unsigned connections, unsigned threads, bool in_turn)
{
    unsigned owners[CONNECTIONS_MOST] = {0};
    for (unsigned thread = 0; thread < threads; thread++) {
        struct load_part part = load_part_of(connections, threads, thread, in_turn);
        CHECK(part.count == connections / threads || part.count == connections / threads + 1);
        for (unsigned i = 0; i < part.count; i++) {
            unsigned id = load_part_id(&part, i);
            CHECK(id < connections);
            if (id < connections)
                owners[id]++;
            if (i > 0)
                CHECK_EQ_U64(id, load_part_id(&part, i - 1) + (in_turn ? threads : 1));
        }
    }
    for (unsigned id = 0; id < connections; id++)
        CHECK_EQ_U64(owners[id], 1);
}

/* Each message is of one thread, and that is the one which has its connection. */
static void check_messages(unsigned connections, unsigned threads, bool in_turn)
{
    unsigned owners[ROUNDS * CONNECTIONS_MOST] = {0}, index;
    uint64_t end = (uint64_t)ROUNDS * connections;
    for (unsigned thread = 0; thread < threads; thread++) {
        struct load_part part = load_part_of(connections, threads, thread, in_turn);
        uint64_t message = 0;
        while ((message = load_part_message(&part, connections, message, &index)) < end) {
            CHECK(index < part.count);
            CHECK_EQ_U64(load_part_id(&part, index), message % connections);
            owners[message++]++;
        }
    }
    for (uint64_t message = 0; message < end; message++)
        CHECK_EQ_U64(owners[message], 1);
}

static void test_all(void)
{
    for (unsigned connections = 1; connections <= CONNECTIONS_MOST; connections++)
        for (unsigned threads = 1; threads <= connections; threads++)
            for (int in_turn = 0; in_turn < 2; in_turn++) {
                check_connections(connections, threads, in_turn != 0);
                check_messages(connections, threads, in_turn != 0);
            }
}

/* One thread has them as they are, at any distance. */
static void test_one_thread(void)
{
    struct load_part part = load_part_of(1000000, 1, 0, true);
    unsigned index;
    uint64_t far = UINT64_C(1) << 62;
    CHECK_EQ_U64(load_part_message(&part, 1000000, far, &index), far);
    CHECK_EQ_U64(index, far % 1000000);
}

/* Misbehaving clients can be fewer than threads. */
static void test_empty_parts(void)
{
    CHECK_EQ_U64(load_part_of(1, 3, 0, true).count, 1);
    CHECK_EQ_U64(load_part_of(1, 3, 1, true).count, 0);
    CHECK_EQ_U64(load_part_of(0, 2, 0, true).count, 0);
}

int main(void)
{
    test_all();
    test_one_thread();
    test_empty_parts();
    return check_report();
}
