#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/terminal.h"
#include "base/units.h"
#include "clock.h"
#include "compiler.h"
#include "host/descriptors.h"
#include "host/host.h"
#include "model.h"
#include "program.h"
#include "program/command.h"
#include "program/options.h"
#include "trace/trace_line.h"

/* The version of the lines on standard output: results/README.md has their keys. */
#define LINE_VERSION "iomodels=1"

enum { CONTROL_LINE_BYTES = 64 };

struct serve_options {
    const char *model;
    const char *bind;
    uint64_t port;
    uint64_t threads;
    uint64_t buffer_bytes;
    uint64_t backlog;
    uint64_t max_connections;
    bool no_nodelay;
    bool trace;
    bool control;
};

/* File-scope: the threads that wait for signals and for commands live as long as the process. */
static struct serving {
    thread_mutex mutex;
    struct server *server; /* NULL: not open, or closed already */
    bool stop_asked;       /* also before it was open */
    const char *model;
} serving = {.mutex = THREAD_MUTEX_INIT};

static void print_address(const struct server *server)
{
    char address[NET_ADDRESS_TEXT];
    printf(LINE_VERSION " event=listening model=%s address=%s port=%u pid=%lu threads=%u "
                        "capacity=%u cpus=%u system=%s tool_version=%s\n",
           serving.model, net_address_format(&server->address, address, sizeof address),
           net_address_port(&server->address), program_id(), server->threads, server->capacity,
           host_cpu_count(), program_system(), IOMODELS_VERSION);
    fflush(stdout);
}

/* Adds to a line of `size` bytes; *used of them are taken. */
static void line_add(char *line, size_t size, size_t *used, const char *format, ...)
    COMPILER_PRINTF(4, 5);

static void line_add(char *line, size_t size, size_t *used, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (*used < size)
        *used += (size_t)vsnprintf(line + *used, size - *used, format, arguments);
    va_end(arguments);
}

/* In one write: other threads print their calls meanwhile. The caller holds the lock. */
static void print_statistics(struct server *server, const char *event)
{
    struct program_usage usage;
    uint64_t totals[OBSERVE_COUNTERS];
    char line[1024];
    size_t used = 0;
    struct server_counts counts = server_counts_now(server);
    program_usage_now(&usage);
    observe_totals(&server->observer, totals);
    line_add(line, sizeof line, &used,
             LINE_VERSION " event=%s time_ns=%" PRIu64 " cpu_user_us=%" PRIu64
                          " cpu_sys_us=%" PRIu64 " cpu_resolution_us=%" PRIu64,
             event, clock_now_ns(), usage.cpu_user_us, usage.cpu_system_us,
             usage.cpu_resolution_us);
    if (usage.rss_peak_bytes != 0)
        line_add(line, sizeof line, &used, " rss_peak_bytes=%" PRIu64, usage.rss_peak_bytes);
    if (usage.context_switches >= 0)
        line_add(line, sizeof line, &used, " context_switches=%" PRId64, usage.context_switches);
    line_add(line, sizeof line, &used,
             " threads=%u threads_peak=%u open=%u accepted=%" PRIu64 " refused=%" PRIu64
             " closed=%" PRIu64 " reset=%" PRIu64 " failed=%" PRIu64,
             thread_count(), thread_count_peak(), server_open_connections(server), counts.accepted,
             counts.refused, counts.closed, counts.reset, counts.failed);
    for (size_t i = 0; i < OBSERVE_COUNTERS && observe_enabled(); i++)
        line_add(line, sizeof line, &used, " %s=%" PRIu64, observe_counter_names[i], totals[i]);
    line_add(line, sizeof line, &used, "\n");
    fputs(line, stdout);
    fflush(stdout);
}

/* "1,234 receives" */
static const char *counted(uint64_t count, const char *noun, char *text, size_t size)
{
    char number[32];
    snprintf(text, size, "%s %s%s", units_format_grouped((double)count, number, sizeof number),
             noun, count == 1 ? "" : "s");
    return text;
}

