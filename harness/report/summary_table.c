#include "report/summary_table.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/terminal.h"
#include "report/summary_figures.h"
#include "report/table_grid.h"
#include "report/text_table.h"
#include "report/unmeasured_table.h"
#include "stats/comparison.h"
#include "stats/statistics.h"

enum { HEAD_BYTES = 160, CELL_BYTES = 96, INDENT = 2 };

/* What makes a figure doubtful; of several the first one is shown. */
enum mark { MARK_STARVED, MARK_UNANSWERED, MARK_CLIENT, MARK_LATENCY, MARK_NONE };

static const struct {
    const char *word, *meaning;
} marks[] = {
    [MARK_STARVED] = {"(starved)",
                      "some clients got no answer at all: the figure is of the others"},
    [MARK_UNANSWERED] = {"(unanswered)",
                         "some messages got no answer in time, so the true figure is larger"},
    [MARK_CLIENT] = {"(client)", "the client was the limit: compare the CPU time instead"},
    [MARK_LATENCY] = {"(latency)",
                      "neither side was busy: this is mostly the waking of a sleeping processor"},
};

struct table {
    struct table_grid grid;
    struct text_table_told told;
    double *values; /* of one cell; room for those of all rows */
    double *others;
    bool any_best, any_mark[MARK_NONE], any_sent; /* to be explained */
};

/* The figure of a model's trials; how many. 0 where the line has no such model. */
static size_t values_take(const struct table *table, const struct summary_figure *figure,
                          const struct cell *cell, double *values)
{
    return cell == NULL
               ? 0
               : cells_values(&table->grid.cells, cell, figure->of, figure->column, values);
}

