#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "report/requirement.h"
#include "rows/warnings.h"

/* A row of one of two models, whose p99 is that; less than 0: it failed. */
static struct row row_of(const char *model, double p99_us)
{
    struct row row;
    row_clear(&row);
    row_set_text(row.target, sizeof row.target, "native");
    row_set_text(row.model, sizeof row.model, model);
    row_set_text(row.workload, sizeof row.workload, "rate");
    row.loop = LOOP_OPEN;
    row.connections = row.connections_active = 4;
    row.connections_misbehaving = 0;
    row.message_bytes = 64;
    row.status = p99_us < 0 ? ROW_FAILED : ROW_OK;
    row.rtt_p99_us = p99_us < 0 ? NAN : p99_us;
    row.throughput_msgs_per_s = 1000;
    return row;
}

static int missed;

/* What is printed for the rows; `missed` is what is returned. */
static const char *checked(const char *text, const struct row *rows, size_t count)
{
    static char printed[2000];
    struct requirement requirement;
    FILE *file = tmpfile();
    if (file == NULL || requirement_parse(text, &requirement, NULL) != 0)
        abort();
    missed = requirements_check(file, &requirement, 1, rows, count);
    rewind(file);
    printed[fread(printed, 1, sizeof printed - 1, file)] = '\0';
    fclose(file);
    return printed;
}

static void test_parse(void)
{
    static const char *const wrong[] = {"",
                                        "p99",
                                        "p99:",
                                        "p99:5",
                                        "p99:0ms",
                                        "p99>=5ms",
                                        "p95:1ms",
                                        "model:1",
                                        "max<5ms",
                                        "throughput:1ms",
                                        "throughput<=3",
                                        "wait_calls:2",
                                        "server_cpu_us_per_msg:x",
                                        "server_cpu_us_per_msg:-1",
                                        ":5ms"};
    struct requirement requirement;
    struct failure failure;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        failure.text[0] = '\0';
        CHECK(requirement_parse(wrong[i], &requirement, &failure) == -1);
        CHECK(strncmp(failure.text, "--require ", 10) == 0);
    }
    CHECK(requirement_parse("P99:5ms", &requirement, &failure) == 0);
    CHECK(requirement.metric == &row_columns[COLUMN_rtt_p99_us] && requirement.limit == 5000);
    CHECK(requirement_parse("p99.9<=500us", &requirement, &failure) == 0);
    CHECK(requirement.metric == &row_columns[COLUMN_rtt_p99_9_us] && requirement.limit == 500);
    CHECK(requirement_parse("throughput:20k", &requirement, &failure) == 0);
    CHECK(requirement.metric == &row_columns[COLUMN_throughput_msgs_per_s] &&
          requirement.limit == 20000);
    CHECK(requirement_parse("fairness_jain>=0.9", &requirement, &failure) == 0);
    CHECK_EQ_TEXT(requirement.text, "fairness_jain >= 0.9");
    CHECK(requirement_parse("server_rss_peak_bytes:1e6", &requirement, &failure) == 0);
    CHECK(requirement.limit == 1000000);
}

static void test_medians_decide(void)
{
    /* 300 is the median of epoll's, one of which is above the limit; select's are 500 and 600. */
    const struct row rows[] = {row_of("epoll", 200), row_of("select", 500), row_of("epoll", 900),
                               row_of("select", 600), row_of("epoll", 300)};
    CHECK_EQ_TEXT(checked("p99:1ms", rows, 5), "kept: p99 <= 1ms (all 2 medians)\n");
    CHECK(missed == 0);
    CHECK_EQ_TEXT(checked("p99:400us", rows, 5),
                  "not kept: p99 <= 400us: select on native, rate 64 B x 4: rtt_p99_us is 550 "
                  "(median of 2 trials)\n");
    CHECK(missed == 1);
    /* A limit itself is kept. */
    (void)checked("p99:550us", rows, 5);
    CHECK(missed == 0);
    (void)checked("throughput:1000", rows, 5);
    CHECK(missed == 0);
    (void)checked("throughput:1001", rows, 5);
    CHECK(missed == 2);
}

/* Nothing passes by not being measured. */
static void test_what_is_missing(void)
{
    struct row rows[] = {row_of("epoll", 200), row_of("select", -1)};
    CHECK_EQ_TEXT(checked("p99:1ms", rows, 2),
                  "not kept: p99 <= 1ms: select on native, rate 64 B x 4: no run succeeded\n");
    CHECK(missed == 1);
    rows[1] = row_of("select", 100);
    rows[1].rtt_p99_us = NAN;
    CHECK_EQ_TEXT(checked("p99:1ms", rows, 2),
                  "not kept: p99 <= 1ms: select on native, rate 64 B x 4: not measured\n");
    warning_add(&rows[1], WARNING_UNANSWERED);
    CHECK_EQ_TEXT(
        checked("p99:1ms", rows, 2),
        "not kept: p99 <= 1ms: select on native, rate 64 B x 4: it lies among messages that got "
        "no answer\n");
    CHECK(missed == 1);
    rows[1].status = ROW_SKIPPED;
    (void)checked("p99:1ms", rows, 2);
    CHECK(missed == 0);
}

int main(void)
{
    test_parse();
    test_medians_decide();
    test_what_is_missing();
    return check_report();
}
