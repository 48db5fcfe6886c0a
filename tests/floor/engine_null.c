/*
 * engine_null: an engine without sockets. What is sent comes back by the next engine_run, so what
 * is left to measure is the load generator itself.
 */
#include "load/engine.h"
#include "net.h"

#include <stdlib.h>

enum { SPANS_MOST = 2 }; /* on their way back on one connection: large messages are cut short */

struct span {
    const uint8_t *data;
    size_t size;
};

struct echo {
    struct engine_connection *connection;
    struct span spans[SPANS_MOST]; /* a ring */
    unsigned oldest;
    unsigned count;
    bool queued;
    bool connecting;
    bool paused;
    bool cut_short; /* `writable` is owed */
    bool finishing; /* the end of what was sent is on its way back too */
};

struct engine {
    struct engine_callbacks callbacks;
    void *context;
    size_t receive_bytes;
    struct echo *echoes;
    unsigned max_connections;
    uint32_t *queue; /* a ring of the ids for which something is ready, each once */
    unsigned first;
    unsigned queued;
};

struct engine *engine_open(const struct engine_callbacks *callbacks, void *context,
                           unsigned max_connections, size_t receive_bytes, int *error)
{
    struct engine *engine = calloc(1, sizeof *engine);
    *error = -NET_NO_MEMORY;
    if (engine == NULL)
        return NULL;
    engine->callbacks = *callbacks;
    engine->context = context;
    engine->receive_bytes = receive_bytes;
    engine->max_connections = max_connections;
    engine->echoes = calloc(max_connections, sizeof *engine->echoes);
    engine->queue = calloc(max_connections, sizeof *engine->queue);
    if (engine->echoes != NULL && engine->queue != NULL)
        return engine;
    engine_free(engine);
    return NULL;
}

void engine_free(struct engine *engine)
{
    if (engine == NULL)
        return;
    free(engine->echoes);
    free(engine->queue);
    free(engine);
}

void engine_wait_precisely(struct engine *engine)
{
    (void)engine; /* it never waits */
}

unsigned engine_ports_per_source(void)
{
    return UINT32_MAX;
}

static bool is_ready(const struct echo *echo)
{
    return echo->connecting || (!echo->paused && (echo->count > 0 || echo->finishing));
}

static void queue_put(struct engine *engine, struct echo *echo)
{
    if (echo->queued || !is_ready(echo))
        return;
    echo->queued = true;
    engine->queue[(engine->first + engine->queued++) % engine->max_connections] =
        echo->connection->id;
}

static struct echo *queue_take(struct engine *engine)
{
    struct echo *echo = &engine->echoes[engine->queue[engine->first]];
    engine->first = (engine->first + 1) % engine->max_connections;
    engine->queued--;
    echo->queued = false;
    return echo;
}

int engine_connect(struct engine *engine, struct engine_connection *connection,
                   const struct net_address *to, const struct net_address *source, bool nodelay)
{
    struct echo *echo = &engine->echoes[connection->id];
    (void)to;
    (void)source;
    (void)nodelay;
    *echo = (struct echo){.connection = connection, .connecting = true};
    connection->platform = echo;
    connection->open = true;
    queue_put(engine, echo);
    return 0;
}

int64_t engine_send(struct engine *engine, struct engine_connection *connection,
                    const uint8_t *data, size_t size)
{
    struct echo *echo = connection->platform;
    if (echo->count == SPANS_MOST) {
        echo->cut_short = true;
        return 0;
    }
    unsigned place = (echo->oldest + echo->count++) % SPANS_MOST;
    echo->spans[place] = (struct span){data, size};
    queue_put(engine, echo);
    return (int64_t)size;
}

void engine_finish_sending(struct engine *engine, struct engine_connection *connection)
{
    struct echo *echo = connection->platform;
    echo->finishing = true;
    queue_put(engine, echo);
}

void engine_pause_receiving(struct engine *engine, struct engine_connection *connection, bool pause)
{
    struct echo *echo = connection->platform;
    echo->paused = pause;
    queue_put(engine, echo);
}

void engine_close(struct engine *engine, struct engine_connection *connection, bool abortive)
{
    struct echo *echo = connection->platform;
    (void)engine;
    (void)abortive;
    echo->connecting = echo->finishing = echo->cut_short = false;
    echo->count = 0;
    connection->open = false;
}

/* The oldest bytes, or the end where none are left. */
static void give_back(struct engine *engine, struct echo *echo)
{
    if (echo->count == 0) {
        echo->finishing = false;
        engine->callbacks.received(engine->context, echo->connection, NULL, 0);
        return;
    }
    struct span *span = &echo->spans[echo->oldest];
    const uint8_t *data = span->data;
    size_t size = span->size < engine->receive_bytes ? span->size : engine->receive_bytes;
    span->data += size;
    span->size -= size;
    if (span->size == 0) {
        echo->oldest = (echo->oldest + 1) % SPANS_MOST;
        echo->count--;
    }
    engine->callbacks.received(engine->context, echo->connection, data, (int64_t)size);
}

int engine_run(struct engine *engine, uint64_t timeout_ns)
{
    (void)timeout_ns; /* nothing happens that is not ready by now */
    for (unsigned left = engine->queued; left > 0; left--) {
        struct echo *echo = queue_take(engine);
        if (!is_ready(echo)) /* closed meanwhile */
            continue;
        if (echo->connecting) {
            echo->connecting = false;
            engine->callbacks.connected(engine->context, echo->connection, 0);
        } else {
            give_back(engine, echo);
        }
        if (echo->cut_short && echo->count < SPANS_MOST) {
            echo->cut_short = false;
            engine->callbacks.writable(engine->context, echo->connection);
        }
        queue_put(engine, echo);
    }
    return 0;
}
