#include "report/conclusion.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/units.h"
#include "report/metric_text.h"
#include "report/ranking.h"

enum { NAME_BYTES = 128, LABEL_BYTES = 720, LINE_BYTES = 8192 };

/* One contestant against one baseline by one metric, over all that was compared. */
struct conclusion_mean {
    const struct column *metric;
    const struct cell *contestant; /* the first one, for its names */
    const struct cell *baseline;
    double logarithms; /* of the ratios, their sum */
    size_t ratios;
    size_t better;
    size_t worse;
    size_t pairs;
};

/* ---- means ---- */

static bool is_same_side(enum pairing_by by, const struct cell *a, const struct cell *b)
{
    if (by == PAIRING_RUNS)
        return true;
    if (by == PAIRING_TARGETS)
        return strcmp(cell_target(a), cell_target(b)) == 0;
    return strcmp(cell_shown_target(a), cell_shown_target(b)) == 0 &&
           strcmp(cell_shown_model(a), cell_shown_model(b)) == 0;
}

static struct conclusion_mean *mean_of(struct conclusion *conclusion, enum pairing_by by,
                                       const struct column *metric,
                                       const struct comparison_line *line)
{
    for (size_t i = 0; i < conclusion->count; i++) {
        struct conclusion_mean *mean = &conclusion->means[i];
        if (mean->metric == metric && is_same_side(by, mean->contestant, line->contestant) &&
            is_same_side(by, mean->baseline, line->baseline))
            return mean;
    }
    struct conclusion_mean *grown =
        array_grow(conclusion->means, sizeof *grown, conclusion->count, &conclusion->capacity);
    if (grown == NULL)
        return NULL;
    conclusion->means = grown;
    grown[conclusion->count] = (struct conclusion_mean){
        .metric = metric, .contestant = line->contestant, .baseline = line->baseline};
    return &grown[conclusion->count++];
}

void conclusion_lines(struct conclusion *conclusion, const struct comparison_table *table,
                      const struct column *metric, const struct comparison_line *lines,
                      size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct comparison *comparison = lines[i].comparison;
        struct conclusion_mean *mean = mean_of(conclusion, table->by, metric, &lines[i]);
        if (mean == NULL) {
            conclusion->incomplete = true;
            return;
        }
        mean->pairs++;
        mean->better += comparison->verdict == COMPARISON_FASTER;
        mean->worse += comparison->verdict == COMPARISON_SLOWER;
        if (lines[i].starved || !(comparison->ratio > 0) || comparison->ratio > DBL_MAX)
            continue;
        mean->logarithms += log(comparison->ratio);
        mean->ratios++;
    }
}

static const char *side_text(const struct comparison_table *table, const struct cell *cell,
                             bool is_baseline, char text[NAME_BYTES])
{
    if (table->by == PAIRING_RUNS)
        snprintf(text, NAME_BYTES, "%s", is_baseline ? "the first run" : "the second run");
    else
        snprintf(text, NAME_BYTES, "%s",
                 table->by == PAIRING_MODELS ? cell_shown_model(cell) : cell_target(cell));
    return text;
}

/* "select 0.82x (better in 3, worse in 1)" */
static size_t mean_add(const struct comparison_table *table, const struct conclusion_mean *mean,
                       char *line, size_t used)
{
    char name[NAME_BYTES], ratio[32], counts[80] = "";
    units_format_fixed(exp(mean->logarithms / (double)mean->ratios), 2, ratio, sizeof ratio);
    if (mean->better > 0)
        snprintf(counts, sizeof counts, " (better in %zu%s", mean->better,
                 mean->worse == 0 ? ")" : "");
    size_t length = strlen(counts);
    if (mean->worse > 0)
        snprintf(counts + length, sizeof counts - length, "%sworse in %zu)",
                 length == 0 ? " (" : ", ", mean->worse);
    return used + (size_t)snprintf(line + used, LINE_BYTES - used, "%s %sx%s",
                                   side_text(table, mean->contestant, false, name), ratio, counts);
}

/* Means that one sentence holds: of one metric, against one baseline, over as many pairs. */
static bool belong_together(enum pairing_by by, const struct conclusion_mean *a,
                            const struct conclusion_mean *b)
{
    return a->metric == b->metric && a->ratios == b->ratios &&
           is_same_side(by, a->baseline, b->baseline);
}

