#include "program/bench_options.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "load/schedule.h"
#include "program/command.h"
#include "program/options.h"
#include "run/suite.h"
#include "server.h"

enum { NS_PER_MS = 1000000 };

#define DURATION_MAX_NS   ((uint64_t)24 * 3600 * 1000000000)
#define INTERVAL_MAX_NS   ((uint64_t)3600 * 1000000000)
#define MESSAGE_BYTES_MAX ((uint64_t)1 << 30)
/* So that no two slots begin in the same second, which tells them apart. */
#define ALLOWANCE_LEAST_NS 500000000

static const uint64_t IDLE_WAIT_NS = (uint64_t)5 * 1000000000;
static const uint64_t ALLOWANCE_NS = (uint64_t)2 * 1000000000;

/* Of the example of a moment. */
static const uint64_t START_AHEAD_NS = (uint64_t)60 * 1000000000;

enum { GENERATORS_PORT = 7777 };

/* A request, and texts that are looked at once all is there. */
struct given {
    struct bench_request asked;
    const char *ports;
    const char *identity;
    const char *start;
};

#define ASKED(member) offsetof(struct given, asked.member)

static const struct option options[] = {
    {.name = "what is measured", .kind = OPTION_HEADING},
    {"--suite", "NAME", OPTION_TEXT, ASKED(suite), 0, 0, "one of those below; quick by default"},
    {"--model", "NAME[,NAME]", OPTION_TEXTS, ASKED(models), 0, 0,
     "only these models or lessons; by default every model of each\n"
     "target"},
    {"--target", "NAME=COMMAND", OPTION_TEXTS, ASKED(targets), 0, 0,
     "whose models to measure: a command that runs an iomodels, or\n"
     "any other echo server, see below; may be repeated; by default\n"
     "this program itself, which the word iomodels means too where\n"
     "PATH has none"},
    {"--target-missing", "NAME=REASON", OPTION_TEXTS, ASKED(missing), 0, 0,
     "a target that can't be had: its rows are skipped"},
    {.name = "the load", .kind = OPTION_HEADING},
    {"--workload", "NAME[,NAME]", OPTION_TEXTS, ASKED(workloads), 0, 0,
     "those of the list below, instead of the suite's"},
    {"--connections", "N[,N]", OPTION_COUNTS, ASKED(connections), 1, SERVER_CONNECTIONS_MAX,
     "numbers of connections, each measured"},
    {"--message-bytes", "SIZE[,SIZE]", OPTION_SIZES, ASKED(message_sizes), 1, MESSAGE_BYTES_MAX,
     "such as 64,64KiB, each measured; of a stream: its blocks"},
    {"--pipeline", "N", OPTION_COUNT, ASKED(pipeline_depth), 1, 1024,
     "messages in flight on each connection, by default 1, and 4\n"
     "in a stream"},
    {"--rate", "N[,N]", OPTION_COUNTS, ASKED(rates), 1, SCHEDULE_RATE_MAX,
     "messages a second on all connections together, each\n"
     "measured; 10000 by default"},
    {"--rate-search", "BOUND", OPTION_TEXT, ASKED(rate_search), 0, 0,
     "find the highest rate within a bound of latency, such as\n"
     "p99:1ms, any percentile up to p99.99 or max; --rate is\n"
     "where it begins, --trials of each rate (3) decide by\n"
     "majority"},
    {"--burst-every", "TIME", OPTION_DURATION, ASKED(burst_interval_ns), 1, DURATION_MAX_NS,
     "from one burst to the next; 10ms by default"},
    {"--active", "N", OPTION_COUNT, ASKED(active), 1, SERVER_CONNECTIONS_MAX,
     "connections that send in idle; 1 by default"},
    {"--steps", "N", OPTION_COUNT, ASKED(steps), 1, 100,
     "of a ramp up to its connections; 4 by default"},
    {"--misbehaving", "N", OPTION_COUNT, ASKED(misbehaving), 1, 1000,
     "clients of mixed beside its connections; 6 by default"},
    {"--work-cpu", "TIME[,TIME]", OPTION_TEXTS, ASKED(work_cpu), 0, 0,
     "how long the server uses its processor for each message, in\n"
     "the thread that serves, such as 20us, or exp:20us: exponential\n"
     "with that mean; 0: not at all; each measured"},
    {"--work-wait", "TIME[,TIME]", OPTION_TEXTS, ASKED(work_wait), 0, 0,
     "how long that thread waits for each message, as for a blocking\n"
     "call to a database; as --work-cpu"},
    {.name = "how long, how often", .kind = OPTION_HEADING},
    {"--duration", "TIME", OPTION_DURATION, ASKED(duration_ns), NS_PER_MS, DURATION_MAX_NS,
     "of the window that is measured: 2s"},
    {"--warmup", "TIME", OPTION_DURATION, ASKED(warmup_ns), 1, DURATION_MAX_NS,
     "thrown away before it: 300ms"},
    {"--interval", "TIME", OPTION_DURATION, ASKED(interval_ns), NS_PER_MS, INTERVAL_MAX_NS,
     "cut each window into intervals of this length, and write\n"
     "intervals.csv: when there was how much, how slow; at most\n"
     "10000 of them"},
    {"--per-connection", NULL, OPTION_FLAG, ASKED(per_connection), 0, 0,
     "write connections.csv: what each connection got"},
    {"--trials", "N", OPTION_COUNT, ASKED(trials), 1, 100000,
     "repetitions; a verdict between models takes at least 6"},
    {"--require", "NAME:LIMIT", OPTION_TEXTS, ASKED(requirements), 0, 0,
     "limits that the medians have to keep, else the exit status is\n1: p99:5ms, throughput:10k, "
     "or a column's name and a number"},
    {"--until-ci", "PERCENT", OPTION_TEXT, ASKED(until_ci), 0, 0,
     "trials until half of the 95 % interval of each median CPU\n"
     "time is at most this share of the median, such as 5 (percent);\n"
     "at least 6 trials, at most --trials (50)"},
    {"--idle-wait", "TIME", OPTION_DURATION, ASKED(idle_wait_ns), 0, DURATION_MAX_NS,
     "how long a run waits for a host that is idle enough; 5s\n"
     "by default; its row tells where that was in vain"},
    {.name = "where", .kind = OPTION_HEADING},
    {"--placement", "split|none", OPTION_TEXT, ASKED(placement), 0, 0,
     "split: server and client on a processor each (the default\n"
     "where there are two); none: as the system likes"},
    {"--server-cpus", "LIST", OPTION_TEXT, ASKED(server_cpus), 0, 0,
     "the server's processors, such as 0,2-3, instead of a\n"
     "--placement; under Wine its wineserver's too"},
    {"--client-cpus", "LIST", OPTION_TEXT, ASKED(client_cpus), 0, 0,
     "the client's; a side that is not told runs as the system\n"
     "likes"},
    {"--client-threads", "N", OPTION_COUNT, ASKED(client_threads), 1, CLIENT_THREADS_MAX,
     "of the load generator, at most one for each connection; 1 by\n"
     "default"},
    {.name = "the servers", .kind = OPTION_HEADING},
    {"--threads", "N[,N]", OPTION_COUNTS, ASKED(threads), 1, 1024,
     "serving threads of each model that takes the option, each\nmeasured"},
    {"--buffer-bytes", "SIZE", OPTION_SIZE, ASKED(buffer_bytes), 1, (uint64_t)64 << 20,
     "the server's, for each connection; 64KiB by default"},
    {"--no-nodelay", NULL, OPTION_FLAG, ASKED(no_nodelay), 0, 0,
     "leave Nagle's algorithm on, at both ends"},
    {.name = "more than one machine", .kind = OPTION_HEADING},
    {"--connect", "[NAME=]ADDRESS", OPTION_TEXTS, ASKED(connects), 0, 0,
     "numeric: the server of a --target \"NAME=ssh host iomodels\" is\n"
     "reached, and listens, there; without NAME: of every target"},
    {"--server-bind", "[NAME=]ADDRESS", OPTION_TEXTS, ASKED(server_binds), 0, 0,
     "where it listens, if that is another address (NAT)"},
    {"--server-port", "N[-N]", OPTION_TEXT, offsetof(struct given, ports), 0, 0,
     "the servers' ports, in turn: what a firewall has to let\n"
     "through; any free one by default"},
    {"--generator", "I/N", OPTION_TEXT, offsetof(struct given, identity), 0, 0,
     "the Ith of N load generators, which are all started with\n"
     "the same options; by default from mpirun's or srun's variables;\n"
     "1/1: this one alone, whatever those say"},
    {"--start-at", "UTC", OPTION_TEXT, offsetof(struct given, start), 0, 0,
     "when all of them begin: 2026-11-24T15:00:00Z"},
    {"--allowance", "TIME", OPTION_DURATION, ASKED(generator.allowance_ns), ALLOWANCE_LEAST_NS,
     DURATION_MAX_NS,
     "how long they have to start a server and to connect before\n"
     "each warm-up, and for the end after each window; 2s by default"},
    {.name = "the run", .kind = OPTION_HEADING},
    {"--out", "DIR", OPTION_TEXT, ASKED(out), 0, 0,
     "where the run's own folder is made; results by default"},
    {"--seed", "N", OPTION_COUNT, ASKED(seed), 0, UINT64_MAX - 1,
     "of the order within each round; by default another each time"},
    {"--explain", NULL, OPTION_FLAG, ASKED(explain), 0, 0,
     "after the table, say what one message cost each model: waits,\n"
     "what they scan, receives, sends, context switches"},
    {"--format", "json", OPTION_TEXT, ASKED(format), 0, 0,
     "the summary as JSON instead of tables, for other programs"},
    {"--report", NULL, OPTION_FLAG, ASKED(report), 0, 0,
     "at the end, make the page report.html in the run's folder, as\n"
     "'iomodels report' does"},
    {"--resume", "DIR", OPTION_TEXT, ASKED(resume), 0, 0,
     "go on with the run in this folder (or: its runs.csv) where it\n"
     "stopped, with its own arguments; only --trials, --report and\n"
     "--dry-run can be given besides"},
    {"--dry-run", NULL, OPTION_FLAG, ASKED(dry_run), 0, 0,
     "say how many runs it would be, and how long"},
    {.name = NULL}};

