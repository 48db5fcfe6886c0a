/*
 * The servers in place of child.h: what `iomodels list --csv` and `iomodels serve --control` print,
 * recorded, with figures that follow from the messages that the network brings. A command is
 * "virtual", with words that say what differs from the usual:
 *
 *     cost=PERCENT      of the usual CPU time
 *     seed=N            other figures
 *     system=wine       the models and the steps of Windows' clock under Wine
 *     wrapper=1         the process that was started is not the server, only leads to it
 *     counters=no       the server counts nothing
 *     wake_late_us=N    by so much the client's waits last too long
 *     drift=N           each server is slower than the one before, by that many thousandths
 *     lost=N            one message in N gets no answer
 *     FAULT=I,J         of the servers that the program starts, the Ith and Jth has the fault:
 *         unstarted, nonsense, crash (no word at its start), dies (in its window), mute (no
 *         figures), wrong (bytes), endless (ends no connection), silent (from a moment on), slow
 *         (far too slow), full (serves 3 connections), stopped (by a signal), late (its first
 *         figures), killed (it does not stop), plateau (some answers take 40 ms), badly (its exit
 *         status), deaf (answers nothing), babbles (other lines without an end instead of its
 *         first one), chatters (such lines instead of its figures), floods (its standard error)
 *     drips=1           its list has no end either
 */
#include "world.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../truth/engine_virtual.h"
#include "clock.h"

enum {
    NS_PER_US = 1000,
    NS_PER_MS = 1000000,
    KIB = 1024,
    WORDS_MOST = 64,
    LINES_MOST = 4,
    LINE_BYTES = 1024,
    LIST_MS = 20,
    NOISE_MS = 100, /* between two lines of one that has no end of them */
    START_MS = 30,
    PATH_NS = 12000, /* from one end to the other */
    WAKE_NS = 3000,
    TAIL_ONE_IN = 64,
    RESOLUTION_WINE_US = 10000,
    FIRST_PORT = 40000,
    FIRST_PID = 4000
};

/* ---- what each model is like ---- */

static const struct style {
    const char *model;
    unsigned message_ns;
    unsigned open_ns; /* more for each connection of its set */
    unsigned kib_ns;
    bool waits; /* for several connections at once */
    bool scans; /* each of them with every wait */
    bool is_completions;
    bool thread_each;
} styles[] = {
    {.model = "blocking", .message_ns = 7000, .open_ns = 4, .kib_ns = 150, .thread_each = true},
    {.model = "select",
     .message_ns = 5200,
     .open_ns = 18,
     .kib_ns = 160,
     .waits = true,
     .scans = true},
    {.model = "epoll", .message_ns = 5000, .open_ns = 1, .kib_ns = 155, .waits = true},
    {.model = "io_uring", .message_ns = 4600, .kib_ns = 140, .waits = true, .is_completions = true},
    {.model = "blocking_single", .message_ns = 6800, .kib_ns = 150},
    {.model = "wsaeventselect",
     .message_ns = 30000,
     .open_ns = 40,
     .kib_ns = 300,
     .waits = true,
     .scans = true},
    {.model = NULL, .message_ns = 6000, .open_ns = 10, .kib_ns = 200, .waits = true},
};

static const char *const list_linux[] = {
    ("model,available,reason,platforms,notification,threads_apply,connections_per_thread,"
     "clients_at_once,buffers_pooled,thread_stack_bytes,connection_bytes,lesson_of,summary"),
    "blocking,yes,,\"Linux, Windows\",none,no,1,0,no,65536,96,,\"a thread for each connection\"",
    "select,yes,,\"Linux, Windows\",readiness,yes,0,0,no,65536,96,,the sets of all sockets",
    "epoll,yes,,Linux,readiness,yes,63,0,no,65536,88,,the kernel keeps the set",
    "io_uring,yes,,Linux,completion,yes,0,0,no,65536,0,,\"operations in, completions out\"",
    "wsapoll,no,,Windows,readiness,,0,,,,,,Winsock's poll",
    "iocp,no,runs on Windows only,Windows,completion,,0,,,,,,operations",
    "blocking_single,yes,,\"Linux, Windows\",none,no,0,1,no,65536,0,blocking,one client at a time",
    NULL};

