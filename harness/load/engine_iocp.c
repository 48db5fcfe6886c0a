#include "load/engine_iocp.h"

#include <limits.h>
#include <stdlib.h>

#include "clock.h"
#include "load/tick_win32.h"

enum {
    /* 49152-65535 by default; see "The default dynamic port range for TCP/IP" (Microsoft). */
    PORTS_PER_SOURCE = 16000,
    /* A connection that always finds data may not keep the others from their turn. */
    INLINE_ROUNDS = 4,
    DRAIN_TURNS = 1000, /* in which nothing ended */
    DRAIN_TURN_MS = 10,
    NS_PER_MS = 1000000,
    COARSE_TICK_NS = 15625000 /* where nothing shortens it */
};

static const uint64_t TIMEOUT_NS_MOST = UINT64_C(3600000000000);

struct engine *engine_open(const struct engine_callbacks *callbacks, void *context,
                           unsigned max_connections, size_t receive_bytes, int *error)
{
    struct engine *engine = calloc(1, sizeof *engine);
    (void)max_connections; /* slots are made as they are needed */
    if (engine == NULL) {
        *error = -WSA_NOT_ENOUGH_MEMORY;
        return NULL;
    }
    engine->callbacks = *callbacks;
    engine->context = context;
    engine->buffer_bytes = receive_bytes < INT_MAX ? (ULONG)receive_bytes : INT_MAX;
    engine->port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
    if (engine->port != NULL)
        return engine;
    *error = net_last_error();
    free(engine);
    return NULL;
}

void engine_wait_precisely(struct engine *engine)
{
    engine->precise = true;
    engine->tick = tick_shorten();
}

bool engine_waits_otherwise(char *text, size_t size)
{
    (void)text;
    (void)size;
    return false;
}

unsigned engine_ports_per_source(void)
{
    return PORTS_PER_SOURCE;
}

/* The bytes that it moved, or its negative error. */
static int64_t operation_result(net_socket socket, struct operation *operation)
{
    DWORD bytes = 0, flags = 0;
    if (WSAGetOverlappedResult(socket, &operation->overlapped, &bytes, FALSE, &flags))
        return bytes;
    return net_last_error();
}

/*
 * By an overlapped send, what fits at once and what does not, since a port does not tell when there
 * is room again. Not by a non-blocking `send`: Wine 10 takes all of that, sends the rest from a
 * copy of its own, and neither CancelIoEx nor closesocket ends this, so that no reset goes out.
 */
int64_t engine_send(struct engine *engine, struct engine_connection *connection,
                    const uint8_t *data, size_t size)
{
    struct slot *slot = slot_of(connection);
    DWORD sent = 0;
    if (slot->send_error != 0)
        return slot->send_error;
    if (slot->outward.under_way) {
        slot->cut_short = true;
        return 0;
    }
    WSABUF span = {.len = size < INT_MAX ? (ULONG)size : INT_MAX, .buf = (char *)data};
    slot->outward.overlapped = (OVERLAPPED){0};
    int begun = operation_begun(
        engine, slot, &slot->outward,
        WSASend(connection->socket, &span, 1, &sent, 0, &slot->outward.overlapped, NULL) == 0);
    if (begun < 0) {
        slot->send_error = begun;
        return begun;
    }
    if (span.len < size) {
        slot->cut_short = true;
        if (begun != OPERATION_UNDER_WAY)
            slot_make_ready(engine, slot);
    }
    return span.len;
}

void engine_finish_sending(struct engine *engine, struct engine_connection *connection)
{
    (void)engine;
    net_finish_sending(connection->socket); /* "after all data is sent", also what is under way */
}

void engine_pause_receiving(struct engine *engine, struct engine_connection *connection, bool pause)
{
    struct slot *slot = slot_of(connection);
    if (slot->paused && !pause)
        slot_make_ready(engine, slot);
    slot->paused = pause;
}

