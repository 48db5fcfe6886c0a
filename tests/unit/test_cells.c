#include "check.h"
#include "rows/cells.h"

#include <math.h>

enum { ROWS = 8 };

static struct row rows[ROWS];

static void row_make(struct row *row, const char *model, double connections, double cost)
{
    row_clear(row);
    row_set_text(row->target, sizeof row->target, "native");
    row_set_text(row->model, sizeof row->model, model);
    row->status = ROW_OK;
    row->connections = connections;
    row->server_threads = 1;
    row->server_cpu_us_per_msg = cost;
}

static void rows_make(void)
{
    row_make(&rows[0], "select", 16, 1);
    row_make(&rows[1], "poll", 16, 2);
    row_make(&rows[2], "poll", 250, 3);
    row_make(&rows[3], "poll", 16, 4);
    row_make(&rows[4], "select", 16, NAN);
    row_make(&rows[5], "select", 16, 6);
    row_make(&rows[6], "epoll", 16, 7);
    rows[6].status = ROW_FAILED;
    row_make(&rows[7], "poll", 16, 8);
}

static void test_rows_come_cell_by_cell(void)
{
    struct cells cells = {.count = 0};
    double values[ROWS];
    rows_make();
    CHECK(cells_of_rows(&cells, rows, ROWS) == 0);
    CHECK_EQ_U64(cells.count, 3); /* none for the row that failed */
    CHECK_EQ_U64(cells.configurations, 2);
    const struct cell *poll = &cells.cells[cells_find(&cells, &rows[1])];
    CHECK_EQ_TEXT(cell_model(poll), "poll");
    CHECK_EQ_TEXT(cell_target(poll), "native");
    CHECK_EQ_U64(poll->rows, 3);
    CHECK(cells_row(&cells, poll, 0) == &rows[1] && cells_row(&cells, poll, 1) == &rows[3] &&
          cells_row(&cells, poll, 2) == &rows[7]);
    CHECK(cells.cells[0].configuration == poll->configuration &&
          cells.cells[2].configuration != poll->configuration);
    CHECK_EQ_U64(
        cells_values(&cells, &cells.cells[0], row_number, COLUMN_server_cpu_us_per_msg, values), 2);
    CHECK(values[0] == 1 && values[1] == 6);
    CHECK(cells_find(&cells, &rows[6]) == CELLS_NONE);
    CHECK(cells_configuration(&cells, &rows[6]) == poll->configuration);
    rows[6].connections = 17;
    CHECK(cells_configuration(&cells, &rows[6]) == CELLS_NONE);
    cells_free(&cells);
}

/* Between two files, and where that was asked for between two numbers of threads. */
static void test_what_tells_cells_apart(void)
{
    struct cells cells = {.by_threads = true};
    struct row described;
    rows_make();
    size_t first = cells_number(&cells, &rows[0]);
    CHECK(cells_number(&cells, &rows[5]) == first);
    rows[5].server_threads = 2;
    size_t threads = cells_number(&cells, &rows[5]);
    CHECK(threads != first);
    CHECK_EQ_TEXT(cell_threads(&cells.cells[threads]), "2");
    cells.file = 1;
    size_t other = cells_number(&cells, &rows[0]);
    CHECK(other != first && cells.cells[other].file == 1);
    CHECK_EQ_U64(cells.configurations, 1);
    cell_describe(&cells.cells[threads], &described);
    CHECK(row_same_cell(&described, &rows[5]) && described.server_threads == 2);
    cells_free(&cells);

    cells = (struct cells){.count = 0};
    CHECK(cells_number(&cells, &rows[0]) == cells_number(&cells, &rows[5]));
    CHECK_EQ_TEXT(cell_threads(&cells.cells[0]), "");
    cells_free(&cells);
}

static void test_counts(void)
{
    struct cells cells = {.count = 0};
    rows_make();
    row_set_text(rows[0].cpu_model, sizeof rows[0].cpu_model, "Z80");
    rows[0].bound = BOUND_CLIENT;
    rows[4].bound = BOUND_LATENCY;
    rows[4].host_kind = HOST_WINE;
    rows[5].status = ROW_SKIPPED;
    size_t cell = cells_number(&cells, &rows[0]);
    CHECK(cells_count_row(&cells, cell, &rows[0]) == 1);
    CHECK(cells_count_row(&cells, cell, &rows[4]) == 1);
    CHECK(cells_count_row(&cells, cell, &rows[5]) == 0);
    CHECK(cells_count_row(&cells, cell, &rows[6]) == 0);
    const struct cell *counted = &cells.cells[cell];
    CHECK_EQ_U64(counted->rows, 2);
    CHECK_EQ_U64(counted->skipped, 1);
    CHECK_EQ_U64(counted->failed, 1);
    CHECK_EQ_U64(counted->client_bound, 1);
    CHECK_EQ_U64(counted->latency_bound, 1);
    CHECK(counted->is_wine);
    for (size_t i = 0; i < COLUMN_CONDITIONS; i++)
        if (column_conditions[i] == &row_columns[COLUMN_cpu_model])
            CHECK_EQ_TEXT(counted->conditions[i], "Z80");
    cells_free(&cells);
}

int main(void)
{
    test_rows_come_cell_by_cell();
    test_what_tells_cells_apart();
    test_counts();
    return check_report();
}
