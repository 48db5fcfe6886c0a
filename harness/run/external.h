/*
 * external: a server that is none of ours, and that answers nothing but the echo. A program of a target
 * "exec:COMMAND" is started for each run with a free port in the place of "{port}", is ready when it
 * accepts a connection, and is ended by a signal. That of "tcp:ADDRESS:PORT" runs already, and goes on.
 *
 * What such a program uses is seen from outside, and written as the line of statistics that our own
 * servers print.
 */
#ifndef IOMODELS_EXTERNAL_H
#define IOMODELS_EXTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "run/target.h"

/*
 * Starts the program of a TARGET_EXEC. port: 0: any free one, else that one. Returns the child and
 * writes the port, or NULL with a failure.
 */
struct child *external_start(const struct target *target, uint16_t *port, const char *cpus,
                             struct failure *failure);
/* Where its server is reached, or that of any target which is known by its port alone. */
struct net_address external_address(const struct target *target, uint16_t port);
/*
 * Waits until the address accepts a connection, which is closed again; once that fails, tries again
 * until the program has ended, or for 60 s. child: NULL: a server that runs already gets one try of 5 s.
 */
int external_wait_ready(struct child *child, const struct net_address *address,
                        bool (*cancelled)(void *context), void *context, struct failure *failure);

/* Writes the line that our servers print when they listen, as far as the system tells the same. */
void external_listening(struct child *child, char *line, size_t size);

/* What one program has used so far. Begins with zeros. */
struct external_usage {
    unsigned count; /* of the readings so far */
    struct child_usage last;
};
/*
 * Writes what the system says of the child as a line of the form in which our servers write their
 * statistics. child: NULL: nothing is known, and the line is empty.
 */
void external_statistics(struct external_usage *usage, struct child *child, char *line,
                         size_t size);

#endif
