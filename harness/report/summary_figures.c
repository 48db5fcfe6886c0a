#include "report/summary_figures.h"

#include <math.h>

#include "base/units.h"
#include "rows/workload_facts.h"

/* An open loop's is its schedule's; where a connection carries one message, they are its connects. */
static double messages_per_s(const struct row *row, enum column_id column)
{
    bool counted = row->loop != LOOP_OPEN && !number_is_known(row->connects_per_s) &&
                   !workload_facts_of(row)->counts_bytes;
    return counted ? row_number(row, column) : NAN;
}

static double bytes_per_s(const struct row *row, enum column_id column)
{
    return workload_facts_of(row)->counts_bytes ? row_number(row, column) : NAN;
}

/* Where it is empty because it lies among messages without an answer, it is longer than any. */
static double or_endless(const struct row *row, enum column_id column)
{
    double us = row_number(row, column);
    bool endless = row->loop == LOOP_OPEN && row->messages_unanswered > 0;
    return endless && !number_is_known(us) ? INFINITY : us;
}

/* Only an open loop tells it apart. */
static double or_endless_if_open(const struct row *row, enum column_id column)
{
    return row->loop == LOOP_OPEN ? or_endless(row, column) : NAN;
}

static double fairness(const struct row *row, enum column_id column)
{
    return workload_facts_of(row)->shows_fairness ? row_number(row, column) : NAN;
}

static double memory_mebibytes(const struct row *row, enum column_id column)
{
    return workload_facts_of(row)->shows_memory ? row_number(row, column) / (1 << 20) : NAN;
}

const struct summary_figure summary_figures[SUMMARY_FIGURES] = {
    {.title = "server's CPU time for a message, us",
     .of = row_number,
     .column = COLUMN_server_cpu_us_per_msg},
    {.title = "messages per second",
     .of = messages_per_s,
     .column = COLUMN_throughput_msgs_per_s,
     .higher_is_better = true,
     .in_thousands = true,
     .of_client = true},
    {.title = "bytes per second, each way",
     .of = bytes_per_s,
     .column = COLUMN_throughput_bytes_per_s,
     .higher_is_better = true,
     .in_thousands = true,
     .of_client = true},
    {.title = "connects per second",
     .of = row_number,
     .column = COLUMN_connects_per_s,
     .higher_is_better = true,
     .in_thousands = true,
     .of_client = true},
    {.title = "round trip, 99th percentile, us",
     .of = or_endless,
     .column = COLUMN_rtt_p99_us,
     .is_latency = true,
     .of_client = true},
    {.title = "burst: until the last echo, median, us",
     .of = row_number,
     .column = COLUMN_burst_last_p50_us,
     .is_latency = true,
     .of_client = true},
    {.title = "burst: fairness (1: nobody is always last)",
     .of = fairness,
     .column = COLUMN_fairness_jain,
     .higher_is_better = true},
    {.title = "connect, 99th percentile, us",
     .of = row_number,
     .column = COLUMN_connect_p99_us,
     .is_latency = true,
     .of_client = true},
    {.title = "idle: the server's memory, MiB",
     .of = memory_mebibytes,
     .column = COLUMN_server_rss_peak_bytes},
    {.title = "round trip after sending, 99th percentile, us",
     .of = or_endless_if_open,
     .column = COLUMN_rtt_uncorrected_p99_us,
     .is_after_sending = true,
     .is_latency = true,
     .of_client = true},
};

const char *summary_figure_text(const struct summary_figure *figure, double value, char *text,
                                size_t size)
{
    if (figure->in_thousands)
        return units_format_si(value, text, size);
    int decimals = value < 10 ? 2 : 1;
    return units_format_fixed(value, value < 100 ? decimals : 0, text, size);
}
