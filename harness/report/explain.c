#include "report/explain.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/terminal.h"
#include "base/units.h"
#include "model.h"
#include "report/table_grid.h"
#include "report/text_table.h"
#include "stats/statistics.h"

enum { INDENT = 2, SENTENCE_BYTES = 1024, CLAUSE_BYTES = 320, FIGURE_BYTES = 32, SAID_BYTES = 56 };

/* Less than that for a message is not worth a word, nor is it beside a one or a two. */
static const double WORTH_TELLING = 0.05;
/* From so many entries for one that is told of on, most were handed over in vain. */
static const double VAIN = 2;
/* With fewer waits than that for a message, messages share them. */
static const double SHARED = 0.5;

/* The figures of the table; where there is little room the least important ones go. */
static const struct {
    const char *title;
    unsigned importance;
} shown[] = {
    [EXPLAIN_WAITS] = {"waits", 8},
    [EXPLAIN_SCANNED] = {"entries\nhanded\nto waits", 2},
    [EXPLAIN_SET_BYTES] = {"bytes\nhanded\nto waits", 1},
    [EXPLAIN_RECEIVES] = {"receives", 7},
    [EXPLAIN_SENDS] = {"sends", 6},
    [EXPLAIN_OTHERS] = {"other\ncalls", 5},
    [EXPLAIN_NOTHING] = {"calls\nthat\nfound\nnothing", 4},
    [EXPLAIN_SWITCHES] = {"context\nswitches", 3},
    [EXPLAIN_CPU_US] = {"CPU\ntime, us", 9},
};

enum { SHOWN = sizeof shown / sizeof shown[0] };

/* Where there was no wait nothing was handed to one. */
static double by_wait(const struct row *row, double per_wait)
{
    return row->wait_calls > 0 ? per_wait * row->wait_calls / row->server_messages : 0;
}

double explain_figure_of(const struct row *row, enum explain_figure figure)
{
    double messages = row->server_messages;
    switch (figure) {
    case EXPLAIN_WAITS:
        return row->wait_calls / messages;
    case EXPLAIN_SCANNED:
        return by_wait(row, row->scanned_per_wait);
    case EXPLAIN_SET_BYTES:
        return by_wait(row, row->set_bytes_per_wait);
    case EXPLAIN_RECEIVES:
        return row->recv_calls / messages;
    case EXPLAIN_SENDS:
        return row->send_calls / messages;
    case EXPLAIN_OTHERS:
        return row->other_calls / messages;
    case EXPLAIN_NOTHING:
        return row->would_block / messages;
    case EXPLAIN_SWITCHES:
        return row->context_switches / messages;
    case EXPLAIN_CPU_US:
        return row->server_cpu_us_per_msg;
    case EXPLAIN_POSTED:
        return row->completions / messages;
    case EXPLAIN_SCANNED_PER_WAIT:
        return row->scanned_per_wait;
    case EXPLAIN_EVENTS_PER_WAIT:
        return row->events_per_wait;
    case EXPLAIN_FIGURES:
        break;
    }
    return NAN;
}

/* ---- the sentence ---- */

/* "one receive", "0.02 waits", "4,000 bytes": a figure with its noun, as one says it. */
static const char *said(double value, const char *one, const char *many, char *text, size_t size)
{
    char figure[FIGURE_BYTES];
    bool is_one = fabs(value - 1) <= WORTH_TELLING;
    if (is_one)
        snprintf(figure, sizeof figure, "one");
    else if (fabs(value - 2) <= WORTH_TELLING)
        snprintf(figure, sizeof figure, "two");
    else if (value < 10)
        units_format_double(value, value < 0.1 ? 1 : 2, figure, sizeof figure);
    else
        units_format_grouped(value, figure, sizeof figure);
    snprintf(text, size, "%s%s", figure, is_one ? one : many);
    return text;
}

