#include "report/summary_table.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"
#include "model.h"
#include "report/table_grid.h"
#include "rows/workload_facts.h"
#include "stats/comparison.h"
#include "stats/statistics.h"

enum { LABEL_WIDTH = 24, CELL_WIDTH_MIN = 16 };

typedef double value_of(const struct row *row, enum column_id column);

struct table {
    struct table_grid grid;
    int cell_width;
    double *values; /* of one cell; room for those of all rows */
    double *others;
    bool any_best, any_client, any_latency, any_starved, any_unanswered; /* marks to be explained */
};

struct figure {
    const char *title;
    value_of *of;
    enum column_id column;
    bool higher_is_better;
    bool in_thousands; /* shown as 12.7k; else with three digits */
    bool is_latency;   /* of those that got an answer */
    bool optional;     /* not every workload has it: where it has not, nothing is shown */
};

static double throughput(const struct row *row, enum column_id column)
{
    return row_number(row, workload_facts_of(row)->counts_bytes ? COLUMN_throughput_bytes_per_s
                                                                : column);
}

/* Where it is empty because it lies among messages without an answer, it is longer than any. */
static double or_endless(const struct row *row, enum column_id column)
{
    double us = row_number(row, column);
    bool endless = row->loop == LOOP_OPEN && row->messages_unanswered > 0;
    return endless && !number_is_known(us) ? INFINITY : us;
}

static double fairness(const struct row *row, enum column_id column)
{
    return workload_facts_of(row)->shows_fairness ? row_number(row, column) : NAN;
}

static double memory_mebibytes(const struct row *row, enum column_id column)
{
    return workload_facts_of(row)->shows_memory ? row_number(row, column) / (1 << 20) : NAN;
}

static const struct figure figures[] = {
    {.title = "messages per second (stream: bytes per second)",
     .of = throughput,
     .column = COLUMN_throughput_msgs_per_s,
     .higher_is_better = true,
     .in_thousands = true},
    {.title = "server's CPU time for a message, us",
     .of = row_number,
     .column = COLUMN_server_cpu_us_per_msg},
    {.title = "round trip, 99th percentile, us",
     .of = or_endless,
     .column = COLUMN_rtt_p99_us,
     .is_latency = true},
    {.title = "the same, but from when it was sent, not meant to be",
     .of = or_endless,
     .column = COLUMN_rtt_uncorrected_p99_us,
     .is_latency = true,
     .optional = true},
    {.title = "burst: until the last echo, median, us",
     .of = row_number,
     .column = COLUMN_burst_last_p50_us,
     .is_latency = true,
     .optional = true},
    {.title = "burst: fairness of the mean round trips (1: nobody is always last)",
     .of = fairness,
     .column = COLUMN_fairness_jain,
     .higher_is_better = true,
     .optional = true},
    {.title = "connects per second",
     .of = row_number,
     .column = COLUMN_connects_per_s,
     .higher_is_better = true,
     .in_thousands = true,
     .optional = true},
    {.title = "connect, 99th percentile, us",
     .of = row_number,
     .column = COLUMN_connect_p99_us,
     .is_latency = true,
     .optional = true},
    {.title = "idle: the server's memory, MiB",
     .of = memory_mebibytes,
     .column = COLUMN_server_rss_peak_bytes,
     .optional = true},
};

/* The figure of a model's trials; how many. 0 where the line has no such model. */
static size_t values_take(const struct table *table, const struct figure *figure,
                          const struct cell *cell, double *values)
{
    return cell == NULL
               ? 0
               : cells_values(&table->grid.cells, cell, figure->of, figure->column, values);
}

/* The cell of the model whose median is the best; NULL where none has the figure. */
static const struct cell *leader_of(const struct table *table, const struct figure *figure,
                                    const struct cell *line)
{
    double best_median = NAN;
    const struct cell *best = NULL;
    for (size_t i = 0; i < table->grid.model_count; i++) {
        const struct cell *cell = table_grid_cell(&table->grid, line, table->grid.models[i]);
        double median =
            statistics_median(table->values, values_take(table, figure, cell, table->values));
        bool better = figure->higher_is_better ? median > best_median : median < best_median;
        if (number_is_known(median) && (best == NULL || better)) {
            best = cell;
            best_median = median;
        }
    }
    return best;
}

