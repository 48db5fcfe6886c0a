#include "scenario.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../unit/descriptors_open.h"
#include "clock.h"
#include "compiler.h"
#include "faults.h"

enum {
    BUFFER_BYTES = 4096,
    FEW_BYTES = 100,
    MORE_BYTES = 6000,       /* more than a buffer */
    MOST_BYTES = 256 * 1024, /* more than the system keeps for who does not read */
    CLIENT_BUFFER_BYTES = 16 * 1024,
    IDLE_MS = 2,
    PIECE_BYTES = 64 * 1024,
    STEP_MS = 5
};
/* A server that answers nothing for so long hangs; nothing here takes that long. */
static const uint64_t HANG_NS = UINT64_C(10000000000);

struct scenario {
    struct server server;
    const struct model_entry *entry;
    thread_handle thread;
    int result; /* of serve */
    atomic_bool ended;
    unsigned resets; /* that a client has made */
    bool disturbed;  /* a client was not served to its end */
    char *text;      /* what did not hold */
    size_t size;
};

static atomic_int lacks;

static void on_lack(const char *text)
{
    (void)text;
    atomic_fetch_add(&lacks, 1);
}

/* The first one is kept. */
static void fail(struct scenario *scenario, const char *format, ...) COMPILER_PRINTF(2, 3);
static void fail(struct scenario *scenario, const char *format, ...)
{
    va_list arguments;
    if (scenario->text[0] != '\0')
        return;
    va_start(arguments, format);
    vsnprintf(scenario->text, scenario->size, format, arguments);
    va_end(arguments);
}

/* ---- a client ---- */

struct client {
    int socket; /* -1: not connected, or closed */
    uint64_t sent, received;
    unsigned first; /* of its bytes, which count up */
};

/* It has not been served to its end. */
static void client_lose(struct scenario *scenario, struct client *client)
{
    scenario->disturbed = true;
    if (client->socket >= 0)
        close(client->socket);
    client->socket = -1;
}