/* How a model works that has no call which waits for several sockets. */
static void say_no_waits(const double *figures, char *clause)
{
    char text[SAID_BYTES];
    double switches = figures[EXPLAIN_SWITCHES], share = switches / figures[EXPLAIN_RECEIVES];
    if (figures[EXPLAIN_NOTHING] >= WORTH_TELLING)
        snprintf(clause, CLAUSE_BYTES, "no waits: it asks again and again");
    else if (!number_is_known(switches))
        snprintf(clause, CLAUSE_BYTES, "no waits: a thread stays in each receive until it is done");
    else
        snprintf(clause, CLAUSE_BYTES, "no waits; %s for each message: a thread %s",
                 said(switches, " context switch", " context switches", text, sizeof text),
                 share >= 0.9   ? "sleeps in each receive"
                 : share >= 0.1 ? "sleeps in some receives"
                                : "mostly finds its message there already");
}

/* What goes to the kernel with a wait, and what it tells. Empty where that is not known. */
static void say_set(const double *figures, char *clause)
{
    char entries[SAID_BYTES], events[SAID_BYTES], bytes[SAID_BYTES];
    double scanned = figures[EXPLAIN_SCANNED_PER_WAIT], told = figures[EXPLAIN_EVENTS_PER_WAIT];
    clause[0] = '\0';
    if (!number_is_known(scanned) || !number_is_known(told))
        return;
    if (scanned < WORTH_TELLING)
        snprintf(clause, CLAUSE_BYTES, "a wait hands the kernel no list and returns %s",
                 said(told, " event", " events", events, sizeof events));
    else
        snprintf(clause, CLAUSE_BYTES,
                 "each wait hands the kernel a list of %s, with %s%s ready; the kernel reads %s of "
                 "list for each message",
                 said(scanned, " entry", " entries", entries, sizeof entries),
                 scanned >= VAIN * told ? "only " : "", said(told, "", "", events, sizeof events),
                 said(figures[EXPLAIN_SET_BYTES], " byte", " bytes", bytes, sizeof bytes));
}

/* Receives, sends, and what else was called for a message. */
static void say_moves(const double *figures, const char *others, char *clause)
{
    char receives[SAID_BYTES], sends[SAID_BYTES], text[SAID_BYTES], rest[CLAUSE_BYTES] = "";
    double moves = figures[EXPLAIN_RECEIVES] + figures[EXPLAIN_SENDS];
    size_t used = 0;
    if (figures[EXPLAIN_NOTHING] >= WORTH_TELLING)
        used =
            (size_t)snprintf(rest, sizeof rest, ", of which %s nothing",
                             said(figures[EXPLAIN_NOTHING], " finds", " find", text, sizeof text));
    bool posted = figures[EXPLAIN_POSTED] >= moves / 2;
    if (figures[EXPLAIN_OTHERS] >= WORTH_TELLING)
        snprintf(rest + used, sizeof rest - used, ", %s %s%s%s%s", posted ? "posted by" : "beside",
                 said(figures[EXPLAIN_OTHERS], " other call", " other calls", text, sizeof text),
                 others[0] == '\0' ? "" : " (", others, others[0] == '\0' ? "" : ")");
    else if (posted)
        snprintf(rest + used, sizeof rest - used, ", posted with the waits");
    snprintf(clause, CLAUSE_BYTES, "%s and %s for each message%s",
             said(figures[EXPLAIN_RECEIVES], " receive", " receives", receives, sizeof receives),
             said(figures[EXPLAIN_SENDS], " send", " sends", sends, sizeof sends), rest);
}

/* How many waits that took. */
static void say_share(double waits, char *clause)
{
    char text[SAID_BYTES], messages[SAID_BYTES];
    said(waits, " wait", " waits", text, sizeof text);
    if (waits < SHARED)
        snprintf(clause, CLAUSE_BYTES, ", and %s: %s share a wait", text,
                 said(1 / waits, " message", " messages", messages, sizeof messages));
    else
        snprintf(clause, CLAUSE_BYTES, ", and %s", text);
}

