#include "trace/trace_line.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/units.h"
#include "clock.h"
#include "program.h"
#include "run/target_line.h"

/* So wide is the longest call: GetQueuedCompletionStatusEx(until a completion). */
enum { CALL_WIDTH = 47, LINE_BYTES = 400 };

static const char line_begin[] = "iomodels=1 event=call ";
static uint64_t start_ns;

void trace_line_begin(bool people)
{
    start_ns = clock_now_ns();
    if (!people)
        return;
    fprintf(stderr, "%11s  %10s  %9s  %7s  %7s  %-*s  %s\n", "seconds", "waited us", "worked us",
            "thread", "session", CALL_WIDTH, "call", "result");
    fflush(stderr); /* Wine's C library buffers it where it is a file */
}

/* The caller may be a child process. */
static void line_write(enum program_stream stream, const char *line)
{
    program_write(stream, line, strlen(line));
}

static const char *duration_text(const struct observed_call *call, bool waits, char *text,
                                 size_t size)
{
    snprintf(text, size, "-");
    if (call->ended_ns != 0 && call->waits == waits)
        units_format_fixed((double)(call->ended_ns - call->begun_ns) / 1e3, 1, text, size);
    return text;
}

void trace_line_print(const struct observed_call *call)
{
    char session[16] = "-", waited[32], worked[32], line[LINE_BYTES];
    uint64_t at_ns = call->ended_ns != 0 ? call->ended_ns : call->begun_ns;
    if (call->connection != 0)
        snprintf(session, sizeof session, "%" PRIu32, call->connection);
    snprintf(line, sizeof line, "%11.6f  %10s  %9s  %7lu  %7s  %-*s  %s\n",
             (double)(at_ns - start_ns) / 1e9, duration_text(call, true, waited, sizeof waited),
             duration_text(call, false, worked, sizeof worked), call->thread, session, CALL_WIDTH,
             call->call, call->ended_ns != 0 ? call->result : "waits");
    line_write(PROGRAM_ERROR, line);
}

/* The two texts have blanks, so they stand at the end, behind a tab each. */
void trace_line_write(const struct observed_call *call)
{
    char line[LINE_BYTES];
    snprintf(line, sizeof line,
             "%sbegun_ns=%" PRIu64 " ended_ns=%" PRIu64 " thread=%lu connection=%" PRIu32
             " waits=%s\t%s\t%s\n",
             line_begin, call->begun_ns - start_ns,
             call->ended_ns == 0 ? 0 : call->ended_ns - start_ns, call->thread, call->connection,
             call->waits ? "yes" : "no", call->call, call->result);
    line_write(PROGRAM_OUTPUT, line);
}

static bool number_read(const char *line, const char *key, uint64_t most, uint64_t *number)
{
    char text[32];
    return target_line_text(line, key, text, sizeof text) &&
           units_parse_count(text, 0, most, number);
}

bool trace_line_read(char *line, struct observed_call *call)
{
    char waits[8];
    uint64_t thread, connection;
    char *name = strchr(line, '\t'), *result = name == NULL ? NULL : strchr(name + 1, '\t');
    if (strncmp(line, line_begin, sizeof line_begin - 1) != 0 || result == NULL)
        return false;
    *name = *result = '\0';
    if (!number_read(line, "begun_ns", UINT64_MAX, &call->begun_ns) ||
        !number_read(line, "ended_ns", UINT64_MAX, &call->ended_ns) ||
        !number_read(line, "thread", UINT32_MAX, &thread) ||
        !number_read(line, "connection", UINT32_MAX, &connection) ||
        !target_line_text(line, "waits", waits, sizeof waits))
        return false;
    call->thread = (unsigned long)thread;
    call->connection = (uint32_t)connection;
    call->waits = strcmp(waits, "yes") == 0;
    call->call = name + 1;
    call->result = result + 1;
    return true;
}
