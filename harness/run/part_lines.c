#include "run/part_lines.h"

#include <math.h>

static const double NS_PER_S = 1e9, NS_PER_US = 1e3;

/* As of a whole row: what was not answered is slower than all that was. */
static void interval_fill(double figures[INTERVAL_FIGURES], const struct load_interval *interval,
                          bool is_open, struct histogram *rtt)
{
    compact_histogram_expand(&interval->rtt, rtt);
    bool has_max = rtt->total > 0 && interval->unanswered == 0;
    figures[INTERVAL_LENGTH_S] = (double)interval->length_ns / NS_PER_S;
    figures[INTERVAL_MESSAGES] = (double)rtt->total;
    figures[INTERVAL_UNANSWERED] = is_open ? (double)interval->unanswered : NAN;
    figures[INTERVAL_P50_US] = row_percentile_us(rtt, interval->unanswered, 50);
    figures[INTERVAL_P99_US] = row_percentile_us(rtt, interval->unanswered, 99);
    figures[INTERVAL_MAX_US] = has_max ? (double)rtt->max / NS_PER_US : NAN;
    figures[INTERVAL_OUTSTANDING] = (double)interval->outstanding;
    figures[INTERVAL_OLDEST_US] = (double)interval->oldest_unanswered_ns / NS_PER_US;
}

static int intervals_write(struct csv_writer *csv, const struct row *row,
                           const struct load_result *load)
{
    struct histogram rtt;
    double figures[INTERVAL_FIGURES];
    uint64_t begin_ns = 0;
    if (histogram_init(&rtt) != 0)
        return -1;
    for (size_t i = 0; i < load->interval_count; i++) {
        figures[INTERVAL_NUMBER] = (double)(i + 1);
        figures[INTERVAL_START_S] = (double)begin_ns / NS_PER_S;
        interval_fill(figures, &load->intervals[i], row->loop == LOOP_OPEN, &rtt);
        (void)row_line_write(csv, ROW_FILE_INTERVALS, row, figures);
        begin_ns += load->intervals[i].length_ns;
    }
    histogram_free(&rtt);
    return 0;
}

static void connections_write(struct csv_writer *csv, const struct row *row,
                              const struct load_result *load)
{
    for (size_t i = 0; i < load->share_count; i++) {
        const struct load_share *share = &load->shares[i];
        bool has_any = share->messages > 0;
        double messages = (double)share->messages;
        const double figures[CONNECTION_FIGURES] = {
            [CONNECTION_NUMBER] = (double)share->connection + 1,
            [CONNECTION_MESSAGES] = messages,
            [CONNECTION_BYTES] = (double)share->bytes,
            [CONNECTION_MEAN_US] = has_any ? (double)share->rtt_ns / messages / NS_PER_US : NAN,
            [CONNECTION_MAX_US] = has_any ? (double)share->rtt_max_ns / NS_PER_US : NAN,
            [CONNECTION_OLDEST_US] = (double)share->oldest_unanswered_ns / NS_PER_US};
        (void)row_line_write(csv, ROW_FILE_CONNECTIONS, row, figures);
    }
}

int part_lines_write(struct results *results, const struct row *row, const struct load_result *load)
{
    if (results_keeps(results, ROW_FILE_CONNECTIONS))
        connections_write(results_lines(results, ROW_FILE_CONNECTIONS), row, load);
    if (results_keeps(results, ROW_FILE_INTERVALS))
        return intervals_write(results_lines(results, ROW_FILE_INTERVALS), row, load);
    return 0;
}
