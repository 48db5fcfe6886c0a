/*
 * engine_iocp: the state of the engine on Windows, for its two files: engine_iocp_connect.c makes
 * connections, engine_iocp.c has the rest. Nobody else includes this.
 */
#ifndef IOMODELS_ENGINE_IOCP_H
#define IOMODELS_ENGINE_IOCP_H

#include "load/engine.h"

#include <mswsock.h>

enum { ENTRIES_AT_ONCE = 256, OPERATION_UNDER_WAY = 1 };

/* An overlapped call. The system's from the call until the port has brought its entry. */
struct operation {
    OVERLAPPED overlapped;
    bool under_way;
};

/*
 * What the engine keeps of a connection. Not one for each id: what was begun on a closed connection
 * still ends in its slot when the id is long in use again.
 */
struct slot {
    struct engine_connection *connection; /* NULL: closed */
    net_socket closing;                   /* its socket then, until that is closed */
    struct slot *next;                    /* in the ready or the free ones */
    struct slot *next_made;
    unsigned holds;  /* being open, ready, or under way; the last that goes frees the slot */
    bool skips_port; /* what completes at once brings no entry */
    bool connecting;
    bool receiving; /* neither the peer's end nor an error was reported */
    bool paused;
    bool ready;              /* in the engine's list */
    bool completed;          /* result is to be reported */
    bool cut_short;          /* a send was, and `writable` is owed */
    int send_error;          /* of a send: the next one reports it, and so does an end behind it */
    int64_t result;          /* of the inward operation: bytes or a negative error */
    struct operation inward; /* the connect, later the receives */
    struct operation outward;
    uint8_t *buffer; /* made by the first receive, and kept for the slot's next connection */
};

struct engine {
    struct engine_callbacks callbacks;
    void *context;
    HANDLE port;
    ULONG buffer_bytes;
    int family; /* of the sockets that the next two are valid for; 0: none yet */
    LPFN_CONNECTEX connect_ex;
    bool may_skip_port;
    bool precise;
    struct tick *tick;  /* NULL: as long as the system has it */
    unsigned under_way; /* operations, also those of closed connections */
    struct slot *made;
    struct slot *free;
    struct slot *ready; /* to be looked at by the next engine_run, whatever the port brings */
    OVERLAPPED_ENTRY entries[ENTRIES_AT_ONCE];
};

static inline struct slot *slot_of(const struct engine_connection *connection)
{
    return connection->platform;
}

static inline void slot_release(struct engine *engine, struct slot *slot)
{
    if (--slot->holds > 0)
        return;
    slot->next = engine->free;
    engine->free = slot;
}

static inline void slot_make_ready(struct engine *engine, struct slot *slot)
{
    if (slot->ready)
        return;
    slot->ready = true;
    slot->holds++;
    slot->next = engine->ready;
    engine->ready = slot;
}

/*
 * Right after an overlapped call: OPERATION_UNDER_WAY: the port will bring its entry; 0: it is done
 * and no entry comes; or a negative error.
 */
static inline int operation_begun(struct engine *engine, struct slot *slot,
                                  struct operation *operation, bool succeeded)
{
    int error = succeeded ? 0 : net_last_error();
    if (error != 0 && error != -WSA_IO_PENDING)
        return error;
    if (error == 0 && slot->skips_port)
        return 0;
    operation->under_way = true;
    slot->holds++;
    engine->under_way++;
    return OPERATION_UNDER_WAY;
}

/* What came of a slot's connect: makes the socket a connected one, and calls `connected`. */
void engine_connect_report(struct engine *engine, struct slot *slot);

#endif
