#include "subject.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "clock.h"
#include "platform.h"

enum {
    LINE_BYTES = TEST_STATS_BYTES,
    MESSAGE_BYTES = 256,
    WORDS_MOST = PLATFORM_LIMIT_WORDS + 12 + SUBJECT_OPTIONS_MOST,
    LOOK_AGAIN_MS = 2,
    SPARE_HANDLES = 8,
    IDLE_MS = 20, /* a server that spins makes a call in less */
    NS_PER_MS = 1000000
};

static bool line_is(const char *line, const char *event)
{
    char begin[64];
    snprintf(begin, sizeof begin, "iomodels=1 event=%s ", event);
    return strncmp(line, begin, strlen(begin)) == 0;
}

/* The text behind " key=" up to the next space; false where the line has none. */
static bool line_value(const char *line, const char *key, char *value, size_t size)
{
    char searched[64];
    snprintf(searched, sizeof searched, " %s=", key);
    const char *at = strstr(line, searched);
    if (at == NULL)
        return false;
    at += strlen(searched);
    snprintf(value, size, "%.*s", (int)strcspn(at, " "), at);
    return true;
}

static uint64_t line_number(const char *line, const char *key)
{
    char value[64];
    return line_value(line, key, value, sizeof value) ? strtoull(value, NULL, 10) : 0;
}

/* Reads the next line into test->stats; it must be of that event. */
static bool line_read(struct test *test, const char *event)
{
    switch (child_read_line(test->child, test->stats, sizeof test->stats,
                            child_deadline_ns(test->hang_ms), NULL, NULL)) {
    case CHILD_LINE:
        return line_is(test->stats, event) ||
               test_fail(test, "the server said \"%.200s\", not event=%s", test->stats, event);
    case CHILD_TIMEOUT:
        return test_hang(test, "the server hangs: no event=%s after %u ms", event, test->hang_ms);
    case CHILD_EOF:
        return test_fail(test, "the server ended before event=%s", event);
    default:
        return test_fail(test, "reading the server's event=%s failed", event);
    }
}

static bool child_begin(struct test *test, const char *const *words)
{
    struct failure failure = {""};
    test->child = child_start(words, NULL, &failure);
    return test->child != NULL || test_fail(test, "%s", failure.text);
}

/* The words of the server's command line, from `at` on. */
static void words_put(const struct test *test, const char **at, const char *bind, const char *port,
                      const char *const *options)
{
    const char *const fixed[] = {test->program, "serve",  "--model", test->model, "--bind",
                                 bind,          "--port", port,      "--control"};
    bool says_threads = false;
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++)
        *at++ = fixed[i];
    for (size_t i = 0; options != NULL && options[i] != NULL && i < SUBJECT_OPTIONS_MOST; i++) {
        says_threads |= strcmp(options[i], "--threads") == 0;
        *at++ = options[i];
    }
    if (test->threads_asked != NULL && !says_threads) {
        *at++ = "--threads";
        *at++ = test->threads_asked;
    }
    *at = NULL;
}

/* The line that says where it listens. */
static bool listening_read(struct test *test, const char *reachable)
{
    char model[64] = "";
    if (!line_read(test, "listening"))
        return false;
    uint64_t port = line_number(test->stats, "port");
    test->pid = (unsigned long)line_number(test->stats, "pid");
    test->threads = (unsigned)line_number(test->stats, "threads");
    test->capacity = (unsigned)line_number(test->stats, "capacity");
    line_value(test->stats, "model", model, sizeof model);
    line_value(test->stats, "system", test->system, sizeof test->system);
    if (strcmp(model, test->model) != 0 || port == 0 || port > UINT16_MAX || test->pid == 0 ||
        test->threads == 0 || test->capacity == 0 ||
        !net_address_parse(&test->address, reachable, (uint16_t)port))
        return test_fail(test, "the server said \"%.200s\"", test->stats);
    return true;
}

bool subject_start_at(struct test *test, const char *bind, const char *reachable,
                      const char *const *options)
{
    const char *words[WORDS_MOST];
    words_put(test, words, bind, "0", options);
    return child_begin(test, words) && listening_read(test, reachable);
}

bool subject_start(struct test *test, const char *const *options)
{
    return subject_start_at(test, "127.0.0.1", "127.0.0.1", options);
}

bool subject_start_stopping(struct test *test)
{
    const char *words[WORDS_MOST];
    words_put(test, words, "127.0.0.1", "0", NULL);
    return child_begin(test, words) && subject_ask_stop(test) && listening_read(test, "127.0.0.1");
}

