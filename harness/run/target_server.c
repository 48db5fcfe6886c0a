#include "run/target_server.h"

#include <stdio.h>
#include <string.h>

#include "base/units.h"
#include "load/work_text.h"

enum {
    START_TIMEOUT_MS = 60000, /* Wine prepares itself at its first start */
    ANSWER_TIMEOUT_MS = 20000,
    STOP_GRACE_MS = 15000,
    FAILED_GRACE_MS = 3000,
    WORDS_MAX = 32 /* that are added to a command */
};

static const char line_version[] = "iomodels=1 ";

/*
 * The next line with the event; what else stands between is passed over, nonsense is not. All of it
 * together may take timeout_ms.
 */
static bool line_expect(const struct target_server *server, const char *event, char *line,
                        size_t size, unsigned timeout_ms, struct failure *failure)
{
    char word[32];
    uint64_t deadline_ns = child_deadline_ns(timeout_ms);
    for (unsigned long long others = 0;; others++) {
        enum child_read read = child_read_line(server->child, line, size, deadline_ns,
                                               server->cancelled, server->context);
        if (read != CHILD_LINE) {
            line[0] = '\0';
            target_explain(server->child, read, failure);
            if (read == CHILD_TIMEOUT && others > 0)
                failure_add(failure, "; it printed %llu other lines instead of event=%s", others,
                            event);
            return false;
        }
        if (strncmp(line, line_version, sizeof line_version - 1) != 0) {
            failure_set(failure, "the server printed nonsense: %.60s", line);
            line[0] = '\0';
            return false;
        }
        if (target_line_text(line, "event", word, sizeof word) && strcmp(word, event) == 0)
            return true;
    }
}

static bool address_take(struct target_server *server, const struct reach *reach,
                         struct failure *failure)
{
    char address[NET_ADDRESS_TEXT], port[8];
    uint64_t number;
    if (target_line_text(server->listening, "address", address, sizeof address) &&
        target_line_text(server->listening, "port", port, sizeof port) &&
        units_parse_count(port, 1, 65535, &number) &&
        net_address_parse(&server->address, address, (uint16_t)number)) {
        server->address = net_address_reachable(&server->address);
        if (reach->remote) {
            server->address = reach->address;
            net_address_set_port(&server->address, (uint16_t)number);
        }
        return true;
    }
    failure_set(failure, "no address and port in the server's line: %.100s", server->listening);
    return false;
}

/* The options' values, which the words point to. */
struct work_texts {
    char cpu[WORK_TIME_TEXT], wait[WORK_TIME_TEXT], message_bytes[24];
};

/* Nothing where there is no work, so that older servers serve too. Returns how many words there are. */
static size_t work_words(const struct work *work, struct work_texts *texts, const char **words,
                         size_t count)
{
    if (work->cpu.mean_ns == 0 && work->wait.mean_ns == 0)
        return count;
    snprintf(texts->message_bytes, sizeof texts->message_bytes, "%zu", work->message_bytes);
    words[count++] = "--message-bytes";
    words[count++] = texts->message_bytes;
    words[count++] = "--work-cpu";
    words[count++] = work_time_write(&work->cpu, texts->cpu);
    words[count++] = "--work-wait";
    words[count++] = work_time_write(&work->wait, texts->wait);
    return count;
}

/* One of ours, or what speaks as they do. */
static int speaker_start(struct target_server *server, const struct target *target,
                         const struct target_serve *serve, struct failure *failure)
{
    char connections[24], threads[24], buffer[24], port[24];
    struct work_texts work;
    const char *words[WORDS_MAX] = {
        "serve",     "--model",           serve->model, "--port",         port,
        "--control", "--max-connections", connections,  "--buffer-bytes", buffer};
    size_t count = 10;
    snprintf(connections, sizeof connections, "%u", serve->max_connections);
    snprintf(buffer, sizeof buffer, "%llu", (unsigned long long)serve->buffer_bytes);
    snprintf(port, sizeof port, "%u", serve->port);
    if (target->reach.bind[0] != '\0') {
        words[count++] = "--bind";
        words[count++] = target->reach.bind;
    }
    if (serve->threads != 0) {
        snprintf(threads, sizeof threads, "%u", serve->threads);
        words[count++] = "--threads";
        words[count++] = threads;
    }
    if (!serve->nodelay)
        words[count++] = "--no-nodelay";
    count = work_words(&serve->work, &work, words, count);
    if (serve->trace)
        words[count++] = "--trace";
    words[count] = NULL;

    server->child = target_start(target, words, serve->cpus, failure);
    if (server->child == NULL)
        return -1;
    if (line_expect(server, "listening", server->listening, sizeof server->listening,
                    START_TIMEOUT_MS, failure) &&
        address_take(server, &target->reach, failure))
        return 0;
    /* A grace: a Wine program that is killed may leave its wineserver spinning. */
    child_end(server->child, FAILED_GRACE_MS, NULL);
    server->child = NULL;
    return -1;
}