static const char *const list_wine[] = {
    ("model,available,reason,platforms,notification,threads_apply,connections_per_thread,"
     "clients_at_once,lesson_of,summary"),
    "blocking,yes,,\"Linux, Windows\",none,no,1,0,,\"a thread for each connection\"",
    "select,yes,,\"Linux, Windows\",readiness,yes,0,0,,the sets of all sockets",
    "wsaeventselect,yes,,Windows,readiness,yes,63,0,,an event object for each socket", NULL};

static const struct style *style_of(const char *model)
{
    size_t i = 0;
    while (styles[i].model != NULL && strcmp(styles[i].model, model) != 0)
        i++;
    return &styles[i];
}

/* ---- a server ---- */

/* By observe.h's counters. */
struct counters {
    uint64_t waits, events, scanned, set_bytes, receives, received, sends, would_block, others,
        completions;
};

struct child {
    const char *words[WORDS_MOST + 1];
    char *text; /* of the words */
    const char *const *list;
    unsigned index; /* of all servers of this program */
    const struct style *style;
    bool is_wine;
    unsigned clients; /* that it was told to have room for */
    unsigned threads;
    uint64_t random;
    uint64_t thousandths; /* of the usual time */
    uint64_t begun_ns, free_ns, cpu_ns;
    size_t bytes; /* of the message that arrives */
    struct counters counters;
    char lines[LINES_MOST][LINE_BYTES]; /* to be read */
    unsigned line_count;
    bool figures_said;
    bool stopping;
    char error[200];
};

static unsigned started;
static struct child alone; /* the server that another generator has started */

/* Whether the word FAULT=I,J has the server's index. */
static bool has(const struct child *child, const char *fault)
{
    const char *text = world_text(child->words, fault);
    while (text != NULL && *text != '\0') {
        char *end;
        if (strtoull(text, &end, 10) == child->index)
            return true;
        text = *end == ',' ? end + 1 : NULL;
    }
    return false;
}

static void arrived(void *context, uint32_t connection, size_t size)
{
    struct child *child = context;
    (void)connection;
    child->bytes = size;
    child->counters.received += size;
    world_client_works(1400 + size / 16);
}

/* What the message costs its server. */
static uint64_t service_ns(struct child *child, uint64_t random)
{
    const struct style *style = child->style;
    uint64_t ns = style->message_ns + (uint64_t)style->open_ns * child->clients +
                  style->kib_ns * child->bytes / KIB;
    ns = ns * child->thousandths / 1000;
    ns += ns * (random % 256) / 1024;
    return has(child, "slow") ? 40 * ns : ns;
}

static void count(struct child *child, bool was_idle)
{
    struct counters *counters = &child->counters;
    const struct style *style = child->style;
    counters->receives++;
    counters->sends++;
    counters->would_block += style->waits && counters->receives % 3 == 0;
    counters->completions += style->is_completions ? 2 : 0;
    counters->others += counters->receives % 100 == 0;
    if (!style->waits)
        return;
    counters->events++;
    if (!was_idle && counters->events % 4 != 0)
        return;
    counters->waits++;
    counters->scanned += style->scans ? child->clients : 1;
    counters->set_bytes += style->scans ? 8 + child->clients / 8 : 0;
}