/* Who of several generators this is, and all that it takes then. False: *status is set. */
static bool generator_take(struct bench_request *given, const char *identity, const char *start,
                           int *status)
{
    struct generator *generator = &given->generator;
    *status = EXIT_USAGE;
    if (!generator_identify(generator, identity)) {
        options_fail("bench", "--generator %s: not I/N, such as 2/3: the second of three",
                     identity);
    } else if (generator->count > GENERATORS_MAX) {
        options_fail("bench", "generator %u of %u (by %s): at most %d can load a server together",
                     generator->index, generator->count, generator->known_by, GENERATORS_MAX);
    } else if (generator->count == 1 && start != NULL) {
        options_fail("bench", "--start-at is for several load generators: see --generator");
    } else if (generator->count > 1 && start == NULL) {
        char moment[24];
        options_fail("bench",
                     "generator %u of %u (by %s): --start-at is missing, the moment in UTC when "
                     "all of them begin, such as --start-at %s%s",
                     generator->index, generator->count, generator->known_by,
                     clock_utc_format(clock_utc_ns() + START_AHEAD_NS, moment, sizeof moment),
                     identity == NULL ? "; to measure alone: --generator 1/1" : "");
    } else if (start != NULL && !clock_utc_parse(start, &generator->start_utc_ns)) {
        options_fail("bench", "--start-at %s: not a moment in UTC such as 2026-11-24T15:00:00Z",
                     start);
    } else {
        *status = 0;
    }
    if (*status != 0)
        return false;
    /* All have to agree on what is chosen by default, too. */
    generator->next_utc_ns = generator->start_utc_ns;
    if (given->seed == UINT64_MAX)
        given->seed =
            generator->count == 1 ? (uint64_t)time(NULL) : generator->start_utc_ns / 1000000000;
    if (generator->count > 1 && given->server_ports.first == 0)
        given->server_ports =
            (struct server_ports){GENERATORS_PORT, GENERATORS_PORT, GENERATORS_PORT};
    return true;
}

