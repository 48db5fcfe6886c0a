/*
 * target_server: a server of a target: its start, its statistics, its end.
 */
#ifndef IOMODELS_TARGET_SERVER_H
#define IOMODELS_TARGET_SERVER_H

#include "run/external.h"
#include "run/target.h"
#include "run/target_line.h"
#include "work.h"

struct target_serve {
    const char *model;
    unsigned max_connections;
    unsigned threads; /* 0: the model's own choice */
    uint64_t buffer_bytes;
    bool nodelay;
    struct work work; /* for each message */
    uint16_t port;    /* 0: any free one */
    bool trace;       /* it prints each call, for trace_line_read */
    const char *cpus; /* processors to run on, NULL: any; of a remote target: of the command */
};

/* A server of the target that listens. */
struct target_server {
    enum target_kind kind;
    struct child *child; /* NULL: another process has it, see target_server_assume, or TARGET_TCP */
    struct net_address address;
    char listening[TARGET_LINE_BYTES]; /* its line */
    bool (*cancelled)(void *context);  /* ends each wait for a line; NULL: nothing does */
    void *context;

    /* Of an external one: its statistics, which were asked for and not yet read. */
    struct external_usage usage;
    char answers[2][TARGET_LINE_BYTES];
    unsigned asked, read;
};

/* 0, or -1 with a failure; then nothing needs closing. cancelled also ends later waits. */
int target_server_start(struct target_server *server, const struct target *target,
                        const struct target_serve *serve, bool (*cancelled)(void *context),
                        void *context, struct failure *failure);
/* One that another process has started at that port: its child is NULL. */
void target_server_assume(struct target_server *server, const struct target *target, uint16_t port);
/* Asks for its statistics; does not block. The answer is read later, in the order of asking. */
void target_server_ask(struct target_server *server);
/* The next line with that event. False, with a failure, where it does not come within 20 s. */
bool target_server_read(struct target_server *server, const char *event, char *line, size_t size,
                        struct failure *failure);
/* Whether it has ended by itself, and whether it writes more to standard error than is kept. */
bool target_server_ended(const struct target_server *server);
bool target_server_floods(const struct target_server *server);
/* Takes one of the lines that a server prints, which it may change. */
typedef void target_line_take(void *context, char *line);
/* The same as target_server_stop, which hands each line that still comes to `take`, unless NULL. */
int target_server_stop_and_take(struct target_server *server, target_line_take *take, void *context,
                                bool *killed, char *words, size_t words_size);
/*
 * Stops it and frees everything. Returns its exit status, of a program that a signal was sent to 0;
 * words: the last line that it wrote to standard error, or "". *killed: it had to be killed.
 */
int target_server_stop(struct target_server *server, bool *killed, char *words, size_t words_size);

#endif
