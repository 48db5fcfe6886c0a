/*
 * load_state: the load generator's state, and what its files have for each other: load.c the run from
 * phase to phase, load_window.c the window, load_connection.c a connection's life, open_loop.c what
 * is sent by a schedule, load_team.c what the client threads decide together, load_settle.c what they
 * have seen together, workload_NAME.c what is special to a kind of workload. Nobody else includes this.
 *
 * Each client thread has an engine, a load and a result of its own, and shares with the others what
 * struct load_team has. The caller's thread is the first one; with it alone the code is the same.
 */
#ifndef IOMODELS_LOAD_STATE_H
#define IOMODELS_LOAD_STATE_H

#include <stdatomic.h>

#include "clock.h"
#include "load/engine.h"
#include "load/load_options.h"
#include "load/load_part.h"
#include "load/load_result.h"
#include "load/misbehaving.h"
#include "load/schedule.h"
#include "thread.h"

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
    uint64_t window_rtt_max_ns;
    uint64_t owed_ns;     /* at the last look: for how long the server owes it something */
    unsigned oldest;      /* the place of the oldest outstanding message in begun_ns */
    unsigned outstanding; /* messages begun and not complete */
    uint64_t begun_ns[];  /* a ring */
};

struct load {
    const struct load_options *options;
    const struct workload *workload; /* of the options: of all threads together */
    const struct workload_kind *kind;
    struct load_team *team;
    unsigned thread;      /* its number, from 0: the caller's */
    thread_handle handle; /* of the others */
    bool turn_passed;
    struct load_part part;      /* its connections, whose engine.id is their number among all */
    struct load_result *result; /* the caller's, or its own */
    struct engine *engine;
    struct misbehaving *misbehaving; /* NULL: there are none */
    unsigned char *connections;      /* the table, connection_bytes each */
    size_t connection_bytes;
    unsigned ring; /* places of begun_ns */
    enum load_phase phase;
    uint64_t deadline_ns;    /* of the phase; within the window, of its interval */
    unsigned awaited;        /* connections that the phase still waits for */
    unsigned begun;          /* connections whose connect was begun */
    unsigned again;          /* connections that are to be connected once more */
    uint64_t again_ns;       /* not before */
    uint64_t connects_begun; /* in all */
    unsigned ports;          /* that many connects from one address, then from the next */
    uint64_t window_begin_ns;
    uint64_t window_end_ns; /* UINT64_MAX: not yet */
    size_t intervals_ended;
    uint64_t read_ns;  /* the clock's last reading */
    int first_error;   /* of the failure that error_text tells */
    uint64_t noted_ns; /* when that was; 0: there is none */

    /* Of an open loop. Message i of the schedule is on connection i % connections. */
    struct schedule schedule;
    uint64_t schedule_begin_ns;
    uint64_t due; /* messages that were due at the last look */

    uint64_t burst;      /* the first one whose echoes have not all come back to this thread */
    unsigned burst_lack; /* how many of its echoes */
    uint64_t *bursts;    /* of the window: from the moment of each to its last echo here; owned */
    size_t burst_count, burst_capacity;

    struct load_result
        own; /* but for thread 0; last, so that no two threads write to one cache line */
};

struct load_team {
    const struct load_options *options;
    unsigned threads;
    struct load *loads; /* one a thread; owned */
    double *shares;     /* room for what Jain's index compares; owned */
    uint64_t connect_until_ns;
    atomic_bool over; /* cancelled or failed */

