/*
 * misbehaving: the clients of the workload `mixed` that do what servers fear, beside the others
 * whose messages are measured. In turn:
 *
 *     one that never reads, and goes on sending until it is blocked;
 *     one that sends a byte of a message at a time, slowly, but reads and checks what comes back;
 *     one that connects, sends half of a message, and resets the connection, again and again.
 *
 * A connection of theirs that ends is no error: the client connects again. They use the caller's
 * engine, on the thread that runs it.
 */
#ifndef IOMODELS_MISBEHAVING_H
#define IOMODELS_MISBEHAVING_H

#include "load/engine.h"
#include "load/load_options.h"
#include "load/load_part.h"

struct misbehaving; /* opaque */

/*
 * Those of the options that are a thread's part, which is not empty. Their ids in the engine follow
 * those of the well-behaved. They do nothing before the first misbehaving_act. NULL without memory.
 */
struct misbehaving *misbehaving_open(struct engine *engine, const struct load_options *options,
                                     const struct load_part *part);
/* Does what is due; when there is more to do. */
uint64_t misbehaving_act(struct misbehaving *misbehaving, uint64_t now);
/* Resets all connections. */
void misbehaving_stop(struct misbehaving *misbehaving);
/* After misbehaving_stop. NULL: nothing. */
void misbehaving_free(struct misbehaving *misbehaving);

/* The engine's callbacks for a connection of theirs. */
void misbehaving_connected(struct misbehaving *misbehaving, struct engine_connection *connection,
                           int error);
/* False: wrong bytes came back. */
bool misbehaving_received(struct misbehaving *misbehaving, struct engine_connection *connection,
                          const uint8_t *data, int64_t count);
void misbehaving_writable(struct misbehaving *misbehaving, struct engine_connection *connection);

#endif
