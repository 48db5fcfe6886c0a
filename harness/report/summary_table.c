#include "report/summary_table.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"
#include "model.h"
#include "report/table_grid.h"
#include "stats/comparison.h"
#include "stats/statistics.h"

enum { LABEL_WIDTH = 24, CELL_WIDTH_MIN = 16 };

struct table {
    struct table_grid groups;
    int cell_width;
    double *values; /* of one cell; room for `count` */
    double *others;
    bool any_best, any_client, any_latency, any_starved, any_unanswered; /* marks to be explained */
};

struct figure {
    const char *title;
    double (*of)(const struct row *row);
    bool higher_is_better;
    bool in_thousands; /* shown as 12.7k; else with three digits */
    bool is_latency;   /* of those that got an answer */
    bool optional;     /* not every workload has it: where it has not, nothing is shown */
};

static double throughput(const struct row *row)
{
    return strcmp(row->workload, "stream") == 0 ? row->throughput_bytes_per_s : row_throughput(row);
}

/* Where it is empty because it lies among messages without an answer, it is longer than any. */
static double or_endless(const struct row *row, double us)
{
    bool is_open = strcmp(row->loop, "open") == 0;
    return is_open && row->messages_unanswered > 0 && !number_is_known(us) ? INFINITY : us;
}

static double rtt_p99(const struct row *row)
{
    return or_endless(row, row->rtt_p99_us);
}

static double uncorrected_p99(const struct row *row)
{
    return or_endless(row, row->rtt_uncorrected_p99_us);
}

static double value_if(const struct row *row, const char *workload, double value)
{
    return strcmp(row->workload, workload) == 0 ? value : NAN;
}

static double burst_last(const struct row *row)
{
    return row->burst_last_p50_us;
}

static double burst_fairness(const struct row *row)
{
    return value_if(row, "burst", row->fairness_jain);
}

static double connects(const struct row *row)
{
    return row->connects_per_s;
}

static double connect_p99(const struct row *row)
{
    return row->connect_p99_us;
}

static double idle_memory(const struct row *row)
{
    return value_if(row, "idle", row->server_rss_peak_bytes / (1 << 20));
}

static const struct figure figures[] = {
    {.title = "messages per second (stream: bytes per second)",
     .of = throughput,
     .higher_is_better = true,
     .in_thousands = true},
    {.title = "server's CPU time for a message, us", .of = row_cost_us},
    {.title = "round trip, 99th percentile, us", .of = rtt_p99, .is_latency = true},
    {.title = "the same, but from when it was sent, not meant to be",
     .of = uncorrected_p99,
     .is_latency = true,
     .optional = true},
    {.title = "burst: until the last echo, median, us",
     .of = burst_last,
     .is_latency = true,
     .optional = true},
    {.title = "burst: fairness of the mean round trips (1: nobody is always last)",
     .of = burst_fairness,
     .higher_is_better = true,
     .optional = true},
    {.title = "connects per second",
     .of = connects,
     .higher_is_better = true,
     .in_thousands = true,
     .optional = true},
    {.title = "connect, 99th percentile, us",
     .of = connect_p99,
     .is_latency = true,
     .optional = true},
    {.title = "idle: the server's memory, MiB", .of = idle_memory, .optional = true},
};

