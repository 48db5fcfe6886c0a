#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/units.h"
#include "report/chart.h"
#include "report/scale.h"
#include "report/svg.h"

enum { ROW_HEIGHT = 36, TOP = 16, BOTTOM = 30, TEXT_BYTES = 240 };

/* Columns of rate_search.csv that are read here, and where the file has them; -1: nowhere. */
enum {
    TARGET,
    MODEL,
    WORKLOAD,
    CONNECTIONS,
    BYTES,
    BOUND,
    MET,
    MISSED,
    MISSED_BY,
    ENDED,
    COLUMNS_READ
};
static const char *const names_read[COLUMNS_READ] = {"target",
                                                     "model",
                                                     "workload",
                                                     "connections",
                                                     "message_bytes",
                                                     "searched_bound",
                                                     "rate_met_msgs_per_s",
                                                     "rate_missed_msgs_per_s",
                                                     "missed_by",
                                                     "ended"};

/* The model of all external servers. */
static const char external[] = "external";

struct search_table {
    const struct report *report;
    size_t run;
    const struct csv_table *csv;
    int columns[COLUMNS_READ];
};

static struct search_table table_of(const struct report *report, size_t run)
{
    const struct csv_table *csv = &report->runs[run].search;
    struct search_table table = {.report = report, .run = run, .csv = csv};
    for (int i = 0; i < COLUMNS_READ; i++)
        table.columns[i] = csv->rows > 0 ? csv_column(csv, names_read[i]) : -1;
    return table;
}

static const char *field(const struct search_table *table, size_t row, int column)
{
    return csv_field(table->csv, row, table->columns[column]);
}

static double number(const struct search_table *table, size_t row, int column)
{
    double value;
    return units_parse_double(field(table, row, column), &value) ? value : NAN;
}

/* One of those of a line of an external server, which are all shown alike; NULL where there is none. */
static const struct cell *external_cell(const struct search_table *table, size_t row)
{
    const struct cells *cells = &table->report->trials.cells;
    bool is_external = strcmp(field(table, row, MODEL), external) == 0;
    for (size_t i = 0; i < cells->count && is_external; i++) {
        const struct cell *cell = &cells->cells[i];
        if (cell->file == table->run && strcmp(cell_target(cell), field(table, row, TARGET)) == 0 &&
            strcmp(cell_model(cell), external) == 0)
            return cell;
    }
    return NULL;
}

static const char *shown_target(const struct search_table *table, size_t row)
{
    const struct cell *cell = external_cell(table, row);
    return cell == NULL ? field(table, row, TARGET) : cell_shown_target(cell);
}

static const char *shown_model(const struct search_table *table, size_t row)
{
    const struct cell *cell = external_cell(table, row);
    return cell == NULL ? field(table, row, MODEL) : cell_shown_model(cell);
}

/* As shown, but each external server by its target's name, since several can be alone. */
static const char *label_of(const struct search_table *table, size_t row)
{
    const char *model = shown_model(table, row);
    return strcmp(model, external) == 0 ? field(table, row, TARGET) : model;
}

/* Lines of one target, as it is shown, of one workload and bound are one drawing. */
static bool is_together(const struct search_table *table, size_t a, size_t b)
{
    static const int same[] = {WORKLOAD, CONNECTIONS, BYTES, BOUND};
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
        if (strcmp(field(table, a, same[i]), field(table, b, same[i])) != 0)
            return false;
    return strcmp(shown_target(table, a), shown_target(table, b)) == 0;
}

static bool is_first(const struct search_table *table, size_t row)
{
    for (size_t i = 1; i < row; i++)
        if (is_together(table, i, row))
            return false;
    return true;
}

static bool has_rates(const struct search_table *table, size_t row)
{
    return number_is_known(number(table, row, MET)) || number_is_known(number(table, row, MISSED));
}

static bool has_data(const struct report *report)
{
    for (size_t i = report->has_baseline; i < report->run_count; i++) {
        struct search_table table = table_of(report, i);
        for (size_t row = 1; row < table.csv->rows; row++)
            if (has_rates(&table, row))
                return true;
    }
    return false;
}

/* A run marks Wine's rows itself; rate_search.csv does not. */
static bool target_is_wine(const struct report *report, size_t run, const char *target)
{
    for (size_t i = 0; i < report->trials.cells.count; i++) {
        const struct cell *cell = &report->trials.cells.cells[i];
        if (cell->file == run && cell->is_wine && strcmp(cell_target(cell), target) == 0)
            return true;
    }
    return false;
}

/* Its rows that have rates, the highest first. */
static size_t rows_collect(const struct search_table *table, size_t first,
                           size_t rows[REPORT_MODELS_MAX])
{
    size_t count = 0;
    for (size_t row = first; row < table->csv->rows && count < REPORT_MODELS_MAX; row++) {
        if (!is_together(table, first, row) || !has_rates(table, row))
            continue;
        size_t at = count++;
        double met = number(table, row, MET);
        for (; at > 0 && met > number(table, rows[at - 1], MET); at--)
            rows[at] = rows[at - 1];
        rows[at] = row;
    }
    return count;
}