    thread_mutex mutex; /* of the rest */
    thread_condition changed;
    unsigned turns;       /* threads that have begun all their connects, one after the other */
    bool capacity_found;  /* by connect_pause_ns: the later ones begin none */
    unsigned connected;   /* threads that have made their connections */
    unsigned established; /* connections of these */
    unsigned drained;     /* threads that wait for no answer any more */
    unsigned closed;      /* threads without connections again */
    uint64_t begin_ns;    /* when the last one was connected */
    uint64_t window_begin_ns, window_end_ns; /* 0: not agreed yet */
    struct {
        struct load_progress seen;
        unsigned threads; /* that have come to its end */
    } * progress;         /* of each interval; NULL: nobody wants to know; owned */
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

/* Whether the connection sends more than its first echo. */
static inline bool load_is_active(const struct load *load, const struct load_connection *connection)
{
    return load->kind->is_active == NULL || load->kind->is_active(load, connection);
}

static inline bool load_is_over(const struct load *load)
{
    return atomic_load_explicit(&load->team->over, memory_order_relaxed);
}

/* ---- load.c ---- */

/* What makes the run impossible, of all threads. */
void load_fail(struct load *load, const char *what, int error);
/* The caller's thread asks whether the run is cancelled; the others do nothing. */
void load_look_for_cancel(struct load *load);

/* ---- load_team.c ---- */

/* 0, or a negative error; team_close in any case. */
int team_open(struct load_team *team, const struct load_options *options);
void team_close(struct load_team *team);
/* All threads are to end. */
void team_end(struct load_team *team);
/* Waits until the threads before this one have passed their turn to connect on to it. */
void team_await_turn(struct load *load);
/* Once; what is called after that does nothing. */
void team_pass_turn(struct load *load);
/* No more connections can be had: as found by a thread before this one, and by this one. */
bool team_capacity_is_found(struct load_team *team);
void team_capacity_found(struct load_team *team);
/* It has made its own. Waits for the others; false: nothing is established, or all is over. */
bool team_connected(struct load *load);
/* It waits for no answer any more. Waits until that is so of all. */
void team_drained(struct load *load);
/* It has closed its connections. Waits until all have, so that somebody looks for a cancellation. */
void team_closed(struct load *load);
/* A moment of the team: the first reading of the clock that is given for it, by any thread. */
uint64_t team_agree(struct load_team *team, uint64_t *moment_ns, uint64_t now);
/* A thread has come to the end of an interval. */
void team_interval_ended(struct load_team *team, size_t index,
                         const struct load_interval *interval);

/* ---- load_settle.c ---- */

/* After the threads have ended: makes the caller's result that of all. */
void team_settle(struct load_team *team);

/* ---- load_window.c ---- */

/* The interval of the result that a moment inside the window belongs to. */
static inline struct load_interval *interval_at(const struct load *load, uint64_t at_ns)
{
    const struct load_result *result = load->result;
    uint64_t index = (at_ns - load->window_begin_ns) / load->options->interval_ns;
    return &result->intervals[index < result->interval_count ? index : result->interval_count - 1];
}

/* Whether a moment lies inside the window as far as it is known by now. */
static inline bool load_in_window(const struct load *load, uint64_t at_ns)
{
    return at_ns >= load->window_begin_ns && at_ns < load->window_end_ns;
}

/* The clock has not been read for so long. */
void window_pause_count(struct load *load, uint64_t gap_ns);
/* The phase's time is over: ends the warm-up and the window; the other phases load.c ends. */
void load_phase_end(struct load *load, uint64_t now);
/* Ends the window, where the run is cancelled before its time. */
void window_end(struct load *load, uint64_t end_ns);
/* After the run: what of each interval was not answered. */
void intervals_settle(struct load *load);

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
 * Goes on to the next phase, or interval, where it is time. After each load_now: both ends of the window are the
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
/* The server does not serve it before one of the others leaves, which none does in this phase. */
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
/* How many are meant for a moment from..before `to`, neither before the schedule begins. */
uint64_t open_loop_between(const struct load *load, uint64_t from_ns, uint64_t to_ns);
/* As a kind's `proceed`. */
void open_loop_proceed(struct load *load, struct load_connection *connection, uint64_t now);

/* ---- what kinds of workload have in common ---- */

/* Of ping-pong. */
void pingpong_proceed(struct load *load, struct load_connection *connection, uint64_t now);
/* Of a rate. */
void rate_prepare(struct load *load);

#endif
