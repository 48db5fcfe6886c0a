#include "report/comparison_table.h"

#include <string.h>

#include "base/terminal.h"
#include "base/units.h"
#include "report/comparison_rows.h"
#include "report/metric_text.h"

enum { LABEL_BYTES = 720, CSV_DIGITS = 6, INDENT = 2 };

static const struct {
    const char *title, *rule;
} markdown_columns[] = {
    {"configuration", "---"}, {"metric", "---"},        {"contestant", "---"},
    {"median", "---:"},       {"against", "---"},       {"its median", "---:"},
    {"ratio", "---:"},        {"95 % interval", "---"}, {"p", "---:"},
    {"trials", "---:"},       {"verdict", "---"},
};

enum { MARKDOWN_COLUMNS = sizeof markdown_columns / sizeof markdown_columns[0] };

bool comparison_format_is_for_programs(enum comparison_format format)
{
    return format != COMPARISON_TEXT && format != COMPARISON_MARKDOWN;
}

static bool has_rows(const struct comparison_table *table)
{
    return table->format == COMPARISON_CSV || table->format == COMPARISON_JSON;
}

static bool is_tracked(const struct comparison_table *table)
{
    return comparison_format_is_for_programs(table->format) && !has_rows(table);
}

/* " (4 threads)" where the sides differ in that, and both are known. */
static const char *threads_text(const struct comparison_line *line, const struct cell *cell,
                                char *text, size_t size)
{
    const char *threads = cell_threads(cell), *of_baseline = cell_threads(line->baseline),
               *of_contestant = cell_threads(line->contestant);
    text[0] = '\0';
    if (of_baseline[0] != '\0' && of_contestant[0] != '\0' &&
        strcmp(of_baseline, of_contestant) != 0)
        snprintf(text, size, " (%s thread%s)", threads, strcmp(threads, "1") == 0 ? "" : "s");
    return text;
}

static const char *shown_model(const struct comparison_table *table, const struct cell *cell)
{
    return table->by == PAIRING_MODELS ? cell_shown_model(cell) : cell_model(cell);
}

/* "select", or "select on native"; Wine's are marked in any case. */
static const char *contestant_text(struct comparison_table *table,
                                   const struct comparison_line *line, char *text, size_t size)
{
    char threads[48];
    const struct cell *cell = line->contestant;
    table->any_wine |= cell->is_wine;
    snprintf(text, size, "%s%s%s%s%s", shown_model(table, cell),
             table->by == PAIRING_MODELS ? "" : " on ",
             table->by == PAIRING_MODELS ? "" : cell_target(cell), cell->is_wine ? " (Wine)" : "",
             threads_text(line, cell, threads, sizeof threads));
    return text;
}

static const char *baseline_text(struct comparison_table *table, const struct comparison_line *line,
                                 char *text, size_t size)
{
    char threads[48];
    const struct cell *cell = line->baseline;
    if (table->by == PAIRING_RUNS) {
        snprintf(text, size, "%s", table->old_run);
        return text;
    }
    table->any_wine |= cell->is_wine;
    snprintf(text, size, "%s%s%s",
             table->by == PAIRING_MODELS ? cell_shown_model(cell) : cell_target(cell),
             cell->is_wine ? " (Wine)" : "", threads_text(line, cell, threads, sizeof threads));
    return text;
}

/* The figures of a line, as both tables for people show them. */
struct figures {
    char median[METRIC_TEXT_BYTES], baseline_median[METRIC_TEXT_BYTES], ratio[32], interval[72],
        p[32], trials[48], verdict[64];
};

static const char *or_dash(char *text, size_t size)
{
    if (text[0] == '\0')
        snprintf(text, size, "-");
    return text;
}

/* An end of an interval. One that is not 1 must not look as if it were. */
static const char *end_text(double end, char *text, size_t size)
{
    units_format_fixed(end, 3, text, size);
    if (end != 1 && strcmp(text, "1.000") == 0)
        units_format_double(end, 2 * CSV_DIGITS, text, size);
    return text;
}

