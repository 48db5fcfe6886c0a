#include "stop_watch.h"

/* How often the calls are ended: one that begins just then can miss it (see net_interrupt). */
enum { INTERRUPT_AGAIN_MS = 100 };

static void stop_watch_main(void *argument)
{
    struct stop_watch *watch = argument;
    server_wait_stopping(watch->server);
    thread_mutex_lock(&watch->mutex);
    while (!watch->served) {
        thread_mutex_unlock(&watch->mutex);
        server_interrupt_connections(watch->server);
        thread_mutex_lock(&watch->mutex);
        if (!watch->served)
            thread_condition_wait_ms(&watch->changed, &watch->mutex, INTERRUPT_AGAIN_MS);
    }
    thread_mutex_unlock(&watch->mutex);
}

int stop_watch_begin(struct stop_watch *watch, struct server *server)
{
    *watch = (struct stop_watch){
        .server = server, .mutex = THREAD_MUTEX_INIT, .changed = THREAD_CONDITION_INIT};
    int error = thread_start(&watch->thread, stop_watch_main, watch, THREAD_STACK_BYTES);
    return error == 0 ? 0 : server_fail_thread(server, "starting a thread", error);
}

void stop_watch_end(struct stop_watch *watch)
{
    thread_mutex_lock(&watch->mutex);
    watch->served = true;
    thread_condition_wake_all(&watch->changed);
    thread_mutex_unlock(&watch->mutex);
    thread_join(watch->thread);
}