/* The model whose median is best and told apart from every other one's; -1: none. */
static int best_of(const struct table *table, const struct figure *figure, const struct row *line)
{
    struct comparison pairs[TABLE_GRID_MODELS_MAX];
    double best_median = NAN;
    size_t best = 0, rivals = 0;
    for (size_t i = 0; i < table->groups.model_count; i++) {
        size_t n = table_grid_values(&table->groups, line, table->groups.models[i]->model,
                                     figure->of, table->values);
        double median = statistics_median(table->values, n);
        bool better = figure->higher_is_better ? median > best_median : median < best_median;
        if (number_is_known(median) && (!number_is_known(best_median) || better)) {
            best = i;
            best_median = median;
        }
    }
    if (!number_is_known(best_median))
        return -1;
    size_t n = table_grid_values(&table->groups, line, table->groups.models[best]->model,
                                 figure->of, table->values);
    double *others = table->others; /* has room for all of them together */
    for (size_t i = 0; i < table->groups.model_count; i++) {
        size_t m = i == best
                       ? 0
                       : table_grid_values(&table->groups, line, table->groups.models[i]->model,
                                           figure->of, others);
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
            return -1;
    return rivals == 0 ? -1 : (int)best;
}

/* Whether a trial left clients without any answer. */
static bool is_starved(const struct table *table, const struct row *line, const char *model)
{
    for (size_t i = 0; i < table->groups.count; i++)
        if (table_grid_has(&table->groups, line, model, &table->groups.rows[i]) &&
            table->groups.rows[i].connections_starved > 0)
            return true;
    return false;
}

/* How most trials of the cell were bound: 'c' by the client, 'l' by latency, ' ' otherwise. */
static char bound_mark(const struct table *table, const struct row *line, const char *model)
{
    size_t all = 0, client = 0, latency = 0;
    for (size_t i = 0; i < table->groups.count; i++) {
        const struct row *row = &table->groups.rows[i];
        if (!table_grid_has(&table->groups, line, model, row))
            continue;
        all++;
        client += strcmp(row->bound, "client") == 0;
        latency += strcmp(row->bound, "latency") == 0;
    }
    if (2 * client > all)
        return 'c';
    return 2 * latency > all ? 'l' : ' ';
}

static const char *value_text(const struct figure *figure, double value, char *text, size_t size)
{
    if (figure->in_thousands)
        return units_format_si(value, text, size);
    int decimals = value < 10 ? 2 : 1;
    return units_format_fixed(value, value < 100 ? decimals : 0, text, size);
}

/* " l", " cs", ... into marks, which has room for 8; "" where there is none. */
static void marks_take(struct table *table, const struct figure *figure, const struct row *line,
                       const char *model, size_t count, char *marks)
{
    size_t used = 0, endless = 0;
    char bound = bound_mark(table, line, model);
    bool starved = figure->is_latency && is_starved(table, line, model);
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
                       const struct row *line, const char *model, bool best)
{
    char median_text[24], cell[64], spread[24] = "", marks[8];
    size_t n = table_grid_values(&table->groups, line, model, figure->of, table->values);
    if (n == 0) {
        fprintf(file, "%*s", table->cell_width, "-  ");
        return;
    }
    marks_take(table, figure, line, model, n, marks);
    double median = statistics_median(table->values, n);
    struct interval interval = statistics_median_interval(table->values, n);
    if (median > 0 && interval.high <= DBL_MAX)
        snprintf(spread, sizeof spread, " +-%.0f%%", 50 * (interval.high - interval.low) / median);
    table->any_best |= best;
    snprintf(cell, sizeof cell, "%s%s%s%c",
             median <= DBL_MAX ? value_text(figure, median, median_text, sizeof median_text) : "-",
             spread, marks, best ? '*' : ' ');
    fprintf(file, "%*s", table->cell_width, cell);
}

/* Whether any of the line's models has the figure. */
static bool has_figure(const struct table *table, const struct figure *figure,
                       const struct row *line)
{
    for (size_t i = 0; i < table->groups.model_count; i++)
        if (table_grid_values(&table->groups, line, table->groups.models[i]->model, figure->of,
                              table->values) > 0)
            return true;
    return false;
}

static void line_print(struct table *table, FILE *file, const struct figure *figure,
                       const struct row *line, size_t first, size_t last)
{
    char label[120];
    int best = best_of(table, figure, line);
    const char *best_model = best < 0 ? "" : table->groups.models[best]->model;
    if (figure->is_latency && best >= 0 && is_starved(table, line, best_model))
        best = -1;
    fprintf(file, "  %*s", -LABEL_WIDTH, row_workload_text(line, label, sizeof label));
    for (size_t i = first; i < last; i++)
        cell_print(table, file, figure, line, table->groups.models[i]->model, best == (int)i);
    fprintf(file, "\n");
}

static void figure_print(struct table *table, FILE *file, const struct figure *figure, size_t first,
                         size_t last)
{
    bool headed = false;
    for (size_t at = 0; at < table->groups.line_count; at++) {
        const struct row *line = table->groups.lines[at];
        if (figure->optional && !has_figure(table, figure, line))
            continue;
        if (!headed) {
            fprintf(file, "\n  %s\n  %*s", figure->title, -LABEL_WIDTH, "");
            for (size_t i = first; i < last; i++)
                fprintf(file, "%*s  ", table->cell_width - 2, table->groups.models[i]->model);
            fprintf(file, "\n");
            headed = true;
        }
        line_print(table, file, figure, line, first, last);
    }
}

static void target_print(struct table *table, FILE *file, unsigned width)
{
    table->cell_width = table_grid_column(&table->groups, CELL_WIDTH_MIN, 4);
    fprintf(file, "\n");
    table_grid_print_heading(&table->groups, file);
    size_t columns = table_grid_columns_fit(width, LABEL_WIDTH + 2, table->cell_width);
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++)
        for (size_t first = 0; first < table->groups.model_count; first += columns) {
            size_t last = first + columns;
            figure_print(table, file, &figures[i], first,
                         last < table->groups.model_count ? last : table->groups.model_count);
        }
}

