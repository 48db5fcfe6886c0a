/*
 * target: a command that runs an iomodels binary (or anything that speaks as it does) as the
 * server: this program itself, the Windows build under Wine, another build.
 *
 * To the command's words are added `list --csv`, or `serve ... --control`.
 */
#ifndef IOMODELS_TARGET_H
#define IOMODELS_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "host/child.h"
#include "net.h"
#include "rows/csv_table.h"
#include "run/reach.h"

#define TARGET_LINE_BYTES    2048
#define TARGET_MESSAGE_BYTES 512

struct target {
    const char *name;
    const char *command;     /* as given; NULL: the target can't be had, see missing */
    const char *missing;     /* why not, or NULL */
    char **words;            /* of the command, owned */
    struct reach reach;      /* where its servers listen: set by reach_choose */
    uint64_t start_ns;       /* how long `list --csv` took: what a start costs there */
    struct csv_table models; /* what its `list --csv` printed; empty where it is missing */
};

/*
 * Splits the command and asks for its models. 0, or -1 with a failure that names the
 * target and the cause; then nothing needs closing.
 */
int target_open(struct target *target, const char *name, const char *command,
                bool (*cancelled)(void *context), void *context, struct failure *failure);
void target_close(struct target *target);

/* What its list says of one model. */
struct target_model {
    bool known;         /* it lists the model at all */
    bool available;     /* and can run it */
    const char *reason; /* why not; "" where none was given. The target's */
    bool threads_apply;
    unsigned connections_per_thread; /* 0: no limit */
    unsigned clients_at_once;        /* how many it serves, others wait; 0: all */
    const char *lesson_of;           /* the model that it changes; "": it is none. The target's */
    bool has_lessons;                /* lessons of the target change it */
};
struct target_model target_find(const struct target *target, const char *model);

struct target_serve {
    const char *model;
    unsigned max_connections;
    unsigned threads; /* 0: the model's own choice */
    uint64_t buffer_bytes;
    bool nodelay;
    uint16_t port;    /* 0: any free one */
    bool trace;       /* it prints each call, for trace_line_read */
    const char *cpus; /* processors to run on, NULL: any; of a remote target: of the command */
};

/* A server of the target that listens. */
struct target_server {
    struct child *child; /* NULL: another process has it, see target_server_assume */
    struct net_address address;
    char listening[TARGET_LINE_BYTES]; /* its line */
};

/* 0, or -1 with a failure; then nothing needs closing. */
int target_server_start(struct target_server *server, const struct target *target,
                        const struct target_serve *serve, bool (*cancelled)(void *context),
                        void *context, struct failure *failure);
/* One that another process has started at that port: its child is NULL. */
void target_server_assume(struct target_server *server, const struct target *target, uint16_t port);
/* Asks for its statistics; does not block. The answer is read later, in the order of asking. */
void target_server_ask(struct target_server *server);
/* The next line with that event. False, with a failure, where it does not come. */
bool target_server_read(struct target_server *server, const char *event, char *line, size_t size,
                        struct failure *failure);
/* Takes one of the lines that a server prints, which it may change. */
typedef void target_line_take(void *context, char *line);
/* The same as target_server_stop, which hands each line that still comes to `take`, unless NULL. */
int target_server_stop_and_take(struct target_server *server, target_line_take *take, void *context,
                                bool *killed, char *words, size_t words_size);
/*
 * Stops it and frees everything. Returns its exit status; words: the last line that it wrote to
 * standard error, or "". *killed: it had to be killed.
 */
int target_server_stop(struct target_server *server, bool *killed, char *words, size_t words_size);

/* The text of `key` in a line of key=value words; false where it is not there or does not fit. */
bool target_line_text(const char *line, const char *key, char *text, size_t size);
/* A number of it; NaN where it is not there. */
double target_line_number(const char *line, const char *key);

#endif
