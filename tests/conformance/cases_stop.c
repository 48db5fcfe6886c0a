/* However the server is asked to stop, and whatever its clients do: it stops, and with status 0. */
#include "client.h"
#include "subject.h"

enum { KIB = 1024, MIB = 1024 * KIB, SMALL_BUFFER = 64 * KIB };

static bool idle(struct test *test)
{
    return subject_start(test, NULL) && subject_wait_idle(test) && subject_ask_stop(test) &&
           subject_wait_stopped(test);
}

static bool at_once(struct test *test)
{
    return subject_start_stopping(test) && subject_wait_stopped(test);
}

static bool stop_and_end(struct test *test, struct client *clients, unsigned count)
{
    return subject_ask_stop(test) && clients_await_end(test, clients, count) &&
           subject_wait_stopped(test);
}

static bool own_connection_not_counted(struct test *test, unsigned connections)
{
    return (subject_stat(test, "accepted") == connections && subject_stat(test, "refused") == 0) ||
           test_fail(test, "the server counts the connection that stops it: %.300s",
                     subject_accounts(test));
}

static bool open_connections(struct test *test)
{
    enum { CONNECTIONS = 10 };
    struct client *clients;
    return subject_start(test, NULL) && (clients = clients_connect(test, CONNECTIONS)) != NULL &&
           clients_exchange(test, clients, CONNECTIONS, 1000) &&
           stop_and_end(test, clients, CONNECTIONS) &&
           own_connection_not_counted(test, CONNECTIONS);
}

/* The server's own means of stopping is a connection, which must get through also here. */
static bool full(struct test *test)
{
    enum { CONNECTIONS = 2 };
    const char *options[] = {"--max-connections", "2", NULL};
    struct client *clients;
    return subject_start(test, options) && (clients = clients_connect(test, CONNECTIONS)) != NULL &&
           clients_exchange(test, clients, CONNECTIONS, 1000) &&
           stop_and_end(test, clients, CONNECTIONS) &&
           own_connection_not_counted(test, CONNECTIONS);
}

/* The clients do not read, so the server waits to send. */
static bool blocked_sends(struct test *test)
{
    enum { CONNECTIONS = 3 };
    struct client *clients = clients_new(test, CONNECTIONS);
    if (clients == NULL || !subject_start(test, NULL))
        return false;
    for (unsigned i = 0; i < CONNECTIONS; i++) {
        clients[i].receive_buffer = SMALL_BUFFER;
        if (!client_connect(test, &clients[i]) || !client_fill(test, &clients[i]))
            return false;
    }
    return subject_ask_stop(test) && subject_wait_stopped(test) &&
           clients_await_end(test, clients, CONNECTIONS);
}

static bool busy(struct test *test)
{
    enum { CONNECTIONS = 20 };
    struct client *clients;
    if (!subject_start(test, NULL) || (clients = clients_connect(test, CONNECTIONS)) == NULL ||
        !clients_exchange(test, clients, CONNECTIONS, 1000))
        return false;
    for (unsigned i = 0; i < CONNECTIONS; i++)
        clients[i].to_send += 4 * (uint64_t)MIB;
    return stop_and_end(test, clients, CONNECTIONS);
}

static bool end_of_input(struct test *test)
{
    enum { CONNECTIONS = 3 };
    struct client *clients;
    return subject_start(test, NULL) && (clients = clients_connect(test, CONNECTIONS)) != NULL &&
           clients_exchange(test, clients, CONNECTIONS, 1000) && subject_end_input(test) &&
           clients_await_end(test, clients, CONNECTIONS);
}

/* Nobody can connect to a wildcard address: the server must know where it reaches itself. */
static bool wildcard(struct test *test, const char *bind, const char *reachable)
{
    struct client *client;
    return subject_start_at(test, bind, reachable, NULL) &&
           (client = clients_connect(test, 1)) != NULL && clients_exchange(test, client, 1, 1000) &&
           stop_and_end(test, client, 1);
}

static bool wildcard_ipv4(struct test *test)
{
    return wildcard(test, "0.0.0.0", "127.0.0.1");
}

static bool wildcard_ipv6(struct test *test)
{
    if (!subject_has_ipv6())
        return test_skip(test, "this machine has no IPv6");
    return wildcard(test, "::", "::1");
}

const struct test_case cases_stop[] = {
    {"stop_idle", idle},
    {"stop_at_once", at_once},
    {"stop_with_open_connections", open_connections},
    {"stop_full", full},
    {"stop_with_blocked_sends", blocked_sends},
    {"stop_busy", busy},
    {"stop_by_end_of_input", end_of_input},
    {"stop_wildcard", wildcard_ipv4},
    {"stop_wildcard_ipv6", wildcard_ipv6},
    {NULL, NULL},
};