/* The best model's cell, where tests tell it from each other model's; else NULL. */
static const struct cell *best_of(const struct table *table, const struct figure *figure,
                                  const struct cell *line)
{
    struct comparison pairs[TABLE_GRID_MODELS_MAX];
    const struct cell *best = leader_of(table, figure, line);
    size_t rivals = 0, n = values_take(table, figure, best, table->values);
    double *others = table->others; /* has room for all of them together */
    for (size_t i = 0; i < table->grid.model_count && best != NULL; i++) {
        const struct cell *cell = table_grid_cell(&table->grid, line, table->grid.models[i]);
        size_t m = cell == best ? 0 : values_take(table, figure, cell, others);
        if (m == 0)
            continue;
        pairs[rivals++] = (struct comparison){.contestant = table->values,
                                              .contestant_count = n,
                                              .baseline = others,
                                              .baseline_count = m};
        others += m;
    }
    comparison_judge(pairs, rivals, figure->higher_is_better);
    for (size_t i = 0; i < rivals; i++)
        if (pairs[i].verdict != COMPARISON_FASTER)
            return NULL;
    return rivals == 0 ? NULL : best;
}

/* Whether a trial left clients without any answer. */
static bool is_starved(const struct table *table, const struct cell *cell)
{
    for (size_t i = 0; i < cell->rows; i++)
        if (cells_row(&table->grid.cells, cell, i)->connections_starved > 0)
            return true;
    return false;
}

/* How most trials of the cell were bound: 'c' by the client, 'l' by latency, ' ' otherwise. */
static char bound_mark(const struct cell *cell)
{
    if (2 * cell->client_bound > cell->rows)
        return 'c';
    return 2 * cell->latency_bound > cell->rows ? 'l' : ' ';
}

static const char *value_text(const struct figure *figure, double value, char *text, size_t size)
{
    if (figure->in_thousands)
        return units_format_si(value, text, size);
    int decimals = value < 10 ? 2 : 1;
    return units_format_fixed(value, value < 100 ? decimals : 0, text, size);
}

/* " l", " cs", ... into marks, which has room for 8; "" where there is none. */
static void marks_take(struct table *table, const struct figure *figure, const struct cell *cell,
                       size_t count, char *marks)
{
    size_t used = 0, endless = 0;
    char bound = bound_mark(cell);
    bool starved = figure->is_latency && is_starved(table, cell);
    for (size_t i = 0; i < count; i++)
        endless += table->values[i] > DBL_MAX;
    marks[used++] = ' ';
    if (bound != ' ')
        marks[used++] = bound;
    if (starved)
        marks[used++] = 's';
    if (endless > 0)
        marks[used++] = 'u';
    marks[used == 1 ? 0 : used] = '\0';
    table->any_client |= bound == 'c';
    table->any_latency |= bound == 'l';
    table->any_starved |= starved;
    table->any_unanswered |= endless > 0;
}

static void cell_print(struct table *table, FILE *file, const struct figure *figure,
                       const struct cell *cell, bool best)
{
    char median_text[24], text[64], spread[24] = "", marks[8];
    size_t n = values_take(table, figure, cell, table->values);
    if (n == 0) {
        fprintf(file, "%*s", table->cell_width, "-  ");
        return;
    }
    marks_take(table, figure, cell, n, marks);
    double median = statistics_median(table->values, n);
    struct interval interval = statistics_median_interval(table->values, n);
    if (median > 0 && interval.high <= DBL_MAX)
        snprintf(spread, sizeof spread, " +-%.0f%%", 50 * (interval.high - interval.low) / median);
    table->any_best |= best;
    snprintf(text, sizeof text, "%s%s%s%c",
             median <= DBL_MAX ? value_text(figure, median, median_text, sizeof median_text) : "-",
             spread, marks, best ? '*' : ' ');
    fprintf(file, "%*s", table->cell_width, text);
}

static void line_print(struct table *table, FILE *file, const struct figure *figure,
                       const struct cell *line, size_t first, size_t last)
{
    char label[120];
    const struct cell *best = best_of(table, figure, line);
    if (figure->is_latency && best != NULL && is_starved(table, best))
        best = NULL;
    fprintf(file, "  %*s", -LABEL_WIDTH,
            row_workload_text(table_grid_row(&table->grid, line), label, sizeof label));
    for (size_t i = first; i < last; i++) {
        const struct cell *cell = table_grid_cell(&table->grid, line, table->grid.models[i]);
        cell_print(table, file, figure, cell, cell != NULL && cell == best);
    }
    fprintf(file, "\n");
}