static void figures_make(struct comparison_table *table, const struct column *metric,
                         const struct comparison_line *line, struct figures *figures)
{
    const struct comparison *comparison = line->comparison;
    char low[32], high[32];
    metric_value_text(metric, comparison->contestant_median, figures->median);
    metric_value_text(metric, comparison->baseline_median, figures->baseline_median);
    units_format_fixed(comparison->ratio, 3, figures->ratio, sizeof figures->ratio);
    or_dash(figures->ratio, sizeof figures->ratio);
    end_text(comparison->interval.low, low, sizeof low);
    end_text(comparison->interval.high, high, sizeof high);
    if (low[0] == '\0')
        snprintf(figures->interval, sizeof figures->interval, "-");
    else if (high[0] == '\0')
        snprintf(figures->interval, sizeof figures->interval, "from %s on", low);
    else
        snprintf(figures->interval, sizeof figures->interval, "%s to %s", low, high);
    if (comparison->p < 0.0001)
        snprintf(figures->p, sizeof figures->p, "<0.0001");
    else
        units_format_double(comparison->p, 2, figures->p, sizeof figures->p);
    or_dash(figures->p, sizeof figures->p);
    snprintf(figures->trials, sizeof figures->trials, "%zu, %zu", comparison->contestant_count,
             comparison->baseline_count);
    bool few = comparison->verdict == COMPARISON_NONE && !line->starved;
    bool client = metric->of_throughput && comparison_line_is_client_bound(line);
    bool disagreeing = comparison_medians_disagree(comparison);
    table->any_few |= few;
    table->any_starved |= line->starved;
    table->any_client |= client;
    table->any_disagreeing |= disagreeing;
    table->any_ratio |= figures->interval[0] != '-';
    table->any_unclear |= comparison->verdict == COMPARISON_UNCLEAR;
    snprintf(figures->verdict, sizeof figures->verdict, "%s%s%s",
             line->starved ? "clients starved" : comparison_verdict_shown(comparison->verdict),
             client ? " (c)" : "", disagreeing ? " (m)" : "");
}

/* A bar would end its cell. */
static void markdown_field(FILE *file, const char *text)
{
    fprintf(file, "| ");
    for (; *text != '\0'; text++) {
        if (*text == '|')
            fputc('\\', file);
        fputc(*text, file);
    }
    fprintf(file, " ");
}

static void markdown_line(struct comparison_table *table, const struct column *metric,
                          const struct comparison_line *line)
{
    char configuration[LABEL_BYTES], contestant[LABEL_BYTES], baseline[LABEL_BYTES];
    struct figures figures;
    comparison_line_configuration(line->contestant, configuration, sizeof configuration);
    size_t used = strlen(configuration);
    if (table->by == PAIRING_MODELS)
        snprintf(configuration + used, sizeof configuration - used, " on %s",
                 cell_shown_target(line->contestant));
    figures_make(table, metric, line, &figures);
    const char *const fields[MARKDOWN_COLUMNS] = {
        configuration,
        metric->name,
        contestant_text(table, line, contestant, sizeof contestant),
        figures.median,
        baseline_text(table, line, baseline, sizeof baseline),
        figures.baseline_median,
        figures.ratio,
        figures.interval,
        figures.p,
        figures.trials,
        figures.verdict};
    for (size_t i = 0; i < MARKDOWN_COLUMNS; i++)
        markdown_field(table->file, fields[i]);
    fprintf(table->file, "|\n");
}

/* Above the first metric of a family that was measured at all. */
static void text_heading(struct comparison_table *table)
{
    char label[LABEL_BYTES], text[LABEL_BYTES + 80];
    snprintf(text, sizeof text, "%s%s%s",
             table->by == PAIRING_MODELS ? cell_shown_target(table->heading) : "",
             table->by == PAIRING_MODELS ? ": " : "",
             comparison_line_configuration(table->heading, label, sizeof label));
    fprintf(table->file, "%s", table->begun ? "\n" : "");
    terminal_print_wrapped(table->file, text, 0, table->width);
    table->heading = NULL;
    table->begun = true;
}

/* -1 without memory. */
static int text_metric(struct comparison_table *table, const struct column *metric,
                       const struct comparison_line *lines, size_t count)
{
    /* The first columns to go for want of room are those that the others follow from. */
    static const struct {
        const char *head;
        enum text_table_align align;
        unsigned importance;
    } columns[] = {
        {NULL, TEXT_TABLE_LEFT, 9},      {"median", TEXT_TABLE_RIGHT, 6},
        {"against", TEXT_TABLE_LEFT, 5}, {"its median", TEXT_TABLE_RIGHT, 4},
        {"ratio", TEXT_TABLE_RIGHT, 8},  {"95 % interval", TEXT_TABLE_LEFT, 7},
        {"p", TEXT_TABLE_RIGHT, 2},      {"trials", TEXT_TABLE_RIGHT, 1},
        {"verdict", TEXT_TABLE_LEFT, 9},
    };
    struct text_table out = {.columns = NULL};
    char text[LABEL_BYTES];
    if (table->heading != NULL)
        text_heading(table);
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
        text_table_add_column(&out, columns[i].head != NULL ? columns[i].head : metric->name,
                              columns[i].align, columns[i].importance);
    for (size_t i = 0; i < count; i++) {
        struct figures figures;
        figures_make(table, metric, &lines[i], &figures);
        text_table_add_cell(&out, contestant_text(table, &lines[i], text, sizeof text));
        text_table_add_cell(&out, figures.median);
        text_table_add_cell(&out, baseline_text(table, &lines[i], text, sizeof text));
        text_table_add_cell(&out, figures.baseline_median);
        text_table_add_cell(&out, figures.ratio);
        text_table_add_cell(&out, figures.interval);
        text_table_add_cell(&out, figures.p);
        text_table_add_cell(&out, figures.trials);
        text_table_add_cell(&out, figures.verdict);
    }
    int error = text_table_print(&out, table->file, INDENT, table->width, &table->told);
    text_table_free(&out);
    return error;
}