const char *explain_sentence(const double figures[EXPLAIN_FIGURES], const char *others, char *text,
                             size_t size)
{
    char set[CLAUSE_BYTES], moves[CLAUSE_BYTES], share[CLAUSE_BYTES], sleeps[CLAUSE_BYTES] = "";
    char switches[SAID_BYTES];
    say_moves(figures, others, moves);
    if (figures[EXPLAIN_WAITS] == 0) {
        say_no_waits(figures, set);
        snprintf(text, size, "%s; %s", set, moves);
        return text;
    }
    say_set(figures, set);
    say_share(figures[EXPLAIN_WAITS], share);
    if (figures[EXPLAIN_SWITCHES] >= WORTH_TELLING)
        snprintf(sleeps, sizeof sleeps, "; %s",
                 said(figures[EXPLAIN_SWITCHES], " context switch", " context switches", switches,
                      sizeof switches));
    /* What is handed over in vain is the first thing to know. */
    if (figures[EXPLAIN_SCANNED_PER_WAIT] >= VAIN * figures[EXPLAIN_EVENTS_PER_WAIT])
        snprintf(text, size, "%s; %s%s%s", set, moves, share, sleeps);
    else
        snprintf(text, size, "%s%s%s%s%s", moves, share, set[0] == '\0' ? "" : "; ", set, sleeps);
    return text;
}

/* ---- the tables ---- */

struct table {
    struct table_grid grid;
    struct text_table_told told;
    double *values;                                         /* of one cell; room for all rows */
    double medians[TABLE_GRID_MODELS_MAX][EXPLAIN_FIGURES]; /* of a configuration */
    const char *models[TABLE_GRID_MODELS_MAX];              /* whose these are */
    size_t model_count;
    bool counted[TABLE_GRID_MODELS_MAX]; /* of the target's models: in some configuration */
};

/* The medians of a cell; false where its server told no counters. */
static bool medians_take(const struct table *table, const struct cell *cell,
                         double medians[EXPLAIN_FIGURES])
{
    for (int figure = 0; figure < EXPLAIN_FIGURES; figure++) {
        size_t found = 0;
        for (size_t i = 0; i < cell->rows; i++) {
            double value = explain_figure_of(cells_row(&table->grid.cells, cell, i),
                                             (enum explain_figure)figure);
            if (number_is_known(value))
                table->values[found++] = value;
        }
        medians[figure] = statistics_median(table->values, found);
    }
    return number_is_known(medians[EXPLAIN_WAITS]) && number_is_known(medians[EXPLAIN_RECEIVES]) &&
           number_is_known(medians[EXPLAIN_SENDS]);
}

static void models_collect(struct table *table, const struct cell *line)
{
    table->model_count = 0;
    for (size_t i = 0; i < table->grid.model_count; i++) {
        const struct cell *cell = table_grid_cell(&table->grid, line, table->grid.models[i]);
        if (cell == NULL || !medians_take(table, cell, table->medians[table->model_count]))
            continue;
        table->models[table->model_count++] = cell_shown_model(cell);
        table->counted[i] = true;
    }
}

static const char *cell_text(double value, char *text, size_t size)
{
    if (!number_is_known(value))
        snprintf(text, size, "-");
    else if (value == 0 || value >= 100)
        units_format_fixed(value, 0, text, size);
    else if (value < 0.1)
        units_format_double(value, 2, text, size);
    else
        units_format_fixed(value, value < 10 ? 2 : 1, text, size);
    return text;
}

static void figures_print(struct table *table, FILE *file, unsigned width)
{
    char text[FIGURE_BYTES];
    struct text_table out = {.columns = NULL};
    text_table_add_column(&out, "", TEXT_TABLE_LEFT, SHOWN);
    for (size_t i = 0; i < SHOWN; i++)
        text_table_add_column(&out, shown[i].title, TEXT_TABLE_RIGHT, shown[i].importance);
    for (size_t i = 0; i < table->model_count; i++) {
        text_table_add_cell(&out, table->models[i]);
        for (size_t j = 0; j < SHOWN; j++)
            text_table_add_cell(&out, cell_text(table->medians[i][j], text, sizeof text));
    }
    (void)text_table_print(&out, file, INDENT, width, &table->told);
    text_table_free(&out);
}

