#include "report/tracked_figures.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/json.h"
#include "base/units.h"
#include "report/metric_text.h"

enum { DIGITS = 6, NUMBER_BYTES = 360, NAME_BYTES = 2048 };

struct tracked_figure {
    const struct column *metric;
    const struct cell *cell;
    const struct cell *baseline; /* of a ratio; NULL: it is a median */
    double value;
    struct interval interval;
    size_t trials, baseline_trials;
    const char *verdict; /* of a ratio */
};

static bool is_there(const struct tracked_figures *tracked, const struct column *metric,
                     const struct cell *cell)
{
    for (size_t i = 0; i < tracked->count; i++) {
        const struct tracked_figure *figure = &tracked->figures[i];
        if (figure->metric == metric && figure->cell == cell && figure->baseline == NULL)
            return true;
    }
    return false;
}

/* A value that no number of JSON can be is none. */
static bool is_finite(double value)
{
    return number_is_known(value) && fabs(value) <= DBL_MAX;
}

/* False without memory. */
static bool figure_add(struct tracked_figures *tracked, struct tracked_figure figure)
{
    if (!is_finite(figure.value))
        return true;
    struct tracked_figure *grown =
        array_grow(tracked->figures, sizeof *grown, tracked->count, &tracked->capacity);
    if (grown == NULL)
        return false;
    tracked->figures = grown;
    tracked->figures[tracked->count++] = figure;
    return true;
}

static bool median_add(struct tracked_figures *tracked, const struct column *metric,
                       const struct cell *cell, double median, const double *trials, size_t count)
{
    if (is_there(tracked, metric, cell))
        return true;
    return figure_add(tracked, (struct tracked_figure){
                                   .metric = metric,
                                   .cell = cell,
                                   .value = median,
                                   .interval = statistics_median_interval(trials, count),
                                   .trials = count,
                               });
}

static bool line_add(struct tracked_figures *tracked, const struct column *metric,
                     const struct comparison_line *line)
{
    const struct comparison *comparison = line->comparison;
    if (tracked->by != PAIRING_RUNS &&
        !median_add(tracked, metric, line->baseline, comparison->baseline_median,
                    comparison->baseline, comparison->baseline_count))
        return false;
    return median_add(tracked, metric, line->contestant, comparison->contestant_median,
                      comparison->contestant, comparison->contestant_count) &&
           figure_add(tracked,
                      (struct tracked_figure){
                          .metric = metric,
                          .cell = line->contestant,
                          .baseline = line->baseline,
                          .value = comparison->ratio,
                          .interval = comparison->interval,
                          .trials = comparison->contestant_count,
                          .baseline_trials = comparison->baseline_count,
                          .verdict = line->starved ? "clients starved"
                                                   : comparison_verdict_shown(comparison->verdict),
                      });
}

int tracked_figures_add(struct tracked_figures *tracked, const struct column *metric,
                        const struct comparison_line *lines, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!line_add(tracked, metric, &lines[i]))
            return -1;
    return 0;
}

static size_t name_add(char *name, size_t used, const char *key, const char *text)
{
    if (used < NAME_BYTES)
        used += (size_t)snprintf(name + used, NAME_BYTES - used, " %s=%s", key, text);
    return used;
}

/*
 * "native epoll pingpong connections=63 message_bytes=64 ...": the factors as runs.csv has them, since a
 * text for people is rounded, and may be worded differently in a later version. What every connection does,
 * and what is 0, is not named.
 */
static void cell_name(const struct cell *cell, char name[NAME_BYTES])
{
    const char *factor = cell_factors(cell), *connections = "";
    size_t used = (size_t)snprintf(name, NAME_BYTES, "%s %s%s", cell_target(cell), cell_model(cell),
                                   cell->is_wine ? " (Wine)" : "");
    for (size_t i = 0; i < COLUMN_FACTORS; i++, factor += strlen(factor) + 1) {
        if (column_factors[i] == &row_columns[COLUMN_workload])
            used += (size_t)snprintf(name + used, NAME_BYTES - used, " %s", factor);
        else if (factor[0] != '\0' && strcmp(factor, "0") != 0 && strcmp(factor, connections) != 0)
            used = name_add(name, used, column_factors[i]->name, factor);
        connections = column_factors[i] == &row_columns[COLUMN_connections] ? factor : "";
    }
    if (cell_threads(cell)[0] != '\0')
        name_add(name, used, row_columns[COLUMN_server_threads].name, cell_threads(cell));
}