static void markdown_header(struct comparison_table *table)
{
    for (size_t i = 0; i < MARKDOWN_COLUMNS; i++)
        markdown_field(table->file, markdown_columns[i].title);
    fprintf(table->file, "|\n");
    for (size_t i = 0; i < MARKDOWN_COLUMNS; i++)
        fprintf(table->file, "|%s", markdown_columns[i].rule);
    fprintf(table->file, "|\n");
}

void comparison_table_begin(struct comparison_table *table)
{
    enum comparison_format format = table->format;
    if (format == COMPARISON_MARKDOWN)
        markdown_header(table);
    else if (format == COMPARISON_CSV)
        csv_writer_init(&table->csv, table->file);
    else if (format == COMPARISON_JSON) {
        json_rows_begin(&table->json, table->file, "comparison");
        csv_writer_init_json(&table->csv, &table->json);
    } else if (format != COMPARISON_TEXT) {
        table->tracked = (struct tracked_figures){
            .file = table->file,
            .format = format == COMPARISON_BENCHER ? TRACKED_BENCHER : TRACKED_GITHUB,
            .by = table->by};
        tracked_figures_begin(&table->tracked);
    }
    if (has_rows(table))
        comparison_rows_header(&table->csv);
}

void comparison_table_heading(struct comparison_table *table, const struct cell *cell)
{
    table->heading = cell;
    if (is_tracked(table))
        tracked_figures_end_family(&table->tracked);
}

int comparison_table_metric(struct comparison_table *table, const struct column *metric,
                            const struct comparison_line *lines, size_t count)
{
    if (table->format == COMPARISON_TEXT)
        return text_metric(table, metric, lines, count);
    if (is_tracked(table))
        return tracked_figures_add(&table->tracked, metric, lines, count);
    for (size_t i = 0; i < count && table->format == COMPARISON_MARKDOWN; i++)
        markdown_line(table, metric, &lines[i]);
    for (size_t i = 0; i < count && has_rows(table); i++)
        comparison_rows_line(&table->csv, table->by, table->old_run, metric, &lines[i]);
    return 0;
}

void comparison_table_note(struct comparison_table *table, const char *text, bool new_paragraph)
{
    if (comparison_format_is_for_programs(table->format))
        return;
    if (new_paragraph || table->format == COMPARISON_MARKDOWN)
        fprintf(table->file, "\n");
    terminal_print_wrapped(table->file, text, 0,
                           table->format == COMPARISON_MARKDOWN ? 0 : table->width);
}

void comparison_table_end(struct comparison_table *table)
{
    const struct {
        bool any;
        const char *text;
    } notes[] = {
        {table->any_unclear, "~: no difference was shown"},
        {table->any_few, "too few trials: a verdict needs at least 6 on each side"},
        {table->any_disagreeing, "(m): the medians do not differ in that direction: a side may "
                                 "have two peaks, look at its rows"},
        {table->any_starved, "clients starved: round trips are of those only that got answers"},
        {table->any_client, "(c): the client was the limit, not the server: compare the CPU time "
                            "instead"},
        {table->any_wine, "(Wine): Wine's implementation of these models, not Windows'"},
        {table->any_ratio,
         "ratio: always the row's trials divided by those of the one that it is compared with, the "
         "middle of all quotients (Hodges-Lehmann); that of the two medians can differ. More than "
         "1 is more, whether that is better or worse. The interval holds 1 exactly where the test "
         "finds no difference, before Holm's correction for several pairs"},
    };
    if (table->format == COMPARISON_JSON)
        json_rows_end(&table->json);
    if (is_tracked(table))
        tracked_figures_end(&table->tracked);
    bool first = true;
    for (size_t i = 0; i < sizeof notes / sizeof notes[0]; i++) {
        if (notes[i].any)
            comparison_table_note(table, notes[i].text, first);
        first &= !notes[i].any;
    }
}
