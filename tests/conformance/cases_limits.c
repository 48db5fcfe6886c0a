/* Where a limit is reached, the connection past it is refused; the ones before it don't notice. */
#include <stdio.h>
#include <string.h>

#include "client.h"
#include "subject.h"

/* The server holds `most` connections. */
static bool refuses_past(struct test *test, const char *const *options, unsigned most)
{
    enum { EXTRA = 3 };
    struct client *clients, *extra, *late;
    if (!subject_start(test, options) || !subject_remember(test) ||
        (clients = clients_connect(test, most)) == NULL ||
        !clients_exchange(test, clients, most, 1000))
        return false;
    for (unsigned i = 0; i < EXTRA; i++)
        if ((extra = clients_connect(test, 1)) == NULL || !clients_await_end(test, extra, 1))
            return false;
    if (!subject_wait(test, "refused", EXTRA) || !subject_wait(test, "open", most) ||
        !subject_wait_idle(test) || !clients_exchange(test, clients, most, 1000))
        return false;
    if (!clients_finish(test, clients, 1) || !subject_wait(test, "open", most - 1) ||
        (late = clients_connect(test, 1)) == NULL || !clients_exchange(test, late, 1, 1000))
        return false;
    if ((extra = clients_connect(test, 1)) == NULL || !clients_await_end(test, extra, 1))
        return false;
    return subject_wait(test, "refused", EXTRA + 1) && clients_finish(test, late, 1) &&
           clients_finish(test, clients + 1, most - 1);
}

static bool max_connections(struct test *test)
{
    const char *options[] = {"--max-connections", "4", NULL, NULL, NULL};
    /* Where a thread serves one client, not more threads, so that subject_remember sees each serve. */
    if (test->threads_apply && test->clients_at_once == 1) {
        options[2] = "--threads";
        options[3] = "4";
    }
    return refuses_past(test, options, 4);
}

static bool one_thread_full(struct test *test)
{
    enum { MOST = 1000 };
    const char *options[] = {"--threads", "1", NULL};
    if (!test->threads_apply)
        return test_skip(test, "--threads does not apply to it");
    if (test->connections_per_thread == 0 || test->connections_per_thread > MOST)
        return test_skip(test, "its threads have no limit of their own");
    return refuses_past(test, options, test->connections_per_thread);
}

/* One past those that it serves at once is connected, and served when one of them has left. */
static bool others_wait(struct test *test)
{
    enum { BYTES = 1000 };
    const char *options[] = {"--threads", "1", NULL};
    struct client *first, *late;
    if (test->clients_at_once == 0)
        return test_skip(test, "it serves all at once");
    if (!subject_start(test, test->threads_apply ? options : NULL) ||
        (first = clients_connect(test, 1)) == NULL || !clients_exchange(test, first, 1, BYTES))
        return false;
    test->waiting = 1;
    if ((late = clients_connect(test, 1)) == NULL)
        return false;
    late->to_send = BYTES;
    if (!clients_run(test) || !subject_wait_idle(test) || !subject_wait(test, "accepted", 1) ||
        !clients_exchange(test, first, 1, BYTES) || !clients_finish(test, first, 1))
        return false;
    late->to_receive = BYTES;
    return clients_run(test) && clients_finish(test, late, 1);
}

static bool threads_serve(struct test *test, unsigned threads)
{
    enum { CONNECTIONS = 60, ROUNDS = 5 };
    char number[16];
    const char *options[] = {"--threads", number, NULL};
    unsigned each = test->connections_per_thread, count = CONNECTIONS;
    struct client *clients;
    if (!test->threads_apply)
        return test_skip(test, "--threads does not apply to it");
    if (each != 0 && each * threads < count)
        count = each * threads;
    snprintf(number, sizeof number, "%u", threads);
    if (!subject_start(test, options) || !subject_remember(test) ||
        (clients = clients_connect(test, count)) == NULL)
        return false;
    for (unsigned i = 0; i < ROUNDS; i++)
        if (!clients_exchange(test, clients, count, 5000 * i + 1))
            return false;
    return subject_wait_idle(test) && clients_finish(test, clients, count);
}

