#include "run/external.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "load/engine.h"
#include "program.h"

enum {
    START_TIMEOUT_MS = 60000,
    TRY_TIMEOUT_MS = 5000,
    TRY_SLICE_MS = 50, /* between two looks at the program and at `cancelled` */
    TRY_AGAIN_MS = 10,
    RECEIVE_BYTES = 512,
    NS_PER_MS = 1000000,
    NS_PER_US = 1000
};

/* Bytes that the word needs with the port in it, and its text unless NULL. */
static size_t word_write(const char *word, const char *port, char *text)
{
    size_t length = 0, digits = strlen(port);
    while (*word != '\0') {
        bool is_port = strncmp(word, TARGET_KIND_PORT, sizeof TARGET_KIND_PORT - 1) == 0;
        if (text != NULL)
            memcpy(text + length, is_port ? port : word, is_port ? digits : 1);
        length += is_port ? digits : 1;
        word += is_port ? sizeof TARGET_KIND_PORT - 1 : 1;
    }
    if (text != NULL)
        text[length] = '\0';
    return length + 1;
}

/* The command's words with the port in them, NULL-terminated, one block to free(). NULL without memory. */
static char **words_with_port(char *const *words, uint16_t port)
{
    char digits[8];
    size_t count = 0, bytes = 0;
    snprintf(digits, sizeof digits, "%u", port);
    for (; words[count] != NULL; count++)
        bytes += word_write(words[count], digits, NULL);
    char **written = malloc((count + 1) * sizeof *written + bytes);
    if (written == NULL)
        return NULL;
    char *text = (char *)(written + count + 1);
    for (size_t i = 0; i < count; i++) {
        written[i] = text;
        text += word_write(words[i], digits, text);
    }
    written[count] = NULL;
    return written;
}

/* The system chooses one that is free now. 0, or -1 with a failure. */
static int port_choose(uint16_t *port, struct failure *failure)
{
    struct net_address address;
    net_socket listener;
    const char *call;
    char text[120];
    (void)net_address_parse(&address, "127.0.0.1", 0);
    int error = net_listen(&listener, &address, 1, &call);
    if (error != 0)
        return failure_set(failure, "no port for it: %s: %s", call,
                           net_error_text(error, text, sizeof text));
    *port = net_address_port(&address);
    net_close(listener);
    return 0;
}

struct child *external_start(const struct target *target, uint16_t *port, const char *cpus,
                             struct failure *failure)
{
    struct child *child = NULL;
    if (*port == 0 && port_choose(port, failure) != 0)
        return NULL;
    char **words = words_with_port(target->words, *port);
    if (words == NULL)
        failure_set(failure, "out of memory");
    else
        child = child_start_program((const char *const *)words, cpus, failure);
    free((void *)words);
    return child;
}

struct net_address external_address(const struct target *target, uint16_t port)
{
    struct net_address address = target->reach.address;
    if (!target->reach.remote)
        (void)net_address_parse(&address, "127.0.0.1", 0);
    if (target->kind != TARGET_TCP)
        net_address_set_port(&address, port);
    return address;
}

/* One connect. */
struct attempt {
    struct engine_connection connection;
    bool ended;
    int error;
};

static void on_connected(void *context, struct engine_connection *connection, int error)
{
    struct attempt *attempt = context;
    bool itself = error == 0 && net_connected_to_itself(connection->socket);
    attempt->ended = true;
    attempt->error = itself ? -NET_REFUSED : error;
}

static void on_received(void *context, struct engine_connection *connection, const uint8_t *data,
                        int64_t count)
{
    (void)context;
    (void)connection;
    (void)data;
    (void)count;
}

static void on_writable(void *context, struct engine_connection *connection)
{
    (void)context;
    (void)connection;
}

/* What ends all trying. */
struct waiting {
    struct child *child;
    uint64_t deadline_ns;
    bool (*cancelled)(void *context);
    void *context;
};

static bool goes_on(const struct waiting *waiting)
{
    return clock_now_ns() < waiting->deadline_ns &&
           !(waiting->cancelled != NULL && waiting->cancelled(waiting->context)) &&
           !(waiting->child != NULL && child_ended(waiting->child, NULL));
}