/*
 * The socket of a closed connection is kept until nothing is under way on it. Windows would end
 * that by closesocket. Wine keeps a socket open that has a send under way, and goes on with sends
 * and receives by the number of the handle, also when a new socket has it.
 */
static void closed_advance(struct engine *engine, struct slot *slot)
{
    if (slot->closing == NET_SOCKET_NONE)
        return;
    if (slot->inward.under_way || slot->outward.under_way) {
        CancelIoEx((HANDLE)slot->closing, NULL);
        slot_make_ready(engine, slot); /* to look again: Wine passes over what is just going on */
        return;
    }
    net_close(slot->closing);
    slot->closing = NET_SOCKET_NONE;
}

void engine_close(struct engine *engine, struct engine_connection *connection, bool abortive)
{
    struct slot *slot = slot_of(connection);
    if (abortive)
        net_set_abortive_close(connection->socket);
    slot->connection = NULL;
    slot->closing = connection->socket;
    connection->socket = NET_SOCKET_NONE;
    connection->open = false;
    closed_advance(engine, slot);
    slot_release(engine, slot);
}

static void receive_begin(struct engine *engine, struct slot *slot)
{
    DWORD received = 0, flags = 0;
    if (slot->buffer == NULL)
        slot->buffer = malloc(engine->buffer_bytes);
    if (slot->buffer == NULL) {
        slot->completed = true;
        slot->result = -WSA_NOT_ENOUGH_MEMORY;
        return;
    }
    WSABUF span = {.len = engine->buffer_bytes, .buf = (char *)slot->buffer};
    slot->inward.overlapped = (OVERLAPPED){0};
    int begun = operation_begun(engine, slot, &slot->inward,
                                WSARecv(slot->connection->socket, &span, 1, &received, &flags,
                                        &slot->inward.overlapped, NULL) == 0);
    slot->completed = begun != OPERATION_UNDER_WAY;
    slot->result = begun < 0 ? begun : (int64_t)received;
}

static void receive_report(struct engine *engine, struct slot *slot)
{
    /* Of a reset Wine 8.0 tells one of the two only, and a receive behind the send finds an end. */
    if (slot->result == 0)
        slot->result = slot->send_error;
    slot->receiving = slot->result > 0;
    engine->callbacks.received(engine->context, slot->connection,
                               slot->receiving ? slot->buffer : NULL, slot->result);
}

/* Whether a result can be reported now; begins a receive where that is what it takes. */
static bool inward_can_report(struct engine *engine, struct slot *slot)
{
    if (slot->connection == NULL || slot->inward.under_way)
        return false;
    if (slot->connecting)
        return slot->completed;
    if (!slot->receiving || slot->paused)
        return false;
    if (!slot->completed)
        receive_begin(engine, slot);
    return slot->completed;
}

static void inward_advance(struct engine *engine, struct slot *slot)
{
    for (int round = 0; inward_can_report(engine, slot); round++) {
        if (round == INLINE_ROUNDS) {
            slot_make_ready(engine, slot);
            return;
        }
        slot->completed = false;
        if (slot->connecting)
            engine_connect_report(engine, slot);
        else
            receive_report(engine, slot);
    }
}

static void outward_advance(struct engine *engine, struct slot *slot)
{
    if (slot->connection == NULL || slot->outward.under_way || !slot->cut_short)
        return;
    slot->cut_short = false;
    engine->callbacks.writable(engine->context, slot->connection);
}

static void outward_end(struct slot *slot)
{
    int64_t result = operation_result(slot->connection->socket, &slot->outward);
    if (result < 0)
        slot->send_error = (int)result;
}

static void inward_end(struct slot *slot)
{
    slot->completed = true;
    slot->result = operation_result(slot->connection->socket, &slot->inward);
}

static void slot_advance(struct engine *engine, struct slot *slot)
{
    if (slot->connection == NULL) {
        closed_advance(engine, slot);
    } else {
        outward_advance(engine, slot);
        inward_advance(engine, slot);
    }
}

