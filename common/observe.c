#include "observe.h"

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
    [OBSERVE_COMPLETIONS] = "completions",   [OBSERVE_ACCEPTS] = "accepts",
    [OBSERVE_COPIED_SENDS] = "copied_sends",
};

void observer_init(struct observer *observer, observe_report *report, bool calls_wait)
{
    memset(observer, 0, sizeof *observer);
    observer->report = IOMODELS_OBSERVE ? report : NULL;
    observer->calls_wait = calls_wait;
    observer->mutex = (thread_mutex)THREAD_MUTEX_INIT;
}

void observe_begin(struct observer *observer, struct worker *worker)
{
    worker->tracing = observer->report != NULL;
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
    observer->ended_worked += atomic_load_explicit(&worker->worked, memory_order_relaxed);
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

unsigned observe_workers(struct observer *observer, enum observe_counter counter, uint64_t *values,
                         unsigned most)
{
    unsigned count = 0, found = 0;
    thread_mutex_lock(&observer->mutex);
    for (struct worker *worker = observer->workers; worker != NULL; worker = worker->next) {
        if (worker->crew == NULL)
            continue;
        count = worker->crew->count;
        if (count > most)
            break;
        values[worker->index] =
            atomic_load_explicit(&worker->counters[counter], memory_order_relaxed);
        found++;
    }
    thread_mutex_unlock(&observer->mutex);
    return found == count ? count : 0;
}

void observe_worked(struct worker *worker)
{
    atomic_fetch_add_explicit(&worker->worked, 1, memory_order_relaxed);
}

uint64_t observe_worked_total(struct observer *observer)
{
    thread_mutex_lock(&observer->mutex);
    uint64_t total = observer->ended_worked;
    for (struct worker *worker = observer->workers; worker != NULL; worker = worker->next)
        total += atomic_load_explicit(&worker->worked, memory_order_relaxed);
    thread_mutex_unlock(&observer->mutex);
    return total;
}

bool observe_enabled(void)
{
    return IOMODELS_OBSERVE;
}

enum { CALL_BYTES = 96 }; /* that hold the text of any call */

static void count(struct worker *worker, enum observe_counter counter, uint64_t amount)
{
    if (!IOMODELS_OBSERVE)
        return;
    /* One writer: no need for an atomic addition, only for a load that is never torn. */
    uint64_t now = atomic_load_explicit(&worker->counters[counter], memory_order_relaxed);
    atomic_store_explicit(&worker->counters[counter], now + amount, memory_order_relaxed);
}

static void report(struct worker *worker, struct observed_call call)
{
    call.thread = thread_id();
    worker->server->observer.report(&call);
}

void observe_begins(struct worker *worker)
{
    worker->begun_ns = clock_now_ns();
}

static void wait_begins(struct worker *worker, uint32_t connection_id, const char *call)
{
    report(worker, (struct observed_call){.begun_ns = clock_now_ns(),
                                          .connection = connection_id,
                                          .waits = true,
                                          .call = call,
                                          .result = ""});
    /* After the report, whose time is not the call's. */
    worker->wait_begun_ns = clock_now_ns();
}

/* error: why it failed, or 0. */
static void returned(struct worker *worker, uint32_t connection_id, bool waits, const char *call,
                     int error, const char *result)
{
    char failure[160];
    if (worker->repeats)
        return;
    struct observed_call line = {.begun_ns = waits ? worker->wait_begun_ns : worker->begun_ns,
                                 .ended_ns = clock_now_ns(),
                                 .connection = connection_id,
                                 .waits = waits,
                                 .call = call,
                                 .result = result};
    if (error != 0)
        line.result = net_error_text(error, failure, sizeof failure);
    report(worker, line);
}

void observe_note(struct worker *worker, uint32_t connection_id, const char *what,
                  const char *result)
{
    if (!observe_tracing(worker))
        return;
    observe_begins(worker);
    returned(worker, connection_id, false, what, 0, result);
}

void observe_sent_uncopied(struct worker *worker, const struct connection *connection, bool copied)
{
    count(worker, OBSERVE_COPIED_SENDS, copied);
    observe_note(worker, connection->id, "notification of the send",
                 copied ? "copied all the same" : "not copied");
}

void observe_repeats(struct worker *worker)
{
    if (!observe_tracing(worker))
        return;
    observe_note(worker, 0, "the same again", "until a call finds something");
    worker->repeats = true;
}

/* A receive, send or accept has returned. */
static void repeats_end(struct worker *worker, int error)
{
    worker->repeats = worker->repeats && net_error_kind(error) == NET_ERROR_WOULD_BLOCK;
}

/* ---- receives and sends ---- */

static const char *transfer_text(const char *call, size_t asked, bool is_recv, char *text,
                                 size_t size)
{
    snprintf(text, size, "%s(%s %zu bytes)", call, is_recv ? "at most" : "pending", asked);
    return text;
}

static void transfer_begins(struct worker *worker, const struct connection *connection,
                            const char *call, size_t asked, bool is_recv)
{
    char text[CALL_BYTES];
    if (worker->server->observer.calls_wait)
        wait_begins(worker, connection->id, transfer_text(call, asked, is_recv, text, sizeof text));
    else
        observe_begins(worker);
}

void observe_recv_begins(struct worker *worker, const struct connection *connection, size_t asked)
{
    transfer_begins(worker, connection, "recv", asked, true);
}

void observe_send_begins(struct worker *worker, const struct connection *connection, size_t asked)
{
    transfer_begins(worker, connection, "send", asked, false);
}

/* result: the bytes or a negative error, and returned. */
static int64_t transfer(struct worker *worker, const struct connection *connection, bool posted,
                        const char *call, size_t asked, int64_t result, bool is_recv)
{
    int error = result < 0 ? (int)result : 0;
    count(worker, is_recv ? OBSERVE_RECV_CALLS : OBSERVE_SEND_CALLS, 1);
    if (error == 0)
        count(worker, is_recv ? OBSERVE_RECV_BYTES : OBSERVE_SEND_BYTES, (uint64_t)result);
    else if (net_error_kind(error) == NET_ERROR_WOULD_BLOCK)
        count(worker, OBSERVE_WOULD_BLOCK, 1);
    if (observe_tracing(worker)) {
        char arguments[CALL_BYTES], text[64];
        repeats_end(worker, error);
        snprintf(text, sizeof text, "%lld bytes%s", (long long)result,
                 is_recv && result == 0 ? ": the peer has finished" : "");
        returned(worker, connection->id, !posted && worker->server->observer.calls_wait,
                 transfer_text(call, asked, is_recv, arguments, sizeof arguments), error, text);
    }
    return result;
}

int64_t observe_recv_returned(struct worker *worker, const struct connection *connection,
                              size_t asked, net_received result)
{
    return transfer(worker, connection, false, "recv", asked,
                    result < 0 ? net_last_error() : result, true);
}

int64_t observe_send_returned(struct worker *worker, const struct connection *connection,
                              size_t asked, net_received result)
{
    return transfer(worker, connection, false, "send", asked,
                    result < 0 ? net_last_error() : result, false);
}

int64_t observe_post_returned(struct worker *worker, uint32_t connection_id, const char *call,
                              size_t asked, net_received result)
{
    int error = result < 0 ? net_last_error() : 0;
    count(worker, OBSERVE_OTHER_CALLS, 1);
    if (observe_tracing(worker)) {
        char arguments[CALL_BYTES], text[64];
        snprintf(arguments, sizeof arguments, "%s(%zu bytes)", call, asked);
        snprintf(text, sizeof text, "%lld bytes at once", (long long)result);
        returned(worker, connection_id, false, arguments, error, text);
    }
    return error == 0 ? (int64_t)result : error;
}

/* One that was posted is no call: nothing lies between its begin and its end. */
static int64_t transfer_done(struct worker *worker, const struct connection *connection,
                             const char *call, size_t asked, int64_t result, bool is_recv)
{
    count(worker, OBSERVE_COMPLETIONS, 1);
    if (observe_tracing(worker))
        observe_begins(worker);
    return transfer(worker, connection, true, call, asked, result, is_recv);
}

int64_t observe_recv_done(struct worker *worker, const struct connection *connection, size_t asked,
                          int64_t result)
{
    return transfer_done(worker, connection, "recv completed", asked, result, true);
}

int64_t observe_send_done(struct worker *worker, const struct connection *connection, size_t asked,
                          int64_t result)
{
    return transfer_done(worker, connection, "send completed", asked, result, false);
}

int64_t observe_done(struct worker *worker, const struct connection *connection, int64_t result)
{
    const struct session *session = &connection->session;
    if (session_wants(session) == SESSION_SEND)
        return observe_send_done(worker, connection, session_send_span(session).size, result);
    return observe_recv_done(worker, connection, session_recv_span(session).size, result);
}

/* ---- accept ---- */

void observe_accept_begins(struct worker *worker)
{
    if (worker->server->observer.calls_wait)
        wait_begins(worker, 0, "accept()");
    else
        observe_begins(worker);
}

static void accept_returned(struct worker *worker, bool waits, const char *call, int error,
                            unsigned long long socket)
{
    char text[64];
    snprintf(text, sizeof text, "socket %llu", socket);
    returned(worker, 0, waits, call, error, text);
}

int observe_accept_returned(struct worker *worker, net_socket result)
{
    int error = result == NET_SOCKET_NONE ? net_last_error() : 0;
    count(worker, OBSERVE_OTHER_CALLS, 1);
    count(worker, OBSERVE_ACCEPTS, error == 0);
    if (observe_tracing(worker)) {
        repeats_end(worker, error);
        accept_returned(worker, worker->server->observer.calls_wait, "accept()", error,
                        (unsigned long long)result);
    }
    return error;
}

int observe_accept_done(struct worker *worker, int64_t result)
{
    int error = result < 0 ? (int)result : 0;
    count(worker, OBSERVE_ACCEPTS, error == 0);
    if (observe_tracing(worker)) {
        observe_begins(worker);
        accept_returned(worker, false, "accept completed()", error, (unsigned long long)result);
    }
    return error;
}

/* ---- waits, and all others ---- */

static const char *wait_text(const char *call, const char *noun, unsigned scanned, size_t set_bytes,
                             char *text, size_t size)
{
    if (noun == NULL)
        return call;
    snprintf(text, size, "%s(%u %s%s, %zu bytes)", call, scanned, noun, scanned == 1 ? "" : "s",
             set_bytes);
    return text;
}

void observe_wait_begins(struct worker *worker, const char *call, const char *noun,
                         unsigned scanned, size_t set_bytes)
{
    char text[CALL_BYTES];
    wait_begins(worker, 0, wait_text(call, noun, scanned, set_bytes, text, sizeof text));
}

int observe_wait_returned(struct worker *worker, const char *call, const char *noun,
                          unsigned scanned, size_t set_bytes, int events)
{
    int error = events < 0 ? net_last_error() : 0;
    count(worker, OBSERVE_WAIT_CALLS, 1);
    count(worker, OBSERVE_WAIT_SCANNED, scanned);
    count(worker, OBSERVE_WAIT_SET_BYTES, set_bytes);
    if (error == 0)
        count(worker, OBSERVE_WAIT_EVENTS, (uint64_t)events);
    if (observe_tracing(worker)) {
        char arguments[CALL_BYTES], text[64];
        snprintf(text, sizeof text, "%d ready", events);
        returned(worker, 0, true,
                 wait_text(call, noun, scanned, set_bytes, arguments, sizeof arguments), error,
                 text);
    }
    return error == 0 ? events : error;
}

int observe_call_id_returned(struct worker *worker, uint32_t connection_id, const char *call,
                             bool succeeded, const char *result)
{
    int error = succeeded ? 0 : net_last_error();
    count(worker, OBSERVE_OTHER_CALLS, 1);
    if (observe_tracing(worker))
        returned(worker, connection_id, false, call, error, result);
    return error;
}

int observe_call_returned(struct worker *worker, const struct connection *connection,
                          const char *call, bool succeeded, const char *result)
{
    return observe_call_id_returned(worker, connection == NULL ? 0 : connection->id, call,
                                    succeeded, result);
}
