#include "report/gate_report.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/exit_status.h"
#include "base/units.h"
#include "compiler.h"

enum { PERCENT_DECIMALS = 1, CELL_BYTES = GATE_CELL_BYTES, CHANGE_BYTES = 240, TEXT_BYTES = 400 };

enum finding_kind { FINDING_SLOWER, FINDING_BROKEN, FINDING_NOT_SHOWN };

struct gate_finding {
    enum finding_kind kind;
    size_t place; /* of the first one with this kind and cell: they are shown together */
    size_t sequence;
    char cell[CELL_BYTES];
    char text[TEXT_BYTES];
};

static void find(struct gate_report *report, enum finding_kind kind, const char *cell,
                 const char *format, ...) COMPILER_PRINTF(4, 5);

static void find(struct gate_report *report, enum finding_kind kind, const char *cell,
                 const char *format, ...)
{
    struct gate_finding *grown =
        array_grow(report->findings, sizeof *grown, report->count, &report->capacity);
    if (grown == NULL) {
        report->incomplete = true;
        return;
    }
    report->findings = grown;
    struct gate_finding *finding = &report->findings[report->count];
    finding->kind = kind;
    finding->sequence = report->count;
    snprintf(finding->cell, sizeof finding->cell, "%s", cell);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(finding->text, sizeof finding->text, format, arguments);
    va_end(arguments);
    finding->place = 0;
    while (report->findings[finding->place].kind != kind ||
           strcmp(report->findings[finding->place].cell, finding->cell) != 0)
        finding->place++;
    report->count++;
}

static const char *cell_text(const char *model, const char *target,
                             const struct cell *configuration, char text[CELL_BYTES])
{
    char factors[CELL_BYTES];
    snprintf(text, CELL_BYTES, "%s on %s, %s", model, target,
             comparison_line_configuration(configuration, factors, sizeof factors));
    return text;
}

static const char *line_text(const struct comparison_line *line, char text[CELL_BYTES])
{
    return cell_text(cell_model(line->contestant), cell_target(line->contestant), line->contestant,
                     text);
}

static const char *percent_text(double share, char *text, size_t size)
{
    return units_format_fixed(100 * share, PERCENT_DECIMALS, text, size);
}

/* "slower by 12.6 % (-1.0 to 26.0 %)", also by less than 0 where the median is better. */
static const char *change_text(const struct comparison_line *line, bool more_is_better, char *text,
                               size_t size)
{
    char change[32], low[32], high[32];
    double ratio = line->comparison->ratio;
    struct interval slowdown = gate_slowdown(line->comparison, more_is_better);
    percent_text(more_is_better ? 1 - ratio : ratio - 1, change, sizeof change);
    percent_text(slowdown.low, low, sizeof low);
    percent_text(slowdown.high, high, sizeof high);
    if (change[0] == '\0')
        snprintf(text, size, "slower, without a ratio: a median is 0 or not finite");
    else if (low[0] == '\0' || high[0] == '\0')
        snprintf(text, size, "slower by %s %%, without an interval", change);
    else
        snprintf(text, size, "slower by %s %% (%s to %s %%)", change, low, high);
    return text;
}

static void not_shown(struct gate_report *report, const struct column *metric,
                      const struct comparison_line *line, size_t tests)
{
    char cell[CELL_BYTES], change[CHANGE_BYTES], percent[32];
    const struct comparison *pair = line->comparison;
    double smallest = gate_smallest_change(pair);
    line_text(line, cell);
    if (line->starved)
        find(report, FINDING_NOT_SHOWN, cell,
             "%s: some clients starved, and it is of the others only", metric->name);
    else if (pair->verdict == COMPARISON_NONE)
        find(report, FINDING_NOT_SHOWN, cell,
             "%s: %zu trials have it, and %zu of the baseline's; a verdict takes %d of each",
             metric->name, pair->contestant_count, pair->baseline_count, STATISTICS_TRIALS_MIN);
    else if (!comparison_can_tell(pair->baseline_count, pair->contestant_count, tests))
        find(report, FINDING_NOT_SHOWN, cell,
             "%s: %zu pairs are judged together: with %zu trials against %zu no difference "
             "could be shown",
             metric->name, tests, pair->contestant_count, pair->baseline_count);
    else if (number_is_known(smallest))
        find(report, FINDING_NOT_SHOWN, cell, "%s: %s; these trials show changes from %s %% on",
             metric->name, change_text(line, metric->better == COLUMN_MORE, change, sizeof change),
             percent_text(smallest, percent, sizeof percent));
    else
        find(report, FINDING_NOT_SHOWN, cell,
             "%s: there is no interval, since trials are 0 or not finite", metric->name);
}

/* Whether the cells' rows alone rule out a verdict: gate_report_cells says so, once. */
static bool has_few_rows(const struct cell *baseline, const struct cell *contestant)
{
    return baseline->rows < STATISTICS_TRIALS_MIN || contestant->rows < STATISTICS_TRIALS_MIN;
}

static void passed(struct gate_report *report, const struct column *metric,
                   const struct comparison_line *line)
{
    double smallest = gate_smallest_change(line->comparison);
    if (line->comparison->verdict == COMPARISON_FASTER || !(smallest > report->could_miss))
        return;
    report->could_miss = smallest;
    report->missed_metric = metric->name;
    line_text(line, report->missed_cell);
}

