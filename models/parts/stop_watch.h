/*
 * stop_watch: a thread that waits for the server's stop, and then ends the calls on connections in
 * which serving threads wait. For a model in which every thread may be inside such a call.
 */
#ifndef IOMODELS_STOP_WATCH_H
#define IOMODELS_STOP_WATCH_H

#include <stdbool.h>

#include "server.h"
#include "thread.h"

struct stop_watch {
    struct server *server;
    thread_handle thread;
    thread_mutex mutex;
    thread_condition changed;
    bool served; /* no thread serves any more */
};

/* 0, or a negative error after server_fail; then there is nothing to end. */
int stop_watch_begin(struct stop_watch *watch, struct server *server);
/* Once the server is stopping and no thread serves any more. */
void stop_watch_end(struct stop_watch *watch);

#endif