static void client_connect(struct scenario *scenario, struct client *client)
{
    const struct net_address *to = &scenario->server.address;
    int size = CLIENT_BUFFER_BYTES;
    client->socket = socket(AF_INET, SOCK_STREAM, 0);
    if (client->socket < 0)
        abort();
    setsockopt(client->socket, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    if (connect(client->socket, (const struct sockaddr *)&to->storage, to->length) != 0)
        client_lose(scenario, client);
    else if (net_set_nonblocking(client->socket, true) != 0)
        abort();
}

/* Sends what the system takes, up to `bytes` in all. False: the connection has ended. */
static bool client_send(struct client *client, uint64_t bytes)
{
    static char piece[PIECE_BYTES];
    while (client->sent < bytes) {
        size_t size =
            bytes - client->sent < sizeof piece ? (size_t)(bytes - client->sent) : sizeof piece;
        for (size_t i = 0; i < size; i++)
            piece[i] = (char)(client->first + client->sent + i);
        ssize_t count = send(client->socket, piece, size, MSG_NOSIGNAL);
        if (count < 0)
            return errno == EAGAIN;
        client->sent += (uint64_t)count;
    }
    return true;
}

/* Receives what has come. False: the connection has ended. */
static bool client_receive(struct scenario *scenario, struct client *client)
{
    static char piece[PIECE_BYTES];
    ssize_t count;
    while ((count = recv(client->socket, piece, sizeof piece, 0)) > 0)
        for (ssize_t i = 0; i < count; i++, client->received++)
            if (client->received >= client->sent ||
                piece[i] != (char)(client->first + client->received)) {
                fail(scenario, "byte %llu that came back is wrong",
                     (unsigned long long)client->received);
                return false;
            }
    return count < 0 && errno == EAGAIN;
}

/* Waits until something can be done. False: the server hangs. */
static bool client_wait(struct scenario *scenario, const struct client *client, bool sends,
                        uint64_t begun_ns)
{
    struct pollfd entry = {.fd = client->socket, .events = (short)(POLLIN | (sends ? POLLOUT : 0))};
    poll(&entry, 1, STEP_MS);
    if (clock_now_ns() - begun_ns < HANG_NS)
        return true;
    fail(scenario, "a client waits for ever, with %llu of %llu bytes back",
         (unsigned long long)client->received, (unsigned long long)client->sent);
    return false;
}

/* Echoes so many bytes more; for a moment it reads nothing, so that the server's sends would block. */
static void client_exchange(struct scenario *scenario, struct client *client, uint64_t more)
{
    uint64_t begun_ns = clock_now_ns(), bytes = client->sent + more;
    if (client->socket >= 0 && more == MOST_BYTES && client_send(client, bytes))
        clock_sleep_ms(IDLE_MS);
    while (client->socket >= 0 && client->received < bytes) {
        /* What a server that has ended has left in its queue is nobody's. */
        bool over = atomic_load(&scenario->ended);
        if (!client_send(client, bytes) || !client_receive(scenario, client) || over ||
            !client_wait(scenario, client, client->sent < bytes, begun_ns))
            client_lose(scenario, client);
    }
}

/* Half-closes, and waits for the end that the server then makes. */
static void client_finish(struct scenario *scenario, struct client *client)
{
    uint64_t begun_ns = clock_now_ns();
    if (client->socket < 0)
        return;
    shutdown(client->socket, SHUT_WR);
    while (client_receive(scenario, client) && !atomic_load(&scenario->ended) &&
           client_wait(scenario, client, false, begun_ns))
        continue;
    close(client->socket);
    client->socket = -1;
}

static void client_reset(struct scenario *scenario, struct client *client)
{
    if (client->socket < 0)
        return;
    scenario->resets++;
    (void)net_set_abortive_close(client->socket);
    close(client->socket);
    client->socket = -1;
}

/* ---- the server ---- */

static void serve_main(void *argument)
{
    struct scenario *scenario = argument;
    scenario->result = scenario->entry->model->serve(&scenario->server);
    atomic_store(&scenario->ended, true);
}

/* False: it was not opened. */
static bool server_begin(struct scenario *scenario)
{
    struct server_options options = {.threads = scenario->entry->model->threads_apply ? 2 : 0,
                                     .buffer_bytes = BUFFER_BYTES,
                                     .backlog = 16,
                                     .max_connections = 10,
                                     .nodelay = true,
                                     .on_lack = on_lack};
    if (!net_address_parse(&options.address, "127.0.0.1", 0))
        abort();
    fault_calls_begin();
    int error = server_open(&scenario->server, &options, model_needs(scenario->entry->model));
    fault_calls_end();
    if (error == 0) {
        if (thread_start(&scenario->thread, serve_main, scenario, 0) != 0)
            abort();
        return true;
    }
    if (server_failure_text(&scenario->server)[0] == '\0')
        fail(scenario, "the server was not opened, without a word");
    return false;
}

/* Until those that have ended are counted, so that the stop finds the others alone. */
static void wait_for_ends(struct scenario *scenario, unsigned open)
{
    uint64_t begun_ns = clock_now_ns();
    while (server_open_connections(&scenario->server) > open && !atomic_load(&scenario->ended)) {
        if (clock_now_ns() - begun_ns > HANG_NS) {
            fail(scenario, "%u connections stay open, of clients that have left",
                 server_open_connections(&scenario->server) - open);
            return;
        }
        clock_sleep_ms(1);
    }
}

static void server_end(struct scenario *scenario)
{
    uint64_t begun_ns = clock_now_ns();
    fault_calls_begin();
    server_stop(&scenario->server);
    fault_calls_end();
    while (!atomic_load(&scenario->ended)) {
        if (clock_now_ns() - begun_ns > HANG_NS) {
            fail(scenario, "the server does not stop");
            return;
        }
        clock_sleep_ms(1);
    }
    thread_join(scenario->thread);
    fault_calls_begin();
    server_close(&scenario->server);
    fault_calls_end();
}

/* What was counted and told fits what the clients have seen. */
static void accounts_check(struct scenario *scenario)
{
    struct server_counts counts = server_counts_now(&scenario->server);
    const char *failure = server_failure_text(&scenario->server);
    if (counts.accepted != counts.closed + counts.reset + counts.failed)
        fail(scenario, "%llu accepted, but %llu closed, %llu reset, %llu failed",
             (unsigned long long)counts.accepted, (unsigned long long)counts.closed,
             (unsigned long long)counts.reset, (unsigned long long)counts.failed);
    if ((scenario->result != 0) != (failure[0] != '\0'))
        fail(scenario, "serve returned %d, and the failure's text is \"%s\"", scenario->result,
             failure);
    bool told = failure[0] != '\0' || atomic_load(&lacks) > 0 || counts.refused > 0 ||
                counts.failed > 0 || counts.reset > scenario->resets;
    if (scenario->disturbed && !told)
        fail(scenario, "a client was not served to its end, and nothing tells of it");
    if (scenario->disturbed && !fault_happened())
        fail(scenario, "a client was not served to its end, without any fault");
}

static void clients_run(struct scenario *scenario)
{
    bool one_by_one = scenario->entry->model->clients_at_once == 1;
    struct client slow = {.socket = -1}, brief = {.socket = -1, .first = 100},
                  rude = {.socket = -1, .first = 200};
    client_connect(scenario, &slow);
    client_exchange(scenario, &slow, MORE_BYTES);
    if (one_by_one)
        client_finish(scenario, &slow);
    client_connect(scenario, &brief);
    client_exchange(scenario, &brief, FEW_BYTES);
    client_exchange(scenario, one_by_one ? &brief : &slow, MOST_BYTES);
    client_finish(scenario, &brief);
    client_connect(scenario, &rude);
    client_exchange(scenario, &rude, FEW_BYTES);
    client_reset(scenario, &rude);
    /* Whether the slow client still has its session is known once it has asked for more. */
    client_exchange(scenario, &slow, FEW_BYTES);
    wait_for_ends(scenario, slow.socket >= 0 ? 1 : 0);
    if (scenario->text[0] == '\0')
        server_end(scenario);
    if (slow.socket >= 0)
        close(slow.socket);
}

void scenario_run(const struct model_entry *entry, char *text, size_t size)
{
    static struct scenario scenario;
    unsigned before = descriptors_open(), threads = thread_count();
    int mappings = fault_mappings();
    scenario.entry = entry;
    scenario.text = text;
    scenario.size = size;
    if (server_begin(&scenario)) {
        clients_run(&scenario);
        if (text[0] == '\0')
            accounts_check(&scenario);
    }
    /* What hangs has its threads and descriptors still. */
    if (text[0] == '\0' && descriptors_open() != before)
        fail(&scenario, "%u descriptors before it, %u after it", before, descriptors_open());
    if (text[0] == '\0' && fault_mappings() != mappings)
        fail(&scenario, "%d mappings before it, %d after it", mappings, fault_mappings());
    if (text[0] == '\0' && thread_count() != threads)
        fail(&scenario, "%u threads before it, %u after it", threads, thread_count());
}
