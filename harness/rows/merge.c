#include "rows/merge.h"

#include <math.h>
#include <string.h>

#include "base/share.h"
#include "rows/bottleneck.h"
#include "rows/warnings.h"
#include "rows/workload_facts.h"

/* Whose rows are merged. */
struct parts {
    const struct row *const *rows;
    size_t count;
};

bool merge_has_no_share(const struct row *part)
{
    return part->status == ROW_SKIPPED && part->connections_attempted == 0;
}

/* Where one is not known, the whole is not: NaN stays NaN in all of these. */
static double combine_two(double combined, double part, enum column_merging merging)
{
    if (merging == COLUMN_SUM)
        return combined + part;
    if (merging == COLUMN_EQUAL)
        return combined == part ? combined : NAN;
    bool stays = merging == COLUMN_LARGEST ? part <= combined : part >= combined;
    return stays || !number_is_known(combined) ? combined : part;
}

/* Over those parts that have a share. */
static double combine(const struct parts *parts, enum column_id column, enum column_merging merging)
{
    double combined = NAN;
    bool first = true;
    for (size_t i = 0; i < parts->count; i++) {
        const struct row *row = parts->rows[i];
        if (row == NULL || merge_has_no_share(row))
            continue;
        double part = row_number(row, column);
        combined = first ? part : combine_two(combined, part, merging);
        first = false;
    }
    return combined;
}

/* Also those without a share. */
static bool all_have(const struct row *merged, const struct parts *parts,
                     const struct column *column)
{
    for (size_t i = 0; i < parts->count; i++)
        if (parts->rows[i] != NULL && !column_is_equal(column, parts->rows[i], merged))
            return false;
    return true;
}

static void column_merge(struct row *merged, const struct parts *parts, enum column_id id)
{
    const struct column *column = &row_columns[id];
    bool is_number = column->kind == COLUMN_NUMBER;
    if (column->merging == COLUMN_FIRST || column->merging == COLUMN_COMPUTED)
        return;
    if (column->merging == COLUMN_EMPTY || (!is_number && !all_have(merged, parts, column)))
        column_clear(merged, column);
    else if (is_number)
        column_set_number(merged, column, combine(parts, id, column->merging));
}

/* The parts' exact ones; a part without samples has none, which says nothing of the whole. */
static void merge_extremes(struct row *merged, const struct parts *parts)
{
    double sum_us = 0, samples = 0;
    bool exact = true;
    merged->rtt_min_us = merged->rtt_max_us = NAN;
    for (size_t i = 0; i < parts->count; i++) {
        const struct row *row = parts->rows[i];
        if (row == NULL || !(row->rtt_samples > 0))
            continue;
        if (!number_is_known(merged->rtt_min_us) || row->rtt_min_us < merged->rtt_min_us)
            merged->rtt_min_us = row->rtt_min_us;
        if (!number_is_known(merged->rtt_max_us) || row->rtt_max_us > merged->rtt_max_us)
            merged->rtt_max_us = row->rtt_max_us;
        exact = exact && number_is_known(row->rtt_max_us);
        sum_us += row->rtt_mean_us * row->rtt_samples;
        samples += row->rtt_samples;
    }
    /* An open loop with unanswered messages has neither: the longest are not known. */
    if (!exact)
        merged->rtt_max_us = NAN;
    merged->rtt_mean_us = samples > 0 && exact ? sum_us / samples : NAN;
}

/* What the connections of one part have together that Jain's index compares; NaN: not kept. */
static double shares_sum(const struct row *row)
{
    const struct workload_facts *facts = workload_facts_of(row);
    if (facts->counts_bytes)
        return row->throughput_bytes_per_s;
    /* The index of mean round trips, whose sum no column has. */
    return facts->shows_fairness ? NAN : row->messages;
}

/*
 * Jain's index of all from that of each part: J = sum^2 / (n * sum of squares), so that a part's
 * sum of squares is sum^2 / (n * J).
 */
static double merge_fairness(const struct parts *parts)
{
    double whole = 0, squares = 0, connections = 0;
    for (size_t i = 0; i < parts->count; i++) {
        const struct row *row = parts->rows[i];
        if (row == NULL || merge_has_no_share(row))
            continue;
        double part_sum = shares_sum(row), part_connections = row->connections_established;
        if (row->connections_active < row->connections)
            part_connections = (double)share_of((uint64_t)row->connections_active, (unsigned)i + 1,
                                                (unsigned)parts->count);
        whole += part_sum;
        connections += part_connections;
        if (part_sum != 0)
            squares += part_sum * part_sum / (part_connections * row->fairness_jain);
    }
    return whole > 0 ? whole * whole / (connections * squares) : NAN;
}

static void merge_client(struct row *merged, const struct parts *parts)
{
    double echoes = 0, loads = 0, clients = 0;
    for (size_t i = 0; i < parts->count; i++) {
        const struct row *row = parts->rows[i];
        if (row == NULL || merge_has_no_share(row))
            continue;
        echoes += row->client_cpu_s * 1e6 / row->client_cpu_us_per_msg;
        loads += row->client_cpu_load;
        clients++;
    }
    merged->client_cpu_us_per_msg = merged->client_cpu_s * 1e6 / echoes;
    merged->client_cpu_load = loads / clients;
}

