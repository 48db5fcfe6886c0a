/*
 * engine_virtual: an engine without sockets and a clock of its own, which only it moves on: so a
 * whole run is computed, not waited for, and is the same each time. It logs what really happened.
 */
#ifndef IOMODELS_ENGINE_VIRTUAL_H
#define IOMODELS_ENGINE_VIRTUAL_H

#include <stddef.h>
#include <stdint.h>

#define VIRTUAL_NEVER UINT64_MAX

/*
 * One send, which holds a whole message (a part of it where it is longer than the client receives at
 * once). Of each connection they are logged in their order.
 */
struct virtual_message {
    uint32_t connection;
    uint64_t nth; /* of its connection; 0: the first echo */
    uint64_t sent_ns;
    uint64_t answered_ns; /* when the client got it; VIRTUAL_NEVER: not yet */
};

struct virtual_server {
    /*
     * When the answer to a message that arrives now is ready; VIRTUAL_NEVER: it never is. On one
     * connection none overtakes another. Not asked for connections that get no answer.
     */
    uint64_t (*answer_ns)(void *context, uint32_t connection, uint64_t nth, uint64_t now_ns);
    /* That many bytes of a connection arrive. NULL: nobody counts them. */
    void (*arrived)(void *context, uint32_t connection, size_t size);
    void *context;
    unsigned serves_most; /* that many connections at a time, others get no answer; 0: all */
    uint64_t wrong_nth;   /* from its nth message on a connection gets wrong bytes; 0: none does */
    uint64_t dead_ns;     /* at this moment it ends all connections and is gone; 0: it lives on */
    uint64_t connect_ns;  /* what a connect takes, */
    uint64_t connect_more_ns; /* and of each connection the nth (from 0) n % 16 times this more */
    uint64_t end_ns;          /* what the server takes to end a connection after the client */
    uint64_t endless_ns;      /* from this moment on it ends none; 0: it always does */
    uint64_t send_cost_ns;    /* what a send takes of the client's time */
    uint64_t wake_late_ns;    /* how long a wait in which nothing happens lasts beyond its time */
};

/* Before a run: the server, and an empty log. */
void virtual_begin(const struct virtual_server *server);
/* The log; *count of them, in the order of sending. Until the next virtual_begin. */
const struct virtual_message *virtual_log(size_t *count);

#endif
