#include "report/textbook_table.h"

#include <stdlib.h>
#include <string.h>

#include "base/units.h"
#include "report/summary_table.h"
#include "report/table_grid.h"
#include "stats/statistics.h"

struct column {
    const char *heads[2];
    int width;
    double (*of)(const struct row *row);
    const char *(*text)(double value, char *text, size_t size);
};

static double attempted(const struct row *row)
{
    return row->connections;
}

static double connected(const struct row *row)
{
    return row->connections_established;
}

static double memory(const struct row *row)
{
    return row->server_rss_peak_bytes;
}

static double kernel_memory(const struct row *row)
{
    return row->kernel_memory_bytes;
}

static double processor(const struct row *row)
{
    return row->server_cpu_load;
}

static double threads(const struct row *row)
{
    return row->server_threads_peak;
}

static double throughput(const struct row *row)
{
    return row->throughput_bytes_per_s;
}

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

static const struct column columns[] = {
    {{"", "attempted"}, 11, attempted, text_count},
    {{"", "connected"}, 11, connected, text_count},
    {{"memory", "MiB"}, 9, memory, text_mebibytes},
    {{"kernel's", "MiB"}, 10, kernel_memory, text_mebibytes},
    {{"", "CPU"}, 6, processor, text_percent},
    {{"", "threads"}, 9, threads, text_count},
    {{"bytes/s", "each way"}, 10, throughput, units_format_si},
    {{"CPU us", "a message"}, 11, row_cost_us, text_microseconds},
};

enum { COLUMNS = sizeof columns / sizeof columns[0], MODEL_WIDTH = 24 };

static int line_compare(const void *left, const void *right)
{
    const struct row *a = *(const struct row *const *)left;
    const struct row *b = *(const struct row *const *)right;
    return (a->connections > b->connections) - (a->connections < b->connections);
}

static void line_print(const struct table_grid *groups, const struct row *line, const char *model,
                       double *values, FILE *file)
{
    char text[32];
    if (table_grid_values(groups, line, model, attempted, values) == 0)
        return;
    fprintf(file, "  %*s", -MODEL_WIDTH, model);
    for (size_t i = 0; i < COLUMNS; i++) {
        size_t found = table_grid_values(groups, line, model, columns[i].of, values);
        fprintf(file, "%*s", columns[i].width,
                found == 0 ? "-"
                           : columns[i].text(statistics_median(values, found), text, sizeof text));
    }
    fprintf(file, "\n");
}

static void target_print(struct table_grid *groups, double *values, FILE *file)
{
    qsort(groups->lines, groups->line_count, sizeof groups->lines[0], line_compare);
    fprintf(file, "\n");
    table_grid_print_heading(groups, file);
    for (size_t head = 0; head < 2; head++) {
        fprintf(file, "  %*s", -MODEL_WIDTH, head == 0 ? "" : "model");
        for (size_t i = 0; i < COLUMNS; i++)
            fprintf(file, "%*s", columns[i].width, columns[i].heads[head]);
        fprintf(file, "\n");
    }
    for (size_t i = 0; i < groups->model_count; i++)
        for (size_t j = 0; j < groups->line_count; j++)
            if (strcmp(groups->lines[j]->workload, "ramp") == 0)
                line_print(groups, groups->lines[j], groups->models[i]->model, values, file);
}

void textbook_table_print(FILE *file, const struct row *rows, size_t count)
{
    struct table_grid groups = {.rows = rows, .count = count};
    double *values = calloc(count + 1, sizeof *values);
    while (values != NULL && table_grid_next(&groups))
        target_print(&groups, values, file);
    summary_table_print_unmeasured(file, rows, count);
    free(values);
}
