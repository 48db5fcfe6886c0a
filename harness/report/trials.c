#include "report/trials.h"

#include <math.h>
#include <stdlib.h>

#include "base/array.h"
#include "rows/warnings.h"

static double or_endless(const struct row *row, double us)
{
    bool endless = row->loop == LOOP_OPEN && warning_has(row, WARNING_UNANSWERED);
    return endless && !number_is_known(us) ? INFINITY : us;
}

/*
 * The parts of the CPU time for a message: wineserver's is by the echoes of the client's window, and
 * the rest is split as the server reports its own and the kernel's time.
 */
static void cpu_take(const struct row *row, double *figures)
{
    double own = row->server_cpu_user_s, sum = own + row->server_cpu_sys_s;
    double wineserver = number_is_known(row->wineserver_cpu_s) && row->messages > 0
                            ? row->wineserver_cpu_s * 1e6 / row->messages
                            : NAN;
    double rest = row->server_cpu_us_per_msg - (number_is_known(wineserver) ? wineserver : 0);
    figures[TRIAL_CPU_US] = row->server_cpu_us_per_msg;
    figures[TRIAL_WINESERVER_US] = wineserver;
    figures[TRIAL_USER_US] = sum > 0 && rest >= 0 ? rest * own / sum : NAN;
    figures[TRIAL_SYSTEM_US] = sum > 0 && rest >= 0 ? rest * (sum - own) / sum : NAN;
}

static void figures_take(const struct row *row, double *figures)
{
    cpu_take(row, figures);
    figures[TRIAL_MESSAGES_PER_S] = row->throughput_msgs_per_s;
    figures[TRIAL_BYTES_PER_S] = row->throughput_bytes_per_s;
    figures[TRIAL_P50_US] = or_endless(row, row->rtt_p50_us);
    figures[TRIAL_P99_US] = or_endless(row, row->rtt_p99_us);
    figures[TRIAL_MEMORY_BYTES] = row->server_rss_peak_bytes;
    figures[TRIAL_FAIRNESS] = row->fairness_jain;
    figures[TRIAL_STARVED] = row->connections_starved;
    figures[TRIAL_UNANSWERED] = row->messages_unanswered;
    for (int i = 0; i < EXPLAIN_FIGURES; i++)
        figures[TRIAL_EXPLAIN + i] = explain_figure_of(row, (enum explain_figure)i);
}

int trials_add(struct trials *trials, const struct row *row)
{
    size_t before = trials->cells.row_count;
    trials->cells.by_threads = true;
    size_t cell = cells_number(&trials->cells, row);
    int counted = cell == CELLS_NONE ? -1 : cells_count_row(&trials->cells, cell, row);
    size_t order = trials->in_file++;
    if (counted <= 0)
        return counted;
    double *grown =
        array_grow(trials->figures, TRIAL_FIGURES * sizeof *grown, before, &trials->capacity);
    if (grown == NULL)
        return -1;
    trials->figures = grown;
    figures_take(row, grown + before * TRIAL_FIGURES);
    grown[before * TRIAL_FIGURES + TRIAL_ORDER] = (double)order;
    return 0;
}

void trials_next_file(struct trials *trials)
{
    trials->cells.file++;
    trials->in_file = 0;
}

static void cell_gather(struct trials *trials, size_t number, double *sorted)
{
    const struct cells *cells = &trials->cells;
    const struct cell *cell = &cells->cells[number];
    for (size_t figure = 0; figure < TRIAL_FIGURES; figure++) {
        double *to = sorted + figure * trials->ok + cell->first;
        double *known = trials->known + figure * trials->ok + cell->first;
        size_t *count = &trials->counts[figure * cells->count + number];
        for (size_t i = 0; i < cell->rows; i++) {
            to[i] = trials->figures[cells->order[cell->first + i] * TRIAL_FIGURES + figure];
            if (number_is_known(to[i]))
                known[(*count)++] = to[i];
        }
    }
}

int trials_gather(struct trials *trials)
{
    trials->ok = trials->cells.row_count;
    size_t numbers = trials->ok * TRIAL_FIGURES + 1;
    double *sorted = malloc(numbers * sizeof *sorted);
    trials->known = malloc(numbers * sizeof *trials->known);
    trials->counts = calloc(trials->cells.count * TRIAL_FIGURES + 1, sizeof *trials->counts);
    if (sorted == NULL || trials->known == NULL || trials->counts == NULL ||
        cells_sort(&trials->cells) != 0) {
        free(sorted);
        return -1;
    }
    for (size_t i = 0; i < trials->cells.count; i++)
        cell_gather(trials, i, sorted);
    free(trials->figures);
    trials->figures = sorted;
    return 0;
}

void trials_free(struct trials *trials)
{
    cells_free(&trials->cells);
    free(trials->figures);
    free(trials->known);
    free(trials->counts);
    *trials = (struct trials){.ok = 0};
}

const double *trials_values(const struct trials *trials, const struct cell *cell,
                            enum trial_figure figure, size_t *count)
{
    size_t number = (size_t)(cell - trials->cells.cells), place = (size_t)figure;
    *count = trials->counts[place * trials->cells.count + number];
    return trials->known + place * trials->ok + cell->first;
}

double trials_median(const struct trials *trials, const struct cell *cell, enum trial_figure figure)
{
    size_t count;
    const double *values = trials_values(trials, cell, figure, &count);
    return statistics_median(values, count);
}

struct interval trials_interval(const struct trials *trials, const struct cell *cell,
                                enum trial_figure figure)
{
    size_t count;
    const double *values = trials_values(trials, cell, figure, &count);
    return statistics_median_interval(values, count);
}

double trials_figure(const struct trials *trials, const struct cell *cell, size_t index,
                     enum trial_figure figure)
{
    return trials->figures[(size_t)figure * trials->ok + cell->first + index];
}
