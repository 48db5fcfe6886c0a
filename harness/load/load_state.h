/*
 * load_state: the load generator's state, and what its files have for each other: load.c the run from
 * phase to phase, load_window.c the window, load_connection.c a connection's life, open_loop.c what
 * is sent by a schedule, workload_NAME.c what is special to a kind of workload. Nobody else includes
 * this.
 */
#ifndef IOMODELS_LOAD_STATE_H
#define IOMODELS_LOAD_STATE_H

#include "clock.h"
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
    const struct workload *workload; /* of the options */
    const struct workload_kind *kind;
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
    unsigned begun;          /* connections whose connect was begun */
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
    uint64_t due; /* messages that were due at the last look */

    uint64_t burst;      /* the first one whose echoes have not all come back */
    unsigned burst_lack; /* how many of its echoes */
};

/* Nothing waits for longer, so often at least the caller can cancel. */
#define LOAD_WAIT_NS_MOST UINT64_C(50000000)
/* What lies between two readings of the clock beyond that, others have taken. */
#define LOAD_PAUSE_NS_LEAST UINT64_C(100000000)
/* The longest time in which the server ends none of the connections that its clients have ended. */
#define LOAD_CLOSE_PAUSE_NS UINT64_C(5000000000)

static inline bool load_is_loading(const struct load *load)
{
    return load->phase == PHASE_WARMUP || load->phase == PHASE_WINDOW;
}

/* ---- load_window.c ---- */

/* Whether a moment lies inside the window as far as it is known by now. */
static inline bool load_in_window(const struct load *load, uint64_t at_ns)
{
    return at_ns >= load->window_begin_ns && at_ns < load->window_end_ns;
}

/* The clock has not been read for so long. */
void window_pause_count(struct load *load, uint64_t gap_ns);
/* The phase's time is over: ends the warm-up and the window; the other phases load.c ends. */
void load_phase_end(struct load *load, uint64_t now);
/* Ends the window before its time, where the run is cancelled. */
void window_end(struct load *load, uint64_t now);

/* Reads the clock. */
static inline uint64_t load_now(struct load *load)
{
    uint64_t now = clock_now_ns(), gap_ns = now - load->read_ns;
    load->read_ns = now;
    if (gap_ns >= LOAD_WAIT_NS_MOST + LOAD_PAUSE_NS_LEAST)
        window_pause_count(load, gap_ns);
    return now;
}

/*
 * Goes on to the next phase where it is time. After each load_now: both ends of the window are the
 * first reading at or past the time, what is stamped with the first one belongs to it, what with
 * the second does not. So no batch of callbacks, however long, blurs it.
 */
static inline void load_advance(struct load *load, uint64_t now)
{
    if (now >= load->deadline_ns)
        load_phase_end(load, now);
}

/* ---- load_connection.c ---- */

static inline struct load_connection *connection_at(const struct load *load, unsigned index)
{
    return (struct load_connection *)(void *)(load->connections + index * load->connection_bytes);
}

extern const struct engine_callbacks load_callbacks; /* their context is the load */

/* The open connections in their order: the next one from *index on, or NULL. */
struct load_connection *connection_next_open(const struct load *load, unsigned *index);
/* Keeps what went wrong first. error: 0 where it has no code. */
void load_note(struct load *load, const char *what, int error);
/* The server does not serve it before one of the others leaves, which they don't. */
bool connection_has_to_wait(const struct load *load, const struct load_connection *connection);
/* The phase waits for it. */
void connection_await(struct load *load, struct load_connection *connection);
/* Begins a connect. 0, or a negative error. */
int connection_connect(struct load *load, struct load_connection *connection);
/* The connection's stream may be sent up to `end`; the messages that begin before it begin now. */
void connection_offer(struct load *load, struct load_connection *connection, uint64_t end,
                      uint64_t now);
/* The client's end of the connection comes first: no more is sent on it. */
void connection_finish(struct load *load, struct load_connection *connection);
void connection_close(struct load *load, struct load_connection *connection);

/* ---- open_loop.c ---- */

/* Which message of the schedule the connection's nth is (0: the first after its first echo). */
uint64_t open_loop_message(const struct load *load, const struct load_connection *connection,
                           uint64_t nth);
/* When it was meant to be sent. */
uint64_t open_loop_meant_ns(const struct load *load, uint64_t message);
/* Sends all that is due; when the next message is. */
uint64_t open_loop_send(struct load *load, uint64_t now);
/* How many were meant for a moment inside the window, which is over. */
uint64_t open_loop_in_window(const struct load *load);
/* As a kind's `proceed`. */
void open_loop_proceed(struct load *load, struct load_connection *connection, uint64_t now);

/* ---- what kinds of workload have in common ---- */

/* Of ping-pong. */
void pingpong_proceed(struct load *load, struct load_connection *connection, uint64_t now);
/* Of a rate. */
void rate_prepare(struct load *load);

#endif