/* The same for a person who watches: lines that fit a terminal. */
static void print_summary(struct server *server)
{
    struct program_usage usage;
    uint64_t totals[OBSERVE_COUNTERS];
    char first[48], second[48], third[48], user[32], kernel[32], memory[32];
    struct server_counts counts = server_counts_now(server);
    program_usage_now(&usage);
    observe_totals(&server->observer, totals);
    printf("%s has stopped: %s served", serving.model,
           counted(counts.accepted, "connection", first, sizeof first));
    if (counts.refused + counts.reset + counts.failed > 0)
        printf("; %" PRIu64 " more refused, %" PRIu64 " ended by a reset, %" PRIu64 " failed",
               counts.refused, counts.reset, counts.failed);
    printf("\n");
    if (observe_enabled()) {
        printf("  waits      %s, which reported %s\n",
               counted(totals[OBSERVE_WAIT_CALLS], "call", first, sizeof first),
               counted(totals[OBSERVE_WAIT_EVENTS], "event", second, sizeof second));
        printf("  transfers  %s of %s in all; ",
               counted(totals[OBSERVE_RECV_CALLS], "receive", first, sizeof first),
               units_format_size(totals[OBSERVE_RECV_BYTES], second, sizeof second));
        printf("%s of %s; %" PRIu64 " of these found nothing to do\n",
               counted(totals[OBSERVE_SEND_CALLS], "send", first, sizeof first),
               units_format_size(totals[OBSERVE_SEND_BYTES], second, sizeof second),
               totals[OBSERVE_WOULD_BLOCK]);
        printf("  others     %s (accept, close, ...)\n",
               counted(totals[OBSERVE_OTHER_CALLS], "call", first, sizeof first));
    }
    printf("  processor  %s in the program, %s in the system; at most %s",
           units_format_duration(usage.cpu_user_us * 1000, user, sizeof user),
           units_format_duration(usage.cpu_system_us * 1000, kernel, sizeof kernel),
           counted(thread_count_peak(), "thread", third, sizeof third));
    if (usage.rss_peak_bytes != 0)
        printf(", %s of memory", units_format_size(usage.rss_peak_bytes, memory, sizeof memory));
    printf("\n");
    fflush(stdout);
}

static void stop_serving(void *unused)
{
    (void)unused;
    thread_mutex_lock(&serving.mutex);
    serving.stop_asked = true;
    if (serving.server != NULL)
        server_stop(serving.server);
    thread_mutex_unlock(&serving.mutex);
}

static void obey(const char *line)
{
    thread_mutex_lock(&serving.mutex);
    if (serving.server != NULL && strcmp(line, "stats") == 0)
        print_statistics(serving.server, "stats");
    else if (serving.server != NULL && strcmp(line, "stop") == 0)
        server_stop(serving.server);
    thread_mutex_unlock(&serving.mutex);
}

/* A line that is no command, too long ones too, is passed over. */
static void read_commands(void *unused)
{
    char bytes[CONTROL_LINE_BYTES], line[CONTROL_LINE_BYTES];
    size_t count, length = 0;
    while ((count = program_read_input(bytes, sizeof bytes)) > 0) {
        for (size_t i = 0; i < count; i++) {
            if (bytes[i] == '\n') {
                line[length < sizeof line ? length : 0] = '\0';
                obey(line);
                length = 0;
            } else if (bytes[i] != '\r' && length < sizeof line) {
                line[length++] = bytes[i];
            }
        }
    }
    stop_serving(unused);
}

static void print_for_people(const struct server *server)
{
    char address[NET_ADDRESS_TEXT], buffer[32];
    fprintf(stderr, "%s serves on %s port %u: at most %u connections, %s each; Ctrl-C stops it\n",
            serving.model, net_address_format(&server->address, address, sizeof address),
            net_address_port(&server->address), server->capacity,
            units_format_size(server->options.buffer_bytes, buffer, sizeof buffer));
}

