#include "trace/trace_table.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"

enum {
    CELL_MIN = 20,
    CELL_MAX = 60,
    CELL_BYTES = 400,
    INDENT = 2, /* of a cell's further lines */
    LINE_ENDS = 64
};

static const char between[] = " | ";

/* ---- a call as text ---- */

static const char *duration_text(uint64_t ns, char *text, size_t size)
{
    return units_format_duration(ns, text, size);
}

/* Of an error, "EAGAIN: try again", its name alone. */
static int result_length(const char *result)
{
    size_t name = strspn(result, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");
    return (int)(name > 1 && result[name] == ':' ? name : strlen(result));
}

/*
 * "select(1 socket, 8 bytes): waits", "select: 1 ready, after 300 ms", "accept(): socket 6". The
 * thread and the connection are named where there are several.
 */
static const char *call_text(const struct trace *trace, const struct trace_call *call, char *text,
                             size_t size)
{
    char thread[24] = "", connection[24] = "", after[32];
    if (trace->threads > 1)
        snprintf(thread, sizeof thread, "[%u] ", call->thread);
    if (trace->connections > 1 && call->connection != 0)
        snprintf(connection, sizeof connection, "#%" PRIu32 " ", call->connection);
    if (call->ended_ns == 0)
        snprintf(text, size, "%s%s%s: waits", thread, connection, call->call);
    else if (call->waits)
        snprintf(text, size, "%s%s%.*s: %.*s, after %s", thread, connection,
                 (int)strcspn(call->call, "("), call->call, result_length(call->result),
                 call->result, duration_text(call->ended_ns - call->begun_ns, after, sizeof after));
    else if (strcmp(call->result, "ok") == 0)
        snprintf(text, size, "%s%s%s", thread, connection, call->call);
    else
        snprintf(text, size, "%s%s%s: %.*s", thread, connection, call->call,
                 result_length(call->result), call->result);
    return text;
}

/* ---- lines of a cell ---- */

/* Where a line may end: behind a blank or a parenthesis; in a long name before a capital. */
static bool may_break(const char *text, size_t at, bool in_names)
{
    if (!in_names)
        return text[at - 1] == ' ' || (text[at - 1] == '(' && text[at] != ')');
    return text[at - 1] == '_' ||
           (isupper((unsigned char)text[at]) && islower((unsigned char)text[at - 1]));
}

/* How much of text goes into a line of `width`. */
static size_t line_length(const char *text, size_t width)
{
    size_t length = strlen(text);
    if (length <= width)
        return length;
    for (int in_names = 0; in_names <= 1; in_names++)
        for (size_t at = width; at > width / 3; at--)
            if (may_break(text, at, in_names != 0))
                return at;
    return width;
}

/* The cells of one model in one step. */
struct column {
    const struct trace *trace;
    size_t call; /* the next one */
    size_t end;  /* behind the last one of this step */
    /* Calls that are repeated: said once, until group_end; then how often, until repeats_end. */
    size_t group, group_end, repeats_end;
    char text[CELL_BYTES];
    const char *left; /* of text, not printed yet; "": the next call is due */
};

static bool is_same(const struct trace_call *one, const struct trace_call *other)
{
    return one->thread == other->thread && one->connection == other->connection && !one->waits &&
           !other->waits && strcmp(one->call, other->call) == 0 &&
           strcmp(one->result, other->result) == 0;
}

/* How often the next `period` calls stand there in a row. */
static size_t repetitions(const struct column *column, size_t period)
{
    const struct trace_call *calls = column->trace->calls;
    size_t at = column->call + period;
    while (at < column->end && is_same(&calls[at], &calls[at - period]))
        at++;
    return (at - column->call) / period;
}

/*
 * The next text of the column: a call; where one or two were made again and again (AcceptEx by iocp),
 * once, and then how often. False: the step has no more.
 */
static bool column_next(struct column *column)
{
    enum { WORTH_SAYING = 4 };
    if (column->group > 0 && column->call == column->group_end) {
        snprintf(column->text, sizeof column->text, "(%s%zu times)",
                 column->group > 1 ? "both " : "",
                 (column->repeats_end - column->group_end) / column->group + 1);
        column->call = column->repeats_end;
        column->group = 0;
        column->left = column->text;
        return true;
    }
    if (column->call == column->end)
        return false;
    for (size_t period = 1; period <= 2 && column->group == 0; period++) {
        size_t times = repetitions(column, period);
        if (times < WORTH_SAYING)
            continue;
        column->group = period;
        column->group_end = column->call + period;
        column->repeats_end = column->call + period * times;
    }
    column->left = call_text(column->trace, &column->trace->calls[column->call++], column->text,
                             sizeof column->text);
    return true;
}

/* The column's next line; false: it has no more in this step. */
static bool column_line(struct column *column, size_t width, char *line, size_t size)
{
    size_t indent = INDENT;
    if (*column->left == '\0') {
        if (!column_next(column))
            return false;
        indent = 0;
    }
    size_t length = line_length(column->left, width - indent);
    size_t shown = length;
    while (shown > 0 && column->left[shown - 1] == ' ')
        shown--;
    snprintf(line, size, "%*s%.*s", (int)indent, "", (int)shown, column->left);
    column->left += length;
    column->left += strspn(column->left, " ");
    return true;
}

/* Without blanks at its end. */
static void line_print(FILE *file, char lines[][CELL_MAX + 1], size_t count, size_t width)
{
    char line[LINE_ENDS * (CELL_MAX + sizeof between)];
    size_t used = 0;
    for (size_t i = 0; i < count; i++)
        used += (size_t)snprintf(line + used, sizeof line - used, "%s%-*s", i == 0 ? "" : between,
                                 (int)width, lines[i]);
    while (used > 0 && line[used - 1] == ' ')
        line[--used] = '\0';
    fprintf(file, "%s\n", line);
}

static void step_print(FILE *file, struct column *columns, size_t count, size_t width)
{
    static char lines[LINE_ENDS][CELL_MAX + 1];
    for (;;) {
        bool any = false;
        for (size_t i = 0; i < count; i++) {
            lines[i][0] = '\0';
            any |= column_line(&columns[i], width, lines[i], sizeof lines[i]);
        }
        if (!any)
            return;
        line_print(file, lines, count, width);
    }
}

/* ---- the table ---- */

static void rule_print(FILE *file, const char *title, size_t width)
{
    int used = fprintf(file, "-- %s ", title);
    while (used++ < (int)width)
        fputc('-', file);
    fputc('\n', file);
}

struct sums {
    uint64_t calls, waited_ns, worked_ns;
};

static struct sums sums_of(const struct trace *trace)
{
    struct sums sums = {0};
    for (size_t i = 0; i < trace->count; i++) {
        const struct trace_call *call = &trace->calls[i];
        uint64_t ns = call->ended_ns == 0 ? 0 : call->ended_ns - call->begun_ns;
        sums.calls += call->ended_ns != 0;
        *(call->waits ? &sums.waited_ns : &sums.worked_ns) += ns;
    }
    return sums;
}

static void sums_print(FILE *file, const struct trace *traces, size_t count, size_t width)
{
    static char lines[LINE_ENDS][CELL_MAX + 1];
    char text[32];
    for (int line = 0; line < 3; line++) {
        for (size_t i = 0; i < count; i++) {
            struct sums sums = sums_of(&traces[i]);
            if (line == 0)
                snprintf(lines[i], sizeof lines[i], "%" PRIu64 " lines", sums.calls);
            else
                snprintf(
                    lines[i], sizeof lines[i], "%s %s", line == 1 ? "waited" : "worked",
                    duration_text(line == 1 ? sums.waited_ns : sums.worked_ns, text, sizeof text));
        }
        line_print(file, lines, count, width);
    }
}

/* Several targets are named in a second line. */
static void titles_print(FILE *file, const struct trace *traces, size_t count, size_t width)
{
    static char lines[LINE_ENDS][CELL_MAX + 1];
    bool several = false;
    for (size_t i = 0; i < count; i++) {
        several |= strcmp(traces[i].target, traces[0].target) != 0;
        snprintf(lines[i], sizeof lines[i], "%.*s", (int)width, traces[i].model);
    }
    line_print(file, lines, count, width);
    for (size_t i = 0; i < count && several; i++)
        snprintf(lines[i], sizeof lines[i], "on %.*s", (int)width - 3, traces[i].target);
    if (several)
        line_print(file, lines, count, width);
}

static void block_print(FILE *file, const struct trace_script *script, const struct trace *traces,
                        size_t count, size_t width)
{
    static struct column columns[LINE_ENDS];
    size_t all = count * width + (count - 1) * (sizeof between - 1);
    titles_print(file, traces, count, width);
    for (size_t i = 0; i < count; i++)
        columns[i] = (struct column){.trace = &traces[i], .left = ""};
    for (size_t step = 0; step < trace_steps(script); step++) {
        rule_print(file, trace_step_text(script, step), all);
        for (size_t i = 0; i < count; i++) {
            const struct trace *trace = columns[i].trace;
            columns[i].end = columns[i].call;
            while (columns[i].end < trace->count && trace->calls[columns[i].end].step == step)
                columns[i].end++;
        }
        step_print(file, columns, count, width);
    }
    rule_print(file, "in all", all);
    sums_print(file, traces, count, width);
}

void trace_table_print(FILE *file, const struct trace_script *script, const struct trace *traces,
                       size_t count, unsigned width)
{
    size_t gap = sizeof between - 1;
    size_t fit = (width + gap) / (CELL_MIN + gap);
    fit = fit < 1 ? 1 : fit > LINE_ENDS ? LINE_ENDS : fit;
    size_t blocks = (count + fit - 1) / fit;
    for (size_t first = 0; first < count; first += fit) {
        size_t here = count - first < fit ? count - first : fit;
        /* All blocks have the same columns. */
        size_t columns = blocks > 1 ? fit : here;
        size_t cell = (width - (columns - 1) * gap) / columns;
        cell = cell > CELL_MAX ? CELL_MAX : cell < CELL_MIN ? CELL_MIN : cell;
        if (first > 0)
            fprintf(file, "\n");
        block_print(file, script, traces + first, here, cell);
    }
    fprintf(file, "`waits`: a call begins in which its thread may sleep; where it has returned it "
                  "stands again.\n");
}

/* ---- CSV ---- */

int trace_table_write_csv(struct csv_writer *writer, const struct trace_script *script,
                          const struct trace *traces, size_t count)
{
    static const char *const heads[] = {"target", "model",      "step_index", "step",
                                        "thread", "connection", "start_us",   "duration_us",
                                        "time",   "call",       "result"};
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++)
        csv_write_text(writer, heads[i]);
    int error = csv_end_row(writer);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < traces[i].count && error == 0; j++) {
            const struct trace_call *call = &traces[i].calls[j];
            if (call->ended_ns == 0)
                continue;
            csv_write_text(writer, traces[i].target);
            csv_write_text(writer, traces[i].model);
            csv_write_u64(writer, call->step);
            csv_write_text(writer, trace_step_text(script, call->step));
            csv_write_u64(writer, call->thread);
            if (call->connection == 0)
                csv_write_empty(writer);
            else
                csv_write_u64(writer, call->connection);
            csv_write_double(writer, (double)call->begun_ns / 1e3, 12);
            csv_write_double(writer, (double)(call->ended_ns - call->begun_ns) / 1e3, 12);
            csv_write_text(writer, call->waits ? "waited" : "worked");
            csv_write_text(writer, call->call);
            csv_write_text(writer, call->result);
            error = csv_end_row(writer);
        }
    return error;
}
