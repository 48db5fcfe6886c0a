/*
 * crew: a server's workers, its serving threads. Worker 0 is the thread that called serve and
 * accepts; it hands each connection to the least loaded worker, and joins the others at the end.
 *
 * A model wraps struct worker: a struct of its own whose first member is the worker.
 */
#ifndef IOMODELS_CREW_H
#define IOMODELS_CREW_H

#include <stdatomic.h>
#include <stdint.h>

#include "observe.h"
#include "server.h"
#include "thread.h"

struct worker {
    struct server *server;
    unsigned index;      /* 0: the thread that accepts */
    net_socket listener; /* that it accepts from: the server's, or one that the model has made */
    atomic_uint load;    /* connections assigned and not released */

    /* private to observe.c */
    _Atomic uint64_t counters[OBSERVE_COUNTERS];
    _Atomic uint64_t worked; /* messages whose work it has done */
    bool tracing;            /* its calls are reported */
    bool repeats;            /* they are not, until one finds something: observe_repeats */
    uint64_t begun_ns;       /* when its call, and when its wait began (inside which completion */
    uint64_t wait_begun_ns;  /* routines make calls); only while tracing */
    struct worker *next;
    struct worker *previous;

    /* private to crew.c */
    thread_mutex mutex;
    struct connection *inbox_first;
    struct connection *inbox_last;
    struct crew *crew;
    thread_handle thread; /* worker 0 has none; a model's wake may need it (QueueUserAPC) */
    bool started;
};

struct crew {
    struct server *server;
    unsigned count; /* workers, worker 0 included */
    size_t worker_bytes;
    char *workers;                      /* count × worker_bytes, zeroed by crew_open */
    void (*run)(struct worker *worker); /* serves until server_stopping */
    void (*wake)(struct worker *worker, struct worker *by); /* ends that worker's wait */
};

/* What a model's workers do. Each function is given the model's own struct, zeroed at first. */
struct crew_calls {
    size_t worker_bytes; /* of that struct */
    /* On serve's thread, before any worker runs. 0, or a negative error after server_fail. */
    int (*open)(struct worker *worker);
    /* On the worker's own thread: serves until server_stopping. */
    void (*run)(struct worker *worker);
    /*
     * Ends the worker's wait, by the model's own means; never for worker 0. `by` is the worker of the
     * thread that calls this: the calls are observed as its own.
     */
    void (*wake)(struct worker *worker, struct worker *by);
    /* On serve's thread, when no worker runs any more; also after an open that failed. */
    void (*close)(struct worker *worker);
};

/* A worker that is in no crew: a thread for one connection. */
void worker_begin(struct worker *worker, struct server *server);
void worker_end(struct worker *worker);

/* All that a model's serve has to do with its crew: opens, runs and closes it. */
int crew_serve(struct server *server, const struct crew_calls *calls);

/* The steps of crew_serve, for a model whose workers share more than the server. */
/* Makes server->threads workers and starts none. 0, or a negative error after server_fail. */
int crew_open(struct crew *crew, struct server *server, size_t worker_bytes,
              void (*run)(struct worker *worker),
              void (*wake)(struct worker *worker, struct worker *by));
struct worker *crew_worker(const struct crew *crew, unsigned index);
/* Starts the others and runs worker 0 here; when that returns, wakes and joins the others. */
int crew_run(struct crew *crew);
/* Releases the connections that the workers have left, and frees the workers. */
void crew_close(struct crew *crew);

/*
 * Gives the connection to the least loaded worker. Where that is `self`, returns it: the caller
 * serves the connection. Else the connection goes to the other worker's inbox, that worker is
 * woken, and the result is NULL.
 */
struct worker *crew_assign(struct worker *self, struct connection *connection);
/* The next connection in the inbox of `self`, or NULL. */
struct connection *crew_next_assigned(struct worker *self);

#endif
