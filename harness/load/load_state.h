/*
 * workload: what tells one workload from another (workloads.c), and the load generator's state that
 * it works on (load.c). Nobody else includes this.
 */
#ifndef IOMODELS_LOAD_STATE_H
#define IOMODELS_LOAD_STATE_H

#include "load/engine.h"
#include "load/load_options.h"
#include "load/load_result.h"
#include "load/misbehaving.h"
#include "load/schedule.h"

enum load_phase { PHASE_CONNECT, PHASE_WARMUP, PHASE_WINDOW, PHASE_DRAIN, PHASE_CLOSE };

/*
 * A connection carries one stream of bytes, cut into messages of equal size; these are offsets in
 * it: received <= sent <= offered <= begins_at. Its first message is the echo that establishes it.
 * Where it is made again and again (churn) the stream goes on, so that no two are alike.
 */
struct load_connection {
    struct engine_connection engine; /* first: the engine's callbacks bring it */
    bool established;
    bool connecting;
    bool again;     /* it was not established, and is to be connected once more */
    bool finishing; /* it has sent all, and waits for the server's end */
    bool awaited;   /* the phase waits for it */
    bool blocked;   /* a send was cut short, `writable` follows */
    uint64_t connect_begun_ns;
    uint64_t finished_ns; /* finishing: since when */
    uint64_t received;
    uint64_t sent;
    uint64_t offered;      /* may be sent */
    uint64_t completes_at; /* where the oldest outstanding message ends */
    uint64_t begins_at;    /* where the next message begins */
    uint64_t completed;    /* messages, the first echo too */
    uint64_t answered_ns;  /* when the last of them was */
    uint64_t freed_ns;     /* when one was that had kept the next from being sent */
    uint64_t window_messages;
    uint64_t window_bytes;
    uint64_t window_rtt_ns; /* of window_messages together */
    unsigned oldest;        /* the place of the oldest outstanding message in begun_ns */
    unsigned outstanding;   /* messages begun and not complete */
    uint64_t begun_ns[];    /* a ring */
};

struct load {
    const struct load_options *options;
    const struct workload_conduct *workload;
    struct load_result *result;
    struct engine *engine;
    struct misbehaving *misbehaving; /* NULL: there are none */
    unsigned char *connections;      /* the table, connection_bytes each */
    size_t connection_bytes;
    unsigned ring; /* places of begun_ns */
    double *shares;
    enum load_phase phase;
    uint64_t deadline_ns;    /* of the phase */
    unsigned awaited;        /* connections that the phase still waits for */
    unsigned begun;          /* connections of which the connect was begun */
    unsigned again;          /* connections that are to be connected once more */
    uint64_t again_ns;       /* not before */
    uint64_t connects_begun; /* in all */
    unsigned ports;          /* that many connects from one address, then from the next */
    uint64_t window_begin_ns;
    uint64_t window_end_ns; /* UINT64_MAX: not yet */
    uint64_t read_ns;       /* the clock's last reading */
    int first_error;        /* of the failure that error_text tells */
    bool over;              /* cancelled or failed */

    /* Of an open loop. Message i of the schedule is on connection i % connections. */
    struct schedule schedule;
    uint64_t schedule_begin_ns;
    uint64_t due; /* so many were due at the last look */

    uint64_t burst;      /* the first of which not every echo came back */
    unsigned burst_lack; /* how many of its echoes */
};

enum load_share { SHARE_MESSAGES, SHARE_BYTES, SHARE_ROUND_TRIPS };

/* The rest is one code. */
struct workload_conduct {
    const char *name;
    const char *summary;
    bool is_open;
    bool reconnects;       /* a connection that has finished is made again */
    enum load_share share; /* what Jain's index compares */
    /* Whether the connection sends more than its first echo. */
    bool (*is_active)(const struct load *load, const struct load_connection *connection);
    /* A run begins. NULL: nothing to do. */
    void (*prepare)(struct load *load);
    /*
     * Sends what may be sent now: called when the connection becomes active, whenever something
     * came back on it, and in an open loop when a message of it is due.
     */
    void (*proceed)(struct load *load, struct load_connection *connection, uint64_t now);
    /* A message of the schedule is complete. NULL: nothing to do. */
    void (*completed)(struct load *load, uint64_t message, uint64_t now);
};

extern const struct workload_conduct workload_conducts[]; /* by enum workload_kind */

/* ---- workloads.c, for load.c ---- */

/* Which message of the schedule the connection's nth is (0: the first after its first echo). */
uint64_t schedule_message(const struct load *load, const struct load_connection *connection,
                          uint64_t nth);
/* When it was meant to be sent. */
uint64_t schedule_meant_ns(const struct load *load, uint64_t message);
/* Sends all that is due; when the next message is. */
uint64_t schedule_send(struct load *load, uint64_t now);
/* How many were meant for a moment inside the window, which is over. */
uint64_t schedule_in_window(const struct load *load);

/* ---- load.c, for workloads.c ---- */

struct load_connection *load_connection_at(const struct load *load, unsigned index);
/*
 * Reads the clock, and by that ends the warm-up and the window: both ends of the window are the
 * first reading at or past the time, what is stamped with the first one belongs to it, what with
 * the second does not. So no batch of callbacks, however long, blurs it.
 */
uint64_t load_now(struct load *load);
/* The connection's stream may be sent up to `end`; the messages that begin before it begin now. */
void load_offer(struct load *load, struct load_connection *connection, uint64_t end, uint64_t now);
/* The client's end of the connection comes first: no more is sent on it. */
void load_finish(struct load *load, struct load_connection *connection);
/* Whether a moment lies inside the window as far as it is known by now. */
bool load_in_window(const struct load *load, uint64_t at_ns);

#endif
