#include "engine_virtual.h"

#include <stdlib.h>

#include "clock.h"
#include "load/engine.h"
#include "net.h"

enum { UNDER_WAY_MOST = 64, LOG_FIRST = 4096 };

/* What is under way on one connection: a connect, answers in their order, the end. */
struct link {
    struct engine_connection *connection;
    bool connecting;
    uint64_t connected_ns;
    bool finishing;
    uint64_t finished_ns;
    uint64_t sends;
    uint64_t ready_ns[UNDER_WAY_MOST]; /* a ring, as those below */
    uint64_t logged[UNDER_WAY_MOST];
    const uint8_t *data[UNDER_WAY_MOST];
    size_t size[UNDER_WAY_MOST];
    unsigned oldest;
    unsigned count;
};

struct engine {
    struct engine_callbacks callbacks;
    void *context;
    struct link *links;
    unsigned max_connections;
};

static uint64_t now_ns = 1000000000;
static struct virtual_server serving;
static struct virtual_message *messages;
static size_t message_count, message_room;

void virtual_begin(const struct virtual_server *server)
{
    serving = *server;
    message_count = 0;
}

const struct virtual_message *virtual_log(size_t *count)
{
    *count = message_count;
    return messages;
}

/* ---- clock.h ---- */

uint64_t clock_now_ns(void)
{
    return now_ns;
}

uint64_t clock_resolution_ns(void)
{
    return 1;
}

const char *clock_source(void)
{
    return "virtual";
}

void clock_sleep_ms(unsigned ms)
{
    now_ns += (uint64_t)ms * 1000000;
}

const char *clock_utc_text(char *text, size_t size)
{
    if (size > 0)
        text[0] = '\0';
    return text;
}

/* ---- engine.h ---- */

struct engine *engine_open(const struct engine_callbacks *callbacks, void *context,
                           unsigned max_connections, size_t receive_bytes, int *error)
{
    struct engine *engine = calloc(1, sizeof *engine);
    (void)receive_bytes;
    *error = -NET_NO_MEMORY;
    if (engine == NULL)
        return NULL;
    engine->callbacks = *callbacks;
    engine->context = context;
    engine->max_connections = max_connections;
    engine->links = calloc(max_connections, sizeof *engine->links);
    if (engine->links != NULL)
        return engine;
    free(engine);
    return NULL;
}

void engine_free(struct engine *engine)
{
    if (engine != NULL)
        free(engine->links);
    free(engine);
}

void engine_wait_precisely(struct engine *engine)
{
    (void)engine; /* it does */
}

unsigned engine_ports_per_source(void)
{
    return UINT32_MAX;
}

int engine_connect(struct engine *engine, struct engine_connection *connection,
                   const struct net_address *to, const struct net_address *source, bool nodelay)
{
    struct link *link = &engine->links[connection->id];
    (void)to;
    (void)source;
    (void)nodelay;
    *link = (struct link){.connection = connection,
                          .connecting = true,
                          .connected_ns = now_ns + serving.connect_ns,
                          .sends = link->sends};
    connection->platform = link;
    connection->open = true;
    return 0;
}

static void log_add(struct link *link)
{
    if (message_count == message_room) {
        message_room = message_room == 0 ? LOG_FIRST : 2 * message_room;
        messages = realloc(messages, message_room * sizeof *messages);
        if (messages == NULL)
            abort();
    }
    messages[message_count++] = (struct virtual_message){.connection = link->connection->id,
                                                         .nth = link->sends++,
                                                         .sent_ns = now_ns,
                                                         .answered_ns = VIRTUAL_NEVER};
}

int64_t engine_send(struct engine *engine, struct engine_connection *connection,
                    const uint8_t *data, size_t size)
{
    struct link *link = connection->platform;
    (void)engine;
    if (link->count == UNDER_WAY_MOST)
        abort();
    unsigned newest = (link->oldest + link->count - 1) % UNDER_WAY_MOST;
    unsigned place = (link->oldest + link->count) % UNDER_WAY_MOST;
    uint64_t ready = serving.answer_ns(serving.context, connection->id, link->sends, now_ns);
    if (link->count > 0 && link->ready_ns[newest] > ready)
        ready = link->ready_ns[newest];
    link->ready_ns[place] = ready;
    link->logged[place] = message_count;
    link->data[place] = data;
    link->size[place] = size;
    link->count++;
    log_add(link);
    now_ns += serving.send_cost_ns;
    return (int64_t)size;
}

void engine_finish_sending(struct engine *engine, struct engine_connection *connection)
{
    struct link *link = connection->platform;
    (void)engine;
    link->finishing = true;
    link->finished_ns = now_ns + serving.end_ns;
    if (serving.endless_ns != 0 && now_ns >= serving.endless_ns)
        link->finished_ns = VIRTUAL_NEVER;
}

void engine_pause_receiving(struct engine *engine, struct engine_connection *connection, bool pause)
{
    (void)engine;
    (void)connection;
    (void)pause;
    abort(); /* nobody asks for it here */
}

void engine_close(struct engine *engine, struct engine_connection *connection, bool abortive)
{
    struct link *link = connection->platform;
    (void)engine;
    (void)abortive;
    link->connecting = link->finishing = false;
    link->count = 0;
    connection->open = false;
}

/* When something happens on it next. */
static uint64_t link_next_ns(const struct link *link)
{
    if (link->connecting)
        return link->connected_ns;
    if (link->finishing && link->count == 0)
        return link->finished_ns;
    return link->count > 0 ? link->ready_ns[link->oldest] : VIRTUAL_NEVER;
}

static void link_advance(struct engine *engine, struct link *link)
{
    if (link->connecting) {
        link->connecting = false;
        engine->callbacks.connected(engine->context, link->connection, 0);
    } else if (link->count == 0) {
        link->finishing = false;
        engine->callbacks.received(engine->context, link->connection, NULL, 0);
    } else {
        unsigned place = link->oldest;
        link->oldest = (place + 1) % UNDER_WAY_MOST;
        link->count--;
        messages[link->logged[place]].answered_ns = now_ns;
        engine->callbacks.received(engine->context, link->connection, link->data[place],
                                   (int64_t)link->size[place]);
    }
}

/* The connection on which something happens first, or NULL. */
static struct link *link_first(struct engine *engine)
{
    struct link *first = NULL;
    for (unsigned i = 0; i < engine->max_connections; i++) {
        struct link *link = &engine->links[i];
        if (link_next_ns(link) != VIRTUAL_NEVER &&
            (first == NULL || link_next_ns(link) < link_next_ns(first)))
            first = link;
    }
    return first;
}

int engine_run(struct engine *engine, uint64_t timeout_ns)
{
    uint64_t end = now_ns + timeout_ns;
    struct link *link = link_first(engine);
    if (link == NULL || link_next_ns(link) > end) {
        now_ns = end + (timeout_ns > 0 ? serving.wake_late_ns : 0);
        return 0;
    }
    if (link_next_ns(link) > now_ns)
        now_ns = link_next_ns(link);
    for (uint64_t begun = now_ns; link != NULL && link_next_ns(link) <= begun;
         link = link_first(engine))
        link_advance(engine, link);
    return 0;
}
