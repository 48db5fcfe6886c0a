#include "trace/trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/failure.h"
#include "clock.h"
#include "trace/trace_line.h"

enum {
    SERVER_CONNECTIONS = 60, /* fewer than a thread of any model holds, so one thread serves them */
    THREADS_MAX = 256,
    TURN_MS = 2,            /* of the clients, and then of the server's lines */
    QUIET_MS = 60,          /* without a line, where each thread is in a call that waits */
    QUIET_UNKNOWN_MS = 300, /* the same where one is not: it has ended, or computes */
    STEP_MS = 15000         /* for all that a step leads to, beyond its pause */
};

#define NS_PER_MS UINT64_C(1000000)

/* What is known of the server while it runs. */
struct watch {
    struct trace *trace;
    size_t step;
    size_t step_lines;         /* since the step began */
    uint64_t line_ns;          /* when the last one came */
    uint64_t ids[THREADS_MAX]; /* of the threads */
    bool asleep[THREADS_MAX];  /* each one's last line was a call that waits */
    bool failed;               /* for want of memory, or there are too many */
};

size_t trace_steps(const struct trace_script *script)
{
    return script->count + 2;
}

const char *trace_step_text(const struct trace_script *script, size_t step)
{
    if (step == 0)
        return "start";
    return step <= script->count ? script->steps[step - 1].text : "stop";
}

static char *copy_of(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = malloc(size);
    return copy == NULL ? NULL : memcpy(copy, text, size);
}

/* Its number, from 1; 0: there are too many. */
static unsigned thread_number(struct watch *watch, uint64_t id)
{
    struct trace *trace = watch->trace;
    for (unsigned i = 0; i < trace->threads; i++)
        if (watch->ids[i] == id)
            return i + 1;
    if (trace->threads == THREADS_MAX)
        return 0;
    watch->ids[trace->threads++] = id;
    return trace->threads;
}

/* Room for one more; the array doubles at each power of two. */
static bool room_make(struct trace *trace)
{
    if (trace->count == TRACE_LINES_MAX)
        return false;
    if (trace->count != 0 && (trace->count & (trace->count - 1)) != 0)
        return true;
    size_t capacity = trace->count == 0 ? 1 : 2 * trace->count;
    struct trace_call *calls = realloc(trace->calls, capacity * sizeof *calls);
    if (calls != NULL)
        trace->calls = calls;
    return calls != NULL;
}

static void line_take(void *context, char *line)
{
    struct watch *watch = context;
    struct trace *trace = watch->trace;
    struct observed_call seen;
    if (!trace_line_read(line, &seen))
        return;
    unsigned thread = thread_number(watch, seen.thread);
    if (watch->failed || thread == 0 || !room_make(trace)) {
        watch->failed = true;
        return;
    }
    struct trace_call *call = &trace->calls[trace->count++];
    *call = (struct trace_call){.step = watch->step,
                                .thread = thread,
                                .connection = seen.connection,
                                .begun_ns = seen.begun_ns,
                                .ended_ns = seen.ended_ns,
                                .waits = seen.waits,
                                .call = copy_of(seen.call),
                                .result = copy_of(seen.result)};
    watch->failed = call->call == NULL || call->result == NULL;
    watch->asleep[thread - 1] = seen.ended_ns == 0;
    watch->step_lines++;
    watch->line_ns = clock_now_ns();
    if (seen.connection > trace->connections)
        trace->connections = seen.connection;
}

/* True where nothing more is to come of what the clients have done. */
static bool is_quiet(const struct watch *watch)
{
    bool asleep = watch->trace->threads > 0;
    for (unsigned i = 0; i < watch->trace->threads; i++)
        asleep &= watch->asleep[i];
    return clock_now_ns() - watch->line_ns >= (asleep ? QUIET_MS : QUIET_UNKNOWN_MS) * NS_PER_MS;
}

/* The lines that come within a turn. 0, or -1 with a failure. */
static int lines_read(struct watch *watch, struct target_server *server, struct failure *failure)
{
    char line[TARGET_LINE_BYTES];
    enum child_read read;
    uint64_t deadline_ns = child_deadline_ns(TURN_MS);
    while ((read = child_read_line(server->child, line, sizeof line, deadline_ns, NULL, NULL)) ==
           CHILD_LINE)
        line_take(watch, line);
    if (watch->failed)
        failure_set(failure, "more than %d calls, or no memory; a shorter script makes fewer",
                    TRACE_LINES_MAX);
    else if (read == CHILD_TIMEOUT)
        return 0;
    else
        failure_set(failure, "the server ended: %.200s", child_error_line(server->child));
    return -1;
}

