/*
 * select_set: the sockets that a thread's select watches for one purpose, to read or to write, and
 * fd_set as it really is: a counted array on Winsock, a bitmap on POSIX, as large as is needed.
 *
 * FD_SETSIZE is only the declared length. Past it the macros write outside the bitmap on POSIX; on
 * Winsock they search the whole array. A set belongs to one thread. The systems' sides are in
 * select_set_posix.c and select_set_win32.c.
 */
#ifndef IOMODELS_SELECT_SET_H
#define IOMODELS_SELECT_SET_H

#include "server.h"

enum select_purpose { SELECT_READING, SELECT_WRITING, SELECT_PURPOSES };

/* A connection and where it is watched; a model's struct begins with it. */
struct select_connection {
    struct connection connection;
    /* In the set of each purpose, counted from 1; 0: it is not in there. */
    unsigned places[SELECT_PURPOSES];
    bool writable; /* for the model: it was reported writable and has not had its turn */
};

struct select_member {
    net_socket socket;
    struct select_connection *connection; /* NULL: the thread's own socket */
};

struct select_set {
    enum select_purpose purpose;
    unsigned count;
    struct select_member *members; /* in no order */
    void *master;                  /* the set as the system wants it */
    void *copy;                    /* what select overwrites */
};

/* Makes an empty set with room for `members`. False: no memory; close it all the same. */
bool select_set_open(struct select_set *set, enum select_purpose purpose, unsigned members);
void select_set_close(struct select_set *set);

/* connection: not in the set yet; NULL for the thread's own socket, which is never removed. */
void select_set_add(struct select_set *set, net_socket socket,
                    struct select_connection *connection);
/* Takes the connection out of the set, if it is in there. */
void select_set_remove(struct select_set *set, struct select_connection *own);
bool select_set_has(const struct select_set *set, const struct select_connection *own);

/*
 * A fresh copy of the set for select, and its size in *bytes; NULL and 0 where the set is empty.
 * nfds: what select is given, above every descriptor that was ever added. Winsock ignores it.
 */
fd_set *select_set_copy(struct select_set *set, int nfds, size_t *bytes);
/* Writes the members that select has left in the copy to ready. Returns how many. */
unsigned select_set_collect(const struct select_set *set, struct select_member *ready);

/*
 * As select_set_collect for both sets, each connection once; `writable` says whether the writing set
 * has it. ready: room for the members of both. One with bytes pending leaves the reading set when
 * that reports it, and *left becomes true: it may not receive yet, so the report would come with
 * every call.
 */
unsigned select_sets_collect(struct select_set *reading, struct select_set *writing,
                             struct select_member *ready, bool *left);
/* Those in the writing set only are put into the reading set again. */
void select_sets_rejoin(struct select_set *reading, const struct select_set *writing);

/* The system's side. */
/* Bytes of a set of `members` whose descriptors are below nfds. */
size_t select_set_bytes(unsigned members, int nfds);
/* The most that nfds can be. */
int select_set_nfds_most(void);
/* After a member was put at `at`, or the socket taken out: changes the system's set accordingly. */
void select_set_put(struct select_set *set, unsigned at);
void select_set_drop(struct select_set *set, net_socket socket);

#endif
