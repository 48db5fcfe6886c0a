#include "report/comparison_rows.h"

#include <string.h>

enum { DIGITS = 6 };

void comparison_rows_header(struct csv_writer *csv)
{
    static const char *const before[] = {"compared_by", "target",   "host_kind",
                                         "model",       "baseline", "baseline_host_kind"};
    static const char *const after[] = {"server_threads",
                                        "baseline_server_threads",
                                        "metric",
                                        "trials",
                                        "baseline_trials",
                                        "median",
                                        "baseline_median",
                                        "ratio",
                                        "ratio_low",
                                        "ratio_high",
                                        "p",
                                        "client_bound",
                                        "verdict"};
    for (size_t i = 0; i < sizeof before / sizeof before[0]; i++)
        csv_write_text(csv, before[i]);
    for (size_t i = 0; i < COLUMN_FACTORS; i++)
        csv_write_text(csv, column_factors[i]->name);
    for (size_t i = 0; i < sizeof after / sizeof after[0]; i++)
        csv_write_text(csv, after[i]);
    csv_end_row(csv);
}

void comparison_rows_line(struct csv_writer *csv, enum pairing_by by, const char *old_run,
                          const struct column *metric, const struct comparison_line *line)
{
    static const char *const words[] = {"model", "target", "run"};
    const struct comparison *comparison = line->comparison;
    const char *factor = cell_factors(line->contestant);
    csv_write_text(csv, words[by]);
    csv_write_text(csv, cell_target(line->contestant));
    csv_write_text(csv, line->contestant->host_kind);
    csv_write_text(csv, cell_model(line->contestant));
    csv_write_text(csv, by == PAIRING_RUNS     ? old_run
                        : by == PAIRING_MODELS ? cell_shown_model(line->baseline)
                                               : cell_target(line->baseline));
    csv_write_text(csv, line->baseline->host_kind);
    for (size_t i = 0; i < COLUMN_FACTORS; i++, factor += strlen(factor) + 1)
        column_write_text(csv, column_factors[i], factor);
    csv_write_number(csv, cell_threads(line->contestant));
    csv_write_number(csv, cell_threads(line->baseline));
    csv_write_text(csv, metric->name);
    csv_write_u64(csv, comparison->contestant_count);
    csv_write_u64(csv, comparison->baseline_count);
    csv_write_double(csv, comparison->contestant_median, DIGITS);
    csv_write_double(csv, comparison->baseline_median, DIGITS);
    csv_write_double(csv, comparison->ratio, DIGITS);
    csv_write_double(csv, comparison->interval.low, DIGITS);
    csv_write_double(csv, comparison->interval.high, DIGITS);
    csv_write_double(csv, comparison->p, DIGITS);
    csv_write_text(csv, comparison_line_is_client_bound(line) ? "yes" : "no");
    csv_write_text(csv, comparison_verdict_text(comparison->verdict));
    csv_end_row(csv);
}
