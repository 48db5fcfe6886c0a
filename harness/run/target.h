/*
 * target: where a server comes from. Most are a command that runs an iomodels binary (or anything that
 * speaks as it does): this program itself, the Windows build under Wine, another build. To its words are
 * added `list --csv` (here), or `serve ... --control` (target_server.h). The others are external: any
 * server that echoes (external.h).
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
#include "run/target_kind.h"

#define TARGET_MESSAGE_BYTES 512

struct target {
    enum target_kind kind;
    const char *name;
    const char *command;     /* as given; NULL: the target can't be had, see missing */
    const char *missing;     /* why not, or NULL */
    char **words;            /* of the command, owned; NULL where there is none */
    struct reach reach;      /* where its servers listen: set by reach_choose; TARGET_TCP: where
                              * its server does, with the port */
    uint64_t start_ns;       /* how long `list --csv` took: what a start costs there */
    struct csv_table models; /* what its `list --csv` printed; empty where it is missing. An
                              * external target has one model, "external" */
};

/*
 * Splits the command and asks for its models. Where it begins with the bare word iomodels, and no
 * such program can be started, it is this program itself. 0, or with a failure that names the target
 * and the cause the exit status: EXIT_USAGE where the command is none, EXIT_FAILED where it did not
 * answer. Then nothing needs closing.
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
    unsigned clients_at_once;        /* that a thread of it serves, others wait; 0: all */
    const char *lesson_of;           /* the model that it changes; "": it is none. The target's */
    bool has_lessons;                /* lessons of the target change it */
};
struct target_model target_find(const struct target *target, const char *model);

/* Starts its command with `added` words, NULL-terminated, as child_start does. */
struct child *target_start(const struct target *target, const char *const *added, const char *cpus,
                           struct failure *failure);
/* Why such a child did not do what was asked of it: its own last words, else how it ended. */
void target_explain(struct child *child, enum child_read read, struct failure *failure);

#endif
