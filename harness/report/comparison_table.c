#include "report/comparison_table.h"

#include <string.h>

#include "base/units.h"

enum { LABEL_BYTES = 720, DIGITS = 4, CSV_DIGITS = 6, LABEL_WIDTH_MIN = 20 };

static const struct {
    const char *title, *rule;
} markdown_columns[] = {
    {"configuration", "---"}, {"metric", "---"},        {"contestant", "---"},
    {"median", "---:"},       {"against", "---"},       {"its median", "---:"},
    {"ratio", "---:"},        {"95 % interval", "---"}, {"p", "---:"},
    {"trials", "---:"},       {"verdict", "---"},
};

enum { MARKDOWN_COLUMNS = sizeof markdown_columns / sizeof markdown_columns[0] };

static bool is_client_bound(const struct comparison_line *line)
{
    return 2 * line->baseline->client_bound > line->baseline->rows ||
           2 * line->contestant->client_bound > line->contestant->rows;
}

/* The workload, and what else tells two configurations apart. */
const char *comparison_table_configuration(const struct cell *cell, char *text, size_t size)
{
    struct row row;
    char number[32];
    cell_describe(cell, &row);
    row_workload_text(&row, text, size);
    size_t used = strlen(text);
    if (row.pipeline_depth > 1 && used < size)
        used += (size_t)snprintf(text + used, size - used, ", depth %.0f", row.pipeline_depth);
    if (row.tcp_nodelay == NODELAY_NO && used < size)
        used += (size_t)snprintf(text + used, size - used, ", Nagle on");
    if (number_is_known(row.buffer_bytes) && row.buffer_bytes != 65536 && used < size)
        used +=
            (size_t)snprintf(text + used, size - used, ", buffer %s",
                             units_format_size((uint64_t)row.buffer_bytes, number, sizeof number));
    if (row.placement[0] != '\0' && used < size)
        snprintf(text + used, size - used, ", placement %s", row.placement);
    return text;
}

/* " (4 threads)" where the sides differ in that. */
static const char *threads_text(const struct comparison_line *line, const struct cell *cell,
                                char *text, size_t size)
{
    const char *threads = cell_threads(cell);
    text[0] = '\0';
    if (strcmp(cell_threads(line->baseline), cell_threads(line->contestant)) != 0 &&
        threads[0] != '\0')
        snprintf(text, size, " (%s thread%s)", threads, strcmp(threads, "1") == 0 ? "" : "s");
    return text;
}

/* "select", or "select on native"; Wine's are marked in any case. */
static const char *contestant_text(struct comparison_table *table,
                                   const struct comparison_line *line, char *text, size_t size)
{
    char threads[48];
    const struct cell *cell = line->contestant;
    table->any_wine |= cell->is_wine;
    snprintf(text, size, "%s%s%s%s%s", cell_model(cell), table->by == PAIRING_MODELS ? "" : " on ",
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
             table->by == PAIRING_MODELS ? cell_model(cell) : cell_target(cell),
             cell->is_wine ? " (Wine)" : "", threads_text(line, cell, threads, sizeof threads));
    return text;
}

/* The figures of a line, as both tables for people show them. */
struct figures {
    char median[32], baseline_median[32], ratio[32], interval[72], p[32], trials[48], verdict[64];
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
    units_format_double(comparison->contestant_median, DIGITS, figures->median,
                        sizeof figures->median);
    or_dash(figures->median, sizeof figures->median);
    units_format_double(comparison->baseline_median, DIGITS, figures->baseline_median,
                        sizeof figures->baseline_median);
    or_dash(figures->baseline_median, sizeof figures->baseline_median);
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
    bool client = metric->of_throughput && is_client_bound(line);
    bool disagreeing = comparison_medians_disagree(comparison);
    table->any_few |= few;
    table->any_starved |= line->starved;
    table->any_client |= client;
    table->any_disagreeing |= disagreeing;
    table->any_ratio |= figures->interval[0] != '-';
    snprintf(figures->verdict, sizeof figures->verdict, "%s%s%s",
             few             ? "too few trials"
             : line->starved ? "clients starved"
                             : comparison_verdict_text(comparison->verdict),
             client ? " (c)" : "", disagreeing ? " (m)" : "");
}

