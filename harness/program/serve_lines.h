/*
 * serve_lines: what `serve` prints of a server: lines of key=value words for a program (results/README.md,
 * "The lines of serve"), and lines for a person. model: its name.
 */
#ifndef IOMODELS_SERVE_LINES_H
#define IOMODELS_SERVE_LINES_H

#include "server.h"

/* To standard output: where it listens. */
void serve_lines_listening(const struct server *server, const char *model);
/* Its statistics so far; event: "stats" or "stopped". One thread at a time. */
void serve_lines_statistics(struct server *server, const char *event);
/* The same for a person who watches: lines that fit a terminal. */
void serve_lines_summary(struct server *server, const char *model);
/* To standard error: that it serves, and how it is stopped. */
void serve_lines_greet(const struct server *server, const char *model);

#endif