/* The cell of the model whose median is the best; NULL where none has the figure. */
static const struct cell *leader_of(const struct table *table, const struct summary_figure *figure,
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
static const struct cell *best_of(const struct table *table, const struct summary_figure *figure,
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

/* What makes the figure doubtful; it was measured `count` times: table->values. */
static enum mark mark_of(const struct table *table, const struct summary_figure *figure,
                         const struct cell *cell, size_t count)
{
    if (figure->is_latency && is_starved(table, cell))
        return MARK_STARVED;
    for (size_t i = 0; i < count; i++)
        if (table->values[i] > DBL_MAX)
            return MARK_UNANSWERED;
    if (2 * cell->client_bound > cell->rows)
        return figure->of_client ? MARK_CLIENT : MARK_NONE;
    return 2 * cell->latency_bound > cell->rows ? MARK_LATENCY : MARK_NONE;
}

/* The mark that all models have in a column, so that its head can tell it once. */
static enum mark mark_of_all(const struct table *table, const struct summary_figure *figure,
                             const struct cell *line)
{
    enum mark common = MARK_NONE;
    size_t found = 0;
    for (size_t i = 0; i < table->grid.model_count; i++) {
        const struct cell *cell = table_grid_cell(&table->grid, line, table->grid.models[i]);
        size_t count = values_take(table, figure, cell, table->values);
        if (count == 0)
            continue;
        enum mark mark = mark_of(table, figure, cell, count);
        if (found++ > 0 && mark != common)
            return MARK_NONE;
        common = mark;
    }
    return common;
}

static const char *mark_use(struct table *table, enum mark mark)
{
    if (mark == MARK_NONE)
        return "";
    table->any_mark[mark] = true;
    return marks[mark].word;
}

/* "7.67 +-2%", behind a tab the mark and the star. told: a mark that the head has. */
static const char *cell_text(struct table *table, const struct summary_figure *figure,
                             const struct cell *cell, enum mark told, bool best,
                             char text[CELL_BYTES])
{
    char median_text[24], spread[24] = "";
    size_t n = values_take(table, figure, cell, table->values);
    if (n == 0) {
        snprintf(text, CELL_BYTES, "-");
        return text;
    }
    enum mark mark = mark_of(table, figure, cell, n);
    const char *word = mark == told ? "" : mark_use(table, mark);
    double median = statistics_median(table->values, n);
    struct interval interval = statistics_median_interval(table->values, n);
    if (median > 0 && interval.high <= DBL_MAX)
        snprintf(spread, sizeof spread, " +-%.0f%%", 50 * (interval.high - interval.low) / median);
    table->any_best |= best;
    snprintf(text, CELL_BYTES, "%s%s\t%s%s%s",
             median <= DBL_MAX
                 ? summary_figure_text(figure, median, median_text, sizeof median_text)
                 : "-",
             spread, best ? "*" : "", word[0] != '\0' ? " " : "", word);
    return text;
}

/* A column of the table: a figure of one workload. */
struct place {
    const struct summary_figure *figure;
    const struct cell *line;
    const struct cell *best; /* a cell that tests tell apart from all others, or NULL */
    enum mark mark;          /* of all models */
};

static struct place place_of(const struct table *table, const struct summary_figure *figure,
                             const struct cell *line)
{
    const struct cell *best = best_of(table, figure, line);
    if (figure->is_latency && best != NULL && is_starved(table, best))
        best = NULL;
    return (struct place){figure, line, best, mark_of_all(table, figure, line)};
}

/* A row for each model: its figures of all places. -1 without memory. */
static int places_print(struct table *table, FILE *file, const struct place *places, size_t count,
                        bool by_workload, unsigned width)
{
    struct text_table out = {.columns = NULL};
    char head[HEAD_BYTES + 16], text[CELL_BYTES];
    text_table_add_column(&out, "", TEXT_TABLE_LEFT, SUMMARY_FIGURES);
    for (size_t i = 0; i < count; i++) {
        const struct row *row = table_grid_row(&table->grid, places[i].line);
        if (by_workload)
            row_workload_head(row, head, HEAD_BYTES);
        else
            snprintf(head, HEAD_BYTES, "%s", places[i].figure->title);
        size_t used = strlen(head);
        if (places[i].mark != MARK_NONE)
            snprintf(head + used, sizeof head - used, "%s%s", by_workload ? "\n" : " ",
                     mark_use(table, places[i].mark));
        text_table_add_column(
            &out, head, TEXT_TABLE_RIGHT,
            (unsigned)(SUMMARY_FIGURES - (size_t)(places[i].figure - summary_figures)));
    }
    for (size_t i = 0; i < table->grid.model_count; i++) {
        text_table_add_cell(&out, cell_shown_model(table->grid.models[i]));
        for (size_t j = 0; j < count; j++) {
            const struct cell *cell =
                table_grid_cell(&table->grid, places[j].line, table->grid.models[i]);
            text_table_add_cell(&out, cell_text(table, places[j].figure, cell, places[j].mark,
                                                cell != NULL && cell == places[j].best, text));
        }
    }
    int error = text_table_print(&out, file, INDENT, width, &table->told);
    text_table_free(&out);
    return error;
}

static bool has_figure(const struct table *table, const struct summary_figure *figure,
                       const struct cell *line)
{
    /* The time for a message is shown in any case: a dash says that it is not known. */
    return figure == summary_figures || leader_of(table, figure, line) != NULL;
}

/* With one workload its figures side by side; with several a table for each figure. */
static int target_print(struct table *table, FILE *file, unsigned width)
{
    struct place *places = malloc((table->grid.line_count + SUMMARY_FIGURES) * sizeof *places);
    bool by_workload = table->grid.line_count > 1;
    size_t count = 0;
    int error = places == NULL ? -1 : 0;
    fprintf(file, "\n");
    table_grid_print_heading(&table->grid, file, "", width);
    for (const struct summary_figure *figure = summary_figures;
         figure < summary_figures + SUMMARY_FIGURES && error == 0; figure++) {
        for (size_t i = 0; i < table->grid.line_count; i++)
            if (has_figure(table, figure, table->grid.lines[i]))
                places[count++] = place_of(table, figure, table->grid.lines[i]);
        table->any_sent |= count > 0 && places[count - 1].figure->is_after_sending;
        if (count == 0 || (!by_workload && figure + 1 < summary_figures + SUMMARY_FIGURES))
            continue;
        fprintf(file, "\n");
        if (by_workload)
            fprintf(file, "  %s\n", figure->title);
        error = places_print(table, file, places, count, by_workload, width);
        count = 0;
    }
    free(places);
    return error;
}

static void legend_print(const struct table *table, FILE *file, unsigned width)
{
    char line[HEAD_BYTES];
    if (table->any_best) {
        fprintf(file, "\n");
        terminal_print_wrapped(
            file, "* best of its column: a test tells it apart from each other model (p < 0.05)", 0,
            width);
    }
    bool first = !table->any_best;
    for (size_t i = 0; i < MARK_NONE; i++) {
        if (!table->any_mark[i])
            continue;
        snprintf(line, sizeof line, "%s %s", marks[i].word, marks[i].meaning);
        fprintf(file, "%s", first ? "\n" : "");
        terminal_print_wrapped(file, line, 0, width);
        first = false;
    }
    if (!table->any_sent)
        return;
    fprintf(file, "%s", first ? "\n" : "");
    terminal_print_wrapped(file,
                           "round trip: from the moment at which the message was to be sent; after "
                           "sending: without the time that it waited in the client for its turn",
                           0, width);
}

void summary_table_print(FILE *file, const struct row *rows, size_t count,
                         const struct text_list *targets, unsigned width)
{
    struct table table = {.values = malloc((count + 1) * sizeof *table.values),
                          .others = malloc((count + 1) * sizeof *table.others)};
    bool complete = table_grid_open(&table.grid, rows, count, targets) == 0 &&
                    table.values != NULL && table.others != NULL;
    while (complete && table_grid_next(&table.grid))
        complete = target_print(&table, file, width) == 0;
    legend_print(&table, file, width);
    unmeasured_table_print(file, rows, count);
    table_grid_close(&table.grid);
    free(table.values);
    free(table.others);
}
