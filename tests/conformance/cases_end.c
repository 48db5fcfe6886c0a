/* How a connection ends: nothing is lost, nobody else notices, and nothing is left of it. */
#include <string.h>

#include "client.h"
#include "clock.h"
#include "probe.h"
#include "subject.h"

enum { KIB = 1024, MIB = 1024 * KIB, SMALL_BUFFER = 64 * KIB };

/* True, and the case is skipped, where the system loses bytes that the server has sent. */
static bool half_close_loses(struct test *test)
{
    return test->sends_without_blocking && !probe_sends_survive_half_close() &&
           test_skip(test, "the system loses what a non-blocking send has taken once the peer "
                           "half-closes");
}

/* The sending side is shut down before anything was sent, and right behind what was sent. */
static bool half_close_at_once(struct test *test)
{
    enum { CLIENTS = 4 };
    static const uint64_t bytes[CLIENTS] = {0, 1, 100000, MIB};
    struct client *clients;
    if (half_close_loses(test))
        return true;
    if (!subject_start(test, NULL) || !subject_remember(test) ||
        (clients = clients_connect(test, CLIENTS)) == NULL)
        return false;
    for (unsigned i = 0; i < CLIENTS; i++)
        clients[i].to_send = bytes[i];
    return clients_finish(test, clients, CLIENTS);
}

/* Megabytes are on their way, and the server waits to send, when the half-close comes. */
static bool half_close_in_flight(struct test *test)
{
    struct client *client;
    if (half_close_loses(test))
        return true;
    return subject_start(test, NULL) && subject_remember(test) &&
           (client = clients_connect(test, 1)) != NULL && client_fill(test, client) &&
           client_half_close(test, client) && subject_wait_idle(test) &&
           clients_finish(test, client, 1);
}

/* The server notices while it waits to receive, while it waits to send, and in between. */
static bool reset(struct test *test)
{
    enum { IDLE = 3, BUSY = 4, FULL = 3, ALL = IDLE + BUSY + FULL };
    struct client *witness, *clients;
    if (!subject_start(test, NULL) || !subject_remember(test) ||
        (witness = clients_connect(test, 1)) == NULL || (clients = clients_new(test, ALL)) == NULL)
        return false;
    for (unsigned i = 0; i < ALL; i++) {
        clients[i].receive_buffer = SMALL_BUFFER;
        if (!client_connect(test, &clients[i]))
            return false;
    }
    if (!clients_exchange(test, witness, 1, 1000) || !clients_exchange(test, clients, ALL, 1))
        return false;
    for (unsigned i = IDLE + BUSY; i < ALL; i++)
        if (!client_fill(test, &clients[i]))
            return false;
    for (unsigned i = 0; i < IDLE + BUSY; i++)
        clients[i].to_send += i < IDLE ? 1 : 4 * SMALL_BUFFER;
    if (!clients_run(test))
        return false;
    for (unsigned i = 0; i < ALL; i++)
        client_reset(&clients[i]);
    /* See client_reset: only one that waits to send is then sure to notice more. */
    unsigned noticed = strcmp(test->system, "wine") == 0 ? FULL : ALL;
    return clients_exchange(test, witness, 1, 1000) && subject_wait(test, "open", 1) &&
           subject_wait_least(test, "reset", noticed) && clients_exchange(test, witness, 1, 1000) &&
           clients_finish(test, witness, 1);
}

/* Sends, and reads nothing, until the server waits to send and has received all that was sent. */
static bool fill_to_the_last_byte(struct test *test, struct client *client)
{
    enum { PIECE = 32 * KIB, LOOKS = 20, LOOK_MS = 5, MOST = 256 * MIB };
    uint64_t received = subject_stat(test, "recv_bytes"), sent = subject_stat(test, "send_bytes");
    while (client->to_send < MOST) {
        client->to_send += PIECE;
        if (!clients_run(test) || !subject_wait(test, "recv_bytes", received + client->to_send))
            return false;
        for (unsigned looks = 0; subject_stat(test, "send_bytes") < sent + client->to_send;
             looks++) {
            if (looks == LOOKS)
                return true;
            clock_sleep_ms(LOOK_MS);
            if (!subject_stats(test))
                return false;
        }
    }
    return test_fail(test, "the client reads nothing, but the server takes more and more");
}

