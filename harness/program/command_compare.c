#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/failure.h"
#include "base/files.h"
#include "base/terminal.h"
#include "base/units.h"
#include "names.h"
#include "program.h"
#include "program/command.h"
#include "program/compare_notes.h"
#include "program/compare_options.h"
#include "program/compare_rules.h"
#include "program/options.h"
#include "report/comparison_table.h"
#include "report/conclusion.h"
#include "report/conditions.h"
#include "report/gate_report.h"
#include "rows/cell_values_reader.h"
#include "rows/results.h"

enum { METRICS_MAX = 64 };

/* A comparison on its way. */
struct compare {
    const struct compare_options *given;
    const struct column *metrics[METRICS_MAX];
    size_t metric_count;
    bool by_default; /* the metrics */
    struct cell_values values;
    struct compare_rules rules;
    struct comparison_table table;
    struct gate_report gate; /* --fail-if */
    struct conclusion conclusion;
};

static int refuse(const char *message)
{
    fprintf(stderr, "iomodels compare: %s\n", message);
    return EXIT_USAGE;
}

/* Names of metrics that have a better side into text. */
static const char *metrics_text(char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < COLUMN_COUNT && used < size; i++)
        if (column_has_better_side(&row_columns[i]))
            used += (size_t)snprintf(text + used, size - used, "%s%s", used == 0 ? "" : ", ",
                                     row_columns[i].name);
    return text;
}

/* Once, however often it is given. */
static void metric_add(struct compare *compare, const struct column *metric)
{
    for (size_t i = 0; i < compare->metric_count; i++)
        if (compare->metrics[i] == metric)
            return;
    if (compare->metric_count < METRICS_MAX)
        compare->metrics[compare->metric_count++] = metric;
}

/* The one to compare first at the top: the conclusion is by it. */
static void metrics_add_all(struct compare *compare)
{
    metric_add(compare, &row_columns[COLUMN_server_cpu_us_per_msg]);
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        if (column_has_better_side(&row_columns[i]))
            metric_add(compare, &row_columns[i]);
}

static int metrics_choose(struct compare *compare)
{
    static const char *const usual[] = {"server_cpu_us_per_msg,throughput_msgs_per_s,rtt_p99_us"};
    const struct text_list by_default = {{usual[0]}, 1};
    compare->by_default = compare->given->metrics.count == 0;
    const struct text_list *wanted = compare->by_default ? &by_default : &compare->given->metrics;
    char name[COMPARE_NAME_BYTES], known[1024];
    for (size_t i = 0; text_list_word(wanted, i, name, sizeof name); i++) {
        const struct column *metric = column_find_metric(name);
        if (name_equals("all", name))
            metrics_add_all(compare);
        else if (metric == NULL || !column_has_better_side(metric))
            return options_fail("compare", "%s %s; known are all, or %s",
                                metric == NULL ? "unknown metric" : "no side is better in", name,
                                metrics_text(known, sizeof known));
        else
            metric_add(compare, metric);
    }
    return 0;
}

/* "slower", "slower:10", also "slower:10%" and "slower>10%", which cmd and sh take apart. */
static int fail_if_parse(struct compare *compare)
{
    static const char word[] = "slower";
    const char *text = compare->given->fail_if;
    if (text == NULL)
        return 0;
    compare->gate.condition = text;
    size_t length = strcspn(text, ":>");
    if (name_equals_part(word, text, length) &&
        (text[length] == '\0' ||
         units_parse_percent(text + length + 1, &compare->gate.slower_than)))
        return 0;
    return options_fail("compare", "--fail-if %s: not slower or, by more than 10 %%, slower:10",
                        text);
}

static bool has_direction(const struct compare *compare, const struct column *metric)
{
    return (compare->table.format != COMPARISON_GITHUB_SMALLER || metric->better == COLUMN_LESS) &&
           (compare->table.format != COMPARISON_GITHUB_BIGGER || metric->better == COLUMN_MORE);
}

/* A file of one direction must have something to hold. */
static int direction_check(const struct compare *compare)
{
    for (size_t i = 0; i < compare->metric_count; i++)
        if (has_direction(compare, compare->metrics[i]))
            return 0;
    return options_fail("compare",
                        "--format %s: no metric that is better when it is %s; see --metric",
                        compare->given->format,
                        compare->table.format == COMPARISON_GITHUB_BIGGER ? "bigger" : "smaller");
}

static int format_parse(struct compare *compare)
{
    static const char *const names[] = {
        [COMPARISON_TEXT] = "text",
        [COMPARISON_MARKDOWN] = "markdown",
        [COMPARISON_CSV] = "csv",
        [COMPARISON_JSON] = "json",
        [COMPARISON_GITHUB_SMALLER] = "github-smaller",
        [COMPARISON_GITHUB_BIGGER] = "github-bigger",
        [COMPARISON_BENCHER] = "bencher",
    };
    const char *given = compare->given->format;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (given == NULL || name_equals(names[i], given)) {
            compare->table.format = (enum comparison_format)i;
            return direction_check(compare);
        }
    return options_fail("compare",
                        "unknown format %s; known are text, markdown, csv, json, github-smaller, "
                        "github-bigger, bencher",
                        given);
}