static void csv_header(struct comparison_table *table)
{
    static const char *const before[] = {"compared_by", "target",   "host_kind",
                                         "model",       "baseline", "baseline_host_kind"};
    static const char *const after[] = {"server_threads",
                                        "baseline_server_threads",
                                        "metric",
                                        "trials",
                                        "baseline_trials",
                                        "median",
                                        "baseline_median",
                                        "ratio",
                                        "ratio_low",
                                        "ratio_high",
                                        "p",
                                        "client_bound",
                                        "verdict"};
    for (size_t i = 0; i < sizeof before / sizeof before[0]; i++)
        csv_write_text(&table->csv, before[i]);
    for (size_t i = 0; i < COLUMN_FACTORS; i++)
        csv_write_text(&table->csv, column_factors[i]->name);
    for (size_t i = 0; i < sizeof after / sizeof after[0]; i++)
        csv_write_text(&table->csv, after[i]);
    csv_end_row(&table->csv);
}

static void csv_line(struct comparison_table *table, const struct column *metric,
                     const struct comparison_line *line)
{
    static const char *const by[] = {"model", "target", "run"};
    const struct comparison *comparison = line->comparison;
    struct csv_writer *csv = &table->csv;
    const char *factor = cell_factors(line->contestant);
    csv_write_text(csv, by[table->by]);
    csv_write_text(csv, cell_target(line->contestant));
    csv_write_text(csv, line->contestant->host_kind);
    csv_write_text(csv, cell_model(line->contestant));
    csv_write_text(csv, table->by == PAIRING_RUNS     ? table->old_run
                        : table->by == PAIRING_MODELS ? cell_model(line->baseline)
                                                      : cell_target(line->baseline));
    csv_write_text(csv, line->baseline->host_kind);
    for (size_t i = 0; i < COLUMN_FACTORS; i++, factor += strlen(factor) + 1)
        csv_write_text(csv, factor);
    csv_write_text(csv, cell_threads(line->contestant));
    csv_write_text(csv, cell_threads(line->baseline));
    csv_write_text(csv, metric->name);
    csv_write_u64(csv, comparison->contestant_count);
    csv_write_u64(csv, comparison->baseline_count);
    csv_write_double(csv, comparison->contestant_median, CSV_DIGITS);
    csv_write_double(csv, comparison->baseline_median, CSV_DIGITS);
    csv_write_double(csv, comparison->ratio, CSV_DIGITS);
    csv_write_double(csv, comparison->interval.low, CSV_DIGITS);
    csv_write_double(csv, comparison->interval.high, CSV_DIGITS);
    csv_write_double(csv, comparison->p, CSV_DIGITS);
    csv_write_text(csv, is_client_bound(line) ? "yes" : "no");
    csv_write_text(csv, comparison_verdict_text(comparison->verdict));
    csv_end_row(csv);
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
    comparison_table_configuration(line->contestant, configuration, sizeof configuration);
    size_t used = strlen(configuration);
    if (table->by == PAIRING_MODELS)
        snprintf(configuration + used, sizeof configuration - used, " on %s",
                 cell_target(line->contestant));
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
    char label[LABEL_BYTES];
    fprintf(table->file, "%s%s%s%s\n", table->begun ? "\n" : "",
            table->by == PAIRING_MODELS ? cell_target(table->heading) : "",
            table->by == PAIRING_MODELS ? ": " : "",
            comparison_table_configuration(table->heading, label, sizeof label));
    table->heading = NULL;
    table->begun = true;
}

