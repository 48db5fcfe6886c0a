#include "report/requirement.h"

#include <math.h>
#include <string.h>

#include "base/units.h"
#include "names.h"
#include "rows/cell_values.h"
#include "stats/statistics.h"

enum { WORD_BYTES = 48, REQUIREMENTS_MOST = 64, NS_PER_US = 1000 };

static const uint64_t LONGEST_NS = UINT64_C(3600000000000);

/* Short names of what is limited most often. */
static const struct {
    const char *name;
    enum column_id column;
} short_names[] = {{"p50", COLUMN_rtt_p50_us},
                   {"p90", COLUMN_rtt_p90_us},
                   {"p99", COLUMN_rtt_p99_us},
                   {"p99.9", COLUMN_rtt_p99_9_us},
                   {"max", COLUMN_rtt_max_us},
                   {"mean", COLUMN_rtt_mean_us},
                   {"throughput", COLUMN_throughput_msgs_per_s}};

/* *is_short: of the names above, whose limits have units. */
static const struct column *metric_find(const char *name, bool *is_short)
{
    *is_short = true;
    for (size_t i = 0; i < sizeof short_names / sizeof short_names[0]; i++)
        if (name_equals(short_names[i].name, name))
            return &row_columns[short_names[i].column];
    *is_short = false;
    const struct column *metric = column_find_metric(name);
    return metric != NULL && metric->better != COLUMN_NEITHER ? metric : NULL;
}

/* *limit in the metric's unit. */
static bool limit_parse(const struct column *metric, bool is_short, const char *text, double *limit)
{
    uint64_t number;
    if (!is_short)
        return units_parse_double(text, limit) && *limit >= 0;
    if (metric->better == COLUMN_MORE) {
        if (!units_parse_quantity(text, 0, UINT64_C(1000000000000), &number))
            return false;
        *limit = (double)number;
        return true;
    }
    if (!units_parse_duration(text, 1, LONGEST_NS, &number))
        return false;
    *limit = (double)number / NS_PER_US;
    return true;
}

int requirement_parse(const char *text, struct requirement *requirement, struct failure *failure)
{
    char name[WORD_BYTES];
    size_t length = strcspn(text, ":<>");
    bool is_short;
    snprintf(name, sizeof name, "%.*s", (int)length, text);
    requirement->metric = length < sizeof name ? metric_find(name, &is_short) : NULL;
    if (requirement->metric == NULL)
        return failure_set(
            failure,
            "--require %s: not a limit such as p99:5ms; the names are p50, p90, p99, p99.9, "
            "max, mean, throughput, and the columns of runs.csv that have a better side",
            text);
    bool more = requirement->metric->better == COLUMN_MORE;
    const char *sign = more ? ">=" : "<=", *limit = text + length;
    if (*limit == ':')
        limit++;
    else if (strncmp(limit, sign, 2) == 0)
        limit += 2;
    else
        return failure_set(failure, "--require %s: %s takes %s:LIMIT, which is %s LIMIT", text,
                           name, name, more ? "at least" : "at most");
    if (!limit_parse(requirement->metric, is_short, limit, &requirement->limit))
        return failure_set(failure, "--require %s: %s is not %s", text, limit,
                           !is_short ? "a number"
                           : more    ? "a number such as 500 or 20k"
                                     : "a time such as 500us or 5ms");
    snprintf(requirement->text, sizeof requirement->text, "%s %s %s", name, sign, limit);
    return 0;
}

static bool is_kept(const struct requirement *requirement, double figure)
{
    return requirement->metric->better == COLUMN_MORE ? figure >= requirement->limit
                                                      : figure <= requirement->limit;
}

static void miss_print(FILE *file, const struct requirement *requirement, const struct cell *cell,
                       double figure, size_t trials)
{
    struct row row;
    char text[200], number[32] = "";
    cell_describe(cell, &row);
    fprintf(file, "not kept: %s: %s on %s, %s: ", requirement->text, cell_model(cell),
            cell_target(cell), row_workload_text(&row, text, sizeof text));
    if (!(figure < INFINITY) && trials > 0)
        fprintf(file, "it lies among messages that got no answer\n");
    else if (trials == 0)
        fprintf(file, cell->rows > 0 ? "not measured\n" : "no run succeeded\n");
    else
        fprintf(file, "%s is %s (median of %zu trial%s)\n", requirement->metric->name,
                units_format_double(figure, 4, number, sizeof number), trials,
                trials == 1 ? "" : "s");
}

int requirements_check(FILE *file, const struct requirement *requirements, size_t count,
                       const struct row *rows, size_t row_count)
{
    const struct column *metrics[REQUIREMENTS_MOST];
    struct cell_values values;
    int missed = -1;
    for (size_t i = 0; i < count; i++)
        metrics[i] = requirements[i].metric;
    cell_values_init(&values, metrics, count);
    for (size_t i = 0; i < row_count; i++)
        if (rows[i].status != ROW_SKIPPED && cell_values_add(&values, &rows[i]) != 0)
            goto done;
    if (cell_values_gather(&values) != 0)
        goto done;
    missed = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < values.cells.count; j++) {
            size_t trials;
            const double *of_cell = cell_values_of(&values, j, i, &trials);
            double median = statistics_median(of_cell, trials);
            if (trials > 0 && is_kept(&requirements[i], median))
                continue;
            miss_print(file, &requirements[i], &values.cells.cells[j], median, trials);
            missed++;
        }
    if (missed == 0)
        for (size_t i = 0; i < count; i++)
            fprintf(file, "kept: %s (all %zu medians)\n", requirements[i].text, values.cells.count);
done:
    cell_values_free(&values);
    return missed;
}
