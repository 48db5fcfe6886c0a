#include "summary_table.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "comparison.h"
#include "record_groups.h"
#include "statistics.h"
#include "units.h"

enum { LABEL_WIDTH = 24, CELL_WIDTH_MIN = 16 };

struct table {
    struct record_groups groups;
    int cell_width;
    double *values; /* of one cell; room for `count` */
    double *others;
    bool any_best, any_client, any_latency; /* which marks need their legend */
};

struct figure {
    const char *title;
    double (*of)(const struct record *record);
    bool higher_is_better;
    bool in_thousands; /* shown as 12.7k; else with three digits */
};

static double throughput(const struct record *record)
{
    return strcmp(record->workload, "stream") == 0 ? record->throughput_bytes_per_s
                                                   : record_throughput(record);
}

static double rtt_p99(const struct record *record)
{
    return record->rtt_p99_us;
}

static const struct figure figures[] = {
    {"messages per second (stream: bytes per second)", throughput, true, true},
    {"server's CPU time for a message, us", record_cost_us, false, false},
    {"round trip, 99th percentile, us", rtt_p99, false, false},
};

/* The model whose median is best and told apart from every other one's; -1: none. */
static int best_of(const struct table *table, const struct figure *figure,
                   const struct record *line)
{
    struct comparison pairs[RECORD_GROUPS_MODELS_MAX];
    double best_median = NAN;
    size_t best = 0, rivals = 0;
    for (size_t i = 0; i < table->groups.model_count; i++) {
        size_t n = record_groups_values(&table->groups, line, table->groups.models[i]->model,
                                        figure->of, table->values);
        double median = statistics_median(table->values, n);
        bool better = figure->higher_is_better ? median > best_median : median < best_median;
        if (record_has(median) && (!record_has(best_median) || better)) {
            best = i;
            best_median = median;
        }
    }
    if (!record_has(best_median))
        return -1;
    size_t n = record_groups_values(&table->groups, line, table->groups.models[best]->model,
                                    figure->of, table->values);
    double *others = table->others; /* has room for all of them together */
    for (size_t i = 0; i < table->groups.model_count; i++) {
        size_t m = i == best
                       ? 0
                       : record_groups_values(&table->groups, line, table->groups.models[i]->model,
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

/* How most trials of the cell were bound: 'c' by the client, 'l' by latency, ' ' otherwise. */
static char bound_mark(const struct table *table, const struct record *line, const char *model)
{
    size_t all = 0, client = 0, latency = 0;
    for (size_t i = 0; i < table->groups.count; i++) {
        const struct record *record = &table->groups.records[i];
        if (!record_groups_has(&table->groups, line, model, record))
            continue;
        all++;
        client += strcmp(record->bound, "client") == 0;
        latency += strcmp(record->bound, "latency") == 0;
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

static void cell_print(struct table *table, FILE *file, const struct figure *figure,
                       const struct record *line, const char *model, bool best)
{
    char median_text[24], cell[64], spread[24] = "";
    size_t n = record_groups_values(&table->groups, line, model, figure->of, table->values);
    if (n == 0) {
        fprintf(file, "%*s", table->cell_width, "-");
        return;
    }
    double median = statistics_median(table->values, n);
    struct interval interval = statistics_median_interval(table->values, n);
    if (n > 1 && median > 0)
        snprintf(spread, sizeof spread, " +-%.0f%%", 50 * (interval.high - interval.low) / median);
    char bound = bound_mark(table, line, model);
    table->any_best |= best;
    table->any_client |= bound == 'c';
    table->any_latency |= bound == 'l';
    snprintf(cell, sizeof cell, "%s%s%c%c",
             value_text(figure, median, median_text, sizeof median_text), spread, bound,
             best ? '*' : ' ');
    fprintf(file, "%*s", table->cell_width, cell);
}

static void figure_print(struct table *table, FILE *file, const struct figure *figure, size_t first,
                         size_t last)
{
    fprintf(file, "\n  %s\n  %*s", figure->title, -LABEL_WIDTH, "");
    for (size_t i = first; i < last; i++)
        fprintf(file, "%*s  ", table->cell_width - 2, table->groups.models[i]->model);
    fprintf(file, "\n");
    for (size_t at = 0; at < table->groups.line_count; at++) {
        char label[80];
        const struct record *line = table->groups.lines[at];
        int best = best_of(table, figure, line);
        fprintf(file, "  %*s", -LABEL_WIDTH, record_workload_text(line, label, sizeof label));
        for (size_t i = first; i < last; i++)
            cell_print(table, file, figure, line, table->groups.models[i]->model, best == (int)i);
        fprintf(file, "\n");
    }
}

static void target_print(struct table *table, FILE *file, unsigned width)
{
    table->cell_width = record_groups_column(&table->groups, CELL_WIDTH_MIN, 4);
    fprintf(file, "\n");
    record_groups_print_heading(&table->groups, file);
    size_t columns = record_groups_columns_fit(width, LABEL_WIDTH + 2, table->cell_width);
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++)
        for (size_t first = 0; first < table->groups.model_count; first += columns) {
            size_t last = first + columns;
            figure_print(table, file, &figures[i], first,
                         last < table->groups.model_count ? last : table->groups.model_count);
        }
}

static bool same_reason(const struct record *a, const struct record *b)
{
    return strcmp(a->target, b->target) == 0 && strcmp(a->model, b->model) == 0 &&
           strcmp(a->status, b->status) == 0 && strcmp(a->status_reason, b->status_reason) == 0;
}

void summary_table_print_unmeasured(FILE *file, const struct record *records, size_t count)
{
    bool first = true;
    for (size_t i = 0; i < count; i++) {
        size_t rows = 0;
        bool told = false;
        if (strcmp(records[i].status, "ok") == 0)
            continue;
        for (size_t j = 0; j < count; j++) {
            told |= j < i && same_reason(&records[i], &records[j]);
            rows += same_reason(&records[i], &records[j]);
        }
        if (told)
            continue;
        fprintf(file, "%s%s: %s on %s (%zu row%s): %s\n", first ? "\n" : "", records[i].status,
                records[i].model, records[i].target, rows, rows == 1 ? "" : "s",
                records[i].status_reason);
        first = false;
    }
}

void summary_table_print(FILE *file, const struct record *records, size_t count, unsigned width)
{
    struct table table = {.groups = {.records = records, .count = count}};
    table.values = malloc((count + 1) * sizeof *table.values);
    table.others = malloc((count + 1) * sizeof *table.others);
    while (table.values != NULL && table.others != NULL && record_groups_next(&table.groups))
        target_print(&table, file, width);
    if (table.any_best || table.any_client || table.any_latency)
        fprintf(file, "\n");
    if (table.any_best)
        fprintf(file, "* best of its line, told apart from each other model (p < 0.05)\n");
    if (table.any_client)
        fprintf(file, "c the client was the limit: compare the CPU time instead\n");
    if (table.any_latency)
        fprintf(file,
                "l neither side was busy: this is mostly the waking of a sleeping processor\n");
    summary_table_print_unmeasured(file, records, count);
    free(table.values);
    free(table.others);
}
