#include "client.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "load/payload.h"
#include "platform.h"
#include "subject.h"

/* The one platform block: poll has two names. */
#ifdef _WIN32
typedef WSAPOLLFD poll_entry;
static int poll_wait(poll_entry *entries, unsigned count, unsigned timeout_ms)
{
    return WSAPoll(entries, count, (int)timeout_ms);
}
#else
#include <poll.h>
typedef struct pollfd poll_entry;
static int poll_wait(poll_entry *entries, unsigned count, unsigned timeout_ms)
{
    return poll(entries, count, (int)timeout_ms);
}
#endif

enum {
    PIECE_BYTES = 256 * 1024,
    SLICE_MS = 1000,
    NS_PER_MS = 1000000,
    FILL_MOST = 256 * 1024 * 1024,
    FILL_LOOK_MS = 5,
    /* How many looks in a row must find nothing moving. It costs strength, not correctness, when
     * a slow machine makes them too few. */
    FILL_LOOKS = 10,
    /* The same where no counter says that the server has bytes pending. */
    FILL_LOOKS_BLIND = 60
};

static size_t piece_bytes(struct test *test, const struct client *client)
{
    static const size_t odd[] = {1, 2, 3, 509, 4093, 16381, 65521};
    return client->odd_pieces ? odd[test->pieces++ % (sizeof odd / sizeof odd[0])] : PIECE_BYTES;
}

static bool fail_client(struct test *test, const struct client *client, const char *what)
{
    return test_fail(
        test, "client %u of %u %s: %" PRIu64 " of %" PRIu64 " bytes sent, %" PRIu64 " received",
        (unsigned)(client - test->clients) + 1, test->client_count, what, client->sent,
        client->to_send, client->received);
}

static bool fail_call(struct test *test, const struct client *client, const char *call, int error)
{
    char what[200], cause[160];
    snprintf(what, sizeof what, "%s %s", call, net_error_text(error, cause, sizeof cause));
    return fail_client(test, client, what);
}

static bool fail_hang(struct test *test, const struct client *client, unsigned count)
{
    char what[100];
    snprintf(what, sizeof what, "hangs, with %u others: nothing has moved for %u ms", count - 1,
             test->hang_ms);
    test->hangs = true;
    return fail_client(test, client, what);
}

struct client *clients_new(struct test *test, unsigned count)
{
    struct client *clients = test->clients + test->client_count;
    if (count > TEST_CLIENTS_MOST - test->client_count) {
        test_fail(test, "the case wants more than %d clients", TEST_CLIENTS_MOST);
        return NULL;
    }
    test->client_count += count;
    memset(clients, 0, count * sizeof *clients);
    for (unsigned i = 0; i < count; i++)
        clients[i].socket = NET_SOCKET_NONE;
    return clients;
}

/* False, and the case is skipped, where one more would wait until another leaves. */
static bool is_served_at_once(struct test *test)
{
    unsigned open = 0;
    for (unsigned i = 0; i < test->client_count; i++)
        open += test->clients[i].socket != NET_SOCKET_NONE;
    unsigned most = test->clients_at_once * (test->threads_apply ? test->threads : 1);
    if (most == 0 || open < most + test->waiting)
        return true;
    test_skip(test, "more clients than it serves at once: the others wait");
    return false;
}

bool client_connect(struct test *test, struct client *client)
{
    const struct net_address *to = &test->address;
    if (!is_served_at_once(test))
        return false;
    *client = (struct client){.stream = ++test->streams, .receive_buffer = client->receive_buffer};
    client->socket = socket(to->storage.ss_family, SOCK_STREAM, IPPROTO_TCP);
    if (client->socket == NET_SOCKET_NONE)
        return fail_call(test, client, "socket", net_last_error());
    if (client->receive_buffer != 0 &&
        setsockopt(client->socket, SOL_SOCKET, SO_RCVBUF, (const char *)&client->receive_buffer,
                   sizeof client->receive_buffer) != 0)
        return fail_call(test, client, "setsockopt(SO_RCVBUF)", net_last_error());
    if (connect(client->socket, (const struct sockaddr *)&to->storage, to->length) != 0)
        return fail_call(test, client, "connect", net_last_error());
    int error = net_set_nonblocking(client->socket, true);
    if (error != 0)
        return fail_call(test, client, "set non-blocking", error);
    /* It fails where the server has refused the connection by now, which the case will notice. */
    net_set_nodelay(client->socket, true);
    return true;
}