/* What the samples of all give is judged by merge_histogram. */
static bool is_of_samples(const char *word)
{
    return strcmp(word, warning_word(WARNING_FEW_SAMPLES)) == 0 ||
           strcmp(word, warning_word(WARNING_PLATEAU_40MS)) == 0;
}

static void merge_warnings(struct row *merged, const struct parts *parts)
{
    char word[sizeof merged->warnings];
    merged->warnings[0] = '\0';
    for (size_t i = 0; i < parts->count; i++) {
        const char *at = parts->rows[i] == NULL ? "" : parts->rows[i]->warnings;
        while (*at != '\0') {
            size_t length = strcspn(at, ";");
            snprintf(word, sizeof word, "%.*s", (int)length, at);
            if (!is_of_samples(word))
                row_warn(merged, word);
            at += length + (at[length] == ';');
        }
    }
}

/* It must hold for each of the clients: of the least and of the most loaded one. */
static enum row_bound merge_bound(const struct row *merged, const struct parts *parts)
{
    struct row row = *merged;
    row.client_cpu_load = combine(parts, COLUMN_client_cpu_load, COLUMN_SMALLEST);
    enum row_bound least = bottleneck_of(&row);
    row.client_cpu_load = combine(parts, COLUMN_client_cpu_load, COLUMN_LARGEST);
    return bottleneck_of(&row) == least ? least : BOUND_UNDECIDED;
}

static void fail(struct row *merged, size_t index, size_t count, const char *what)
{
    char reason[2 * sizeof merged->status_reason]; /* which is cut to its place */
    merged->status = ROW_FAILED;
    snprintf(reason, sizeof reason, "generator %zu/%zu: %s", index + 1, count, what);
    row_set_text(merged->status_reason, sizeof merged->status_reason, reason);
}

/* False: why the parts are not one measurement. */
static bool merge_status(struct row *merged, const struct parts *parts)
{
    const struct row *first = parts->rows[0];
    bool skipped = first != NULL && first->status == ROW_SKIPPED;
    merged->status_reason[0] = '\0';
    for (size_t i = 0; i < parts->count; i++) {
        const struct row *row = parts->rows[i];
        const char *what = NULL;
        if (row == NULL)
            what = "it has no such row";
        else if (strcmp(row->started_at_utc, merged->started_at_utc) != 0 && !skipped)
            what = "it measured this at another time; were all given the same options?";
        else if (row->status == ROW_FAILED)
            what = row->status_reason;
        else if (skipped != (row->status == ROW_SKIPPED) && !merge_has_no_share(row))
            what = skipped ? "not skipped there" : row->status_reason;
        if (what == NULL)
            continue;
        fail(merged, i, parts->count, what);
        return false;
    }
    merged->status = skipped ? ROW_SKIPPED : ROW_OK;
    if (skipped)
        row_set_text(merged->status_reason, sizeof merged->status_reason, first->status_reason);
    return !skipped;
}

void merge_rows(struct row *merged, const struct row *const *rows, size_t count)
{
    const struct parts all = {rows, count}, *parts = &all;
    char reason[80];
    size_t first = 0;
    while (rows[first] == NULL)
        first++;
    *merged = *rows[first];
    bool ok = merge_status(merged, parts);
    for (enum column_id id = 0; id < COLUMN_COUNT; id++)
        column_merge(merged, parts, id);
    merge_warnings(merged, parts);
    merge_extremes(merged, parts);
    merge_client(merged, parts);
    merged->fairness_jain = merge_fairness(parts);
    /* Without all answers no part knows when the last one of a burst would have come. */
    if (!(merged->messages_unanswered == 0))
        merged->bursts = NAN;
    if (!ok)
        return;
    merged->bound = merge_bound(merged, parts);
    /* Only a ramp is ok without all of its connections. */
    if (merged->connections_established < merged->connections_attempted) {
        snprintf(reason, sizeof reason, "%.0f of %.0f connections were established",
                 merged->connections_established, merged->connections_attempted);
        row_set_text(merged->status_reason, sizeof merged->status_reason, reason);
    }
}

void merge_histogram(struct row *merged, const char *basis, const struct histogram *histogram)
{
    uint64_t slower = row_slower(merged);
    if (strcmp(basis, merged->latency_basis) == 0) {
        const struct row exact = *merged;
        row_set_round_trips(merged, histogram, slower);
        merged->rtt_min_us = exact.rtt_min_us;
        merged->rtt_mean_us = exact.rtt_mean_us;
        merged->rtt_max_us = exact.rtt_max_us;
        warnings_take_load(merged, histogram);
    } else if (strcmp(basis, "connect") == 0) {
        double exact_us = merged->connect_max_us;
        row_set_connects(merged, histogram);
        merged->connect_max_us = exact_us;
    } else if (strcmp(basis, "sent") == 0) {
        row_set_uncorrected(merged, histogram, slower);
    }
}