static void print_lack(const char *text)
{
    fprintf(stderr, "iomodels serve: connections are refused: %s\n", text);
}

/*
 * The models that can serve here, for a message. Not before one is needed: to look tries io_uring
 * out, and what the kernel does afterwards to take a ring down ends this thread's next wait (EINTR).
 */
static const char *models_known(char *known, size_t size)
{
    char text[160];
    size_t used = 0;
    known[0] = '\0';
    for (const struct model_entry *entry = model_registry; entry->name != NULL; entry++)
        if (entry->lesson_of == NULL && model_unavailable(entry, text, sizeof text) == NULL &&
            used < size)
            used += (size_t)snprintf(known + used, size - used, "%s%s", used == 0 ? "" : ", ",
                                     entry->name);
    return known;
}

/* NULL after a message; *status is then the exit status. */
static const struct model_entry *model_choose(const char *name, int *status)
{
    char known[512], text[160];
    const struct model_entry *chosen = name == NULL ? NULL : model_find(name);
    const char *reason = chosen == NULL ? NULL : model_unavailable(chosen, text, sizeof text);
    *status = EXIT_USAGE;
    if (name == NULL) {
        options_fail("serve", "--model is missing: %s", models_known(known, sizeof known));
    } else if (chosen == NULL) {
        options_fail("serve", "unknown model %s; the models here are %s", name,
                     models_known(known, sizeof known));
    } else if (chosen->model == NULL) {
        options_fail("serve", "%s %s; the models here are %s", name, reason,
                     models_known(known, sizeof known));
    } else if (reason != NULL) {
        fprintf(stderr, "iomodels serve: %s: %s\n", name, reason);
        *status = EXIT_FAILED;
    } else {
        return chosen;
    }
    return NULL;
}

static int serve(const struct io_model *model, const struct server_options *options, bool control,
                 bool report)
{
    static struct server server; /* not on the stack: it has a place for each possible failure */
    char cause[160];
    int error = program_on_stop(stop_serving, NULL);
    if (error != 0) {
        fprintf(stderr, "iomodels serve: preparing for Ctrl-C: %s\n",
                net_error_text(error, cause, sizeof cause));
        return EXIT_FAILED;
    }
    descriptors_raise("serve", options->max_connections);
    program_usage_prepare();
    error = server_open(&server, options, model_needs(model));
    if (error != 0) {
        const char *hint = net_bind_hint(error);
        fprintf(stderr,
                "iomodels serve: %s%s%s; choose another --port (0: any free one) or --bind "
                "address\n",
                server_failure_text(&server), hint == NULL ? "" : "; ", hint == NULL ? "" : hint);
        return EXIT_FAILED;
    }
    thread_mutex_lock(&serving.mutex);
    serving.server = &server;
    print_address(&server);
    if (serving.stop_asked)
        server_stop(&server);
    thread_mutex_unlock(&serving.mutex);
    if (report)
        print_for_people(&server);
    if (control)
        error = thread_start_detached(read_commands, NULL);
    if (options->report != NULL)
        trace_line_begin(!control);
    if (error != 0)
        server_fail_thread(&server, "starting the thread that reads commands", error);
    else
        error = model->serve(&server);

    thread_mutex_lock(&serving.mutex);
    if (!control && terminal_is(stdout))
        print_summary(&server);
    else
        print_statistics(&server, "stopped");
    serving.server = NULL;
    thread_mutex_unlock(&serving.mutex);
    if (error != 0)
        fprintf(stderr, "iomodels serve: %s\n", server_failure_text(&server));
    server_close(&server);
    return error == 0 ? 0 : EXIT_FAILED;
}

#define GIVEN(member) offsetof(struct serve_options, member)

