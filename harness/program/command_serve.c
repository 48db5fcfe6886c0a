#include <stdio.h>
#include <string.h>

#include "base/terminal.h"
#include "base/units.h"
#include "host/descriptors.h"
#include "host/host.h"
#include "load/work_text.h"
#include "model.h"
#include "program.h"
#include "program/command.h"
#include "program/options.h"
#include "program/serve_lines.h"
#include "trace/trace_line.h"

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
    const char *work_cpu;
    const char *work_wait;
    uint64_t message_bytes;
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
        serve_lines_statistics(serving.server, "stats");
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
    serve_lines_listening(&server, serving.model);
    if (serving.stop_asked)
        server_stop(&server);
    thread_mutex_unlock(&serving.mutex);
    if (report)
        serve_lines_greet(&server, serving.model);
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
        serve_lines_summary(&server, serving.model);
    else
        serve_lines_statistics(&server, "stopped");
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
     "serving threads; by default as few as the model needs\nfor --max-connections, of a pool 16"},
    {"--buffer-bytes", "SIZE", OPTION_SIZE, GIVEN(buffer_bytes), 1, (uint64_t)64 << 20,
     "of each connection; 64KiB by default"},
    {"--backlog", "N", OPTION_COUNT, GIVEN(backlog), 1, INT32_MAX,
     "connections that may wait to be accepted; by default\nas many as the system allows"},
    {"--max-connections", "N", OPTION_COUNT, GIVEN(max_connections), 1, SERVER_CONNECTIONS_MAX,
     "1024 by default; further ones are refused at once"},
    {"--no-nodelay", NULL, OPTION_FLAG, GIVEN(no_nodelay), 0, 0,
     "leave Nagle's algorithm on, to see what it costs"},
    {"--work-cpu", "TIME", OPTION_TEXT, GIVEN(work_cpu), 0, 0,
     "how long to use the processor for each message, between\nits receive and its send, in the "
     "thread that serves: 20us,\nor exp:20us, exponential with that mean"},
    {"--work-wait", "TIME", OPTION_TEXT, GIVEN(work_wait), 0, 0,
     "how long that thread waits for each message, as for a\nblocking call to a database"},
    {"--message-bytes", "SIZE", OPTION_SIZE, GIVEN(message_bytes), 1, (uint64_t)1 << 30,
     "what is a message to --work-cpu and --work-wait: 64"},
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

/* False after a message. */
static bool work_time_take(const char *option, const char *text, struct work_time *time)
{
    if (text == NULL || work_time_parse(text, time))
        return true;
    options_fail("serve", "%s %s: not " WORK_TIME_FORM, option, text);
    return false;
}

/* Why a model does not take --threads, as its table says. */
static const char *threads_reason(const struct io_model *model)
{
    if (model->clients_at_once == 1)
        return ", which serves one client at a time";
    if (model->connections_per_thread == 1)
        return ", which has a thread or a process for each connection";
    return "";
}

int command_serve(int argc, char **argv)
{
    struct serve_options given = {.bind = "127.0.0.1",
                                  .port = 7777,
                                  .buffer_bytes = (uint64_t)64 * 1024,
                                  .backlog = NET_BACKLOG_MOST,
                                  .max_connections = 1024,
                                  .message_bytes = 64};
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
    struct work *work = &settings.work;
    if (!work_time_take("--work-cpu", given.work_cpu, &work->cpu) ||
        !work_time_take("--work-wait", given.work_wait, &work->wait))
        return EXIT_USAGE;
    if (work->cpu.mean_ns > 0 || work->wait.mean_ns > 0)
        work->message_bytes = (size_t)given.message_bytes;
    if (!net_address_parse(&settings.address, given.bind, (uint16_t)given.port))
        return options_fail(
            "serve",
            "--bind %s: not a numeric IPv4 or IPv6 address; a link-local one needs its "
            "interface, fe80::1%%eth0",
            given.bind);
    if (given.trace && !observe_enabled())
        return options_fail("serve", "--trace: this build observes nothing (-Dobserve=false)");
    if (given.threads != 0 && !chosen->model->threads_apply) {
        fprintf(stderr, "iomodels serve: --threads does not apply to %s%s\n", chosen->name,
                threads_reason(chosen->model));
        settings.threads = 0;
    }
    program_set_output_binary();
    serving.model = chosen->name;
    return serve(chosen->model, &settings, given.control, !given.control && terminal_is(stderr));
}
