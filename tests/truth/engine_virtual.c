#include "engine_virtual.h"

#include <stdlib.h>

#include "clock.h"
#include "load/engine.h"
#include "net.h"

enum { UNDER_WAY_MOST = 64, LOG_FIRST = 4096, RECEIVE_BYTES_MOST = 64 * 1024 };

/* What is under way on one connection: a connect, answers in their order, the end. */
struct link {
    struct engine_connection *connection;
    bool open;     /* from its connect to its close */
    bool unserved; /* it gets no answer */
    bool paused;
    bool blocked; /* a send was cut short */
    bool ended;   /* nothing more comes */
    bool connecting;
    uint64_t connected_ns;
    uint64_t connects;
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
    size_t receive_bytes;
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

uint64_t clock_thread_ns(void)
{
    abort();
}

void clock_sleep_ns(uint64_t ns)
{
    (void)ns;
    abort(); /* no server runs in this world */
}

void clock_sleep_ms(unsigned ms)
{
    now_ns += (uint64_t)ms * 1000000;
}

/* ---- engine.h ---- */

struct engine *engine_open(const struct engine_callbacks *callbacks, void *context,
                           unsigned max_connections, size_t receive_bytes, int *error)
{
    struct engine *engine = calloc(1, sizeof *engine);
    if (receive_bytes > RECEIVE_BYTES_MOST)
        abort();
    *error = -NET_NO_MEMORY;
    if (engine == NULL)
        return NULL;
    engine->callbacks = *callbacks;
    engine->context = context;
    engine->max_connections = max_connections;
    engine->receive_bytes = receive_bytes;
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

bool engine_waits_otherwise(char *text, size_t size)
{
    (void)text;
    (void)size;
    return false;
}

unsigned engine_ports_per_source(void)
{
    return UINT32_MAX;
}

static bool is_served(const struct engine *engine)
{
    unsigned served = 0;
    for (unsigned i = 0; i < engine->max_connections; i++)
        served += engine->links[i].open && !engine->links[i].unserved;
    return serving.serves_most == 0 || served < serving.serves_most;
}

int engine_connect(struct engine *engine, struct engine_connection *connection,
                   const struct net_address *to, const struct net_address *source, bool nodelay)
{
    struct link *link = &engine->links[connection->id];
    (void)to;
    (void)source;
    (void)nodelay;
    *link = (struct link){.connection = connection,
                          .open = true,
                          .unserved = !is_served(engine),
                          .connecting = true,
                          .connected_ns = now_ns + serving.connect_ns +
                                          link->connects % 16 * serving.connect_more_ns,
                          .connects = link->connects + 1,
                          .sends = link->sends};
    connection->socket = NET_SOCKET_NONE;
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

static uint64_t answer_time(struct link *link, size_t size)
{
    if (link->unserved)
        return VIRTUAL_NEVER;
    if (serving.arrived != NULL)
        serving.arrived(serving.context, link->connection->id, size);
    return serving.answer_ns(serving.context, link->connection->id, link->sends, now_ns);
}

static void answer_add(struct link *link, const uint8_t *data, size_t size)
{
    static const uint8_t wrong[RECEIVE_BYTES_MOST];
    unsigned newest = (link->oldest + link->count - 1) % UNDER_WAY_MOST;
    unsigned place = (link->oldest + link->count) % UNDER_WAY_MOST;
    uint64_t ready = answer_time(link, size);
    if (link->count > 0 && link->ready_ns[newest] > ready)
        ready = link->ready_ns[newest];
    link->ready_ns[place] = ready;
    link->logged[place] = message_count;
    link->data[place] = serving.wrong_nth != 0 && link->sends >= serving.wrong_nth ? wrong : data;
    link->size[place] = size;
    link->count++;
    log_add(link);
}

int64_t engine_send(struct engine *engine, struct engine_connection *connection,
                    const uint8_t *data, size_t size)
{
    struct link *link = connection->platform;
    size_t taken = 0;
    while (taken < size && link->count < UNDER_WAY_MOST) {
        size_t left = size - taken;
        size_t piece = left < engine->receive_bytes ? left : engine->receive_bytes;
        answer_add(link, data + taken, piece);
        taken += piece;
    }
    link->blocked = taken < size;
    now_ns += serving.send_cost_ns;
    return (int64_t)taken;
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
    struct link *link = connection->platform;
    (void)engine;
    link->paused = pause;
}

void engine_close(struct engine *engine, struct engine_connection *connection, bool abortive)
{
    struct link *link = connection->platform;
    (void)engine;
    (void)abortive;
    link->open = link->connecting = link->finishing = false;
    link->count = 0;
    connection->open = false;
}

static bool is_dead(void)
{
    return serving.dead_ns != 0 && now_ns >= serving.dead_ns;
}

/* When something would happen on it next, as long as the server lives. */
static uint64_t link_alive_ns(const struct link *link)
{
    if (link->connecting)
        return link->connected_ns;
    if (link->finishing && link->count == 0)
        return link->finished_ns;
    return link->count > 0 && !link->paused ? link->ready_ns[link->oldest] : VIRTUAL_NEVER;
}

/* When something happens on it next. */
static uint64_t link_next_ns(const struct link *link)
{
    uint64_t next_ns = link_alive_ns(link);
    if (!link->open || link->ended)
        return VIRTUAL_NEVER;
    if (serving.dead_ns == 0 || next_ns < serving.dead_ns)
        return next_ns;
    return link->connecting ? VIRTUAL_NEVER : serving.dead_ns;
}

static void link_advance(struct engine *engine, struct link *link)
{
    if (link->connecting) {
        link->connecting = false;
        engine->callbacks.connected(engine->context, link->connection, 0);
    } else if (link->count == 0 || is_dead()) {
        link->finishing = false;
        link->ended = true;
        engine->callbacks.received(engine->context, link->connection, NULL, 0);
    } else {
        unsigned place = link->oldest;
        link->oldest = (place + 1) % UNDER_WAY_MOST;
        link->count--;
        messages[link->logged[place]].answered_ns = now_ns;
        engine->callbacks.received(engine->context, link->connection, link->data[place],
                                   (int64_t)link->size[place]);
        if (link->open && link->blocked) {
            link->blocked = false;
            engine->callbacks.writable(engine->context, link->connection);
        }
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
