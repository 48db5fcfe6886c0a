/*
 * engine: how the load generator waits. engine_epoll.c on Linux, engine_iocp.c on Windows; the
 * build picks one. It reports operations that are finished on both systems, so that one code of the
 * workloads runs on both.
 *
 * One thread: every function and every callback runs on the thread that calls engine_run, and
 * callbacks come from engine_run only. A callback may call any function here but engine_run and
 * engine_free, also engine_close on this or any other connection.
 */
#ifndef IOMODELS_ENGINE_H
#define IOMODELS_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net.h"

/* One client connection as the engine sees it; the workload wraps it (first member). */
struct engine_connection {
    net_socket socket;
    uint32_t id;    /* 0, 1, 2 ... below max_connections, its own while open: set by the workload */
    bool open;      /* from engine_connect to engine_close */
    void *platform; /* private to the engine */
};

struct engine_callbacks {
    /* The connect has ended: error is 0 or negative (then close it). From now on data is received.
     */
    void (*connected)(void *context, struct engine_connection *connection, int error);
    /*
     * count > 0: the bytes at data, valid during the call. 0: the peer has finished sending.
     * Negative: the connection broke with this error. After 0 or negative no more comes.
     */
    void (*received)(void *context, struct engine_connection *connection, const uint8_t *data,
                     int64_t count);
    /* A send that was cut short can go on. */
    void (*writable)(void *context, struct engine_connection *connection);
};

struct engine; /* opaque */

/* receive_bytes: the most that one `received` brings. NULL with *error on failure. */
struct engine *engine_open(const struct engine_callbacks *callbacks, void *context,
                           unsigned max_connections, size_t receive_bytes, int *error);
/* After every connection was closed. NULL: nothing. */
void engine_free(struct engine *engine);

/*
 * How many connections the load generator makes from one source address to one server: a part of
 * the system's ephemeral ports, at least 1. Linux's range is read at each call.
 */
unsigned engine_ports_per_source(void);

/*
 * Begins a connect from `source`; NULL: the system chooses. nodelay: TCP_NODELAY. Returns 0, and
 * `connected` will be called; or a negative error, and the connection is not open.
 */
int engine_connect(struct engine *engine, struct engine_connection *connection,
                   const struct net_address *to, const struct net_address *source, bool nodelay);
/*
 * Sends: data must stay valid and unchanged until engine_free (payload_span's table does: what the
 * system has begun to send may outlive even the connection). Returns the bytes taken, 0..size;
 * fewer than size: `writable` comes when it can go on. Negative: the connection broke.
 */
int64_t engine_send(struct engine *engine, struct engine_connection *connection,
                    const uint8_t *data, size_t size);
/* Half-close: no more sends. What was taken still goes out. */
void engine_finish_sending(struct engine *engine, struct engine_connection *connection);
/* Stops and resumes receiving (a client that doesn't read). Open connections receive. */
void engine_pause_receiving(struct engine *engine, struct engine_connection *connection,
                            bool pause);
/* Closes; abortive: by a reset. No callback comes after it. */
void engine_close(struct engine *engine, struct engine_connection *connection, bool abortive);
/*
 * From now on engine_run keeps its timeout as exactly as the system can, until engine_free. For the
 * thread that waits: on Linux by its timer slack; on Windows, whose waits last whole ticks, by
 * looking again and again in the last one, at the cost of a processor.
 */
void engine_wait_precisely(struct engine *engine);
/*
 * True: the system refuses the call that waits best; text is one line about what is done instead.
 * Any thread.
 */
bool engine_waits_otherwise(char *text, size_t size);
/*
 * Waits at most timeout_ns (rounded up to what the system can) for something to happen and makes
 * the callbacks of all that did. 0, or a negative error of the wait itself. Interrupted: 0.
 */
int engine_run(struct engine *engine, uint64_t timeout_ns);

#endif