/* One client, which fill leaves with bytes that the server waits to send. */
static bool lone_client_resets(struct test *test,
                               bool (*fill)(struct test *test, struct client *client))
{
    struct client *client;
    if (!subject_start(test, NULL) || !subject_remember(test) ||
        (client = clients_new(test, 1)) == NULL)
        return false;
    client->receive_buffer = SMALL_BUFFER;
    if (!client_connect(test, client) || !fill(test, client) || !subject_wait_idle(test))
        return false;
    client_reset(client);
    return subject_wait(test, "open", 0);
}

/* Nothing is left to read for the server, which waits to send: no other report comes. */
static bool reset_behind_a_short_send(struct test *test)
{
    return lone_client_resets(test, fill_to_the_last_byte);
}

/* Bytes are left to read for the server, which waits to send, and no other client makes it look. */
static bool reset_of_a_full_connection(struct test *test)
{
    return lone_client_resets(test, client_fill);
}

/*
 * Many stop reading, each with as much pending as the server lets it have. Where they share that with
 * the others, these may have to wait; once the many are gone they are served.
 */
static bool stopped_readers_reset(struct test *test)
{
    enum { STOPPED = 24, OTHERS = 3, BYTES = 1000 };
    struct client *stopped, *others;
    if (!subject_start(test, NULL) || !subject_remember(test) ||
        (others = clients_connect(test, OTHERS)) == NULL ||
        (stopped = clients_new(test, STOPPED)) == NULL)
        return false;
    for (unsigned i = 0; i < STOPPED; i++) {
        stopped[i].receive_buffer = SMALL_BUFFER;
        if (!client_connect(test, &stopped[i]) || !client_fill(test, &stopped[i]))
            return false;
    }
    for (unsigned i = 0; i < OTHERS; i++)
        others[i].to_send = BYTES;
    if (!clients_run(test) || !subject_wait_idle(test))
        return false;
    for (unsigned i = 0; i < STOPPED; i++)
        client_reset(&stopped[i]);
    for (unsigned i = 0; i < OTHERS; i++)
        others[i].to_receive = BYTES;
    return clients_run(test) && clients_finish(test, others, OTHERS);
}

static bool thousand_one_by_one(struct test *test)
{
    enum { ROUNDS = 1000 };
    if (!subject_start(test, NULL) || !subject_remember(test))
        return false;
    uint64_t before = subject_stat(test, "accepted");
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct client *client = clients_connect(test, 1);
        if (client == NULL || !clients_exchange(test, client, 1, 100) ||
            !clients_finish(test, client, 1))
            return false;
        clients_drop(test);
    }
    return subject_wait(test, "accepted", before + ROUNDS) && subject_wait(test, "refused", 0);
}

/* Many come and go at once, some of them before the server has accepted them. */
static bool burst(struct test *test)
{
    enum { ROUNDS = 500, WAYS = 4 };
    struct client *witness;
    if (!subject_start(test, NULL) || !subject_remember(test) ||
        (witness = clients_connect(test, 1)) == NULL || !clients_exchange(test, witness, 1, 1))
        return false;
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct client *client = clients_connect(test, 1);
        if (client == NULL)
            return false;
        client->to_send = i % WAYS < 2 ? 0 : 1;
        if (!clients_run(test))
            return false;
        if (i % WAYS % 2 == 0)
            client_close(client);
        else
            client_reset(client);
    }
    return clients_exchange(test, witness, 1, 1000) && clients_finish(test, witness, 1) &&
           subject_wait_clean(test) && (witness = clients_connect(test, 1)) != NULL &&
           clients_exchange(test, witness, 1, 1000) && clients_finish(test, witness, 1);
}

const struct test_case cases_end[] = {
    {"half_close_at_once", half_close_at_once},
    {"half_close_in_flight", half_close_in_flight},
    {"reset_in_mid_echo", reset},
    {"reset_behind_a_short_send", reset_behind_a_short_send},
    {"reset_of_a_full_connection", reset_of_a_full_connection},
    {"stopped_readers_reset", stopped_readers_reset},
    {"thousand_one_by_one", thousand_one_by_one},
    {"burst_closed_at_once", burst},
    {NULL, NULL},
};
