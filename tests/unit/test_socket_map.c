#include "check.h"
#include "parts/socket_map.h"

enum { MOST = 10 };

/* Also numbers far beyond those that room was made for, whose neighbours are nobody's. */
static void test_found_by_number(void)
{
    static const net_socket sockets[] = {3, 265, 266, 267, 700, 5000};
    enum { COUNT = sizeof sockets / sizeof sockets[0] };
    struct connection connections[COUNT];
    struct socket_map map = {0};
    CHECK(socket_map_open(&map, MOST));
    for (unsigned i = 0; i < COUNT; i++) {
        connections[i] = (struct connection){.socket = sockets[i]};
        CHECK(socket_map_find(&map, sockets[i]) == NULL);
        CHECK(socket_map_put(&map, &connections[i]));
    }
    for (unsigned i = 0; i < COUNT; i++)
        CHECK(socket_map_find(&map, sockets[i]) == &connections[i]);
    unsigned found = 0;
    for (net_socket socket = -1; socket < 20000; socket++)
        found += socket_map_find(&map, socket) != NULL;
    CHECK_EQ_U64(found, COUNT);
    socket_map_remove(&map, sockets[1]);
    CHECK(socket_map_find(&map, sockets[1]) == NULL);
    CHECK(socket_map_find(&map, sockets[0]) != NULL && socket_map_find(&map, sockets[2]) != NULL);
    socket_map_close(&map);
}

static void test_a_zeroed_one_may_be_closed(void)
{
    struct socket_map map = {0};
    socket_map_close(&map);
}

int main(void)
{
    test_found_by_number();
    test_a_zeroed_one_may_be_closed();
    return check_report();
}
