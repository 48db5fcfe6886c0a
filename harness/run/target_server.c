#include "run/target_server.h"

#include <stdio.h>
#include <string.h>

#include "base/units.h"
#include "clock.h"

enum {
    START_TIMEOUT_MS = 60000, /* Wine prepares itself at its first start */
    ANSWER_TIMEOUT_MS = 20000,
    STOP_GRACE_MS = 15000,
    FAILED_GRACE_MS = 3000,
    NS_PER_MS = 1000000,
    WORDS_MAX = 32 /* that are added to a command */
};

static const char line_version[] = "iomodels=1 ";

/* The next line with the event; what else stands between is passed over, nonsense is not. */
static bool line_expect(struct child *child, const char *event, char *line, size_t size,
                        unsigned timeout_ms, bool (*cancelled)(void *context), void *context,
                        struct failure *failure)
{
    char word[32];
    for (;;) {
        enum child_read read = child_read_line(child, line, size, timeout_ms, cancelled, context);
        if (read != CHILD_LINE) {
            line[0] = '\0';
            target_explain(child, read, failure);
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

int target_server_start(struct target_server *server, const struct target *target,
                        const struct target_serve *serve, bool (*cancelled)(void *context),
                        void *context, struct failure *failure)
{
    char connections[24], threads[24], buffer[24], port[24];
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
    if (serve->trace)
        words[count++] = "--trace";
    words[count] = NULL;

    server->child = target_start(target, words, serve->cpus, failure);
    if (server->child == NULL)
        return -1;
    if (line_expect(server->child, "listening", server->listening, sizeof server->listening,
                    START_TIMEOUT_MS, cancelled, context, failure) &&
        address_take(server, &target->reach, failure))
        return 0;
    /* A grace: a Wine program that is killed may leave its wineserver spinning. */
    child_end(server->child, FAILED_GRACE_MS, NULL);
    server->child = NULL;
    return -1;
}

void target_server_assume(struct target_server *server, const struct target *target, uint16_t port)
{
    *server = (struct target_server){.child = NULL};
    if (target->reach.remote)
        server->address = target->reach.address;
    else
        (void)net_address_parse(&server->address, "127.0.0.1", 0);
    net_address_set_port(&server->address, port);
}

void target_server_ask(struct target_server *server)
{
    child_write(server->child, "stats\n");
}

bool target_server_read(struct target_server *server, const char *event, char *line, size_t size,
                        struct failure *failure)
{
    return line_expect(server->child, event, line, size, ANSWER_TIMEOUT_MS, NULL, NULL, failure);
}

int target_server_stop(struct target_server *server, bool *killed, char *words, size_t words_size)
{
    return target_server_stop_and_take(server, NULL, NULL, killed, words, words_size);
}

int target_server_stop_and_take(struct target_server *server, target_line_take *take, void *context,
                                bool *killed, char *words, size_t words_size)
{
    char line[TARGET_LINE_BYTES];
    uint64_t begun_ns = clock_now_ns();
    /* Also one that has died already is read to its end: only then its last words are complete. */
    (void)child_write(server->child, "stop\n");
    while (clock_now_ns() - begun_ns < (uint64_t)ANSWER_TIMEOUT_MS * NS_PER_MS &&
           child_read_line(server->child, line, sizeof line, ANSWER_TIMEOUT_MS, NULL, NULL) ==
               CHILD_LINE)
        if (take != NULL)
            take(context, line);
    snprintf(words, words_size, "%s", child_error_line(server->child));
    int status = child_end(server->child, STOP_GRACE_MS, killed);
    server->child = NULL;
    return status;
}
