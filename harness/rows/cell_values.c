#include "rows/cell_values.h"

#include <math.h>
#include <stdlib.h>

#include "base/array.h"
#include "rows/warnings.h"

void cell_values_init(struct cell_values *values, const struct column *const *metrics,
                      size_t metric_count)
{
    *values = (struct cell_values){
        .metrics = metrics, .metric_count = metric_count, .cells = {.by_threads = true}};
}

void cell_values_free(struct cell_values *values)
{
    cells_free(&values->cells);
    free(values->values);
    free(values->counts);
    *values = (struct cell_values){0};
}

/* An empty percentile of a row whose messages were not all answered is longer than any. */
static bool is_percentile(const struct column *metric)
{
    return (metric->basis == COLUMN_OWN || metric->basis == COLUMN_UNCORRECTED) &&
           metric->percentile > 0;
}

int cell_values_add_to(struct cell_values *values, size_t cell, const struct row *row,
                       double **numbers)
{
    size_t metrics = values->metric_count, before = values->cells.row_count;
    int counted = cells_count_row(&values->cells, cell, row);
    *numbers = NULL;
    if (counted <= 0)
        return counted;
    double *grown = array_grow(values->values, metrics * sizeof *grown, before, &values->capacity);
    if (grown == NULL)
        return -1;
    values->values = grown;
    *numbers = grown + before * metrics;
    bool endless = row->loop == LOOP_OPEN && warning_has(row, WARNING_UNANSWERED);
    for (size_t i = 0; i < metrics; i++)
        (*numbers)[i] = endless && is_percentile(values->metrics[i]) ? INFINITY : NAN;
    return 0;
}

int cell_values_add(struct cell_values *values, const struct row *row)
{
    double *numbers;
    size_t cell = cells_number(&values->cells, row);
    if (cell == CELLS_NONE || cell_values_add_to(values, cell, row, &numbers) != 0)
        return -1;
    for (size_t i = 0; numbers != NULL && i < values->metric_count; i++) {
        double number = column_number(row, values->metrics[i]);
        if (number_is_known(number))
            numbers[i] = number;
    }
    return 0;
}

int cell_values_gather(struct cell_values *values)
{
    const struct cells *cells = &values->cells;
    size_t metrics = values->metric_count, rows = cells->row_count;
    double *gathered = malloc((rows * metrics + 1) * sizeof *gathered);
    values->counts = calloc(cells->count * metrics + 1, sizeof *values->counts);
    if (gathered == NULL || values->counts == NULL || cells_sort(&values->cells) != 0) {
        free(gathered);
        return -1;
    }
    for (size_t i = 0; i < cells->count; i++)
        for (size_t at = cells->cells[i].first; at < cells->cells[i].first + cells->cells[i].rows;
             at++)
            for (size_t metric = 0; metric < metrics; metric++) {
                double number = values->values[cells->order[at] * metrics + metric];
                size_t *count = &values->counts[metric * cells->count + i];
                if (number_is_known(number))
                    gathered[metric * rows + cells->cells[i].first + (*count)++] = number;
            }
    free(values->values);
    values->values = gathered;
    return 0;
}

const double *cell_values_of(const struct cell_values *values, size_t cell, size_t metric,
                             size_t *count)
{
    const struct cells *cells = &values->cells;
    *count = values->counts[metric * cells->count + cell];
    return values->values + metric * cells->row_count + cells->cells[cell].first;
}

bool cell_values_any(const struct cell_values *values, size_t cell)
{
    size_t count = 0;
    for (size_t metric = 0; metric < values->metric_count && count == 0; metric++)
        cell_values_of(values, cell, metric, &count);
    return count > 0;
}