static void text_metric(struct comparison_table *table, const struct column *metric,
                        const struct comparison_line *lines, size_t count)
{
    char label[LABEL_BYTES], against[LABEL_BYTES];
    int label_width = LABEL_WIDTH_MIN, against_width = (int)strlen("against");
    if (table->heading != NULL)
        text_heading(table);
    for (size_t i = 0; i < count; i++) {
        int width = (int)strlen(contestant_text(table, &lines[i], label, sizeof label));
        label_width = width > label_width ? width : label_width;
        width = (int)strlen(baseline_text(table, &lines[i], against, sizeof against));
        against_width = width > against_width ? width : against_width;
    }
    fprintf(table->file, "  %*s %10s  %*s %10s  %6s  %-16s %8s  %7s  verdict\n", -label_width,
            metric->name, "median", -against_width, "against", "its median", "ratio",
            "95 % interval", "p", "trials");
    for (size_t i = 0; i < count; i++) {
        struct figures figures;
        figures_make(table, metric, &lines[i], &figures);
        fprintf(table->file, "  %*s %10s  %*s %10s  %6s  %-16s %8s  %7s  %s\n", -label_width,
                contestant_text(table, &lines[i], label, sizeof label), figures.median,
                -against_width, baseline_text(table, &lines[i], against, sizeof against),
                figures.baseline_median, figures.ratio, figures.interval, figures.p, figures.trials,
                figures.verdict);
    }
}

void comparison_table_begin(struct comparison_table *table)
{
    if (table->format == COMPARISON_CSV) {
        csv_writer_init(&table->csv, table->file);
        csv_header(table);
    }
    if (table->format != COMPARISON_MARKDOWN)
        return;
    for (size_t i = 0; i < MARKDOWN_COLUMNS; i++)
        markdown_field(table->file, markdown_columns[i].title);
    fprintf(table->file, "|\n");
    for (size_t i = 0; i < MARKDOWN_COLUMNS; i++)
        fprintf(table->file, "|%s", markdown_columns[i].rule);
    fprintf(table->file, "|\n");
}

void comparison_table_heading(struct comparison_table *table, const struct cell *cell)
{
    table->heading = cell;
}

void comparison_table_metric(struct comparison_table *table, const struct column *metric,
                             const struct comparison_line *lines, size_t count)
{
    if (table->format == COMPARISON_TEXT)
        text_metric(table, metric, lines, count);
    for (size_t i = 0; i < count && table->format == COMPARISON_MARKDOWN; i++)
        markdown_line(table, metric, &lines[i]);
    for (size_t i = 0; i < count && table->format == COMPARISON_CSV; i++)
        csv_line(table, metric, &lines[i]);
}

void comparison_table_note(struct comparison_table *table, const char *text)
{
    if (table->format != COMPARISON_CSV)
        fprintf(table->file, "\n%s\n", text);
}

void comparison_table_end(struct comparison_table *table)
{
    if (table->any_ratio)
        comparison_table_note(
            table, "ratio: the middle of all quotients of a trial by one of the baseline "
                   "(Hodges-Lehmann); "
                   "that of the\n"
                   "two medians can differ. Its interval holds 1 exactly where the test finds no "
                   "difference, before\n"
                   "Holm's correction for several pairs");
    if (table->any_disagreeing)
        comparison_table_note(table, "(m): the medians do not differ in that direction: a side may "
                                     "have two peaks, look at its rows");
    if (table->any_few)
        comparison_table_note(table, "too few trials: a verdict needs at least 6 on each side");
    if (table->any_starved)
        fprintf(table->file, "%s",
                "\nclients starved: round trips are of those only that got answers\n");
    if (table->any_client)
        comparison_table_note(
            table, "(c): the client was the limit, not the server: compare the CPU time instead");
    if (table->any_wine)
        comparison_table_note(table, "(Wine): Wine's implementation of these models, not Windows'");
}