static size_t append(char *text, size_t size, size_t used, const char *format, ...)
    COMPILER_PRINTF(4, 5);

static size_t append(char *text, size_t size, size_t used, const char *format, ...)
{
    va_list arguments;
    if (used >= size)
        return used;
    va_start(arguments, format);
    used += (size_t)vsnprintf(text + used, size - used, format, arguments);
    va_end(arguments);
    return used;
}

/* "  NAME  SUMMARY", the summary's further lines below its first. */
static size_t append_named(char *text, size_t size, size_t used, const char *name,
                           const char *summary)
{
    const char *end = strchr(summary, '\n');
    used = append(text, size, used, "  %-10s", name);
    for (; end != NULL; summary = end + 1, end = strchr(summary, '\n'))
        used = append(text, size, used, "%.*s\n%12s", (int)(end - summary), summary, "");
    return append(text, size, used, "%s\n", summary);
}

static void outro_write(char *text, size_t size)
{
    size_t used = append(text, size, 0, "suites:\n");
    for (const struct suite *suite = suites; suite->name != NULL; suite++)
        used = append_named(text, size, used, suite->name, suite->summary);
    used = append(text, size, used, "\nworkloads:\n");
    for (size_t i = 0; workload_kinds[i] != NULL; i++)
        used = append_named(text, size, used, workload_kinds[i]->name, workload_kinds[i]->summary);
    append(text, size, used,
           "\nLists have commas, or their option is given again: --connections 1,16 --connections "
           "1k.\n"
           "k is 1,000 and M 1,000,000, KiB 1,024 B. Names and units in upper or lower case.\n"
           "\nA --target's command is split at blanks; '...' and \"...\" keep them, as in\n"
           "--target \"new='C:\\Program Files\\x\\iomodels.exe'\" or --target \"far=ssh host "
           "iomodels\".\n"
           "Where all of it is the path of a file, it is that file. No shell reads it.\n"
           "Any server that echoes can be measured beside the models: as a program that gets its\n"
           "port in the place of {port}, --target \"go=exec:./echo-go -port {port}\", started for "
           "each run\nand ended by SIGTERM (Windows: Ctrl-Break), or as one that runs already,\n"
           "--target far=tcp:192.0.2.7:7000. Its model is called external.\n"
           "\nWritten are DIR/TIME/runs.csv (a row for each run: results/README.md explains its\n"
           "columns), histogram.csv, summary.csv (medians with their intervals), environment.csv,\n"
           "with --rate-search rate_search.csv, and .hgrm files for the HdrHistogram plotter.\n"
           "'iomodels compare DIR/TIME' compares. Whatever ends it, Ctrl-C or kill -9, the "
           "finished rows are kept, and --resume\n"
           "goes on. Exit status: 0, 1 where a run failed or a --require was not kept, 2 for bad "
           "usage, 130 for Ctrl-C.\n");
}

bool bench_options_take(struct bench_request *request, int argc, char **argv, int *status)
{
    struct given given = {.asked = {.suite = suites[0].name,
                                    .buffer_bytes = (uint64_t)64 * 1024,
                                    .seed = UINT64_MAX,
                                    .idle_wait_ns = IDLE_WAIT_NS,
                                    .generator = {.allowance_ns = ALLOWANCE_NS},
                                    .out = "results"}};
    char outro[4096];
    outro_write(outro, sizeof outro);
    const struct command command = {
        "bench", "[OPTION...]",
        "Measures every model under the same load and compares them: a fresh server for each run,\n"
        "every byte checked, trials interleaved in a shuffled order.\n",
        options, outro};
    bool taken = options_take(&command, &given, argc, argv, status);
    *request = given.asked;
    if (!taken)
        return false;
    if (given.ports != NULL && !server_ports_parse(&request->server_ports, given.ports)) {
        *status = options_fail("bench", "--server-port %s: not a port, or two such as 7000-7099",
                               given.ports);
        return false;
    }
    return generator_take(request, given.identity, given.start, status);
}