struct client *clients_connect(struct test *test, unsigned count)
{
    struct client *clients = clients_new(test, count);
    for (unsigned i = 0; clients != NULL && i < count; i++)
        if (!client_connect(test, &clients[i]))
            return NULL;
    return clients;
}

void client_close(struct client *client)
{
    if (client->socket != NET_SOCKET_NONE) {
        platform_send_end(client->socket, &client->sending);
        net_close(client->socket);
    }
    client->socket = NET_SOCKET_NONE;
}

void client_reset(struct client *client)
{
    net_set_abortive_close(client->socket);
    client_close(client);
}

void clients_drop(struct test *test)
{
    for (unsigned i = 0; i < test->client_count; i++)
        client_close(&test->clients[i]);
    test->client_count = 0;
}

static bool waits_to_send(const struct client *client)
{
    return !client->ended && client->sent < client->to_send;
}

static bool waits_for_end(const struct client *client)
{
    return !client->ended && (client->end == CLIENT_FINISHES || client->end == CLIENT_MUST_END);
}

static bool waits_to_receive(const struct client *client)
{
    return waits_for_end(client) || (!client->ended && client->received < client->to_receive);
}

/* A reset, or a close, has come from the server. */
static bool client_ended(struct test *test, struct client *client, const char *how)
{
    client->ended = true;
    switch (client->end) {
    case CLIENT_MAY_END:
    case CLIENT_MUST_END:
        return true;
    case CLIENT_FINISHES:
        if (strcmp(how, "closed") == 0 && client->finished && client->received == client->sent)
            return true;
        break;
    case CLIENT_STAYS:
        break;
    }
    char what[64];
    snprintf(what, sizeof what, "was %s by the server", how);
    return fail_client(test, client, what);
}

/* A receive or a send has failed. */
static bool call_failed(struct test *test, struct client *client, const char *call, int error)
{
    switch (net_error_kind(error)) {
    case NET_ERROR_WOULD_BLOCK:
    case NET_ERROR_INTERRUPTED:
        return true;
    case NET_ERROR_PEER:
        return client_ended(test, client, "reset");
    default:
        return fail_call(test, client, call, error);
    }
}

/* *moved: bytes taken by the system. */
static bool send_once(struct test *test, struct client *client, uint64_t *moved)
{
    uint64_t left = client->to_send - client->sent;
    size_t most = piece_bytes(test, client), size;
    const uint8_t *bytes =
        payload_span(client->stream, client->sent, left < most ? (size_t)left : most, &size);
    int64_t sent = platform_send(client->socket, &client->sending, bytes, size);
    if (sent < 0)
        return call_failed(test, client, "send", (int)sent);
    client->sent += (uint64_t)sent;
    *moved += (uint64_t)sent;
    return true;
}

static bool bytes_check(struct test *test, const struct client *client, const uint8_t *bytes,
                        size_t size)
{
    char what[64];
    if (client->received + size > client->sent)
        return fail_client(test, client, "got more back than it has sent");
    if (payload_verify(client->stream, client->received, bytes, size))
        return true;
    size_t right = 0;
    while (payload_verify(client->stream, client->received + right, bytes + right, 1))
        right++;
    snprintf(what, sizeof what, "got a wrong byte at offset %" PRIu64, client->received + right);
    return fail_client(test, client, what);
}

static bool receive_once(struct test *test, struct client *client, uint64_t *moved)
{
    static uint8_t bytes[PIECE_BYTES];
    net_received count =
        recv(client->socket, (char *)bytes, (net_length)piece_bytes(test, client), 0);
    if (count < 0)
        return call_failed(test, client, "recv", net_last_error());
    if (count == 0)
        return client_ended(test, client, "closed");
    if (!bytes_check(test, client, bytes, (size_t)count))
        return false;
    client->received += (uint64_t)count;
    *moved += (uint64_t)count;
    return true;
}

bool client_half_close(struct test *test, struct client *client)
{
    client->finished = true;
    int error = net_finish_sending(client->socket);
    return error == 0 || fail_call(test, client, "shutdown", error);
}

static bool finish_once(struct test *test, struct client *client)
{
    return client->end != CLIENT_FINISHES || client->finished || client->sent < client->to_send ||
           client_half_close(test, client);
}

static bool client_step(struct test *test, struct client *client, uint64_t *moved)
{
    bool ended = client->ended;
    if (waits_to_receive(client) && !receive_once(test, client, moved))
        return false;
    if (waits_to_send(client) && !send_once(test, client, moved))
        return false;
    *moved += client->ended != ended;
    return client->ended || finish_once(test, client);
}