static bool same_reason(const struct row *a, const struct row *b)
{
    return strcmp(a->target, b->target) == 0 && strcmp(a->status, b->status) == 0 &&
           strcmp(a->status_reason, b->status_reason) == 0;
}

/* The models of which a row has that reason, in the registry's order and then as they came. */
static size_t models_with(const struct row *records, size_t count, const struct row *reason,
                          const char **models, size_t *rows)
{
    size_t found = 0;
    *rows = 0;
    for (size_t i = 0; i < count; i++) {
        size_t place = 0;
        if (!same_reason(&records[i], reason))
            continue;
        (*rows)++;
        while (place < found && strcmp(models[place], records[i].model) != 0)
            place++;
        if (place < found || found == TABLE_GRID_MODELS_MAX)
            continue;
        for (place = found++;
             place > 0 && model_place(records[i].model) < model_place(models[place - 1]); place--)
            models[place] = models[place - 1];
        models[place] = records[i].model;
    }
    return found;
}

void summary_table_print_unmeasured(FILE *file, const struct row *records, size_t count)
{
    const char *models[TABLE_GRID_MODELS_MAX];
    bool first = true;
    for (size_t i = 0; i < count; i++) {
        size_t rows, before = 0;
        if (strcmp(records[i].status, "ok") == 0)
            continue;
        while (before < i && !same_reason(&records[before], &records[i]))
            before++;
        if (before < i)
            continue;
        size_t found = models_with(records, count, &records[i], models, &rows);
        fprintf(file, "%s%s:", first ? "\n" : "", records[i].status);
        for (size_t j = 0; j < found; j++)
            fprintf(file, "%s %s", j == 0 ? "" : ",", models[j]);
        fprintf(file, " on %s (%zu row%s): %s\n", records[i].target, rows, rows == 1 ? "" : "s",
                records[i].status_reason);
        first = false;
    }
}

void summary_table_print(FILE *file, const struct row *records, size_t count, unsigned width)
{
    struct table table = {.groups = {.rows = records, .count = count}};
    table.values = malloc((count + 1) * sizeof *table.values);
    table.others = malloc((count + 1) * sizeof *table.others);
    while (table.values != NULL && table.others != NULL && table_grid_next(&table.groups))
        target_print(&table, file, width);
    if (table.any_best || table.any_client || table.any_latency || table.any_starved ||
        table.any_unanswered)
        fprintf(file, "\n");
    if (table.any_best)
        fprintf(file, "* best of its line, told apart from each other model (p < 0.05)\n");
    if (table.any_client)
        fprintf(file, "c the client was the limit: compare the CPU time instead\n");
    if (table.any_latency)
        fprintf(file,
                "l neither side was busy: this is mostly the waking of a sleeping processor\n");
    if (table.any_starved)
        fprintf(file, "s clients got no answer at all: the figure is of the others\n");
    if (table.any_unanswered)
        fprintf(file, "u messages got no answer in time: the figure is longer than any\n");
    summary_table_print_unmeasured(file, records, count);
    free(table.values);
    free(table.others);
}
