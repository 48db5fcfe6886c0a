#include "load/misbehaving.h"

#include "clock.h"
#include "load/payload.h"

#include <stdlib.h>

/* In this order they take turns. */
enum kind { KIND_NEVER_READS, KIND_BYTE_AT_A_TIME, KIND_RESETS, KINDS };

/* From one deed to the next; whoever has lost its connection waits as long to come again. */
static const uint64_t interval_ns[KINDS] = {
    [KIND_NEVER_READS] = 20000000, [KIND_BYTE_AT_A_TIME] = 5000000, [KIND_RESETS] = 10000000};

/* Of one that never reads: a server that takes all may be no slower than the client. */
enum { SPANS_AT_ONCE = 8 };

struct misbehaver {
    struct engine_connection engine; /* first: the engine's callbacks bring it */
    enum kind kind;
    bool connected;
    uint64_t next_ns; /* of its deeds */
    uint64_t sent;    /* of the stream that this connection carries */
    uint64_t received;
};

struct misbehaving {
    struct engine *engine;
    const struct load_options *options;
    unsigned count;
    struct misbehaver all[];
};

struct misbehaving *misbehaving_open(struct engine *engine, const struct load_options *options,
                                     const struct load_part *part)
{
    struct misbehaving *misbehaving =
        calloc(1, sizeof *misbehaving + part->count * sizeof misbehaving->all[0]);
    if (misbehaving == NULL)
        return NULL;
    misbehaving->engine = engine;
    misbehaving->options = options;
    misbehaving->count = part->count;
    for (unsigned i = 0; i < part->count; i++) {
        unsigned number = load_part_id(part, i);
        misbehaving->all[i].kind = (enum kind)(number % KINDS);
        misbehaving->all[i].engine.id = options->workload.connections + number;
    }
    return misbehaving;
}

static void leave(struct misbehaving *misbehaving, struct misbehaver *misbehaver)
{
    if (misbehaver->engine.open)
        engine_close(misbehaving->engine, &misbehaver->engine, true);
    misbehaver->connected = false;
}

void misbehaving_stop(struct misbehaving *misbehaving)
{
    for (unsigned i = 0; i < misbehaving->count; i++)
        leave(misbehaving, &misbehaving->all[i]);
}

void misbehaving_free(struct misbehaving *misbehaving)
{
    free(misbehaving);
}

/* At most so many bytes more. False: the system takes no more for now, or the connection broke. */
static bool send_some(struct misbehaving *misbehaving, struct misbehaver *misbehaver, size_t most)
{
    size_t span;
    const uint8_t *data = payload_span(misbehaver->engine.id, misbehaver->sent, most, &span);
    int64_t taken = engine_send(misbehaving->engine, &misbehaver->engine, data, span);
    if (taken < 0) {
        leave(misbehaving, misbehaver);
        return false;
    }
    misbehaver->sent += (uint64_t)taken;
    return (size_t)taken == span;
}

/* What the system takes, but not for ever; the next deed goes on. */
static void send_much(struct misbehaving *misbehaving, struct misbehaver *misbehaver)
{
    for (unsigned i = 0; i < SPANS_AT_ONCE; i++)
        if (!send_some(misbehaving, misbehaver, PAYLOAD_SPAN_MAX))
            return;
}

static void come(struct misbehaving *misbehaving, struct misbehaver *misbehaver)
{
    const struct load_options *options = misbehaving->options;
    misbehaver->sent = misbehaver->received = 0;
    misbehaver->connected = false;
    /* Where that fails, the next deed is to try again. */
    (void)engine_connect(misbehaving->engine, &misbehaver->engine, &options->server, NULL,
                         options->nodelay);
}

static void do_next(struct misbehaving *misbehaving, struct misbehaver *misbehaver)
{
    if (!misbehaver->engine.open)
        come(misbehaving, misbehaver);
    else if (misbehaver->kind == KIND_RESETS)
        leave(misbehaving, misbehaver);
    else if (misbehaver->connected && misbehaver->kind == KIND_BYTE_AT_A_TIME)
        send_some(misbehaving, misbehaver, 1);
    else if (misbehaver->connected && misbehaver->kind == KIND_NEVER_READS)
        send_much(misbehaving, misbehaver);
}

uint64_t misbehaving_act(struct misbehaving *misbehaving, uint64_t now)
{
    uint64_t next = UINT64_MAX;
    for (unsigned i = 0; i < misbehaving->count; i++) {
        struct misbehaver *misbehaver = &misbehaving->all[i];
        if (misbehaver->next_ns <= now) {
            do_next(misbehaving, misbehaver);
            misbehaver->next_ns = now + interval_ns[misbehaver->kind];
        }
        next = misbehaver->next_ns < next ? misbehaver->next_ns : next;
    }
    return next;
}

void misbehaving_connected(struct misbehaving *misbehaving, struct engine_connection *connection,
                           int error)
{
    struct misbehaver *misbehaver = (struct misbehaver *)connection;
    size_t half = misbehaving->options->workload.message_bytes / 2;
    if (error != 0) {
        leave(misbehaving, misbehaver);
        return;
    }
    misbehaver->connected = true;
    if (misbehaver->kind == KIND_NEVER_READS) {
        engine_pause_receiving(misbehaving->engine, connection, true);
        send_much(misbehaving, misbehaver);
    } else if (misbehaver->kind == KIND_RESETS) {
        send_some(misbehaving, misbehaver, half > 0 ? half : 1);
    }
}

bool misbehaving_received(struct misbehaving *misbehaving, struct engine_connection *connection,
                          const uint8_t *data, int64_t count)
{
    struct misbehaver *misbehaver = (struct misbehaver *)connection;
    bool right =
        count <= 0 || ((uint64_t)count <= misbehaver->sent - misbehaver->received &&
                       payload_verify(connection->id, misbehaver->received, data, (size_t)count));
    if (count <= 0 || !right)
        leave(misbehaving, misbehaver);
    else
        misbehaver->received += (uint64_t)count;
    return right;
}

void misbehaving_writable(struct misbehaving *misbehaving, struct engine_connection *connection)
{
    struct misbehaver *misbehaver = (struct misbehaver *)connection;
    if (misbehaver->kind == KIND_NEVER_READS)
        send_much(misbehaving, misbehaver);
}
