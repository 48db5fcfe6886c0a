#include "trace/trace_client.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "load/payload.h"

enum { RECEIVE_BYTES = 64 * 1024 };

static void fail(struct trace_client *client, const char *what, int error)
{
    char cause[80];
    if (client->failure[0] == '\0')
        snprintf(client->failure, sizeof client->failure, "%.40s%s%.50s", what,
                 error == 0 ? "" : ": ",
                 error == 0 ? "" : net_error_text(error, cause, sizeof cause));
}

static void leave(struct trace_clients *clients, struct trace_client *client, bool reset)
{
    if (client->connection.open)
        engine_close(clients->engine, &client->connection, reset);
    client->connected = false;
}

static void send_owed(struct trace_clients *clients, struct trace_client *client)
{
    while (client->connected && client->sent < client->owed) {
        size_t span;
        const uint8_t *data = payload_span(client->connection.id, client->sent,
                                           (size_t)(client->owed - client->sent), &span);
        int64_t taken = engine_send(clients->engine, &client->connection, data, span);
        if (taken < 0) {
            fail(client, "send", (int)taken);
            leave(clients, client, true);
            return;
        }
        client->sent += (uint64_t)taken;
        if ((size_t)taken < span)
            return; /* `writable` follows */
    }
    if (client->connected && client->step->action == TRACE_FINISH && !client->finished) {
        client->finished = true;
        engine_finish_sending(clients->engine, &client->connection);
    }
}

static void connected(void *context, struct engine_connection *connection, int error)
{
    struct trace_client *client = (struct trace_client *)connection;
    client->connected = error == 0;
    if (error != 0) {
        fail(client, "connect", error);
        leave(context, client, false);
    }
}

static void received(void *context, struct engine_connection *connection, const uint8_t *data,
                     int64_t count)
{
    struct trace_client *client = (struct trace_client *)connection;
    if (count > 0 && (client->received + (uint64_t)count > client->sent ||
                      !payload_verify(connection->id, client->received, data, (size_t)count)))
        fail(client, "the server sent other bytes than it got", 0);
    else if (count > 0)
        client->received += (uint64_t)count;
    else if (count < 0)
        fail(client, "the connection broke", (int)count);
    else if (!client->finished)
        fail(client, "the server closed the connection", 0);
    else if (client->received < client->sent)
        fail(client, "the server closed before all came back", 0);
    if (count <= 0) {
        client->ended = true;
        leave(context, client, false);
    }
}

static void writable(void *context, struct engine_connection *connection)
{
    send_owed(context, (struct trace_client *)connection);
}

int trace_clients_open(struct trace_clients *clients, unsigned count,
                       const struct net_address *server)
{
    static const struct engine_callbacks callbacks = {connected, received, writable};
    int error = 0;
    memset(clients, 0, sizeof *clients);
    clients->server = *server;
    clients->count = count;
    for (unsigned i = 0; i < count; i++)
        clients->all[i].connection.id = i;
    clients->engine = engine_open(&callbacks, clients, count, RECEIVE_BYTES, &error);
    return clients->engine == NULL ? error : 0;
}

void trace_clients_close(struct trace_clients *clients)
{
    for (unsigned i = 0; i < clients->count; i++)
        leave(clients, &clients->all[i], true);
    engine_free(clients->engine);
}

static void connect_begin(struct trace_clients *clients, struct trace_client *client)
{
    client->owed = client->sent = client->received = 0;
    client->finished = client->ended = false;
    int error = engine_connect(clients->engine, &client->connection, &clients->server, NULL, true);
    if (error != 0)
        fail(client, "connect", error);
}

void trace_clients_begin(struct trace_clients *clients, unsigned index,
                         const struct trace_step *step)
{
    struct trace_client *client = &clients->all[index];
    client->step = step;
    client->step_ns = clock_now_ns();
    if (client->failure[0] != '\0')
        return;
    switch (step->action) {
    case TRACE_CONNECT:
        connect_begin(clients, client);
        return;
    case TRACE_PAUSE:
        return;
    case TRACE_RESET:
        leave(clients, client, true);
        return;
    case TRACE_SEND:
    case TRACE_WRITE:
        client->owed += step->amount;
        break;
    case TRACE_READ:
    case TRACE_FINISH:
        break;
    }
    engine_pause_receiving(clients->engine, &client->connection, step->action == TRACE_WRITE);
    send_owed(clients, client);
}

bool trace_clients_done(const struct trace_clients *clients, unsigned index)
{
    const struct trace_client *client = &clients->all[index];
    switch (client->step->action) {
    case TRACE_CONNECT:
        return client->connected;
    case TRACE_PAUSE:
        return clock_now_ns() - client->step_ns >= client->step->amount;
    case TRACE_SEND:
    case TRACE_READ:
        return client->received == client->owed;
    case TRACE_FINISH:
        return client->ended;
    case TRACE_WRITE: /* how much gets off is for the server to say */
    case TRACE_RESET:
        break;
    }
    return true;
}

int trace_clients_run(struct trace_clients *clients, uint64_t timeout_ns)
{
    return engine_run(clients->engine, timeout_ns);
}