bool subject_start_limited(struct test *test, unsigned files, bool *possible)
{
    const char *words[WORDS_MOST];
    *possible = platform_limit_files(files, words);
    if (!*possible)
        return false;
    words_put(test, words + PLATFORM_LIMIT_WORDS, "127.0.0.1", "0", NULL);
    return child_begin(test, words) && listening_read(test, "127.0.0.1");
}

bool subject_start_signals(struct test *test, unsigned signals, bool *possible)
{
    *possible = platform_limit_signals(signals);
    if (!*possible)
        return false;
    bool started = subject_start(test, NULL);
    platform_limit_signals(UINT_MAX);
    return started;
}

bool subject_start_again(struct test *test, int *status, char *text, size_t size)
{
    struct failure failure = {""};
    char line[LINE_BYTES], port[8];
    const char *words[WORDS_MOST];
    bool killed;
    snprintf(port, sizeof port, "%u", net_address_port(&test->address));
    words_put(test, words, "127.0.0.1", port, NULL);
    struct child *child = child_start(words, NULL, &failure);
    if (child == NULL)
        return test_fail(test, "%s", failure.text);
    enum child_read read =
        child_read_line(child, line, sizeof line, child_deadline_ns(test->hang_ms), NULL, NULL);
    snprintf(text, size, "%s", child_error_line(child));
    *status = child_end(child, test->hang_ms, &killed);
    if (read == CHILD_LINE)
        return test_fail(test, "the second server said \"%.200s\"", line);
    return (read == CHILD_EOF && !killed) || test_hang(test, "the second server hangs");
}

bool subject_stats(struct test *test)
{
    if (!child_write(test->child, "stats\n"))
        return test_fail(test, "the server takes no commands: it has ended");
    return line_read(test, "stats");
}

uint64_t subject_stat(const struct test *test, const char *key)
{
    return line_number(test->stats, key);
}

bool subject_has_stat(const struct test *test, const char *key)
{
    char value[64];
    return line_value(test->stats, key, value, sizeof value);
}

/* A moment between two looks at a condition; false once the hang limit has passed. */
static bool look_again(const struct test *test, uint64_t begun_ns)
{
    clock_sleep_ms(LOOK_AGAIN_MS);
    return clock_now_ns() - begun_ns < (uint64_t)test->hang_ms * NS_PER_MS;
}

const char *subject_accounts(const struct test *test)
{
    const char *at = strstr(test->stats, "open=");
    return at == NULL ? test->stats : at;
}

static bool wait_between(struct test *test, const char *key, uint64_t low, uint64_t high)
{
    uint64_t begun_ns = clock_now_ns();
    for (;;) {
        if (!subject_stats(test))
            return false;
        uint64_t value = subject_stat(test, key);
        if (value >= low && value <= high)
            return true;
        if (!look_again(test, begun_ns))
            return test_hang(test, "after %u ms not %s=%" PRIu64 " but %.300s", test->hang_ms, key,
                             low, subject_accounts(test));
    }
}

bool subject_wait(struct test *test, const char *key, uint64_t expected)
{
    return wait_between(test, key, expected, expected);
}

bool subject_wait_least(struct test *test, const char *key, uint64_t expected)
{
    return wait_between(test, key, expected, UINT64_MAX);
}

static uint64_t handles_now(const struct test *test)
{
    uint64_t count;
    return platform_handles(test->pid, &count) ? count : 0;
}

bool subject_remember(struct test *test)
{
    /* As many as it has threads, so that each has served one. */
    unsigned count = test->threads < test->capacity ? test->threads : test->capacity;
    struct client *clients = clients_connect(test, count);
    if (clients == NULL || !clients_exchange(test, clients, count, 1000) ||
        !clients_finish(test, clients, count))
        return false;
    /* All of its threads are made before it serves, but not before it listens. */
    if (test->threads_apply && !subject_wait_least(test, "threads", test->threads))
        return false;
    /* The socket is closed, and a thread ends, a moment after the place is free. */
    uint64_t begun_ns = clock_now_ns();
    do {
        test->base_handles = handles_now(test);
        test->base_threads = subject_stat(test, "threads");
        if (!look_again(test, begun_ns))
            return test_fail(test,
                             "handles=%" PRIu64 " threads=%" PRIu64 " of the server never "
                             "settle",
                             test->base_handles, test->base_threads);
        if (!subject_wait(test, "open", 0))
            return false;
    } while (handles_now(test) != test->base_handles ||
             subject_stat(test, "threads") != test->base_threads);
    return true;
}

