/*
 * test: one case of the conformance suite while it runs: how it fails, and what it runs against.
 *
 * A step that can fail returns false after test_fail, and so does the case that made it; whatever
 * a case leaves open (its clients, the server) is ended by the runner in conformance.c.
 */
#ifndef IOMODELS_CONFORMANCE_TEST_H
#define IOMODELS_CONFORMANCE_TEST_H

#include <stdbool.h>
#include <stdint.h>

#include "compiler.h"
#include "host/child.h"
#include "net.h"

/* A wait without any progress for this long has failed. With --all, later ones are shorter. */
#define TEST_HANG_MS       60000
#define TEST_HANG_AGAIN_MS 10000

#define TEST_CLIENTS_MOST 1024 /* of one case */
#define TEST_STATS_BYTES  4096

struct client;

struct test {
    const char *program; /* the server's */
    const char *model;
    bool threads_apply;              /* what the program's list says of the model */
    bool sends_without_blocking;     /* the same */
    bool waits;                      /* the same: it makes no calls while nothing happens */
    unsigned connections_per_thread; /* the same; 0: no limit of its own */
    unsigned clients_at_once;  /* the same: for each thread; more than these wait; 0: none waits */
    bool buffers_pooled;       /* the same: one may have more pending than its own buffer */
    const char *threads_asked; /* of each server, by default; NULL: the model's own choice */
    unsigned hang_ms;
    bool all; /* go on after a case that hangs */

    bool hangs;        /* a wait of the case had no end */
    unsigned waiting;  /* clients past those served at once that the case lets wait */
    const char *skip;  /* why the case does not apply here; NULL: it does */
    char failure[600]; /* the first one; "": none */

    /* subject.h */
    struct child *child; /* the server under test; NULL: none runs */
    struct net_address address;
    unsigned long pid;
    unsigned threads;             /* serving threads */
    unsigned capacity;            /* connections at once */
    char system[16];              /* "linux", "windows" or "wine" */
    char stats[TEST_STATS_BYTES]; /* its last statistics */
    uint64_t base_handles, base_threads;

    /* client.h */
    struct client *clients; /* TEST_CLIENTS_MOST */
    unsigned client_count;  /* in use, open or ended */
    uint32_t streams;       /* given out so far */
    uint64_t pieces;        /* sent and received so far, see client_odd_pieces */
};

struct test_case {
    const char *name;
    bool (*run)(struct test *test);
};
/* Each ends with a NULL name. */
extern const struct test_case cases_echo[];
extern const struct test_case cases_end[];
extern const struct test_case cases_limits[];
extern const struct test_case cases_stop[];

/* printf's format: why. Keeps the first. False. */
bool test_fail(struct test *test, const char *format, ...) COMPILER_PRINTF(2, 3);
/* The same after a wait without progress. */
bool test_hang(struct test *test, const char *format, ...) COMPILER_PRINTF(2, 3);
/* The case does not apply here, for this reason (constant). True. */
bool test_skip(struct test *test, const char *reason);

#endif
