/*
 * server: what every model serves with: the listener, the table of connections, the stop.
 *
 * The system calls on connections belong to the model, their bytes to the session.
 */
#ifndef IOMODELS_SERVER_H
#define IOMODELS_SERVER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "net.h"
#include "observe.h"
#include "session.h"
#include "thread.h"
#include "work.h"

#define SERVER_CONNECTIONS_MAX 1000000 /* that max_connections may ask for */

struct server_options {
    struct net_address address; /* port 0: the system chooses */
    unsigned threads;           /* most serving threads; 0: the model's own choice */
    size_t buffer_bytes;        /* for each session, touched only as used */
    int backlog;
    unsigned max_connections; /* 1..SERVER_CONNECTIONS_MAX; the connection past it is refused */
    bool nodelay;             /* TCP_NODELAY on every connection */
    struct work work;         /* for each message */
    observe_report *report;   /* called for each system call, or NULL */
    /* Called once, by any thread, when connections are refused for want of resources. Or NULL. */
    void (*on_lack)(const char *text);
};

/* How often a model accepts before the connections it has get their turn again. */
#define SERVER_ACCEPTS_AT_ONCE 64

/* What a model needs, known before the server opens. */
struct server_needs {
    size_t connection_bytes;         /* of the model's own struct that begins with a connection */
    unsigned threads;                /* where the options ask for none; 0: as few as can be */
    unsigned connections_per_thread; /* 0: as many as memory allows */
    size_t thread_stack_bytes;       /* of each serving thread; 0: THREAD_STACK_BYTES */
    bool calls_wait;                 /* its sockets are blocking: see struct observer */
    bool accepts_wait;               /* its threads wait for clients in accept itself */
    bool buffers_own;                /* it gives each session its buffer, by session_init */
};

/* One client. A model may wrap it: a struct of its own whose first member is this one. */
struct connection {
    struct session session;
    net_socket socket;
    uint32_t id; /* counts from 1 in the order of admission */
    struct work_progress work;
    struct worker *worker;   /* whose load it counts in, see crew.h; or NULL */
    struct connection *next; /* in the server's list, or in a worker's inbox's */
    struct connection *previous;
    struct connection *inbox_next;
};

struct server_counts {
    uint64_t accepted; /* connections admitted */
    uint64_t refused;  /* closed at once: the server was full */
    uint64_t closed;   /* ended in order, or by the server's own stop */
    uint64_t reset;    /* ended by the peer's reset or time-out */
    uint64_t failed;   /* ended by any other error */
    uint64_t worked;   /* messages whose work was done, where the server has work */
};

struct server {
    struct server_options options;
    struct server_needs needs;
    struct net_address address; /* bound, with the real port */
    net_socket listener;        /* blocking; the model may change that */
    unsigned threads;           /* serving threads that the model shall make */
    unsigned capacity;          /* most connections at once */
    struct observer observer;
    struct net_reserve reserve;

    /* private to server.c and server_accept.c */
    thread_mutex mutex;
    thread_condition stop_asked;
    thread_mutex reserve_mutex; /* one thread at a time refuses by the reserve */
    atomic_bool reserve_missing;
    struct connection *connections;
    unsigned open;
    uint32_t next_id;
    struct server_counts counts;
    atomic_bool stopping;
    atomic_bool lack_told;
    atomic_uint accepts_failed; /* since one succeeded */
    net_socket stop_socket;     /* made beforehand, so that a server without descriptors can stop */
    int failure;
    char failure_text[600];
};

/*
 * Binds and listens. Returns 0, or a negative error with server_failure_text naming the call and
 * the cause; then nothing needs closing. capacity is max_connections, or less where the options'
 * threads can't hold so many.
 */
int server_open(struct server *server, const struct server_options *options,
                struct server_needs needs);
/* After the model's serve has returned: frees everything. */
void server_close(struct server *server);

/* Makes the model's serve return; any thread, any number of times. */
void server_stop(struct server *server);
bool server_stopping(struct server *server);
/* Returns once that is so. */
void server_wait_stopping(struct server *server);

/* Stops the server because `call` failed; the first failure is kept. Returns error. Any thread. */
int server_fail(struct server *server, const char *call, int error);
/* The same when a thread could not be started; names the limit. Call it right after that. */
int server_fail_thread(struct server *server, const char *call, int error);
const char *server_failure_text(const struct server *server);
/*
 * observe_call of a call without which the model can't serve: where it failed, server_fail. 0, or the
 * negative error.
 * int server_require(struct worker *worker, const char *call, bool succeeded);
 */
#define server_require(worker, call, succeeded)                                                    \
    server_required(worker, call, observe_call(worker, NULL, call, succeeded))
int server_required(struct worker *worker, const char *call, int error);

/*
 * Takes over an accepted socket: sets its options and makes a connection of it. NULL where it was
 * closed instead: the server is full (counted as refused) or stopping.
 */
struct connection *server_admit(struct worker *worker, net_socket socket);
/* Closes a socket that belongs to no connection. */
void server_close_socket(struct worker *worker, net_socket socket);
/* Closes an accepted socket that there are no resources for; counted as refused. */
void server_refuse(struct worker *worker, net_socket socket);
/* Reports a failed call to options.on_lack. limit: what raises the limit it met, or "". */
void server_lacks(struct server *server, const char *call, int error, const char *limit);
/*
 * After accept failed with `error`. Returns 0: nothing more to accept now (go back to waiting),
 * 1: call accept again, negative: the listener is broken, serve must end (see server_fail and
 * net_listener_broken).
 * Where descriptors are used up it takes one connection from the queue and refuses it.
 */
int server_accept_failed(struct worker *worker, int error);
/*
 * Takes what accept has returned, `error` and the socket, in a model whose workers each serve their
 * own connections. The connection is counted, admitted or refused, and assigned to the least loaded
 * worker. If that is this worker, *begin is the connection, which the caller serves from now on;
 * else NULL. True: call accept again. False: there is nothing to accept now, go back to waiting.
 */
bool server_accepted(struct worker *worker, int error, net_socket socket,
                     struct connection **begin);
/*
 * Between a receive and the send of what it brought: does the server's work for each message that
 * it completes. count: of the receive, bytes or a negative error; of a posted operation that was a
 * send nothing is done. Returns count.
 */
int64_t server_work(struct worker *worker, struct connection *connection, int64_t count);
/* Ends a connection: closes its socket and frees it. error: 0, or why it ended early. */
void server_release(struct worker *worker, struct connection *connection, int error);
/* Ends all that are left, at the stop, when no other thread serves any more. */
void server_release_all(struct worker *worker);

/* Calls visit with the socket of each connection; for the stop. It may not call the server. */
void server_each_socket(struct server *server, void (*visit)(net_socket socket));
/* Wakes every thread blocked in a call on a connection (net_interrupt); for the stop. */
void server_interrupt_connections(struct server *server);
/* How many connections are open now, and the counts so far. Any thread. */
unsigned server_open_connections(struct server *server);
struct server_counts server_counts_now(struct server *server);

#endif
