/*
 * trace_client: the clients of a trace, which do one step of a script at a time. One thread.
 */
#ifndef IOMODELS_TRACE_CLIENT_H
#define IOMODELS_TRACE_CLIENT_H

#include "load/engine.h"
#include "trace/trace_script.h"

#define TRACE_CLIENTS_MAX 16

struct trace_client {
    struct engine_connection connection; /* first: the engine's callbacks bring it */
    const struct trace_step *step;       /* the last one begun */
    uint64_t step_ns;                    /* when */
    uint64_t owed;                       /* bytes to send on this connection, in all */
    uint64_t sent;
    uint64_t received;
    bool connected;
    bool finished;    /* the sending side was closed */
    bool ended;       /* the server has closed */
    char failure[96]; /* what went wrong, or "" */
};

struct trace_clients {
    struct engine *engine;
    struct net_address server;
    unsigned count;
    struct trace_client all[TRACE_CLIENTS_MAX];
};

/* 0 or a negative error; then nothing needs closing. */
int trace_clients_open(struct trace_clients *clients, unsigned count,
                       const struct net_address *server);
void trace_clients_close(struct trace_clients *clients);

/* Client `index` begins with the step, which outlives it. */
void trace_clients_begin(struct trace_clients *clients, unsigned index,
                         const struct trace_step *step);
/* True once that step is done, as far as the client can tell. */
bool trace_clients_done(const struct trace_clients *clients, unsigned index);
/* Lets all of them send and receive for at most timeout_ns. 0 or a negative error. */
int trace_clients_run(struct trace_clients *clients, uint64_t timeout_ns);

#endif