static void write_member(const struct tracked_figures *tracked, const char *key, const char *text)
{
    fprintf(tracked->file, ",\"%s\":", key);
    json_write_text(tracked->file, text);
}

/* What it is compared with. */
static const char *baseline_name(const struct tracked_figures *tracked, const struct cell *cell)
{
    return tracked->by == PAIRING_RUNS     ? "the first run"
           : tracked->by == PAIRING_MODELS ? cell_shown_model(cell)
                                           : cell_target(cell);
}

static void github_print(struct tracked_figures *tracked, const struct tracked_figure *figure)
{
    char name[NAME_BYTES], text[NAME_BYTES + 200], low[NUMBER_BYTES], high[NUMBER_BYTES];
    const char *metric = figure->metric->name;
    cell_name(figure->cell, name);
    if (figure->baseline == NULL)
        snprintf(text, sizeof text, "%s: %s", name, metric);
    else
        snprintf(text, sizeof text, "%s: %s, ratio to %s", name, metric,
                 baseline_name(tracked, figure->baseline));
    fprintf(tracked->file, "%s\n{\"name\":", tracked->printed++ > 0 ? "," : "");
    json_write_text(tracked->file, text);
    write_member(tracked, "unit", figure->baseline == NULL ? metric_unit(figure->metric) : "x");
    fprintf(tracked->file, ",\"value\":%s",
            units_format_double(figure->value, DIGITS, text, sizeof text));
    units_format_double(figure->interval.low, DIGITS, low, sizeof low);
    units_format_double(figure->interval.high, DIGITS, high, sizeof high);
    if (high[0] != '\0')
        snprintf(text, sizeof text, "%s to %s", low, high);
    else
        snprintf(text, sizeof text, "from %s on", low);
    if (low[0] != '\0')
        write_member(tracked, "range", text);
    if (figure->baseline == NULL)
        snprintf(text, sizeof text, "%zu trials", figure->trials);
    else
        snprintf(text, sizeof text, "%zu trials, %zu of %s\n%s", figure->trials,
                 figure->baseline_trials, baseline_name(tracked, figure->baseline),
                 figure->verdict);
    write_member(tracked, "extra", text);
    fputc('}', tracked->file);
}

static void bencher_number(const struct tracked_figures *tracked, const char *key, double number)
{
    char text[NUMBER_BYTES];
    if (is_finite(number))
        fprintf(tracked->file, ",\"%s\":%s", key,
                units_format_double(number, DIGITS, text, sizeof text));
}

static void bencher_measure(struct tracked_figures *tracked, const struct tracked_figure *figure)
{
    char text[NUMBER_BYTES];
    fprintf(tracked->file, "\"%s%s\":{\"value\":%s", figure->metric->name,
            figure->baseline == NULL ? "" : "_ratio",
            units_format_double(figure->value, DIGITS, text, sizeof text));
    bencher_number(tracked, "lower_value", figure->interval.low);
    bencher_number(tracked, "upper_value", figure->interval.high);
    fputc('}', tracked->file);
}

/* All figures of the cell of figure `first`, unless an earlier one is of the same cell. */
static void bencher_print(struct tracked_figures *tracked, size_t first)
{
    char name[NAME_BYTES];
    const struct cell *cell = tracked->figures[first].cell;
    for (size_t i = 0; i < first; i++)
        if (tracked->figures[i].cell == cell)
            return;
    cell_name(cell, name);
    fprintf(tracked->file, "%s\n", tracked->printed++ > 0 ? "," : "");
    json_write_text(tracked->file, name);
    for (size_t i = first; i < tracked->count; i++) {
        if (tracked->figures[i].cell != cell)
            continue;
        fputs(i == first ? ":{" : ",\n  ", tracked->file);
        bencher_measure(tracked, &tracked->figures[i]);
    }
    fputc('}', tracked->file);
}

void tracked_figures_begin(struct tracked_figures *tracked)
{
    fputc(tracked->format == TRACKED_GITHUB ? '[' : '{', tracked->file);
}

void tracked_figures_end_family(struct tracked_figures *tracked)
{
    for (size_t i = 0; i < tracked->count; i++) {
        if (tracked->format == TRACKED_GITHUB)
            github_print(tracked, &tracked->figures[i]);
        else
            bencher_print(tracked, i);
    }
    tracked->count = 0;
}

void tracked_figures_end(struct tracked_figures *tracked)
{
    tracked_figures_end_family(tracked);
    fputs(tracked->format == TRACKED_GITHUB ? "\n]\n" : "\n}\n", tracked->file);
    free(tracked->figures);
    tracked->figures = NULL;
}