/* What a model's other calls are, as the registry knows it; with connections that come and go theirs. */
static const char *others_of(const struct row *line, const char *model, char *text, size_t size)
{
    const struct model_entry *entry = model_find(model);
    bool come_and_go = number_is_known(line->connections_attempted) &&
                       line->connections_attempted > line->connections;
    if (entry == NULL)
        snprintf(text, size, "%s", "");
    else
        snprintf(text, size, "%s%s%s", entry->other_calls,
                 come_and_go && entry->other_calls[0] != '\0' ? ", " : "",
                 come_and_go ? "accept, setsockopt, close and what else a connection takes" : "");
    return text;
}

static void configuration_print(struct table *table, FILE *file, const struct cell *cell,
                                unsigned width)
{
    const struct row *line = table_grid_row(&table->grid, cell);
    char label[80], others[160], sentence[SENTENCE_BYTES],
        text[SENTENCE_BYTES + sizeof line->model];
    models_collect(table, cell);
    if (table->model_count == 0)
        return;
    fprintf(file, "\n");
    if (table->grid.line_count > 1)
        fprintf(file, "  %s\n", row_workload_text(line, label, sizeof label));
    figures_print(table, file, width);
    for (size_t i = 0; i < table->model_count; i++) {
        snprintf(text, sizeof text, "%s: %s", table->models[i],
                 explain_sentence(table->medians[i],
                                  others_of(line, table->models[i], others, sizeof others),
                                  sentence, sizeof sentence));
        terminal_print_wrapped(file, text, 2, width);
    }
    double work_us = (number_is_known(line->work_cpu_us) ? line->work_cpu_us : 0) +
                     (number_is_known(line->work_wait_us) ? line->work_wait_us : 0);
    if (work_us > 0) {
        snprintf(text, sizeof text,
                 "With %s of work for each message a thread serves at most %s messages a second, "
                 "whatever the model. More than that takes more threads: --threads, or blocking, "
                 "which has one for each connection; work that uses the processor also takes more "
                 "processors.",
                 units_format_duration((uint64_t)(work_us * 1e3), others, sizeof others),
                 units_format_si(1e6 / work_us, label, sizeof label));
        terminal_print_wrapped(file, text, 2, width);
    }
}

static void target_print(struct table *table, FILE *file, unsigned width)
{
    char text[SENTENCE_BYTES];
    size_t left_out = 0;
    memset(table->counted, 0, sizeof table->counted);
    fprintf(file, "\n");
    table_grid_print_heading(&table->grid, file, "What one message cost, medians; ", width);
    for (size_t i = 0; i < table->grid.line_count; i++)
        configuration_print(table, file, table->grid.lines[i], width);
    size_t used = (size_t)snprintf(text, sizeof text,
                                   "left out, since the server's calls in the window are not known "
                                   "(it does not count them, or a warning says why):");
    for (size_t i = 0; i < table->grid.model_count && used < sizeof text; i++) {
        if (table->counted[i])
            continue;
        used += (size_t)snprintf(text + used, sizeof text - used, "%s %s", left_out == 0 ? "" : ",",
                                 cell_shown_model(table->grid.models[i]));
        left_out++;
    }
    if (left_out > 0) {
        fprintf(file, "\n");
        terminal_print_wrapped(file, text, INDENT, width);
    }
    if (left_out == table->grid.model_count ||
        table_grid_row(&table->grid, table->grid.models[0])->host_kind != HOST_WINE)
        return;
    fprintf(file, "\n");
    terminal_print_wrapped(
        file,
        "The calls are those of the program: for each of them Wine adds requests "
        "to wineserver.",
        INDENT, width);
}

void explain_print(FILE *file, const struct row *rows, size_t count,
                   const struct text_list *targets, unsigned width)
{
    static struct table table; /* not on the stack: its medians are many */
    table.told.left_out[0] = '\0';
    table.values = malloc((count + 1) * sizeof *table.values);
    bool complete = table_grid_open(&table.grid, rows, count, targets) == 0 && table.values != NULL;
    while (complete && table_grid_next(&table.grid))
        target_print(&table, file, width);
    table_grid_close(&table.grid);
    free(table.values);
}
