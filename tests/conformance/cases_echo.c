/* Whatever is sent comes back: the same bytes, all of them, to the one who sent them. */
#include <string.h>

#include "client.h"
#include "clock.h"
#include "subject.h"

enum {
    KIB = 1024,
    MIB = 1024 * KIB,
    SMALL_BUFFER = 64 * KIB,
    SERVER_BUFFER = 64 * KIB /* by default */
};

static bool one_byte(struct test *test)
{
    struct client *client;
    return subject_start(test, NULL) && (client = clients_connect(test, 1)) != NULL &&
           clients_exchange(test, client, 1, 1) && clients_exchange(test, client, 1, 1) &&
           clients_finish(test, client, 1);
}

static bool odd_pieces(struct test *test)
{
    struct client *client;
    if (!subject_start(test, NULL) || (client = clients_connect(test, 1)) == NULL)
        return false;
    client->odd_pieces = true;
    return clients_exchange(test, client, 1, MIB) && clients_finish(test, client, 1);
}

/* The server's work is done once for each message, however its bytes come, and changes no byte. */
static bool work_for_each_message(struct test *test)
{
    enum { CLIENTS = 2, MESSAGE = 100, MESSAGES = 50, HALF = MESSAGE / 2 };
    const char *options[] = {"--work-cpu",      "10us", "--work-wait", "exp:100us",
                             "--message-bytes", "100",  NULL};
    struct client *clients;
    unsigned count = test->clients_at_once == 0 ? CLIENTS : test->clients_at_once;
    if (!subject_start(test, options) || (clients = clients_connect(test, count)) == NULL)
        return false;
    clients->odd_pieces = true;
    return clients_exchange(test, clients, count, MESSAGES * MESSAGE + HALF) &&
           subject_wait(test, "worked", (uint64_t)count * MESSAGES) &&
           clients_exchange(test, clients, count, HALF) &&
           subject_wait(test, "worked", (uint64_t)count * (MESSAGES + 1)) &&
           clients_finish(test, clients, count);
}

static bool both_ways_at_once(struct test *test)
{
    struct client *client;
    return subject_start(test, NULL) && (client = clients_connect(test, 1)) != NULL &&
           clients_exchange(test, client, 1, 64 * MIB) && clients_finish(test, client, 1);
}

static bool buffer_of(struct test *test, const char *buffer, uint64_t bytes)
{
    struct client *clients;
    const char *options[] = {"--buffer-bytes", buffer, NULL};
    return subject_start(test, options) && (clients = clients_connect(test, 2)) != NULL &&
           clients_exchange(test, clients, 2, bytes) && clients_finish(test, clients, 2);
}

static bool buffer_one_byte(struct test *test)
{
    return buffer_of(test, "1", 2 * KIB);
}

static bool buffer_1_mib(struct test *test)
{
    return buffer_of(test, "1MiB", 8 * MIB + 1);
}

/*
 * Sends a little at a time until the server waits to send: so there is room on the way for more
 * that can arrive while it does.
 */
static bool send_until_pending(struct test *test, struct client *client)
{
    enum { CHUNK = 32 * KIB, MOST = 256 * MIB, LOOKS = 10, LOOK_MS = 2 };
    unsigned looks = 0;
    while (looks < LOOKS) {
        if (client->sent > MOST)
            return test_fail(test, "the server has nothing pending for one that reads nothing");
        client->to_send += CHUNK;
        if (!clients_run(test))
            return false;
        uint64_t received, sent, last = 0;
        looks = 0;
        do {
            clock_sleep_ms(looks > 0 ? LOOK_MS : 0);
            if (!subject_stats(test))
                return false;
            received = subject_stat(test, "recv_bytes");
            sent = subject_stat(test, "send_bytes");
            looks = received + sent == last ? looks + 1 : 0;
            last = received + sent;
        } while (looks < LOOKS && !(received == sent && received == client->sent));
    }
    return true;
}

/*
 * Data arrives while an echo is pending: the server may not receive it yet, and must not forget it
 * either once the client reads again and nothing more comes.
 */
static bool data_while_pending(struct test *test)
{
    enum { MORE = 3, MORE_BYTES = 1000 };
    struct client *client;
    if (!subject_start(test, NULL) || (client = clients_new(test, 1)) == NULL)
        return false;
    client->receive_buffer = SMALL_BUFFER;
    if (!client_connect(test, client) || !subject_stats(test))
        return false;
    if (!subject_has_stat(test, "recv_bytes"))
        return test_skip(test, "the server counts no bytes (-Dobserve=false)");
    do {
        if (!send_until_pending(test, client))
            return false;
        for (unsigned i = 0; i < MORE; i++) {
            client->to_send += MORE_BYTES;
            if (!clients_run(test) || !subject_wait_idle(test))
                return false;
        }
        /* An acknowledgement that was late may have made room for what was pending. */
    } while (subject_stat(test, "recv_bytes") == subject_stat(test, "send_bytes"));
    if (!test->buffers_pooled &&
        subject_stat(test, "recv_bytes") > subject_stat(test, "send_bytes") + SERVER_BUFFER)
        return test_fail(test, "the server has more pending than its buffer holds: %.300s",
                         subject_accounts(test));
    client->to_receive = client->to_send;
    return clients_run(test) && clients_exchange(test, client, 1, 1) &&
           clients_finish(test, client, 1);
}