/* A run's folder, or its runs.csv. NULL with a failure. */
static FILE *run_open(const char *run, struct failure *failure)
{
    char path[RESULTS_PATH_BYTES + 16];
    FILE *file = files_open_read(run);
    snprintf(path, sizeof path, "%s", run);
    if (file == NULL && errno == EISDIR) {
        snprintf(path, sizeof path, "%s/runs.csv", run);
        file = files_open_read(path);
    }
    if (file == NULL)
        failure_set(failure, "%s: %s; name a run's folder or its runs.csv", path,
                    files_error_text(errno));
    return file;
}

static int run_read(struct compare *compare, const char *run)
{
    struct failure failure = {""}, cause = {""};
    size_t cut_line = 0, parts = 0;
    FILE *file = run_open(run, &failure);
    if (file == NULL)
        return refuse(failure.text);
    int error = cell_values_read(&compare->values, file, &cut_line, &parts, &cause);
    fclose(file);
    if (error != 0) {
        failure_set(&failure, "%s: %s", run, cause.text);
        return refuse(failure.text);
    }
    if (cut_line != 0)
        fprintf(stderr, "iomodels compare: %s: line %zu is cut off and was left out\n", run,
                cut_line);
    if (parts > 0)
        fprintf(stderr,
                "iomodels compare: warning: %s: one load generator's part of a run, the server's "
                "load is that of all: put the parts together first, by iomodels merge\n",
                run);
    return 0;
}

/* By default the table for people has what decides: throughput where the clients wait for answers, the
 * round trips where a schedule gives the throughput. A file may have one direction. */
static bool is_shown(const struct compare *compare, const struct column *metric,
                     const struct cell *cell)
{
    struct row row;
    if (!compare->by_default || comparison_format_is_for_programs(compare->table.format))
        return has_direction(compare, metric);
    cell_describe(cell, &row);
    bool is_open =
        number_is_known(row.target_rate_msgs_per_s) || number_is_known(row.burst_interval_us);
    return !(is_open ? metric->of_throughput : metric->basis != COLUMN_NO_BASIS);
}

static bool has_starved(const struct cell *cell)
{
    return cell->warned_by[WARNING_STARVED] > 0;
}

/* A family by one metric; comparisons and lines: room for its pairs. */
static int family_compare(struct compare *compare, const struct pair *pairs, size_t count,
                          size_t metric_index, struct comparison *comparisons,
                          struct comparison_line *lines)
{
    const struct cell_values *values = &compare->values;
    const struct cell *cells = values->cells.cells;
    const struct column *metric = compare->metrics[metric_index];
    bool more_is_better = metric->better == COLUMN_MORE;
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        struct comparison *comparison = &comparisons[kept];
        comparison->baseline =
            cell_values_of(values, pairs[i].baseline, metric_index, &comparison->baseline_count);
        comparison->contestant = cell_values_of(values, pairs[i].contestant, metric_index,
                                                &comparison->contestant_count);
        /* What was measured on neither side is not worth a line. */
        if (comparison->baseline_count + comparison->contestant_count == 0)
            continue;
        lines[kept] = (struct comparison_line){.baseline = &cells[pairs[i].baseline],
                                               .contestant = &cells[pairs[i].contestant],
                                               .comparison = comparison};
        kept++;
    }
    comparison_judge(comparisons, kept, more_is_better);
    for (size_t i = 0; i < kept; i++) {
        struct comparison *comparison = &comparisons[i];
        /* Their percentiles are of those clients only that got answers. */
        lines[i].starved = metric->basis != COLUMN_NO_BASIS &&
                           (has_starved(lines[i].baseline) || has_starved(lines[i].contestant));
        if (lines[i].starved)
            comparison->verdict = COMPARISON_NONE;
    }
    gate_report_lines(&compare->gate, metric, lines, kept);
    if (kept == 0 || !is_shown(compare, metric, lines[0].contestant))
        return 0;
    conclusion_lines(&compare->conclusion, &compare->table, metric, lines, kept);
    return comparison_table_metric(&compare->table, metric, lines, kept);
}

static int families_compare(struct compare *compare, const struct pairing *pairing)
{
    struct comparison *comparisons = malloc((pairing->count + 1) * sizeof *comparisons);
    struct comparison_line *lines = malloc((pairing->count + 1) * sizeof *lines);
    bool complete = comparisons != NULL && lines != NULL;
    for (size_t begin = 0, end; complete && begin < pairing->count; begin = end) {
        for (end = begin;
             end < pairing->count && pairing->pairs[end].family == pairing->pairs[begin].family;)
            end++;
        comparison_table_heading(&compare->table,
                                 &compare->values.cells.cells[pairing->pairs[begin].contestant]);
        for (size_t metric = 0; metric < compare->metric_count && complete; metric++)
            complete = family_compare(compare, pairing->pairs + begin, end - begin, metric,
                                      comparisons, lines) == 0;
    }
    free(comparisons);
    free(lines);
    return complete ? 0 : -1;
}

