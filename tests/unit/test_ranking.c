#include "check.h"
#include "report/metric_text.h"
#include "report/ranking.h"

#include <math.h>

static const double low[] = {10, 11, 12, 13, 14, 15}, low_too[] = {11, 12, 13, 14, 15, 16},
                    high[] = {20, 22, 24, 26, 28, 30}, higher[] = {40, 44, 48, 52, 56, 60};

static const struct cell cells[4];

static const char *sentence(bool more_is_better, size_t trials, size_t most,
                            const double *const *values, size_t count)
{
    static char text[600];
    static const char *const names[] = {"a", "b", "c", "d"};
    struct ranking ranking = {.more_is_better = more_is_better};
    for (size_t i = 0; i < count; i++)
        ranking_add(&ranking, &cells[i], names[i], values[i], trials);
    ranking_judge(&ranking);
    return ranking_sentence(&ranking, &(struct ranking_words){"cheapest", "N us", "x", most}, text,
                            sizeof text);
}

static void test_sentences(void)
{
    const double *all[] = {high, low, low_too, higher};
    CHECK_EQ_TEXT(sentence(false, 6, 9, all, 4),
                  "b and c are cheapest (no difference shown), N us; a 2.00x [1.60, 2.50], d 4.00x "
                  "[3.20, 5.00]");
    CHECK_EQ_TEXT(sentence(false, 6, 1, all, 4),
                  "b and c are cheapest (no difference shown), N us; the other 2 differ from "
                  "it by more than chance, up to d 4.00x [3.20, 5.00]");
    CHECK_EQ_TEXT(sentence(false, 6, 9, all, 2), "b is cheapest, N us; a 2.00x [1.60, 2.50]");
    CHECK_EQ_TEXT(sentence(true, 6, 9, all, 2), "a is cheapest, N us; b 0.50x [0.40, 0.62]");
    CHECK_EQ_TEXT(sentence(false, 6, 9, all + 1, 2),
                  "a and b: no difference shown; the best median is N us");
    CHECK_EQ_TEXT(sentence(false, 5, 9, all, 2),
                  "b has the best median, N us, but nothing is certain: a verdict takes at least 6 "
                  "trials of each");
    CHECK_EQ_TEXT(sentence(false, 6, 9, all, 1), "Only a has this figure, N us");
    CHECK_EQ_TEXT(sentence(false, 6, 9, all, 0), "");
}

static void test_what_has_no_trials_is_left_out(void)
{
    struct ranking ranking = {.count = 0};
    ranking_add(&ranking, &cells[0], "a", low, 0);
    CHECK_EQ_U64(ranking.count, 0);
}

static void test_values_have_units(void)
{
    static const struct {
        const char *metric;
        double value;
        const char *text;
    } cases[] = {
        {"server_cpu_us_per_msg", 7.2074, "7.21 us"},
        {"server_cpu_us_per_msg", 0.0123, "0.0123 us"},
        {"rtt_p99_us", 110400, "110 ms"},
        {"throughput_msgs_per_s", 138900, "139k/s"},
        {"throughput_bytes_per_s", 1.25e9, "1.25G B/s"},
        {"server_rss_peak_bytes", 8912896, "8.5 MiB"},
        {"kernel_memory_bytes", -4096, "-4,096"},
        {"errors", 12345, "12,345"},
        {"fairness_jain", 0.98765, "0.988"},
    };
    char text[METRIC_TEXT_BYTES];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        CHECK_EQ_TEXT(metric_value_text(column_find(cases[i].metric), cases[i].value, text),
                      cases[i].text);
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        metric_value_text(&row_columns[i], 1e300, text); /* whatever it is, within its room */
        CHECK_EQ_TEXT(metric_value_text(&row_columns[i], INFINITY, text), "-");
        CHECK_EQ_TEXT(metric_value_text(&row_columns[i], NAN, text), "-");
    }
    CHECK_EQ_TEXT(metric_best_word(column_find("server_cpu_us_per_msg")), "cheapest");
    CHECK_EQ_TEXT(metric_best_word(column_find("server_rss_peak_bytes")), "lowest");
    CHECK_EQ_TEXT(metric_best_word(column_find("fairness_jain")), "highest");
}

int main(void)
{
    test_sentences();
    test_what_has_no_trials_is_left_out();
    test_values_have_units();
    return check_report();
}
