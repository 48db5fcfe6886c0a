#include "observe.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "crew.h"
#include "server.h"

const char *const observe_counter_names[OBSERVE_COUNTERS] = {
    [OBSERVE_WAIT_CALLS] = "wait_calls",     [OBSERVE_WAIT_EVENTS] = "wait_events",
    [OBSERVE_WAIT_SCANNED] = "wait_scanned", [OBSERVE_WAIT_SET_BYTES] = "wait_set_bytes",
    [OBSERVE_RECV_CALLS] = "recv_calls",     [OBSERVE_RECV_BYTES] = "recv_bytes",
    [OBSERVE_SEND_CALLS] = "send_calls",     [OBSERVE_SEND_BYTES] = "send_bytes",
    [OBSERVE_WOULD_BLOCK] = "would_block",   [OBSERVE_OTHER_CALLS] = "other_calls",
    [OBSERVE_COMPLETIONS] = "completions",
};

/* So wide is the longest call: WSAWaitForMultipleEvents(64 in the set, 512 bytes). */
enum { TRACE_CALL_WIDTH = 50 };

void observer_init(struct observer *observer, bool trace)
{
    memset(observer, 0, sizeof *observer);
    observer->trace = trace && IOMODELS_OBSERVE;
    observer->start_ns = clock_now_ns();
    observer->mutex = (thread_mutex)THREAD_MUTEX_INIT;
    if (observer->trace)
        fprintf(stderr, "%11s  %9s  %7s  %7s  %-*s  %s\n", "seconds", "since us", "thread",
                "session", TRACE_CALL_WIDTH, "call", "result");
}

void observe_begin(struct observer *observer, struct worker *worker)
{
    thread_mutex_lock(&observer->mutex);
    worker->previous = NULL;
    worker->next = observer->workers;
    if (worker->next != NULL)
        worker->next->previous = worker;
    observer->workers = worker;
    thread_mutex_unlock(&observer->mutex);
}

static void worker_add(struct worker *worker, uint64_t totals[OBSERVE_COUNTERS])
{
    for (size_t i = 0; i < OBSERVE_COUNTERS; i++)
        totals[i] += atomic_load_explicit(&worker->counters[i], memory_order_relaxed);
}

void observe_end(struct observer *observer, struct worker *worker)
{
    thread_mutex_lock(&observer->mutex);
    worker_add(worker, observer->ended);
    if (worker->next != NULL)
        worker->next->previous = worker->previous;
    if (worker->previous != NULL)
        worker->previous->next = worker->next;
    else
        observer->workers = worker->next;
    thread_mutex_unlock(&observer->mutex);
}

void observe_totals(struct observer *observer, uint64_t totals[OBSERVE_COUNTERS])
{
    thread_mutex_lock(&observer->mutex);
    memcpy(totals, observer->ended, sizeof observer->ended);
    for (struct worker *worker = observer->workers; worker != NULL; worker = worker->next)
        worker_add(worker, totals);
    thread_mutex_unlock(&observer->mutex);
}

bool observe_enabled(void)
{
    return IOMODELS_OBSERVE;
}

bool observe_tracing(const struct worker *worker)
{
    return IOMODELS_OBSERVE && worker->server->observer.trace;
}

static void count(struct worker *worker, enum observe_counter counter, uint64_t amount)
{
    if (!IOMODELS_OBSERVE)
        return;
    /* One writer: no need for an atomic addition, only for a load that is never torn. */
    uint64_t now = atomic_load_explicit(&worker->counters[counter], memory_order_relaxed);
    atomic_store_explicit(&worker->counters[counter], now + amount, memory_order_relaxed);
}

/* One line in one write, so that threads do not mix theirs. */
static void trace(struct worker *worker, uint32_t connection_id, const char *call, int error,
                  const char *result)
{
    char session[16] = "-", failure[160], since[16] = "-";
    const struct observer *observer = &worker->server->observer;
    uint64_t now_ns = clock_now_ns();
    if (connection_id != 0)
        snprintf(session, sizeof session, "%" PRIu32, connection_id);
    if (worker->traced_ns != 0)
        snprintf(since, sizeof since, "%.1f", (double)(now_ns - worker->traced_ns) / 1e3);
    if (error != 0)
        result = net_error_text(error, failure, sizeof failure);
    char line[320];
    snprintf(line, sizeof line, "%11.6f  %9s  %7lu  %7s  %-*s  %s\n",
             (double)(now_ns - observer->start_ns) / 1e9, since, thread_id(), session,
             TRACE_CALL_WIDTH, call, result);
    fputs(line, stderr);
    fflush(stderr); /* Wine's C library buffers it where it is a file */
    /* Taken again: the time that printing takes is not the model's. */
    worker->traced_ns = clock_now_ns();
}

