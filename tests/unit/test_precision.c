#include "check.h"
#include "rows/precision.h"

#include <math.h>

enum { ROWS = 24 };

static struct row rows[ROWS];

/* Trials of two models in turn; the second's costs lie `apart` from one to the next. */
static struct precision of_trials(size_t trials, double apart)
{
    for (size_t i = 0; i < 2 * trials; i++) {
        row_clear(&rows[i]);
        row_set_text(rows[i].status, sizeof rows[i].status, "ok");
        row_set_text(rows[i].model, sizeof rows[i].model, i % 2 == 0 ? "select" : "epoll");
        rows[i].connections = 16;
        rows[i].throughput_msgs_per_s = 1000;
        size_t trial = i / 2;
        rows[i].server_cpu_us_per_msg = i % 2 == 0 ? 5 : 10 + apart * (double)trial;
    }
    return precision_of(rows, 2 * trials, &rows[0]);
}

static void test_worst_of_all(void)
{
    struct precision precision = of_trials(8, 1);
    CHECK_EQ_TEXT(precision.row->model, "epoll");
    CHECK(precision.worst > 0.05 && precision.worst < 0.3);
    CHECK(of_trials(8, 0.1).worst < precision.worst);
    CHECK(of_trials(8, 0).worst == 0);
    CHECK(of_trials(12, 0.1).worst > 0);
}

static void test_too_few(void)
{
    CHECK(of_trials(5, 0).worst > 1e300);
    CHECK(of_trials(6, 0).worst == 0);
    of_trials(6, 0);
    rows[3].server_cpu_us_per_msg = NAN; /* one that could not be told */
    CHECK(precision_of(rows, 12, &rows[0]).worst > 1e300);
    for (size_t i = 1; i < 12; i += 2)
        rows[i].server_cpu_us_per_msg = NAN; /* a client that can't tell any: by the rate then */
    CHECK(precision_of(rows, 12, &rows[0]).worst == 0);
}

static void test_others_do_not_count(void)
{
    of_trials(6, 0);
    rows[1].connections = 17;
    CHECK(precision_of(rows, 12, &rows[0]).worst > 1e300); /* one trial less */
    for (size_t i = 1; i < 12; i += 2)
        row_set_text(rows[i].status, sizeof rows[i].status, "failed");
    CHECK(precision_of(rows, 12, &rows[0]).worst == 0);
    for (size_t i = 0; i < 12; i++)
        row_set_text(rows[i].status, sizeof rows[i].status, "skipped");
    struct precision none = precision_of(rows, 12, &rows[0]);
    CHECK(none.row == NULL && none.worst == 0);
}

int main(void)
{
    test_worst_of_all();
    test_too_few();
    test_others_do_not_count();
    return check_report();
}