/* One after the other, as one thread does it. */
static uint64_t answer_ns(void *context, uint32_t connection, uint64_t nth, uint64_t now_ns)
{
    struct child *child = context;
    uint64_t random = world_random(&child->random), lost = world_number(child->words, "lost", 0);
    uint64_t arrives_ns = now_ns + PATH_NS + random % 1024,
             service = service_ns(child, random >> 16);
    bool idle = arrives_ns > child->free_ns;
    if (has(child, "deaf"))
        return VIRTUAL_NEVER;
    if (nth > 0 && lost != 0 && (random >> 32) % lost == 0)
        return VIRTUAL_NEVER;
    if (nth > 0 && has(child, "silent") && now_ns > child->begun_ns + 25 * NS_PER_MS &&
        connection % 3 == 0)
        return VIRTUAL_NEVER;
    if ((random >> 24) % TAIL_ONE_IN == 0)
        service *= 5;
    count(child, idle);
    child->free_ns = (idle ? arrives_ns + WAKE_NS : child->free_ns) + service;
    child->cpu_ns += service;
    world_server_works(service);
    if (has(child, "plateau") && (random >> 40) % 50 == 0)
        return child->free_ns + 40 * NS_PER_MS;
    return child->free_ns + PATH_NS;
}

/* The network's server is this one from now on. */
static void network_begin(struct child *child)
{
    bool dies = has(child, "dies");
    struct virtual_server server = {
        .answer_ns = answer_ns,
        .arrived = arrived,
        .context = child,
        .serves_most = has(child, "full") ? 3 : child->style == style_of("blocking_single"),
        .wrong_nth = has(child, "wrong") ? 20 : 0,
        .dead_ns = dies ? child->begun_ns + 25 * NS_PER_MS : 0,
        .endless_ns = has(child, "endless") ? child->begun_ns + 1 : 0,
        .connect_ns = 2 * PATH_NS + child->thousandths * 7,
        .connect_more_ns = child->thousandths / 2,
        .end_ns = PATH_NS + child->thousandths * 3,
        .send_cost_ns = 1100,
        .wake_late_ns = world_number(child->words, "wake_late_us", 0) * NS_PER_US,
    };
    virtual_begin(&server);
}

static void child_become(struct child *child, const char *model, unsigned clients)
{
    uint64_t seed = world_number(child->words, "seed", 1);
    child->style = style_of(model);
    child->clients = clients;
    for (const char *c = model; *c != '\0'; c++)
        seed = seed * 131 + (unsigned char)*c;
    child->random = seed * 1000003 + child->index;
    child->thousandths =
        (900 + world_random(&child->random) % 200) * world_number(child->words, "cost", 100) / 100;
    child->thousandths +=
        child->thousandths * world_number(child->words, "drift", 0) * child->index / 1000;
    child->begun_ns = child->free_ns = clock_now_ns();
    world_server_is_hidden(world_number(child->words, "wrapper", 0) != 0);
    network_begin(child);
}

void servers_begin(void)
{
    for (size_t i = 0; world_words()[i] != NULL; i++)
        alone.words[i] = world_words()[i];
    child_become(&alone, "select", 16);
}

/* ---- what it says ---- */

static void say(struct child *child, const char *line)
{
    if (child->line_count < LINES_MOST)
        snprintf(child->lines[child->line_count++], LINE_BYTES, "%s", line);
}

static void say_listening(struct child *child, const char *model)
{
    char line[LINE_BYTES];
    uint64_t port = 0;
    const char *address = "127.0.0.1";
    for (size_t i = 0; child->words[i] != NULL; i++) {
        if (strcmp(child->words[i], "--port") == 0)
            port = strtoull(child->words[i + 1], NULL, 10);
        if (strcmp(child->words[i], "--bind") == 0)
            address = child->words[i + 1];
    }
    if (port == 0)
        port = FIRST_PORT + child->index;
    snprintf(line, sizeof line,
             "iomodels=1 event=listening model=%s address=%s port=%" PRIu64
             " pid=%u threads=%u capacity=%u cpus=2 system=%s tool_version=0",
             model, address, port, FIRST_PID + child->index, child->threads, child->clients,
             child->is_wine ? "wine" : "linux");
    say(child, line);
}