/* One that answers nothing but the echo. */
static int external_server_start(struct target_server *server, const struct target *target,
                                 const struct target_serve *serve, struct failure *failure)
{
    uint16_t port = serve->port;
    if (target->kind == TARGET_EXEC) {
        server->child = external_start(target, &port, serve->cpus, failure);
        if (server->child == NULL)
            return -1;
    }
    server->address = external_address(target, port);
    if (external_wait_ready(server->child, &server->address, server->cancelled, server->context,
                            failure) == 0) {
        external_listening(server->child, server->listening, sizeof server->listening);
        return 0;
    }
    if (server->child != NULL)
        child_end(server->child, FAILED_GRACE_MS, NULL);
    server->child = NULL;
    return -1;
}

int target_server_start(struct target_server *server, const struct target *target,
                        const struct target_serve *serve, bool (*cancelled)(void *context),
                        void *context, struct failure *failure)
{
    *server =
        (struct target_server){.kind = target->kind, .cancelled = cancelled, .context = context};
    return (target->kind == TARGET_IOMODELS ? speaker_start : external_server_start)(
        server, target, serve, failure);
}

void target_server_assume(struct target_server *server, const struct target *target, uint16_t port)
{
    *server = (struct target_server){.kind = target->kind};
    server->address = external_address(target, port);
}

void target_server_ask(struct target_server *server)
{
    if (server->kind == TARGET_IOMODELS)
        child_write(server->child, "stats\n");
    else if (server->asked < 2)
        external_statistics(&server->usage, server->child, server->answers[server->asked++],
                            TARGET_LINE_BYTES);
}

bool target_server_read(struct target_server *server, const char *event, char *line, size_t size,
                        struct failure *failure)
{
    if (server->kind == TARGET_IOMODELS)
        return line_expect(server, event, line, size, ANSWER_TIMEOUT_MS, failure);
    snprintf(line, size, "%s", server->read < server->asked ? server->answers[server->read++] : "");
    return true;
}

bool target_server_ended(const struct target_server *server)
{
    return server->child != NULL && child_ended(server->child, NULL);
}

bool target_server_floods(const struct target_server *server)
{
    return server->child != NULL && child_floods_errors(server->child);
}

/* A signal ends it, so that only one that has ended before has a status of its own. */
static int external_stop(struct target_server *server, bool *killed, char *words, size_t words_size)
{
    int status = 0;
    words[0] = '\0';
    *killed = false;
    if (server->child == NULL)
        return 0;
    if (!child_ended(server->child, &status))
        status = 0;
    snprintf(words, words_size, "%s", child_error_line(server->child));
    child_end(server->child, STOP_GRACE_MS, killed);
    server->child = NULL;
    return status;
}

int target_server_stop(struct target_server *server, bool *killed, char *words, size_t words_size)
{
    return target_server_stop_and_take(server, NULL, NULL, killed, words, words_size);
}

int target_server_stop_and_take(struct target_server *server, target_line_take *take, void *context,
                                bool *killed, char *words, size_t words_size)
{
    char line[TARGET_LINE_BYTES];
    uint64_t deadline_ns = child_deadline_ns(ANSWER_TIMEOUT_MS);
    if (server->kind != TARGET_IOMODELS)
        return external_stop(server, killed, words, words_size);
    /* Also one that has died already is read to its end: only then its last words are complete. */
    (void)child_write(server->child, "stop\n");
    while (child_read_line(server->child, line, sizeof line, deadline_ns, server->cancelled,
                           server->context) == CHILD_LINE)
        if (take != NULL)
            take(context, line);
    snprintf(words, words_size, "%s", child_error_line(server->child));
    int status = child_end(server->child, STOP_GRACE_MS, killed);
    server->child = NULL;
    return status;
}