/* Those that have not reached what they are to, as poll wants them; how many. */
static unsigned entries_fill(struct test *test, poll_entry *entries, struct client **waiting)
{
    unsigned count = 0;
    for (unsigned i = 0; i < test->client_count; i++) {
        struct client *client = &test->clients[i];
        bool sends = waits_to_send(client), receives = waits_to_receive(client);
        if (client->socket == NET_SOCKET_NONE || (!sends && !receives))
            continue;
        entries[count].fd = client->socket;
        entries[count].events = (short)((sends ? POLLOUT : 0) | (receives ? POLLIN : 0));
        entries[count].revents = 0;
        waiting[count++] = client;
    }
    return count;
}

bool clients_run_until(struct test *test, const struct client *first)
{
    static poll_entry entries[TEST_CLIENTS_MOST];
    static struct client *waiting[TEST_CLIENTS_MOST];
    uint64_t moved_ns = clock_now_ns();
    for (unsigned i = 0; i < test->client_count; i++)
        if (test->clients[i].socket != NET_SOCKET_NONE && !test->clients[i].ended &&
            !finish_once(test, &test->clients[i]))
            return false;
    for (;;) {
        uint64_t moved = 0;
        unsigned count = entries_fill(test, entries, waiting);
        if (count == 0 || (first != NULL && !waits_to_send(first) && !waits_to_receive(first)))
            return true;
        if (poll_wait(entries, count, SLICE_MS) < 0 &&
            net_error_kind(net_last_error()) != NET_ERROR_INTERRUPTED)
            return fail_call(test, waiting[0], "poll", net_last_error());
        for (unsigned i = 0; i < count; i++)
            if (entries[i].revents != 0 && !client_step(test, waiting[i], &moved))
                return false;
        uint64_t now_ns = clock_now_ns();
        if (moved > 0)
            moved_ns = now_ns;
        else if (now_ns - moved_ns > (uint64_t)test->hang_ms * NS_PER_MS)
            return fail_hang(test, waiting[0], count);
    }
}

bool clients_run(struct test *test)
{
    return clients_run_until(test, NULL);
}

bool clients_exchange(struct test *test, struct client *clients, unsigned count, uint64_t bytes)
{
    for (unsigned i = 0; i < count; i++) {
        clients[i].to_send = clients[i].sent + bytes;
        clients[i].to_receive = clients[i].to_send;
    }
    return clients_run(test);
}

static bool run_to_end(struct test *test, struct client *clients, unsigned count,
                       enum client_end end)
{
    for (unsigned i = 0; i < count; i++)
        clients[i].end = end;
    if (!clients_run(test))
        return false;
    for (unsigned i = 0; i < count; i++)
        client_close(&clients[i]);
    return true;
}

bool clients_finish(struct test *test, struct client *clients, unsigned count)
{
    return run_to_end(test, clients, count, CLIENT_FINISHES);
}

bool clients_await_end(struct test *test, struct client *clients, unsigned count)
{
    return run_to_end(test, clients, count, CLIENT_MUST_END);
}

static uint64_t pending_bytes(const struct test *test)
{
    return subject_stat(test, "recv_bytes") - subject_stat(test, "send_bytes");
}

static bool send_all_taken(struct test *test, struct client *client, uint64_t *moved)
{
    uint64_t taken;
    do {
        taken = 0;
        if (!send_once(test, client, &taken))
            return false;
        *moved += taken;
        if (client->sent >= FILL_MOST)
            return fail_client(test, client, "reads nothing, but the server takes more and more");
    } while (taken > 0);
    return true;
}

bool client_fill(struct test *test, struct client *client)
{
    if (!subject_stats(test))
        return false;
    uint64_t pending_before = pending_bytes(test), received = 0, sent = 0;
    client->to_send = (uint64_t)FILL_MOST + 1;
    for (unsigned looks = 0; looks < FILL_LOOKS_BLIND; looks++) {
        uint64_t moved = 0;
        if (!send_all_taken(test, client, &moved) || !subject_stats(test))
            return false;
        if (moved > 0 || subject_stat(test, "recv_bytes") != received ||
            subject_stat(test, "send_bytes") != sent)
            looks = 0;
        received = subject_stat(test, "recv_bytes");
        sent = subject_stat(test, "send_bytes");
        if (looks >= FILL_LOOKS && pending_bytes(test) > pending_before)
            break;
        clock_sleep_ms(FILL_LOOK_MS);
    }
    client->to_send = client->sent;
    return true;
}
