/*
 * client: the connections of a test. All are driven by one thread through clients_run, without
 * blocking; each has a payload of its own (payload.h), and every byte that comes back is compared.
 */
#ifndef IOMODELS_CONFORMANCE_CLIENT_H
#define IOMODELS_CONFORMANCE_CLIENT_H

#include "test.h"

/* What clients_run takes for right of how the connection ends. */
enum client_end {
    CLIENT_STAYS,    /* it must not end */
    CLIENT_FINISHES, /* it half-closes when all is sent, and all comes back before the close */
    CLIENT_MAY_END,  /* by a close or a reset */
    CLIENT_MUST_END  /* the same, and clients_run waits for it */
};

struct client {
    net_socket socket; /* NET_SOCKET_NONE: closed */
    uint32_t stream;   /* names its payload: no two clients of a run have the same */
    uint64_t sent;
    uint64_t received;
    bool finished; /* has half-closed */
    bool ended;    /* the server's close or reset has come */
    void *sending; /* platform_send's */

    /* what clients_run is to reach; set by the case */
    uint64_t to_send;    /* bytes in all, since the connect */
    uint64_t to_receive; /* it reads nothing beyond them */
    enum client_end end;
    bool odd_pieces;    /* sends and receives in pieces of odd sizes */
    int receive_buffer; /* SO_RCVBUF, before the connect; 0: the system's choice */
};

/* Takes `count` new clients, closed ones. They lie one behind the other. */
struct client *clients_new(struct test *test, unsigned count);
bool client_connect(struct test *test, struct client *client);
/* clients_new and client_connect; NULL after a failure. */
struct client *clients_connect(struct test *test, unsigned count);

/* Drives all clients of the test until each has reached what it is to. */
bool clients_run(struct test *test);
/* The same, but no longer than until `first` has reached what it is to. */
bool clients_run_until(struct test *test, const struct client *first);
/* Each sends so many bytes more and receives all that it has sent so far. */
bool clients_exchange(struct test *test, struct client *clients, unsigned count, uint64_t bytes);
/* Shuts down its sending side. */
bool client_half_close(struct test *test, struct client *client);
/* Each half-closes, must get what is still to come and then the server's close; then closes. */
bool clients_finish(struct test *test, struct client *clients, unsigned count);
/* The server closes or resets each of them; then closes. */
bool clients_await_end(struct test *test, struct client *clients, unsigned count);
/*
 * Sends, and reads nothing, until the server has to wait for this client and both sides' buffers
 * are full: it takes no more.
 */
bool client_fill(struct test *test, struct client *client);

void client_close(struct client *client);
/* SO_LINGER 0. On Wine 8 it finishes sending first, so what the server sees may be only that. */
void client_reset(struct client *client);
/* Closes all clients of the test. */
void clients_drop(struct test *test);

#endif