/* Every buffer on the way is full, in both directions. */
static bool all_buffers_full(struct test *test)
{
    struct client *client;
    if (!subject_start(test, NULL) || (client = clients_connect(test, 1)) == NULL)
        return false;
    for (unsigned i = 0; i < 2; i++) {
        if (!client_fill(test, client) || !subject_wait_idle(test))
            return false;
        client->to_receive = client->to_send;
        if (!clients_run(test))
            return false;
    }
    return clients_finish(test, client, 1);
}

static bool many_connections(struct test *test)
{
    enum { CONNECTIONS = 200 };
    static const uint64_t messages[] = {1, 1000, 20000, 7, 4096};
    struct client *clients;
    if (!subject_start(test, NULL) || !subject_remember(test) ||
        (clients = clients_connect(test, CONNECTIONS)) == NULL)
        return false;
    for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++)
        if (!clients_exchange(test, clients, CONNECTIONS, messages[i]))
            return false;
    return subject_wait(test, "open", CONNECTIONS) && subject_wait_idle(test) &&
           clients_finish(test, clients, CONNECTIONS);
}

/* One that stops reading holds up nobody else. */
static bool stopped_reader(struct test *test)
{
    enum { OTHERS = 20, MESSAGES = 20 };
    struct client *stopped, *others;
    if (!subject_start(test, NULL) || (stopped = clients_new(test, 1)) == NULL)
        return false;
    stopped->receive_buffer = SMALL_BUFFER;
    if (!client_connect(test, stopped) || !client_fill(test, stopped) ||
        (others = clients_connect(test, OTHERS)) == NULL)
        return false;
    /* The last is longer than a buffer, so that nothing of the stopped one's is left by chance. */
    for (unsigned i = 1; i <= MESSAGES; i++)
        if (!clients_exchange(test, others, OTHERS, i < MESSAGES ? 100 * i : 2 * SERVER_BUFFER))
            return false;
    if (!clients_finish(test, others, OTHERS) || !subject_wait_idle(test))
        return false;
    stopped->to_receive = stopped->to_send;
    return clients_run(test) && clients_finish(test, stopped, 1);
}

static uint64_t received_by(const struct client *clients, unsigned count)
{
    uint64_t bytes = 0;
    for (unsigned i = 0; i < count; i++)
        bytes += clients[i].received;
    return bytes;
}

/* Those that always have more for the server than it can do leave their turn to one that asks for little. */
static bool busy_neighbours(struct test *test)
{
    enum { BUSY = 8, BYTES = 16 * MIB, LEAST = 8 };
    const char *options[] = {"--work-cpu", "100us", "--message-bytes", "65536", NULL};
    struct client *modest, *busy;
    unsigned echoes = 0;
    if (strcmp(test->model, "iocp_unbounded_inline") == 0)
        return test_skip(test, "it shows what happens without that");
    if (!subject_start(test, options) || (modest = clients_connect(test, 1)) == NULL ||
        (busy = clients_connect(test, BUSY)) == NULL || !clients_exchange(test, modest, 1, 1))
        return false;
    for (unsigned i = 0; i < BUSY; i++)
        busy[i].to_send = busy[i].to_receive = BYTES;
    for (; received_by(busy, BUSY) < BUSY * (uint64_t)BYTES; echoes++) {
        modest->to_receive = ++modest->to_send;
        if (!clients_run_until(test, modest))
            return false;
    }
    if (echoes < LEAST)
        return test_fail(test, "only %u echoes for one while its neighbours got %u MiB", echoes,
                         BUSY * BYTES / MIB);
    return clients_finish(test, modest, 1) && clients_finish(test, busy, BUSY);
}

static bool ipv6(struct test *test)
{
    struct client *clients;
    if (!subject_has_ipv6())
        return test_skip(test, "this machine has no IPv6");
    return subject_start_at(test, "::1", "::1", NULL) &&
           (clients = clients_connect(test, 3)) != NULL &&
           clients_exchange(test, clients, 3, 100000) && clients_finish(test, clients, 3);
}

const struct test_case cases_echo[] = {
    {"echo_one_byte", one_byte},
    {"echo_odd_pieces", odd_pieces},
    {"work_for_each_message", work_for_each_message},
    {"echo_64_mib_both_ways", both_ways_at_once},
    {"buffer_one_byte", buffer_one_byte},
    {"buffer_1_mib", buffer_1_mib},
    {"data_while_pending", data_while_pending},
    {"all_buffers_full", all_buffers_full},
    {"many_connections", many_connections},
    {"stopped_reader", stopped_reader},
    {"busy_neighbours", busy_neighbours},
    {"ipv6", ipv6},
    {NULL, NULL},
};
