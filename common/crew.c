#include "crew.h"

#include <stdlib.h>
#include <string.h>

void worker_begin(struct worker *worker, struct server *server)
{
    worker->server = server;
    worker->listener = server->listener;
    observe_begin(&server->observer, worker);
}

void worker_end(struct worker *worker)
{
    observe_end(&worker->server->observer, worker);
}

struct worker *crew_worker(const struct crew *crew, unsigned index)
{
    return (struct worker *)(void *)(crew->workers + index * crew->worker_bytes);
}

int crew_open(struct crew *crew, struct server *server, size_t worker_bytes,
              void (*run)(struct worker *worker),
              void (*wake)(struct worker *worker, struct worker *by))
{
    *crew = (struct crew){.server = server,
                          .count = server->threads,
                          .worker_bytes = worker_bytes,
                          .workers = calloc(server->threads, worker_bytes),
                          .run = run,
                          .wake = wake};
    if (crew->workers == NULL)
        return server_fail(server, "calloc", -NET_NO_MEMORY);
    for (unsigned i = 0; i < crew->count; i++) {
        struct worker *worker = crew_worker(crew, i);
        worker->index = i;
        worker->crew = crew;
        worker->mutex = (thread_mutex)THREAD_MUTEX_INIT;
        worker_begin(worker, server);
    }
    return 0;
}

static void worker_main(void *argument)
{
    struct worker *worker = argument;
    worker->crew->run(worker);
}

int crew_run(struct crew *crew)
{
    struct server *server = crew->server;
    size_t stack = server->needs.thread_stack_bytes;
    int error = 0;
    for (unsigned i = 1; i < crew->count && error == 0; i++) {
        struct worker *worker = crew_worker(crew, i);
        error = thread_start(&worker->thread, worker_main, worker,
                             stack == 0 ? THREAD_STACK_BYTES : stack);
        worker->started = error == 0;
    }
    if (error != 0)
        server_fail_thread(server, "starting a serving thread", error);
    else
        worker_main(crew_worker(crew, 0));

    server_stop(server);
    for (unsigned i = 1; i < crew->count; i++) {
        struct worker *worker = crew_worker(crew, i);
        if (!worker->started)
            continue;
        crew->wake(worker, crew_worker(crew, 0));
        thread_join(worker->thread);
    }
    return server->failure;
}

void crew_close(struct crew *crew)
{
    if (crew->workers != NULL)
        server_release_all(crew_worker(crew, 0));
    for (unsigned i = 0; crew->workers != NULL && i < crew->count; i++)
        worker_end(crew_worker(crew, i));
    free(crew->workers);
    crew->workers = NULL;
}

int crew_serve(struct server *server, const struct crew_calls *calls)
{
    struct crew crew;
    unsigned opened = 0;
    int error = crew_open(&crew, server, calls->worker_bytes, calls->run, calls->wake);
    while (error == 0 && opened < crew.count)
        error = calls->open(crew_worker(&crew, opened++));
    if (error == 0)
        error = crew_run(&crew);
    while (opened > 0)
        calls->close(crew_worker(&crew, --opened));
    crew_close(&crew);
    return error;
}

static struct worker *least_loaded(const struct crew *crew)
{
    struct worker *found = crew_worker(crew, 0);
    for (unsigned i = 1; i < crew->count; i++) {
        struct worker *worker = crew_worker(crew, i);
        if (atomic_load(&worker->load) < atomic_load(&found->load))
            found = worker;
    }
    return found;
}

struct worker *crew_assign(struct worker *self, struct connection *connection)
{
    struct worker *worker = least_loaded(self->crew);
    connection->worker = worker;
    connection->inbox_next = NULL;
    atomic_fetch_add(&worker->load, 1);
    if (worker == self)
        return worker;

    thread_mutex_lock(&worker->mutex);
    if (worker->inbox_last != NULL)
        worker->inbox_last->inbox_next = connection;
    else
        worker->inbox_first = connection;
    worker->inbox_last = connection;
    thread_mutex_unlock(&worker->mutex);
    self->crew->wake(worker, self);
    return NULL;
}

struct connection *crew_next_assigned(struct worker *self)
{
    thread_mutex_lock(&self->mutex);
    struct connection *connection = self->inbox_first;
    if (connection != NULL) {
        self->inbox_first = connection->inbox_next;
        if (self->inbox_first == NULL)
            self->inbox_last = NULL;
    }
    thread_mutex_unlock(&self->mutex);
    return connection;
}