static void means_print(const struct conclusion *conclusion, struct comparison_table *table)
{
    char line[LINE_BYTES], name[NAME_BYTES];
    bool new_paragraph = true;
    const struct column *first = conclusion->count > 0 ? conclusion->means[0].metric : NULL;
    for (size_t i = 0; i < conclusion->count; i++) {
        const struct conclusion_mean *mean = &conclusion->means[i];
        bool shown = mean->ratios > 1 && (table->by != PAIRING_MODELS || mean->metric == first);
        for (size_t j = 0; j < i && shown; j++)
            shown = !belong_together(table->by, &conclusion->means[j], mean);
        if (!shown)
            continue;
        size_t used = (size_t)snprintf(
            line, sizeof line, "geometric mean over %zu %s, %s against %s%s%s: ", mean->ratios,
            table->by == PAIRING_MODELS ? "loads" : "models and loads", mean->metric->name,
            side_text(table, mean->baseline, true, name), table->by == PAIRING_MODELS ? " on " : "",
            table->by == PAIRING_MODELS ? cell_shown_target(mean->baseline) : "");
        for (size_t j = i, told = 0; j < conclusion->count && used < sizeof line; j++) {
            if (!belong_together(table->by, &conclusion->means[j], mean))
                continue;
            if (told++ > 0)
                used += (size_t)snprintf(line + used, sizeof line - used, ", ");
            if (used < sizeof line)
                used = mean_add(table, &conclusion->means[j], line, used);
        }
        comparison_table_note(table, line, new_paragraph);
        new_paragraph = false;
    }
}

/* ---- rankings ---- */

/* Adds the cell if it is not there yet. */
static void cell_rank(struct ranking *ranking, const struct cell_values *values, size_t number)
{
    const struct cell *cell = &values->cells.cells[number];
    size_t count;
    for (size_t i = 0; i < ranking->count; i++)
        if (ranking->entries[i].cell == cell)
            return;
    const double *trials = cell_values_of(values, number, 0, &count);
    ranking_add(ranking, cell, cell_shown_model(cell), trials, count);
}

/* The number of threads tells two of one model apart. */
static void names_complete(struct ranking *ranking)
{
    for (size_t i = 0; i < ranking->count; i++)
        for (size_t j = 0; j < ranking->count; j++) {
            struct ranked *ranked = &ranking->entries[i];
            if (i == j || strcmp(cell_shown_model(ranked->cell),
                                 cell_shown_model(ranking->entries[j].cell)) != 0)
                continue;
            snprintf(ranked->name, sizeof ranked->name, "%s (%s threads)",
                     cell_shown_model(ranked->cell), cell_threads(ranked->cell));
        }
}

/* True where it printed a line. */
static bool family_print(struct comparison_table *table, const struct cell_values *values,
                         const struct pair *pairs, size_t count, bool new_paragraph)
{
    char label[LABEL_BYTES], sentence[LINE_BYTES - LABEL_BYTES - 80], line[LINE_BYTES],
        amount[METRIC_TEXT_BYTES];
    const struct column *metric = values->metrics[0];
    const struct cell *any = &values->cells.cells[pairs[0].baseline];
    struct ranking ranking = {.more_is_better = metric->better == COLUMN_MORE};
    size_t starved = 0;
    for (size_t i = 0; i < count; i++) {
        cell_rank(&ranking, values, pairs[i].baseline);
        cell_rank(&ranking, values, pairs[i].contestant);
    }
    for (size_t i = 0; i < ranking.count; i++)
        starved += metric->basis != COLUMN_NO_BASIS &&
                   ranking.entries[i].cell->warned_by[WARNING_STARVED] > 0;
    /* Figures of some clients only rank nothing. */
    if (ranking.count < 2 || starved > 0)
        return false;
    names_complete(&ranking);
    ranking_judge(&ranking);
    metric_value_text(metric, ranking.entries[0].median, amount);
    const struct ranking_words words = {metric_best_word(metric), amount, "x", SIZE_MAX};
    ranking_sentence(&ranking, &words, sentence, sizeof sentence);
    snprintf(line, sizeof line, "%s on %s%s: %s",
             comparison_line_configuration(any, label, sizeof label), cell_shown_target(any),
             any->is_wine ? " (Wine)" : "", sentence);
    comparison_table_note(table, line, new_paragraph);
    return true;
}

int conclusion_print(const struct conclusion *conclusion, struct comparison_table *table,
                     const struct cell_values *values, const struct pairing *pairing)
{
    bool new_paragraph = true;
    if (conclusion->incomplete)
        return -1;
    for (size_t begin = 0, end; begin < pairing->count && table->by == PAIRING_MODELS;
         begin = end) {
        for (end = begin;
             end < pairing->count && pairing->pairs[end].family == pairing->pairs[begin].family;)
            end++;
        new_paragraph &=
            !family_print(table, values, pairing->pairs + begin, end - begin, new_paragraph);
    }
    means_print(conclusion, table);
    return 0;
}

void conclusion_free(struct conclusion *conclusion)
{
    free(conclusion->means);
    *conclusion = (struct conclusion){.count = 0};
}
