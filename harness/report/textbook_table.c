#include "report/textbook_table.h"

#include <stdlib.h>

#include "base/units.h"
#include "report/table_grid.h"
#include "report/text_table.h"
#include "report/unmeasured_table.h"
#include "rows/workload_facts.h"
#include "stats/statistics.h"

struct figure {
    const char *head;
    enum column_id column;
    const char *(*text)(double value, char *text, size_t size);
};

static const char *text_count(double value, char *text, size_t size)
{
    snprintf(text, size, "%.0f", value);
    return text;
}

static const char *text_mebibytes(double value, char *text, size_t size)
{
    return units_format_fixed(value / (1 << 20), 1, text, size);
}

static const char *text_percent(double value, char *text, size_t size)
{
    snprintf(text, size, "%.0f%%", 100 * value);
    return text;
}

static const char *text_microseconds(double value, char *text, size_t size)
{
    return units_format_fixed(value, value < 10 ? 2 : 1, text, size);
}

static const struct figure figures[] = {
    {"connections attempted", COLUMN_connections, text_count},
    {"connections made", COLUMN_connections_established, text_count},
    {"memory, MiB", COLUMN_server_rss_peak_bytes, text_mebibytes},
    {"kernel's memory, MiB", COLUMN_kernel_memory_bytes, text_mebibytes},
    {"CPU", COLUMN_server_cpu_load, text_percent},
    {"threads", COLUMN_server_threads_peak, text_count},
    {"bytes/s, each way", COLUMN_throughput_bytes_per_s, units_format_si},
    {"CPU time for a message, us", COLUMN_server_cpu_us_per_msg, text_microseconds},
};

enum { FIGURES = sizeof figures / sizeof figures[0], INDENT = 2 };

/* By the connections, the first of the factors that a ramp changes. */
static bool is_before(const struct table_grid *grid, const struct cell *a, const struct cell *b)
{
    return table_grid_row(grid, a)->connections < table_grid_row(grid, b)->connections;
}

static void lines_sort(struct table_grid *grid)
{
    for (size_t i = 1; i < grid->line_count; i++)
        for (size_t j = i; j > 0 && is_before(grid, grid->lines[j], grid->lines[j - 1]); j--) {
            const struct cell *line = grid->lines[j];
            grid->lines[j] = grid->lines[j - 1];
            grid->lines[j - 1] = line;
        }
}

static void line_add(struct text_table *out, const struct table_grid *grid, const struct cell *cell,
                     double *values)
{
    char text[32];
    text_table_add_cell(out, cell_shown_model(cell));
    for (size_t i = 0; i < FIGURES; i++) {
        size_t found = cells_values(&grid->cells, cell, row_number, figures[i].column, values);
        text_table_add_cell(
            out, found == 0 ? "-"
                            : figures[i].text(statistics_median(values, found), text, sizeof text));
    }
}

static void target_print(struct table_grid *grid, double *values, FILE *file, unsigned width,
                         struct text_table_told *told)
{
    struct text_table out = {.columns = NULL};
    lines_sort(grid);
    fprintf(file, "\n");
    table_grid_print_heading(grid, file, "", width);
    text_table_add_column(&out, "model", TEXT_TABLE_LEFT, FIGURES);
    for (size_t i = 0; i < FIGURES; i++)
        text_table_add_column(&out, figures[i].head, TEXT_TABLE_RIGHT, (unsigned)(FIGURES - i));
    for (size_t i = 0; i < grid->model_count; i++)
        for (size_t j = 0; j < grid->line_count; j++) {
            const struct cell *cell = table_grid_cell(grid, grid->lines[j], grid->models[i]);
            if (cell != NULL && workload_facts_of(table_grid_row(grid, cell))->finds_connections)
                line_add(&out, grid, cell, values);
        }
    (void)text_table_print(&out, file, INDENT, width, told);
    text_table_free(&out);
}

void textbook_table_print(FILE *file, const struct row *rows, size_t count,
                          const struct text_list *targets, unsigned width)
{
    struct table_grid grid;
    struct text_table_told told = {""};
    double *values = malloc((count + 1) * sizeof *values);
    bool complete = table_grid_open(&grid, rows, count, targets) == 0 && values != NULL;
    while (complete && table_grid_next(&grid))
        target_print(&grid, values, file, width, &told);
    unmeasured_table_print(file, rows, count);
    table_grid_close(&grid);
    free(values);
}
