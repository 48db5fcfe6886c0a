#include "check.h"
#include "rows/median_width.h"

#include <math.h>

enum { ROWS = 24 };

static struct row rows[ROWS];

/* Trials of two models in turn; the second's costs lie `apart` from one to the next. */
static struct median_width of_trials(size_t trials, double apart)
{
    for (size_t i = 0; i < 2 * trials; i++) {
        row_clear(&rows[i]);
        rows[i].status = ROW_OK;
        row_set_text(rows[i].model, sizeof rows[i].model, i % 2 == 0 ? "select" : "epoll");
        rows[i].connections = 16;
        rows[i].throughput_msgs_per_s = 1000;
        size_t trial = i / 2;
        rows[i].server_cpu_us_per_msg = i % 2 == 0 ? 5 : 10 + apart * (double)trial;
    }
    return median_width_of_rows(rows, 2 * trials, &rows[0]);
}

static void test_worst_of_all(void)
{
    struct median_width width = of_trials(8, 1);
    CHECK_EQ_TEXT(width.row->model, "epoll");
    CHECK(width.worst > 0.05 && width.worst < 0.3);
    CHECK(of_trials(8, 0.1).worst < width.worst);
    CHECK(of_trials(8, 0).worst == 0);
    CHECK(of_trials(12, 0.1).worst > 0);
}

static void test_too_few(void)
{
    CHECK(of_trials(5, 0).worst > 1e300);
    CHECK(of_trials(6, 0).worst == 0);
    of_trials(6, 0);
    rows[3].server_cpu_us_per_msg = NAN; /* one that could not be told */
    CHECK(median_width_of_rows(rows, 12, &rows[0]).worst > 1e300);
    for (size_t i = 1; i < 12; i += 2)
        rows[i].server_cpu_us_per_msg = NAN; /* a client that can't tell any: by the rate then */
    CHECK(median_width_of_rows(rows, 12, &rows[0]).worst == 0);
}

static void test_others_do_not_count(void)
{
    of_trials(6, 0);
    rows[1].connections = 17;
    CHECK(median_width_of_rows(rows, 12, &rows[0]).worst > 1e300); /* one trial less */
    for (size_t i = 1; i < 12; i += 2)
        rows[i].status = ROW_FAILED;
    CHECK(median_width_of_rows(rows, 12, &rows[0]).worst == 0);
    for (size_t i = 0; i < 12; i++)
        rows[i].status = ROW_SKIPPED;
    struct median_width none = median_width_of_rows(rows, 12, &rows[0]);
    CHECK(none.row == NULL && none.worst == 0);
}

int main(void)
{
    test_worst_of_all();
    test_too_few();
    test_others_do_not_count();
    return check_report();
}