static void row_draw(struct page *page, const struct search_table *table, size_t row,
                     const struct scale *scale, double y)
{
    char text[TEXT_BYTES], met_text[64], missed_text[64];
    const char *model = label_of(table, row);
    struct model_style style = model_style_of(shown_model(table, row), &page->report->strangers);
    double met = number(table, row, MET), missed = number(table, row, MISSED);
    svg_group_begin(&page->out, "");
    markup_put(&page->out, " data-model=\"");
    markup_text(&page->out, model);
    markup_put(&page->out, "\"");
    markup_value(&page->out, "data-value", met);
    markup_value(&page->out, "data-missed", missed);
    svg_group_tip(&page->out, "");
    svg_text(&page->out, 0, y - 11, SVG_START, "name", model);
    snprintf(text, sizeof text, "%s held, %s not",
             number_is_known(met) ? units_format_si(met, met_text, sizeof met_text) : "none",
             number_is_known(missed) ? units_format_si(missed, missed_text, sizeof missed_text)
                                     : "none tried");
    svg_text(&page->out, SVG_WIDTH, y - 11, SVG_END, "dim", text);
    svg_line(&page->out, scale->from, y, scale->to, y, "track");
    if (number_is_known(missed)) {
        double x = scale_at(scale, missed);
        svg_line(&page->out, x, y - 5, x, y + 5, "axis");
        if (number_is_known(met))
            svg_line(&page->out, scale_at(scale, met), y, x, y, "axis");
    }
    if (number_is_known(met))
        svg_point(&page->out, &style, scale_at(scale, met), y);
    svg_group_end(&page->out);
}

static void table_put(struct page *page, const struct search_table *table, const size_t *rows,
                      size_t count)
{
    static const char *const names[] = {"model", "rate that was held, messages/s",
                                        "rate that was not held", "missed by", "ended early by"};
    page_table_begin(page, names, sizeof names / sizeof names[0]);
    for (size_t i = 0; i < count; i++) {
        page_table_row(page, label_of(table, rows[i]));
        page_table_number(page, number(table, rows[i], MET));
        page_table_number(page, number(table, rows[i], MISSED));
        page_table_text(page, field(table, rows[i], MISSED_BY));
        page_table_text(page, field(table, rows[i], ENDED));
        page_table_row_end(page);
    }
    page_table_end(page);
}

static void sentence_make(const struct search_table *table, const size_t *rows, size_t count,
                          char *text, size_t size)
{
    char high[64], low[64];
    double most = number(table, rows[0], MET), least = number(table, rows[count - 1], MET);
    if (!number_is_known(most))
        snprintf(text, size, "No rate that was tried was held.");
    else if (count == 1 || !number_is_known(least))
        snprintf(text, size, "%.60s holds the highest rate: %s messages a second.",
                 label_of(table, rows[0]), units_format_si(most, high, sizeof high));
    else
        snprintf(text, size,
                 "%.60s holds the highest rate, %s messages a second, %.60s the lowest, %s.",
                 label_of(table, rows[0]), units_format_si(most, high, sizeof high),
                 label_of(table, rows[count - 1]), units_format_si(least, low, sizeof low));
}

static void axis_draw(struct page *page, const struct scale *scale, double bottom)
{
    double ticks[SCALE_TICKS_MAX];
    char text[64];
    size_t count = scale_ticks(scale, 6, ticks);
    for (size_t i = 0; i < count; i++) {
        double x = scale_at(scale, ticks[i]);
        svg_line(&page->out, x, TOP, x, bottom, "rule");
        svg_text(&page->out, x, bottom + 13, SVG_MIDDLE, "dim",
                 units_format_si(ticks[i], text, sizeof text));
    }
    svg_text(&page->out, SVG_WIDTH, bottom + 27, SVG_END, "dim", "messages a second");
}

static void figure_draw(struct page *page, size_t run, const struct search_table *table,
                        size_t first)
{
    size_t rows[REPORT_MODELS_MAX], count = rows_collect(table, first, rows);
    char heading[TEXT_BYTES], sentence[TEXT_BYTES], ending[64];
    double highest = 0, bottom = TOP + ROW_HEIGHT * (double)count;
    if (count == 0)
        return;
    for (size_t i = 0; i < count; i++) {
        highest = fmax(highest, number(table, rows[i], MET));
        highest = fmax(highest, number(table, rows[i], MISSED));
    }
    bool is_wine = target_is_wine(page->report, run, field(table, first, TARGET));
    struct scale scale = scale_from_zero(highest, 6, SVG_WIDTH - 6);
    snprintf(heading, sizeof heading, "%.63s: %.40s %.12s B x %.12s within %.20s%s",
             shown_target(table, first), field(table, first, WORKLOAD), field(table, first, BYTES),
             field(table, first, CONNECTIONS), field(table, first, BOUND),
             report_run_ending(page->report, run, ending, sizeof ending));
    sentence_make(table, rows, count, sentence, sizeof sentence);
    page_figure_begin(page, heading, is_wine, sentence);
    svg_begin(&page->out, bottom + BOTTOM, heading, sentence);
    axis_draw(page, &scale, bottom);
    for (size_t i = 0; i < count; i++)
        row_draw(page, table, rows[i], &scale, TOP + ROW_HEIGHT * (double)i + 26);
    page_mark_wine(page, is_wine);
    svg_end(&page->out);
    table_put(page, table, rows, count);
    page_figure_end(page);
}

static void draw(struct page *page)
{
    for (size_t i = page->report->has_baseline; i < page->report->run_count; i++) {
        struct search_table table = table_of(page->report, i);
        size_t drawn = 0;
        for (size_t row = 1; row < table.csv->rows && drawn < REPORT_PANELS_MAX; row++)
            if (is_first(&table, row)) {
                figure_draw(page, i, &table, row);
                drawn++;
            }
    }
}

const struct chart chart_rates = {
    .name = "rates",
    .question = "What rate is held within the bound?",
    .reading =
        "The point is the highest rate of a search at which the bound was met by most trials, the "
        "stroke the lowest one at which it was not: the limit lies between them.",
    .has_data = has_data,
    .draw = draw,
};