/* 0: the address accepts. Else a negative error, or 1: it did not answer before all trying ended. */
static int connect_once(struct engine *engine, struct attempt *attempt,
                        const struct net_address *address, const struct waiting *waiting)
{
    *attempt = (struct attempt){.ended = false};
    int error = engine_connect(engine, &attempt->connection, address, NULL, false);
    if (error != 0)
        return error;
    while (error == 0 && !attempt->ended && goes_on(waiting))
        error = engine_run(engine, (uint64_t)TRY_SLICE_MS * NS_PER_MS);
    engine_close(engine, &attempt->connection, false);
    return error != 0 ? error : attempt->ended ? attempt->error : 1;
}

/* Why it never accepted. */
static void explain(const struct waiting *waiting, const struct net_address *address, int error,
                    struct failure *failure)
{
    char text[120] = "no answer", numbers[NET_ADDRESS_TEXT];
    if (waiting->cancelled != NULL && waiting->cancelled(waiting->context)) {
        failure_set(failure, "interrupted");
        return;
    }
    if (waiting->child != NULL && child_ended(waiting->child, NULL)) {
        target_explain(waiting->child, CHILD_EOF, failure);
        return;
    }
    if (error < 0)
        net_error_text(error, text, sizeof text);
    failure_set(failure, "nobody accepts a connection at %s port %u%s: %s",
                net_address_format(address, numbers, sizeof numbers), net_address_port(address),
                waiting->child == NULL ? "" : ", which the program should listen at", text);
    if (waiting->child != NULL && child_error_line(waiting->child)[0] != '\0')
        failure_add(failure, "; it printed: %s", child_error_line(waiting->child));
}

int external_wait_ready(struct child *child, const struct net_address *address,
                        bool (*cancelled)(void *context), void *context, struct failure *failure)
{
    static const struct engine_callbacks callbacks = {on_connected, on_received, on_writable};
    const struct waiting waiting = {
        child, child_deadline_ns(child == NULL ? TRY_TIMEOUT_MS : START_TIMEOUT_MS), cancelled,
        context};
    struct attempt attempt;
    int error;
    struct engine *engine = engine_open(&callbacks, &attempt, 1, RECEIVE_BYTES, &error);
    char text[120];
    if (engine == NULL)
        return failure_set(failure, "the load generator: %s",
                           net_error_text(error, text, sizeof text));
    while ((error = connect_once(engine, &attempt, address, &waiting)) != 0 && child != NULL &&
           goes_on(&waiting))
        clock_sleep_ms(TRY_AGAIN_MS);
    engine_free(engine);
    if (error == 0)
        return 0;
    explain(&waiting, address, error, failure);
    return -1;
}

void external_listening(struct child *child, char *line, size_t size)
{
    struct child_usage usage;
    line[0] = '\0';
    if (child != NULL)
        snprintf(line, size, "system=%s",
                 child_usage(child, &usage) && usage.is_wine ? "wine" : program_system());
}

void external_statistics(struct external_usage *usage, struct child *child, char *line, size_t size)
{
    struct child_usage now;
    const struct child_usage *last = &usage->last;
    line[0] = '\0';
    if (child == NULL || !child_usage(child, &now))
        return;
    /* Linux tells the two together finely, and how they divide in ticks only: neither may fall. */
    uint64_t sum_ns = now.cpu_user_ns + now.cpu_system_ns;
    if (now.cpu_user_ns < last->cpu_user_ns)
        now.cpu_user_ns = last->cpu_user_ns;
    now.cpu_system_ns = sum_ns > now.cpu_user_ns ? sum_ns - now.cpu_user_ns : 0;
    int length = snprintf(line, size,
                          "time_ns=%llu cpu_user_us=%llu cpu_sys_us=%llu cpu_resolution_us=%llu "
                          "rss_peak_bytes=%llu",
                          (unsigned long long)clock_now_ns(),
                          (unsigned long long)(now.cpu_user_ns / NS_PER_US),
                          (unsigned long long)(now.cpu_system_ns / NS_PER_US),
                          (unsigned long long)(now.cpu_resolution_ns / NS_PER_US),
                          (unsigned long long)now.memory_peak_bytes);
    if (now.threads > 0)
        length += snprintf(line + length, size - (size_t)length, " threads_peak=%u", now.threads);
    /* A thread that has ended has taken its switches with it. */
    if (now.threads_hash != 0 && (usage->count == 0 || now.threads_hash == last->threads_hash))
        snprintf(line + length, size - (size_t)length, " context_switches=%llu",
                 (unsigned long long)now.context_switches);
    usage->last = now;
    usage->count++;
}