static void entry_dispatch(struct engine *engine, const OVERLAPPED_ENTRY *entry)
{
    struct slot *slot = (struct slot *)entry->lpCompletionKey;
    bool outward = entry->lpOverlapped == &slot->outward.overlapped;
    (outward ? &slot->outward : &slot->inward)->under_way = false;
    engine->under_way--;
    if (slot->connection != NULL && outward)
        outward_end(slot);
    else if (slot->connection != NULL)
        inward_end(slot);
    slot_advance(engine, slot);
    slot_release(engine, slot);
}

/* Waits for entries and dispatches them. How many, or a negative error. */
static int entries_dispatch(struct engine *engine, DWORD timeout_ms)
{
    /* No more than can come: where there is room left, Wine asks its server in vain once more. */
    ULONG room = engine->under_way < ENTRIES_AT_ONCE ? engine->under_way : ENTRIES_AT_ONCE;
    ULONG count = 0;
    if (!GetQueuedCompletionStatusEx(engine->port, engine->entries, room > 0 ? room : 1, &count,
                                     timeout_ms, FALSE)) {
        int error = net_last_error();
        return error == -WAIT_TIMEOUT ? 0 : error;
    }
    for (ULONG i = 0; i < count; i++)
        entry_dispatch(engine, &engine->entries[i]);
    return (int)count;
}

static void ready_dispatch(struct engine *engine)
{
    struct slot *slot = engine->ready;
    engine->ready = NULL;
    while (slot != NULL) {
        struct slot *next = slot->next;
        slot->ready = false;
        slot_advance(engine, slot);
        slot_release(engine, slot);
        slot = next;
    }
}

/* Returns with less than a tick left, or as entries_dispatch. */
static int wait_coarsely(struct engine *engine, uint64_t timeout_ns)
{
    /* A wait of n ms ends with the tick after that, so up to a tick later. */
    uint64_t tick_ns = engine->tick != NULL ? NS_PER_MS : COARSE_TICK_NS;
    if (timeout_ns < tick_ns + NS_PER_MS)
        return 0;
    return entries_dispatch(engine, (DWORD)((timeout_ns - tick_ns) / NS_PER_MS));
}

static int wait_precisely(struct engine *engine, uint64_t timeout_ns)
{
    uint64_t end_ns = clock_now_ns() + timeout_ns;
    int count = wait_coarsely(engine, timeout_ns);
    do {
        if (count == 0)
            count = entries_dispatch(engine, 0);
    } while (count == 0 && engine->ready == NULL && clock_now_ns() < end_ns);
    return count;
}

int engine_run(struct engine *engine, uint64_t timeout_ns)
{
    int count;
    if (timeout_ns > TIMEOUT_NS_MOST)
        timeout_ns = TIMEOUT_NS_MOST;
    if (engine->ready != NULL)
        count = entries_dispatch(engine, 0);
    else if (engine->precise)
        count = wait_precisely(engine, timeout_ns);
    else
        count = entries_dispatch(engine, (DWORD)((timeout_ns + NS_PER_MS - 1) / NS_PER_MS));
    ready_dispatch(engine);
    return count < 0 ? count : 0;
}

static bool operations_drain(struct engine *engine)
{
    for (int idle = 0; engine->under_way > 0 && idle < DRAIN_TURNS;) {
        int count = entries_dispatch(engine, DRAIN_TURN_MS);
        if (count < 0)
            return false;
        if (count == 0) {
            ready_dispatch(engine);
            idle++;
        }
    }
    return engine->under_way == 0;
}

void engine_free(struct engine *engine)
{
    if (engine == NULL)
        return;
    if (!operations_drain(engine))
        return; /* better leaked than written to by the system after it was freed */
    if (engine->tick != NULL)
        tick_restore(engine->tick);
    CloseHandle(engine->port);
    while (engine->made != NULL) {
        struct slot *slot = engine->made;
        engine->made = slot->next_made;
        free(slot->buffer);
        free(slot);
    }
    free(engine);
}