static void say_figures(struct child *child, const char *event)
{
    char line[LINE_BYTES];
    const struct counters *counters = &child->counters;
    uint64_t step_us = child->is_wine ? RESOLUTION_WINE_US : 1, cpu_us = child->cpu_ns / NS_PER_US;
    uint64_t user_us = cpu_us * 3 / 10 / step_us * step_us;
    uint64_t system_us = (cpu_us - cpu_us * 3 / 10) / step_us * step_us;
    uint64_t late_ns = (child->figures_said ? 40 : 15) * NS_PER_US;
    if (!child->figures_said && has(child, "late"))
        late_ns = 20 * NS_PER_MS;
    int used = snprintf(
        line, sizeof line,
        "iomodels=1 event=%s time_ns=%" PRIu64 " cpu_user_us=%" PRIu64 " cpu_sys_us=%" PRIu64
        " cpu_resolution_us=%" PRIu64 " rss_peak_bytes=%" PRIu64 " context_switches=%" PRIu64
        " threads=%u threads_peak=%u",
        event, clock_now_ns() + late_ns, user_us, system_us, step_us,
        2600000 + (uint64_t)child->clients * 4096, counters->waits + counters->receives / 20,
        child->threads, child->style->thread_each ? child->clients + 1 : child->threads);
    if (world_text(child->words, "counters") == NULL)
        snprintf(line + used, sizeof line - (size_t)used,
                 " wait_calls=%" PRIu64 " wait_events=%" PRIu64 " wait_scanned=%" PRIu64
                 " wait_set_bytes=%" PRIu64 " recv_calls=%" PRIu64 " recv_bytes=%" PRIu64
                 " send_calls=%" PRIu64 " would_block=%" PRIu64 " other_calls=%" PRIu64
                 " completions=%" PRIu64,
                 counters->waits, counters->events, counters->scanned, counters->set_bytes,
                 counters->receives, counters->received, counters->sends, counters->would_block,
                 counters->others, counters->completions);
    child->figures_said = true;
    say(child, line);
}

static bool is_dead(const struct child *child)
{
    return has(child, "crash") ||
           (has(child, "dies") && clock_now_ns() >= child->begun_ns + 25 * NS_PER_MS);
}

/* ---- child.h ---- */

/* The words, in one block. */
static bool words_take(struct child *child, const char *const *arguments)
{
    size_t count = 0, bytes = 0, used = 0;
    for (; arguments[count] != NULL; count++)
        bytes += strlen(arguments[count]) + 1;
    child->text = count < WORDS_MOST ? malloc(bytes + 1) : NULL;
    for (size_t i = 0; child->text != NULL && i < count; i++) {
        child->words[i] = memcpy(child->text + used, arguments[i], strlen(arguments[i]) + 1);
        used += strlen(arguments[i]) + 1;
    }
    return child->text != NULL;
}

static const char *word_after(const struct child *child, const char *option, const char *otherwise)
{
    for (size_t i = 0; child->words[i] != NULL; i++)
        if (strcmp(child->words[i], option) == 0)
            return child->words[i + 1];
    return otherwise;
}

static void serve(struct child *child)
{
    const char *model = word_after(child, "--model", "");
    unsigned clients = (unsigned)strtoull(word_after(child, "--max-connections", "1"), NULL, 10);
    child->index = ++started;
    child->threads = (unsigned)strtoull(word_after(child, "--threads", "1"), NULL, 10);
    clock_sleep_ms(START_MS);
    child_become(child, model, clients);
    world_server_begins(child->index);
    if (has(child, "nonsense"))
        say(child, "Segmentation fault");
    else if (!has(child, "crash") && !has(child, "babbles"))
        say_listening(child, model);
    if (has(child, "crash") || has(child, "dies"))
        snprintf(child->error, sizeof child->error, "iomodels serve: %s: out of luck", model);
    if (has(child, "full"))
        snprintf(child->error, sizeof child->error,
                 "iomodels serve: connections are refused: it has room for 3");
}