static bool accounts_balance(const struct test *test)
{
    return subject_stat(test, "open") == 0 &&
           subject_stat(test, "accepted") == subject_stat(test, "closed") +
                                                 subject_stat(test, "reset") +
                                                 subject_stat(test, "failed");
}

static bool no_failures(struct test *test)
{
    return subject_stat(test, "failed") == 0 ||
           test_fail(test, "failed=%" PRIu64 ": connections ended by other than their peers",
                     subject_stat(test, "failed"));
}

/* Handles that the system's libraries may open by themselves, after subject_remember. */
static uint64_t handles_spare(const struct test *test)
{
    if (strcmp(test->system, "windows") == 0)
        return SPARE_HANDLES;
    /*
     * Wine: one for each other thread, with its first socket call, which may come at any time. And
     * one for a lock of the C library's (a critical section without debug information), as soon as
     * two threads want it at the same time.
     */
    return strcmp(test->system, "wine") == 0 ? test->threads : 0;
}

bool subject_wait_clean(struct test *test)
{
    uint64_t spare = handles_spare(test), begun_ns = clock_now_ns();
    for (;;) {
        if (!subject_stats(test))
            return false;
        uint64_t handles = handles_now(test), threads = subject_stat(test, "threads");
        if (accounts_balance(test) && handles <= test->base_handles + spare &&
            threads <= test->base_threads)
            return no_failures(test);
        if (!look_again(test, begun_ns))
            return test_hang(
                test,
                "all clients have left, but after %u ms the server has handles=%" PRIu64
                " (were %" PRIu64 ") threads=%" PRIu64 " (were %" PRIu64 ") %.300s",
                test->hang_ms, handles, test->base_handles, threads, test->base_threads,
                subject_accounts(test));
    }
}

/* What grows only while there is something to do. */
static uint64_t calls(const struct test *test)
{
    if (!test->waits) /* it asks again and again: then what it moves counts */
        return subject_stat(test, "recv_bytes") + subject_stat(test, "send_bytes") +
               subject_stat(test, "accepted") + subject_stat(test, "refused");
    return subject_stat(test, "wait_calls") + subject_stat(test, "recv_calls") +
           subject_stat(test, "send_calls") + subject_stat(test, "other_calls");
}

bool subject_wait_idle(struct test *test)
{
    uint64_t begun_ns = clock_now_ns(), before;
    do {
        if (!subject_stats(test))
            return false;
        before = calls(test);
        clock_sleep_ms(IDLE_MS);
        if (!subject_stats(test))
            return false;
        if (calls(test) == before)
            return true;
    } while (look_again(test, begun_ns));
    return test_hang(test,
                     "nobody sends anything, but after %u ms the server still makes calls: "
                     "%" PRIu64 ", then %" PRIu64,
                     test->hang_ms, before, calls(test));
}

bool subject_ask_stop(struct test *test)
{
    return child_write(test->child, "stop\n") ||
           test_fail(test, "the server takes no commands: it has ended");
}

static bool end_child(struct test *test)
{
    bool killed;
    char words[MESSAGE_BYTES];
    snprintf(words, sizeof words, "%s", child_error_line(test->child));
    int status = child_end(test->child, test->hang_ms, &killed);
    test->child = NULL;
    if (killed)
        return test_hang(test, "the server does not end: killed after %u ms", test->hang_ms);
    return status == 0 ||
           test_fail(test, "the server's exit status is %d; its last words: %s", status, words);
}

bool subject_wait_stopped(struct test *test)
{
    char line[LINE_BYTES];
    if (!line_read(test, "stopped"))
        return false;
    if (!accounts_balance(test))
        return test_fail(test, "accounts of the stopped server: %.300s", subject_accounts(test));
    if (!no_failures(test))
        return false;
    if (child_read_line(test->child, line, sizeof line, child_deadline_ns(test->hang_ms), NULL,
                        NULL) != CHILD_EOF)
        return test_fail(test, "the server goes on after event=stopped");
    return end_child(test);
}

bool subject_end_input(struct test *test)
{
    return end_child(test);
}

void subject_kill(struct test *test)
{
    enum { GRACE_MS = 2000 };
    if (test->child != NULL)
        child_end(test->child, GRACE_MS, NULL);
    test->child = NULL;
}

bool subject_has_ipv6(void)
{
    struct sockaddr_in6 loopback = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    net_socket made = socket(AF_INET6, SOCK_STREAM, IPPROTO_TCP);
    if (made == NET_SOCKET_NONE)
        return false;
    bool has = bind(made, (const struct sockaddr *)&loopback, sizeof loopback) == 0;
    net_close(made);
    return has;
}
