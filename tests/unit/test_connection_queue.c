#include "check.h"
#include "parts/connection_queue.h"

static void test_the_first_comes_out_first_past_the_ring_s_end(void)
{
    struct connection connections[3] = {{.id = 1}, {.id = 2}, {.id = 3}};
    struct connection_queue queue = {0};
    CHECK(connection_queue_open(&queue, 3));
    for (unsigned i = 0; i < 3; i++)
        connection_queue_add(&queue, &connections[i]);
    for (unsigned i = 0; i < 7; i++) {
        struct connection *connection = connection_queue_take(&queue);
        CHECK_EQ_U64(connection->id, i % 3 + 1);
        CHECK_EQ_U64(queue.count, 2);
        connection_queue_add(&queue, connection);
    }
    connection_queue_close(&queue);
}

static void test_a_zeroed_one_may_be_closed(void)
{
    struct connection_queue queue = {0};
    connection_queue_close(&queue);
}

int main(void)
{
    test_the_first_comes_out_first_past_the_ring_s_end();
    test_a_zeroed_one_may_be_closed();
    return check_report();
}
