#include "program/serve_lines.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/units.h"
#include "clock.h"
#include "compiler.h"
#include "host/host.h"
#include "program.h"
#include "thread.h"

/* The version of the lines on standard output: results/README.md has their keys. */
#define LINE_VERSION "iomodels=1"

void serve_lines_greet(const struct server *server, const char *model)
{
    char address[NET_ADDRESS_TEXT], buffer[32];
    fprintf(stderr, "%s serves on %s port %u: at most %u connections, %s each; Ctrl-C stops it\n",
            model, net_address_format(&server->address, address, sizeof address),
            net_address_port(&server->address), server->capacity,
            units_format_size(server->options.buffer_bytes, buffer, sizeof buffer));
}

void serve_lines_listening(const struct server *server, const char *model)
{
    char address[NET_ADDRESS_TEXT];
    printf(LINE_VERSION " event=listening model=%s address=%s port=%u pid=%lu threads=%u "
                        "capacity=%u cpus=%u system=%s tool_version=%s\n",
           model, net_address_format(&server->address, address, sizeof address),
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

enum {
    LINE_BYTES = 4096,
    THREADS_TOLD = 64 /* with more threads their shares are left out */
};

/* " threads_accepts=3,0" where several threads serve. */
static void shares_add(char *line, size_t *used, struct server *server, const char *name,
                       enum observe_counter counter)
{
    uint64_t values[THREADS_TOLD];
    unsigned count = observe_workers(&server->observer, counter, values, THREADS_TOLD);
    for (unsigned i = 0; i < count && count > 1; i++)
        line_add(line, LINE_BYTES, used, "%s%s%s%" PRIu64, i == 0 ? " " : ",", i == 0 ? name : "",
                 i == 0 ? "=" : "", values[i]);
}

/* In one write: other threads print their calls meanwhile. */
void serve_lines_statistics(struct server *server, const char *event)
{
    struct program_usage usage;
    uint64_t totals[OBSERVE_COUNTERS];
    char line[LINE_BYTES];
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
    if (server->options.work.message_bytes > 0)
        line_add(line, sizeof line, &used, " worked=%" PRIu64, counts.worked);
    for (size_t i = 0; i < OBSERVE_COUNTERS && observe_enabled(); i++)
        line_add(line, sizeof line, &used, " %s=%" PRIu64, observe_counter_names[i], totals[i]);
    if (observe_enabled()) {
        shares_add(line, &used, server, "threads_recv_bytes", OBSERVE_RECV_BYTES);
        shares_add(line, &used, server, "threads_accepts", OBSERVE_ACCEPTS);
    }
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

void serve_lines_summary(struct server *server, const char *model)
{
    struct program_usage usage;
    uint64_t totals[OBSERVE_COUNTERS];
    char first[48], second[48], third[48], user[32], kernel[32], memory[32];
    struct server_counts counts = server_counts_now(server);
    program_usage_now(&usage);
    observe_totals(&server->observer, totals);
    printf("%s has stopped: %s served", model,
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
