/*
 * workload: what the clients of a measurement do. All that tells one kind of workload from another
 * stands in its file, workload_NAME.c; workload.c lists them. How tables and merge show one that
 * is not counted in messages stands in rows/workload_facts.c.
 */
#ifndef IOMODELS_WORKLOAD_H
#define IOMODELS_WORKLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "work.h"

struct load;            /* load_state.h */
struct load_connection; /* load_state.h */

/* Of a load generator. */
#define CLIENT_THREADS_MAX 256

struct workload {
    const struct workload_kind *kind;
    unsigned connections;    /* at least 1 */
    unsigned active;         /* those that send, 1..connections; 0: all */
    unsigned misbehaving;    /* clients beside the connections (misbehaving.h) */
    unsigned pipeline_depth; /* messages in flight on each connection, at least 1 */
    size_t message_bytes;    /* at least 1 */
    /* Of an open loop. All connections together, 1..SCHEDULE_RATE_MAX; 0: no rate is set */
    uint64_t rate_msgs_per_s;
    uint64_t burst_interval_ns; /* 0: no bursts */
    struct work_time work_cpu;  /* what the server does for each message besides sending it back */
    struct work_time work_wait;
    unsigned threads; /* serving threads that the server is asked for; 0: the model's own choice */
    unsigned client_threads; /* of the load generator; 0: one */
};

/* Options of `bench` that only some kinds take. */
enum workload_option {
    WORKLOAD_PIPELINE = 1 << 0,
    WORKLOAD_RATE = 1 << 1,
    WORKLOAD_BURST_EVERY = 1 << 2,
    WORKLOAD_ACTIVE = 1 << 3,
    WORKLOAD_MISBEHAVING = 1 << 4,
    WORKLOAD_STEPS = 1 << 5
};

/* What Jain's index compares, of each connection. */
enum workload_fairness { FAIRNESS_OF_MESSAGES, FAIRNESS_OF_BYTES, FAIRNESS_OF_ROUND_TRIPS };

struct workload_kind {
    const char *name;         /* "pingpong": as options and rows have it */
    const char *summary;      /* what it does, for people; a line or more */
    struct workload defaults; /* but for its kind */
    unsigned options;         /* those that it takes: enum workload_option, or-ed */
    unsigned
        steps; /* where it takes them, by default: a workload for each, up to its connections */
    /*
     * A closed loop sends when an answer has come. An open one has a schedule (schedule.h), which
     * begins with the warm-up: what is due while its connection has pipeline_depth messages
     * outstanding waits at the client, and its latency counts from the moment when it was meant to
     * be sent (G. Tene's "coordinated omission" is what that avoids).
     */
    bool is_open;
    bool reconnects; /* a connection that has finished is made again */
    /* A plan has it of the same numbers beside this kind, to compare with. NULL: none. */
    const struct workload_kind *undisturbed;
    bool finds_capacity; /* it finds out how many connections can be had: fewer are no failure */
    enum workload_fairness fairness;

    /* The load generator calls these; the rest is one code for all kinds. */

    /* Whether the connection sends more than its first echo. NULL: each does. */
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
    /* The run is over, which had its window: adds what all client threads have seen together to the
     * result. On the caller's thread, with its load. NULL: nothing to do. */
    void (*settle)(struct load *load);
};

extern const struct workload_kind workload_pingpong;
extern const struct workload_kind workload_stream;
extern const struct workload_kind workload_rate;
extern const struct workload_kind workload_burst;
extern const struct workload_kind workload_idle;
extern const struct workload_kind workload_churn;
extern const struct workload_kind workload_mixed;
extern const struct workload_kind workload_ramp;

extern const struct workload_kind *const workload_kinds[]; /* ends with NULL */
/* By name, without regard to case, or NULL. */
const struct workload_kind *workload_find(const char *name);
/* The kinds that take an option: "rate or mixed". Returns text. */
const char *workload_takers(enum workload_option option, char *text, size_t size);

/* A workload of that kind with its defaults. */
struct workload workload_default(const struct workload_kind *kind);
bool workload_equals(const struct workload *a, const struct workload *b);
/* What generator number `index`, from 1, of `count` has of it; its connections may be 0. */
struct workload workload_share(const struct workload *workload, unsigned index, unsigned count);
/* The client threads that it has: as many as were asked for, but at most one for each connection. */
unsigned workload_client_threads(const struct workload *workload);
/* The connections that its server must have room for. */
unsigned workload_server_connections(const struct workload *workload);
/* The most connections that such a workload can have: its server has room for no more. */
unsigned workload_connections_most(const struct workload *workload);

#endif