static const struct option options[] = {
    {"--model", "NAME", OPTION_TEXT, GIVEN(model), 0, 0, "the I/O model: see `iomodels list`"},
    {"--bind", "ADDRESS", OPTION_TEXT, GIVEN(bind), 0, 0,
     "numeric IPv4 or IPv6 address; 127.0.0.1 by default,\nso that only this machine reaches "
     "it. :: takes IPv6\nonly; a link-local one needs its interface:\nfe80::1%eth0, on "
     "Windows by number: fe80::1%12"},
    {"--port", "N", OPTION_COUNT, GIVEN(port), 0, 65535, "7777 by default; 0: any free one"},
    {"--threads", "N", OPTION_COUNT, GIVEN(threads), 1, 1024,
     "serving threads; by default as few as the model needs\nfor --max-connections"},
    {"--buffer-bytes", "SIZE", OPTION_SIZE, GIVEN(buffer_bytes), 1, (uint64_t)64 << 20,
     "of each connection; 64KiB by default"},
    {"--backlog", "N", OPTION_COUNT, GIVEN(backlog), 1, INT32_MAX,
     "connections that may wait to be accepted; by default\nas many as the system allows"},
    {"--max-connections", "N", OPTION_COUNT, GIVEN(max_connections), 1, SERVER_CONNECTIONS_MAX,
     "1024 by default; further ones are refused at once"},
    {"--no-nodelay", NULL, OPTION_FLAG, GIVEN(no_nodelay), 0, 0,
     "leave Nagle's algorithm on, to see what it costs"},
    {"--trace", NULL, OPTION_FLAG, GIVEN(trace), 0, 0,
     "print each system call of the model on standard error;\nof one that can wait also where "
     "it begins"},
    {"--control", NULL, OPTION_FLAG, GIVEN(control), 0, 0,
     "obey the lines `stats` and `stop` on standard input,\nand stop at its end"},
    {.name = NULL}};

static const struct command command = {
    "serve", "--model NAME [OPTION...]",
    "Sends back what it receives, by the I/O model of your choice, until Ctrl-C.\n", options,
    "Standard output has one line when it listens and one, with its counters, when it has\n"
    "stopped, as key=value words; on a terminal the latter is a summary for people. With\n"
    "--control the lines of --trace stand there too. Exit status: 0, 1 for a failure, 2 for\n"
    "bad usage.\n"
    "\nTry it: iomodels serve --model select --trace\n"
    "and in another terminal: ncat 127.0.0.1 7777 (or telnet, or nc). `iomodels trace` is its\n"
    "own client, and sets the calls of several models side by side.\n"};

int command_serve(int argc, char **argv)
{
    struct serve_options given = {.bind = "127.0.0.1",
                                  .port = 7777,
                                  .buffer_bytes = (uint64_t)64 * 1024,
                                  .backlog = NET_BACKLOG_MOST,
                                  .max_connections = 1024};
    int status;
    if (!options_take(&command, &given, argc, argv, &status))
        return status;
    const struct model_entry *chosen = model_choose(given.model, &status);
    if (chosen == NULL)
        return status;
    struct server_options settings = {
        .threads = (unsigned)given.threads,
        .buffer_bytes = (size_t)given.buffer_bytes,
        .backlog = (int)given.backlog,
        .max_connections = (unsigned)given.max_connections,
        .nodelay = !given.no_nodelay,
        .report = !given.trace    ? NULL
                  : given.control ? trace_line_write
                                  : trace_line_print,
        .on_lack = print_lack,
    };
    if (!net_address_parse(&settings.address, given.bind, (uint16_t)given.port))
        return options_fail(
            "serve",
            "--bind %s: not a numeric IPv4 or IPv6 address; a link-local one needs its "
            "interface, fe80::1%%eth0",
            given.bind);
    if (given.trace && !observe_enabled())
        return options_fail("serve", "--trace: this build observes nothing (-Dobserve=false)");
    if (given.threads != 0 && !chosen->model->threads_apply)
        fprintf(stderr,
                "iomodels serve: --threads does not apply to %s, which has a thread for "
                "each connection\n",
                chosen->name);
    program_set_output_binary();
    serving.model = chosen->name;
    return serve(chosen->model, &settings, given.control, !given.control && terminal_is(stderr));
}