/*
 * Until the step that was begun is done and the server sleeps again. needs_calls: it does not sleep
 * before it has made one. client: its number; -1: none has begun anything.
 */
static int step_await(struct watch *watch, struct target_server *server,
                      struct trace_clients *clients, int client, bool needs_calls,
                      const struct trace_run *run, uint64_t pause_ns, struct failure *failure)
{
    uint64_t end_ns = clock_now_ns() + pause_ns + STEP_MS * NS_PER_MS;
    for (;;) {
        int error = trace_clients_run(clients, TURN_MS * NS_PER_MS);
        if (error != 0) {
            char cause[160];
            return failure_set(failure, "the client can't wait: %s",
                               net_error_text(error, cause, sizeof cause));
        }
        if (lines_read(watch, server, failure) != 0)
            return -1;
        if (run->cancelled(NULL))
            return failure_set(failure, "interrupted");
        const char *broken = client < 0 ? "" : clients->all[client].failure;
        bool done = client < 0 || trace_clients_done(clients, (unsigned)client);
        if (broken[0] != '\0')
            return failure_set(failure, "client %d: %s", client + 1, broken);
        if (done && is_quiet(watch) && (!needs_calls || watch->step_lines > 0))
            return 0;
        if (clock_now_ns() < end_ns)
            continue;
        if (done && watch->step_lines > 0)
            return 0; /* a model that never sleeps */
        return failure_set(
            failure, "%s",
            done ? "the server printed no call (is the target's program older than this one?)"
                 : "the server has not answered in time");
    }
}

/* A step of the script, by one client after the other. */
static int step_do(struct watch *watch, struct target_server *server, struct trace_clients *clients,
                   const struct trace_step *step, const struct trace_run *run,
                   struct failure *failure)
{
    struct failure cause = {""};
    bool pauses = step->action == TRACE_PAUSE;
    for (unsigned i = 0; i < (pauses ? 1 : run->clients); i++) {
        watch->step_lines = 0;
        trace_clients_begin(clients, i, step);
        if (step_await(watch, server, clients, (int)i, !pauses && step->action != TRACE_READ, run,
                       pauses ? step->amount : 0, &cause) != 0)
            return failure_set(failure, "step %zu, %s: %s", watch->step, step->text, cause.text);
    }
    return 0;
}

static int script_run(struct watch *watch, struct target_server *server,
                      struct trace_clients *clients, const struct trace_run *run,
                      struct failure *failure)
{
    watch->line_ns = clock_now_ns();
    if (step_await(watch, server, clients, -1, true, run, 0, failure) != 0)
        return -1;
    for (size_t i = 0; i < run->script->count; i++) {
        watch->step = i + 1;
        if (step_do(watch, server, clients, &run->script->steps[i], run, failure) != 0)
            return -1;
    }
    return 0;
}

int trace_take(struct trace *trace, const struct target *target, const char *model,
               const struct trace_run *run, struct failure *failure)
{
    char words[TARGET_MESSAGE_BYTES / 2], cause[160];
    struct trace_clients clients;
    struct target_server server;
    bool killed;
    *trace = (struct trace){.model = model, .target = target->name};
    struct watch watch = {.trace = trace};
    struct target_serve serve = {.model = model,
                                 .max_connections = SERVER_CONNECTIONS,
                                 .threads = run->threads,
                                 .buffer_bytes = run->buffer_bytes,
                                 .nodelay = true,
                                 .trace = true};
    if (target_server_start(&server, target, &serve, run->cancelled, NULL, failure) != 0)
        return -1;
    int error = trace_clients_open(&clients, run->clients, &server.address);
    if (error != 0)
        failure_set(failure, "preparing the client: %s",
                    net_error_text(error, cause, sizeof cause));
    else
        error = script_run(&watch, &server, &clients, run, failure);
    watch.step = run->script->count + 1;
    int status =
        target_server_stop_and_take(&server, line_take, &watch, &killed, words, sizeof words);
    if (clients.engine != NULL)
        trace_clients_close(&clients);
    if (error == 0 && (status != 0 || killed || watch.failed)) {
        failure_set(failure, "the server did not stop as it should (exit status %d)%s%s", status,
                    words[0] == '\0' ? "" : ": ", words);
        error = -1;
    }
    trace->complete = error == 0;
    return error == 0 ? 0 : -1;
}

void trace_free(struct trace *trace)
{
    for (size_t i = 0; i < trace->count; i++) {
        free(trace->calls[i].call);
        free(trace->calls[i].result);
    }
    free(trace->calls);
}