static bool threads_1(struct test *test)
{
    return threads_serve(test, 1);
}

static bool threads_2(struct test *test)
{
    return threads_serve(test, 2);
}

static bool threads_4(struct test *test)
{
    return threads_serve(test, 4);
}

/* A server that can open nothing more refuses, rather than let clients wait or spin itself. */
static bool descriptors_used_up(struct test *test)
{
    enum { FILES = 48, CONNECTIONS = 2 * FILES };
    bool possible;
    struct client *clients, *late;
    unsigned served = 0, first = CONNECTIONS;
    if (!subject_start_limited(test, FILES, &possible))
        return possible ? false : test_skip(test, "the system has no limit of open files");
    if (!subject_remember(test) || (clients = clients_connect(test, CONNECTIONS)) == NULL)
        return false;
    uint64_t accepted = subject_stat(test, "accepted");
    for (unsigned i = 0; i < CONNECTIONS; i++)
        clients[i].end = CLIENT_MAY_END;
    if (!clients_exchange(test, clients, CONNECTIONS, 1))
        return false;
    for (unsigned i = 0; i < CONNECTIONS; i++) {
        if (clients[i].ended)
            continue;
        clients[i].end = CLIENT_STAYS;
        served++;
        first = first == CONNECTIONS ? i : first;
    }
    if (served == 0 || served == CONNECTIONS)
        return test_fail(test, "%u of %d clients were served by %d descriptors", served,
                         CONNECTIONS, FILES);
    if (!subject_wait(test, "refused", CONNECTIONS - served) ||
        !subject_wait(test, "accepted", accepted + served) || !subject_wait_idle(test) ||
        !clients_finish(test, &clients[first], 1))
        return false;
    if ((late = clients_connect(test, 1)) == NULL)
        return false;
    late->end = CLIENT_MAY_END;
    if (!clients_exchange(test, late, 1, 1))
        return false;
    return !late->ended || test_fail(test, "a place is free, but a newcomer was refused");
}

/*
 * The server's queue holds that number of signals, and further ones are lost. It serves also those
 * whose signals they were.
 */
static bool signals_lost(struct test *test, unsigned signals)
{
    enum { CONNECTIONS = 40, ROUNDS = 5 };
    bool possible;
    struct client *clients;
    if (!subject_start_signals(test, signals, &possible))
        return possible ? false : test_skip(test, "the system has no limit of queued signals");
    if (!subject_remember(test) || (clients = clients_connect(test, CONNECTIONS)) == NULL)
        return false;
    for (unsigned i = 0; i < ROUNDS; i++)
        if (!clients_exchange(test, clients, CONNECTIONS, 50000 * i + 1))
            return false;
    return subject_wait_idle(test) && clients_finish(test, clients, CONNECTIONS);
}

static bool signals_all_lost(struct test *test)
{
    return signals_lost(test, 0);
}

static bool signals_some_lost(struct test *test)
{
    return signals_lost(test, 4);
}

static bool port_taken(struct test *test)
{
    char words[256] = "";
    int status;
    struct client *client;
    if (!subject_start(test, NULL) || (client = clients_connect(test, 1)) == NULL ||
        !clients_exchange(test, client, 1, 1) ||
        !subject_start_again(test, &status, words, sizeof words))
        return false;
    bool explained = (strstr(words, "bind") != NULL || strstr(words, "listen") != NULL) &&
                     (strstr(words, "EADDRINUSE") != NULL || strstr(words, "EACCES") != NULL);
    if (status != 1 || !explained)
        return test_fail(test, "a second server at its port: exit status %d and \"%s\"", status,
                         words);
    return clients_exchange(test, client, 1, 1) && clients_finish(test, client, 1);
}

const struct test_case cases_limits[] = {
    {"max_connections", max_connections},
    {"one_thread_full", one_thread_full},
    {"others_wait", others_wait},
    {"threads_1", threads_1},
    {"threads_2", threads_2},
    {"threads_4", threads_4},
    {"descriptors_used_up", descriptors_used_up},
    {"signals_all_lost", signals_all_lost},
    {"signals_some_lost", signals_some_lost},
    {"port_taken", port_taken},
    {NULL, NULL},
};