/* result: the bytes or a negative error, and returned. */
static int64_t transfer(struct worker *worker, const struct connection *connection,
                        const char *call, size_t asked, int64_t result, bool is_recv)
{
    int error = result < 0 ? (int)result : 0;
    count(worker, is_recv ? OBSERVE_RECV_CALLS : OBSERVE_SEND_CALLS, 1);
    if (error == 0)
        count(worker, is_recv ? OBSERVE_RECV_BYTES : OBSERVE_SEND_BYTES, (uint64_t)result);
    else if (net_error_kind(error) == NET_ERROR_WOULD_BLOCK)
        count(worker, OBSERVE_WOULD_BLOCK, 1);
    if (observe_tracing(worker)) {
        char arguments[64], text[64];
        snprintf(arguments, sizeof arguments, "%s(%s %zu bytes)", call,
                 is_recv ? "at most" : "pending", asked);
        snprintf(text, sizeof text, "%lld bytes%s", (long long)result,
                 is_recv && result == 0 ? ": the peer has finished" : "");
        trace(worker, connection->id, arguments, error, text);
    }
    return result;
}

int64_t observe_recv(struct worker *worker, const struct connection *connection, size_t asked,
                     net_received result)
{
    return transfer(worker, connection, "recv", asked, result < 0 ? net_last_error() : result,
                    true);
}

int64_t observe_send(struct worker *worker, const struct connection *connection, size_t asked,
                     net_received result)
{
    return transfer(worker, connection, "send", asked, result < 0 ? net_last_error() : result,
                    false);
}

int64_t observe_post(struct worker *worker, uint32_t connection_id, const char *call, size_t asked,
                     net_received result)
{
    int error = result < 0 ? net_last_error() : 0;
    count(worker, OBSERVE_OTHER_CALLS, 1);
    if (observe_tracing(worker)) {
        char arguments[64], text[64];
        snprintf(arguments, sizeof arguments, "%s(%zu bytes)", call, asked);
        snprintf(text, sizeof text, "%lld bytes at once", (long long)result);
        trace(worker, connection_id, arguments, error, text);
    }
    return error == 0 ? (int64_t)result : error;
}

int64_t observe_recv_done(struct worker *worker, const struct connection *connection, size_t asked,
                          int64_t result)
{
    count(worker, OBSERVE_COMPLETIONS, 1);
    return transfer(worker, connection, "recv completed", asked, result, true);
}

int64_t observe_send_done(struct worker *worker, const struct connection *connection, size_t asked,
                          int64_t result)
{
    count(worker, OBSERVE_COMPLETIONS, 1);
    return transfer(worker, connection, "send completed", asked, result, false);
}

int64_t observe_done(struct worker *worker, const struct connection *connection, int64_t result)
{
    const struct session *session = &connection->session;
    if (session_wants(session) == SESSION_SEND)
        return observe_send_done(worker, connection, session_send_span(session).size, result);
    return observe_recv_done(worker, connection, session_recv_span(session).size, result);
}

static void accept_trace(struct worker *worker, const char *call, int error,
                         unsigned long long socket)
{
    char text[64];
    if (!observe_tracing(worker))
        return;
    snprintf(text, sizeof text, "socket %llu", socket);
    trace(worker, 0, call, error, text);
}

int observe_accept(struct worker *worker, net_socket result)
{
    int error = result == NET_SOCKET_NONE ? net_last_error() : 0;
    count(worker, OBSERVE_OTHER_CALLS, 1);
    accept_trace(worker, "accept()", error, (unsigned long long)result);
    return error;
}

int observe_accept_done(struct worker *worker, int64_t result)
{
    int error = result < 0 ? (int)result : 0;
    accept_trace(worker, "accept completed()", error, (unsigned long long)result);
    return error;
}

int observe_wait(struct worker *worker, const char *call, unsigned scanned, size_t set_bytes,
                 int events)
{
    int error = events < 0 ? net_last_error() : 0;
    count(worker, OBSERVE_WAIT_CALLS, 1);
    count(worker, OBSERVE_WAIT_SCANNED, scanned);
    count(worker, OBSERVE_WAIT_SET_BYTES, set_bytes);
    if (error == 0)
        count(worker, OBSERVE_WAIT_EVENTS, (uint64_t)events);
    if (observe_tracing(worker)) {
        char arguments[64], text[64];
        snprintf(arguments, sizeof arguments, "%s(%u handed in, %zu bytes)", call, scanned,
                 set_bytes);
        snprintf(text, sizeof text, "%d ready", events);
        trace(worker, 0, arguments, error, text);
    }
    return error == 0 ? events : error;
}

int observe_call(struct worker *worker, const struct connection *connection, const char *call,
                 bool succeeded, const char *result)
{
    int error = succeeded ? 0 : net_last_error();
    count(worker, OBSERVE_OTHER_CALLS, 1);
    if (observe_tracing(worker))
        trace(worker, connection == NULL ? 0 : connection->id, call, error,
              result == NULL ? "ok" : result);
    return error;
}
