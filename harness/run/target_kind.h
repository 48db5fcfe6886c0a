/*
 * target_kind: what the command of a target stands for. Most run an iomodels; an external target is any
 * server that echoes (external.h), and has one model, called "external".
 */
#ifndef IOMODELS_TARGET_KIND_H
#define IOMODELS_TARGET_KIND_H

#include "base/failure.h"
#include "rows/csv_table.h"
#include "run/reach.h"

enum target_kind {
    TARGET_IOMODELS,
    TARGET_EXEC, /* "exec:COMMAND": an external program, which is started for each run */
    TARGET_TCP   /* "tcp:ADDRESS:PORT": an external server, which runs already */
};

/* What stands in the command of a TARGET_EXEC for the port at which it is to listen. */
#define TARGET_KIND_PORT "{port}"

/* The kind of a target by its command; *text: what stands behind the kind. */
enum target_kind target_kind_of(const char *command, const char **text);
/*
 * Checks an external target: of a program its words, of a server the address and port, which are written
 * to reach. Writes the list of its one model. 0, or -1 with a failure; then nothing needs freeing.
 */
int target_kind_open(enum target_kind kind, const char *text, char *const *words,
                     struct reach *reach, struct csv_table *models, struct failure *failure);

#endif
