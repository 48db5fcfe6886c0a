/*
 * world: what stands in for all that the program meets: the machine (machine.c), the servers
 * (servers.c) and the network with the clock (tests/truth/engine_virtual.c). Time passes only by
 * computation and every figure comes from seeded generators, so that the same command writes the
 * same bytes, everywhere.
 *
 * REPLAY_WORLD, a variable of the environment, has words that say what the machine is like; the
 * words of a target's command say it of its servers. Both are read by world_number and world_text.
 */
#ifndef IOMODELS_WORLD_H
#define IOMODELS_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The only headers of the harness that the replay knows. */
#include "host/child.h"
#include "host/cpu_list.h"
#include "host/descriptors.h"
#include "host/host.h"
#include "host/shell.h"
#include "program/command.h"

/* Text of the word "KEY=TEXT" among words, NULL-terminated; NULL: there is none. */
const char *world_text(const char *const *words, const char *key);
/* The number of such a word, or what is given where there is none. */
uint64_t world_number(const char *const *words, const char *key, uint64_t otherwise);
/* The machine's words. */
const char *const *world_words(void);

/* A seeded sequence of numbers, which does not depend on the program's own. */
uint64_t world_random(uint64_t *state);

/* From now on the servers' processor is used by a server for that long more. */
void world_server_works(uint64_t ns);
/* Whether the process that was started is only one that leads to the server. */
void world_server_is_hidden(bool hidden);
/* The same of the client's processor as of the servers'. */
void world_client_works(uint64_t ns);
/* A server is started: it is the index-th, from 1. May be where the user presses Ctrl-C. */
void world_server_begins(unsigned index);
/* The processors that the newest server was given; NULL: any. */
void world_server_pin(const char *cpus);

/* Before the first command: a server that others have started answers, as the machine's words say. */
void servers_begin(void);

#endif