/* Also below a table that may be pasted somewhere, if there is one. */
static void warn(struct compare *compare, const char *text)
{
    fprintf(stderr, "iomodels compare: %s\n", text);
    if (compare->table.format == COMPARISON_MARKDOWN && compare->table.file != NULL)
        comparison_table_note(&compare->table, text, true);
}

static void runs_warn(struct compare *compare, const struct pairing *pairing)
{
    char texts[CONDITIONS_MAX][CONDITIONS_TEXT];
    size_t count = conditions_differ(&compare->values.cells, pairing, texts);
    for (size_t i = 0; i < count; i++)
        warn(compare, texts[i]);
    if (pairing->count > 0)
        warn(compare, "warning: two separate runs: what drifted on the machine between them is in "
                      "every ratio; the sound way is one run with both as targets (bench --target "
                      "A=... --target B=...)");
}

static int compare_print(struct compare *compare, const struct pairing *pairing)
{
    compare->table.file = stdout;
    compare->table.by = compare->rules.pairing.by;
    compare->table.old_run = compare->given->runs.items[0];
    compare->table.width = terminal_table_width(stdout);
    if (comparison_format_is_for_programs(compare->table.format))
        program_set_output_binary();
    comparison_table_begin(&compare->table);
    int error = families_compare(compare, pairing);
    comparison_table_end(&compare->table);
    if (error == 0) {
        compare_notes_print(&compare->table, &compare->values.cells, &compare->rules.pairing,
                            pairing);
        error = conclusion_print(&compare->conclusion, &compare->table, &compare->values, pairing);
    }
    if (error == 0)
        return 0;
    fprintf(stderr, "iomodels compare: out of memory\n");
    return EXIT_FAILED;
}

/* Whether any of the metrics was measured in any of the pairs. */
static bool is_measured(const struct compare *compare, const struct pairing *pairing)
{
    for (size_t i = 0; i < pairing->count; i++)
        if (cell_values_any(&compare->values, pairing->pairs[i].baseline) ||
            cell_values_any(&compare->values, pairing->pairs[i].contestant))
            return true;
    return false;
}

static int nothing_to_compare(const struct compare *compare, const struct pairing *pairing)
{
    static const char *const causes[] = {
        "nothing to compare: no two models with status ok on one target in one configuration",
        "nothing to compare: no model with status ok on two targets in one configuration",
        "nothing to compare: no model, target and configuration with status ok in both runs"};
    struct failure failure = {""};
    failure_set(&failure, "%s",
                pairing->count == 0 ? causes[compare->rules.pairing.by]
                                    : "nothing to compare: the metric is empty in every row");
    if (pairing->count == 0 && compare->rules.pairing.by == PAIRING_RUNS)
        conditions_factors_add(&compare->values.cells, &failure);
    return refuse(failure.text);
}

static int pairs_compare(struct compare *compare, const struct pairing *pairing)
{
    bool anything = is_measured(compare, pairing);
    int status = anything ? compare_print(compare, pairing) : 0;
    if (status != 0)
        return status;
    if (compare->rules.pairing.by == PAIRING_RUNS)
        runs_warn(compare, pairing);
    gate_report_cells(&compare->gate, &compare->values, pairing);
    /* A contestant that is not there at all is the gate's to judge. */
    if (!anything && compare->gate.count == 0)
        return nothing_to_compare(compare, pairing);
    return gate_report_end(&compare->gate);
}

static int compare_runs(struct compare *compare)
{
    int status = 0;
    for (size_t i = 0; i < compare->given->runs.count && status == 0; i++)
        status = run_read(compare, compare->given->runs.items[i]);
    if (status == 0)
        status = compare_rules_choose(&compare->rules, compare->given, &compare->values.cells);
    if (status != 0)
        return status;
    struct pairing pairing = {0};
    if (cell_values_gather(&compare->values) != 0 ||
        pairing_make(&pairing, &compare->values.cells, &compare->rules.pairing) != 0) {
        fprintf(stderr, "iomodels compare: out of memory\n");
        status = EXIT_FAILED;
    } else {
        status = pairs_compare(compare, &pairing);
    }
    pairing_free(&pairing);
    return status;
}

int command_compare(int argc, char **argv)
{
    struct compare_options given;
    struct compare compare = {.given = &given};
    int status;
    if (!compare_options_take(&given, argc, argv, &status))
        return status;
    status = metrics_choose(&compare);
    if (status == 0)
        status = fail_if_parse(&compare);
    if (status == 0)
        status = format_parse(&compare);
    if (status != 0)
        return status;
    cell_values_init(&compare.values, compare.metrics, compare.metric_count);
    status = compare_runs(&compare);
    cell_values_free(&compare.values);
    gate_report_free(&compare.gate);
    conclusion_free(&compare.conclusion);
    return status;
}