static void figure_print(struct table *table, FILE *file, const struct figure *figure, size_t first,
                         size_t last)
{
    bool headed = false;
    for (size_t at = 0; at < table->grid.line_count; at++) {
        const struct cell *line = table->grid.lines[at];
        if (figure->optional && leader_of(table, figure, line) == NULL)
            continue;
        if (!headed) {
            fprintf(file, "\n  %s\n  %*s", figure->title, -LABEL_WIDTH, "");
            for (size_t i = first; i < last; i++)
                fprintf(file, "%*s  ", table->cell_width - 2, cell_model(table->grid.models[i]));
            fprintf(file, "\n");
            headed = true;
        }
        line_print(table, file, figure, line, first, last);
    }
}

static void target_print(struct table *table, FILE *file, unsigned width)
{
    size_t models = table->grid.model_count;
    table->cell_width = table_grid_column(&table->grid, CELL_WIDTH_MIN, 4);
    fprintf(file, "\n");
    table_grid_print_heading(&table->grid, file);
    size_t columns = table_grid_columns_fit(width, LABEL_WIDTH + 2, table->cell_width);
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++)
        for (size_t first = 0; first < models; first += columns)
            figure_print(table, file, &figures[i], first,
                         first + columns < models ? first + columns : models);
}

static bool same_reason(const struct row *a, const struct row *b)
{
    return strcmp(a->target, b->target) == 0 &&
           column_is_equal(&row_columns[COLUMN_status], a, b) &&
           strcmp(a->status_reason, b->status_reason) == 0;
}

/* The models that have a row with that reason, in the registry's order and then as they came. */
static size_t models_with(const struct row *all, size_t count, const struct row *reason,
                          const char **models, size_t *rows)
{
    size_t found = 0;
    *rows = 0;
    for (size_t i = 0; i < count; i++) {
        size_t place = 0;
        if (!same_reason(&all[i], reason))
            continue;
        (*rows)++;
        while (place < found && strcmp(models[place], all[i].model) != 0)
            place++;
        if (place < found || found == TABLE_GRID_MODELS_MAX)
            continue;
        for (place = found++;
             place > 0 && model_place(all[i].model) < model_place(models[place - 1]); place--)
            models[place] = models[place - 1];
        models[place] = all[i].model;
    }
    return found;
}

void summary_table_print_unmeasured(FILE *file, const struct row *all, size_t count)
{
    const char *models[TABLE_GRID_MODELS_MAX];
    bool first = true;
    for (size_t i = 0; i < count; i++) {
        size_t rows, before = 0;
        if (all[i].status == ROW_OK)
            continue;
        while (before < i && !same_reason(&all[before], &all[i]))
            before++;
        if (before < i)
            continue;
        size_t found = models_with(all, count, &all[i], models, &rows);
        fprintf(file, "%s%s:", first ? "\n" : "", row_word(&all[i], COLUMN_status));
        for (size_t j = 0; j < found; j++)
            fprintf(file, "%s %s", j == 0 ? "" : ",", models[j]);
        fprintf(file, " on %s (%zu row%s): %s\n", all[i].target, rows, rows == 1 ? "" : "s",
                all[i].status_reason);
        first = false;
    }
}

static void marks_explain(const struct table *table, FILE *file)
{
    const struct {
        bool any;
        const char *text;
    } marks[] = {
        {table->any_best, "* best of its line, told apart from each other model (p < 0.05)"},
        {table->any_client, "c the client was the limit: compare the CPU time instead"},
        {table->any_latency,
         "l neither side was busy: this is mostly the waking of a sleeping processor"},
        {table->any_starved, "s clients got no answer at all: the figure is of the others"},
        {table->any_unanswered, "u messages got no answer in time: the figure is longer than any"},
    };
    bool first = true;
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        if (!marks[i].any)
            continue;
        fprintf(file, "%s%s\n", first ? "\n" : "", marks[i].text);
        first = false;
    }
}

void summary_table_print(FILE *file, const struct row *rows, size_t count, unsigned width)
{
    struct table table = {.values = malloc((count + 1) * sizeof *table.values),
                          .others = malloc((count + 1) * sizeof *table.others)};
    bool complete = table_grid_open(&table.grid, rows, count) == 0 && table.values != NULL &&
                    table.others != NULL;
    while (complete && table_grid_next(&table.grid))
        target_print(&table, file, width);
    marks_explain(&table, file);
    summary_table_print_unmeasured(file, rows, count);
    table_grid_close(&table.grid);
    free(table.values);
    free(table.others);
}