void gate_report_lines(struct gate_report *report, const struct column *metric,
                       const struct comparison_line *lines, size_t count)
{
    char cell[CELL_BYTES], change[CHANGE_BYTES];
    bool more_is_better = metric->better == COLUMN_MORE;
    size_t tests = 0;
    for (size_t i = 0; i < count; i++)
        tests += number_is_known(lines[i].comparison->p);
    for (size_t i = 0; i < count && report->condition != NULL; i++) {
        const struct comparison_line *line = &lines[i];
        report->verdicts += line->comparison->verdict != COMPARISON_NONE;
        if (has_few_rows(line->baseline, line->contestant))
            continue;
        switch (gate_decide(line->comparison, more_is_better, report->slower_than, tests)) {
        case GATE_PASSED:
            passed(report, metric, line);
            break;
        case GATE_NOT_SHOWN:
            not_shown(report, metric, line, tests);
            break;
        case GATE_SLOWER:
            find(report, FINDING_SLOWER, line_text(line, cell), "%s: %s", metric->name,
                 change_text(line, more_is_better, change, sizeof change));
            break;
        }
    }
}

static void pair_check(struct gate_report *report, const struct cell_values *values,
                       const struct pair *pair)
{
    char cell[CELL_BYTES];
    const struct cell *baseline = &values->cells.cells[pair->baseline];
    const struct cell *contestant = &values->cells.cells[pair->contestant];
    cell_text(cell_model(contestant), cell_target(contestant), contestant, cell);
    if (has_few_rows(baseline, contestant))
        find(report, FINDING_NOT_SHOWN, cell,
             "ok rows: %zu (%zu failed), the baseline's: %zu (%zu failed); a verdict takes %d of "
             "each",
             contestant->rows, pair->contestant_failed, baseline->rows, pair->baseline_failed,
             STATISTICS_TRIALS_MIN);
    else if (pair->contestant_failed > pair->baseline_failed)
        find(report, FINDING_NOT_SHOWN, cell,
             "more failed rows; ok rows: %zu (%zu failed), the baseline's: %zu (%zu failed)",
             contestant->rows, pair->contestant_failed, baseline->rows, pair->baseline_failed);
}

static void gap_check(struct gate_report *report, const struct cell_values *values,
                      const struct pairing_gap *gap)
{
    char cell[CELL_BYTES];
    const struct cell *baseline = &values->cells.cells[gap->baseline];
    cell_text(gap->model, gap->target, baseline, cell);
    if (gap->other_threads != PAIRING_NONE)
        find(report, FINDING_NOT_SHOWN, cell,
             "measured with %s server threads, the baseline with %s",
             cell_threads(&values->cells.cells[gap->other_threads]), cell_threads(baseline));
    else if (gap->failed > 0)
        find(report, FINDING_BROKEN, cell, "ok rows: 0 (%zu failed)", gap->failed);
    else if (gap->incomplete > 0)
        find(report, FINDING_NOT_SHOWN, cell, "connections were missing in all of its rows (%zu)",
             gap->incomplete);
    else if (gap->skipped > 0)
        find(report, FINDING_NOT_SHOWN, cell, "all of its rows (%zu) were skipped", gap->skipped);
    else
        find(report, FINDING_NOT_SHOWN, cell, "it has no rows");
}

void gate_report_cells(struct gate_report *report, const struct cell_values *values,
                       const struct pairing *pairing)
{
    if (report->condition == NULL)
        return;
    for (size_t i = 0; i < pairing->count; i++)
        if (cell_values_any(values, pairing->pairs[i].baseline))
            pair_check(report, values, &pairing->pairs[i]);
    for (size_t i = 0; i < pairing->gap_count; i++)
        if (cell_values_any(values, pairing->gaps[i].baseline))
            gap_check(report, values, &pairing->gaps[i]);
}

static int finding_compare(const void *left, const void *right)
{
    const struct gate_finding *a = left, *b = right;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    if (a->place != b->place)
        return a->place < b->place ? -1 : 1;
    return (a->sequence > b->sequence) - (a->sequence < b->sequence);
}

static void findings_print(const struct gate_report *report)
{
    static const char *const headings[] = {
        [FINDING_SLOWER] = "it is so:",
        [FINDING_BROKEN] = "only failed rows where the baseline was measured:",
        [FINDING_NOT_SHOWN] = "inconclusive, neither this nor the contrary is shown:"};
    for (size_t i = 0; i < report->count; i++) {
        const struct gate_finding *finding = &report->findings[i];
        bool new_kind = i == 0 || finding[-1].kind != finding->kind;
        if (new_kind)
            fprintf(stderr, "iomodels compare: --fail-if %s: %s\n", report->condition,
                    headings[finding->kind]);
        if (new_kind || finding[-1].place != finding->place)
            fprintf(stderr, "  %s\n", finding->cell);
        fprintf(stderr, "    %s\n", finding->text);
    }
}

int gate_report_end(struct gate_report *report)
{
    char percent[32];
    if (report->condition == NULL)
        return 0;
    if (report->incomplete) {
        fprintf(stderr, "iomodels compare: out of memory\n");
        return EXIT_FAILED;
    }
    if (report->count > 0) {
        qsort(report->findings, report->count, sizeof *report->findings, finding_compare);
        findings_print(report);
        return report->findings[0].kind == FINDING_NOT_SHOWN ? EXIT_INCONCLUSIVE : EXIT_FAILED;
    }
    if (report->verdicts == 0) {
        fprintf(stderr,
                "iomodels compare: --fail-if %s: inconclusive: there is no verdict at all\n",
                report->condition);
        return EXIT_INCONCLUSIVE;
    }
    if (!(report->slower_than > 0) && report->could_miss > 0)
        fprintf(stderr,
                "iomodels compare: --fail-if %s: not so in any of %zu verdicts, but a change below "
                "%s %% could be missed (%s of %s)\n",
                report->condition, report->verdicts,
                percent_text(report->could_miss, percent, sizeof percent), report->missed_metric,
                report->missed_cell);
    return 0;
}

void gate_report_free(struct gate_report *report)
{
    free(report->findings);
    *report = (struct gate_report){0};
}