struct child *child_start(const char *const *arguments, const char *cpus, struct failure *failure)
{
    struct child *child = calloc(1, sizeof *child);
    world_server_pin(cpus);
    if (child == NULL || !words_take(child, arguments))
        abort();
    const char *system = world_text(child->words, "system");
    child->is_wine = system != NULL && strcmp(system, "wine") == 0;
    if (strcmp(arguments[0], "virtual") == 0 && word_after(child, "list", NULL) != NULL) {
        clock_sleep_ms(LIST_MS);
        child->list = child->is_wine ? list_wine : list_linux;
        return child;
    }
    if (strcmp(arguments[0], "virtual") == 0)
        serve(child);
    if (strcmp(arguments[0], "virtual") == 0 && !has(child, "unstarted"))
        return child;
    failure_set(failure, "cannot start %s: there is no such program", arguments[0]);
    free(child->text);
    free(child);
    return NULL;
}

/* No scenario has an external program. */
struct child *child_start_program(const char *const *arguments, const char *cpus,
                                  struct failure *failure)
{
    return child_start(arguments, cpus, failure);
}

bool child_usage(struct child *child, struct child_usage *usage)
{
    (void)child;
    *usage = (struct child_usage){.threads = 0};
    return false;
}

unsigned long child_pid(const struct child *child)
{
    return FIRST_PID + child->index;
}

bool child_write(struct child *child, const char *text)
{
    if (is_dead(child))
        return false;
    if (strcmp(text, "stats\n") == 0 && !has(child, "mute") && !has(child, "chatters"))
        say_figures(child, "stats");
    if (strcmp(text, "stop\n") == 0) {
        if (!has(child, "killed"))
            say_figures(child, "stopped");
        child->stopping = true;
    }
    return true;
}

static enum child_read noise_say(char *line, size_t size)
{
    clock_sleep_ms(NOISE_MS);
    snprintf(line, size, "iomodels=1 event=noise");
    return CHILD_LINE;
}

enum child_read child_read_line(struct child *child, char *line, size_t size, uint64_t deadline_ns,
                                bool (*cancelled)(void *context), void *context)
{
    if (cancelled != NULL && cancelled(context))
        return CHILD_CANCELLED;
    if (clock_now_ns() >= deadline_ns)
        return CHILD_TIMEOUT;
    if (child->list != NULL) {
        if (world_text(child->words, "drips") != NULL)
            return noise_say(line, size);
        if (*child->list == NULL)
            return CHILD_EOF;
        snprintf(line, size, "%s", *child->list++);
        return CHILD_LINE;
    }
    if (child->line_count > 0) {
        snprintf(line, size, "%s", child->lines[0]);
        memmove(child->lines[0], child->lines[1], sizeof child->lines - LINE_BYTES);
        child->line_count--;
        return CHILD_LINE;
    }
    if (is_dead(child) || (child->stopping && !has(child, "killed")))
        return CHILD_EOF;
    if (has(child, "babbles") || has(child, "chatters"))
        return noise_say(line, size);
    clock_sleep_ms((unsigned)((deadline_ns - clock_now_ns()) / NS_PER_MS));
    return CHILD_TIMEOUT;
}

const char *child_error_line(struct child *child)
{
    return child->error;
}

bool child_floods_errors(struct child *child)
{
    return has(child, "floods");
}

static int status_of(const struct child *child)
{
    return is_dead(child) ? 139 : has(child, "badly") ? 3 : 0;
}

bool child_ended(struct child *child, int *status)
{
    if (status != NULL)
        *status = status_of(child);
    return is_dead(child);
}

bool child_was_stopped(struct child *child)
{
    return has(child, "stopped");
}

bool child_waits_for_terminal(const struct child *child)
{
    (void)child;
    return false;
}

int child_end(struct child *child, unsigned grace_ms, bool *killed)
{
    int status = status_of(child);
    bool needed = has(child, "killed");
    if (needed)
        clock_sleep_ms(grace_ms);
    if (killed != NULL)
        *killed = needed;
    free(child->text);
    free(child);
    return needed ? 137 : status;
}
