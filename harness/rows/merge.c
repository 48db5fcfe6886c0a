#include "rows/merge.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "base/share.h"
#include "rows/judgement.h"
#include "rows/warnings.h"

/* Whose rows are merged. */
struct parts {
    const struct row *const *rows;
    size_t count;
};

bool merge_has_no_share(const struct row *part)
{
    return strcmp(part->status, "skipped") == 0 && part->connections_attempted == 0;
}

static double number_of(const struct row *record, size_t offset)
{
    return *(const double *)(const void *)((const char *)record + offset);
}

/* Over those parts that have a share. */
static double combine(const struct parts *parts, size_t offset,
                      double (*with)(double combined, double part))
{
    double combined = NAN;
    bool first = true;
    for (size_t i = 0; i < parts->count; i++) {
        const struct row *row = parts->rows[i];
        if (row == NULL || merge_has_no_share(row))
            continue;
        double number = number_of(row, offset);
        combined = first ? number : with(combined, number);
        first = false;
    }
    return combined;
}

/* Where one part is not known, the whole is not: NaN stays NaN in all of these. */
static double sum(double combined, double part)
{
    return combined + part;
}

static double largest(double combined, double part)
{
    return part <= combined || !number_is_known(combined) ? combined : part;
}

static double smallest(double combined, double part)
{
    return part >= combined || !number_is_known(combined) ? combined : part;
}

static double equal(double combined, double part)
{
    return combined == part ? combined : NAN;
}

#define COMBINE(name, with) (merged->name = combine(parts, offsetof(struct row, name), (with)))

static void merge_volume(struct row *merged, const struct parts *parts)
{
    COMBINE(window_s, largest);
    COMBINE(connections_attempted, sum);
    COMBINE(connections_established, sum);
    COMBINE(connects, sum);
    COMBINE(connects_per_s, sum);
    COMBINE(messages, sum);
    COMBINE(messages_unanswered, sum);
    COMBINE(errors, sum);
    COMBINE(verify_failures, sum);
    COMBINE(throughput_msgs_per_s, sum);
    COMBINE(throughput_bytes_per_s, sum);
    COMBINE(achieved_rate_msgs_per_s, sum);
    COMBINE(connections_starved, sum);
    COMBINE(oldest_unanswered_us, largest);
    COMBINE(rtt_samples, sum);
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
    if (strcmp(row->workload, "stream") == 0)
        return row->throughput_bytes_per_s;
    /* That of a burst compares mean round trips, whose sum no column has. */
    return strcmp(row->workload, "burst") == 0 ? NAN : row->messages;
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
    COMBINE(client_cpu_s, sum);
    merged->client_cpu_us_per_msg = merged->client_cpu_s * 1e6 / echoes;
    merged->client_cpu_load = loads / clients;
    COMBINE(host_busy_before, largest);
    COMBINE(others_cpu_load, largest);
    COMBINE(send_late_p99_us, largest);
    COMBINE(cpu_count, equal);
    COMBINE(clock_resolution_ns, largest);
}

/* What the bursts tell is of all connections together, and each part sees only its own. */
static void merge_bursts(struct row *merged, const struct parts *parts)
{
    merged->bursts = merged->messages_unanswered == 0
                         ? combine(parts, offsetof(struct row, bursts), smallest)
                         : NAN;
    merged->burst_last_p50_us = NAN;
    COMBINE(burst_last_max_us, largest);
}

/* A fact of the generators' hosts: empty where they differ. */
static void merge_text(const struct parts *parts, char *into, size_t offset)
{
    for (size_t i = 0; i < parts->count; i++)
        if (parts->rows[i] != NULL && strcmp((const char *)parts->rows[i] + offset, into) != 0)
            into[0] = '\0';
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
static void merge_bound(struct row *merged, const struct parts *parts)
{
    struct row row = *merged;
    row.client_cpu_load = combine(parts, offsetof(struct row, client_cpu_load), smallest);
    const char *least = judgement_bound(&row);
    row.client_cpu_load = combine(parts, offsetof(struct row, client_cpu_load), largest);
    const char *most = judgement_bound(&row);
    row_set_text(merged->bound, sizeof merged->bound,
                 strcmp(least, most) == 0 ? least : "undecided");
}

static void fail(struct row *merged, size_t index, size_t count, const char *what)
{
    char reason[2 * sizeof merged->status_reason]; /* which is cut to its place */
    row_set_text(merged->status, sizeof merged->status, "failed");
    snprintf(reason, sizeof reason, "generator %zu/%zu: %s", index + 1, count, what);
    row_set_text(merged->status_reason, sizeof merged->status_reason, reason);
}

/* False: why the parts are not one measurement. */
static bool merge_status(struct row *merged, const struct parts *parts)
{
    const struct row *first = parts->rows[0];
    bool skipped = first != NULL && strcmp(first->status, "skipped") == 0;
    merged->status_reason[0] = '\0';
    for (size_t i = 0; i < parts->count; i++) {
        const struct row *row = parts->rows[i];
        const char *what = NULL;
        if (row == NULL)
            what = "it has no such row";
        else if (strcmp(row->started_at_utc, merged->started_at_utc) != 0 && !skipped)
            what = "it measured this at another time; were all given the same options?";
        else if (strcmp(row->status, "failed") == 0)
            what = row->status_reason;
        else if (skipped != (strcmp(row->status, "skipped") == 0) && !merge_has_no_share(row))
            what = skipped ? "not skipped there" : row->status_reason;
        if (what == NULL)
            continue;
        fail(merged, i, parts->count, what);
        return false;
    }
    row_set_text(merged->status, sizeof merged->status, skipped ? "skipped" : "ok");
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
    merged->generator[0] = '\0';
    merged->warnings[0] = '\0';
    bool ok = merge_status(merged, parts);
    merge_text(parts, merged->cpu_model, offsetof(struct row, cpu_model));
    merge_text(parts, merged->client_cpus, offsetof(struct row, client_cpus));
    merge_text(parts, merged->clock_source, offsetof(struct row, clock_source));
    merge_warnings(merged, parts);
    merge_volume(merged, parts);
    merge_extremes(merged, parts);
    merge_client(merged, parts);
    merge_bursts(merged, parts);
    merged->fairness_jain = merge_fairness(parts);
    merged->rtt_p50_us = merged->rtt_p90_us = merged->rtt_p99_us = merged->rtt_p99_9_us = NAN;
    merged->rtt_uncorrected_p50_us = merged->rtt_uncorrected_p99_us = NAN;
    merged->rtt_uncorrected_p99_9_us = NAN;
    merged->connect_p50_us = merged->connect_p99_us = NAN;
    COMBINE(connect_max_us, largest);
    if (!ok)
        return;
    merge_bound(merged, parts);
    /* Only a ramp is ok without all of its connections. */
    if (merged->connections_established < merged->connections_attempted) {
        snprintf(reason, sizeof reason, "%.0f of %.0f connections were established",
                 merged->connections_established, merged->connections_attempted);
        row_set_text(merged->status_reason, sizeof merged->status_reason, reason);
    }
}

void merge_histogram(struct row *merged, const char *basis, const struct histogram *histogram)
{
    bool is_open = strcmp(merged->loop, "open") == 0;
    uint64_t slower = is_open ? (uint64_t)merged->messages_unanswered : 0;
    if (strcmp(basis, merged->latency_basis) == 0) {
        const struct row exact = *merged;
        row_set_round_trips(merged, histogram, slower);
        merged->rtt_min_us = exact.rtt_min_us;
        merged->rtt_mean_us = exact.rtt_mean_us;
        merged->rtt_max_us = exact.rtt_max_us;
        judgement_take_load(merged, histogram);
    } else if (strcmp(basis, "connect") == 0) {
        double exact_us = merged->connect_max_us;
        row_set_connects(merged, histogram);
        merged->connect_max_us = exact_us;
    } else if (strcmp(basis, "sent") == 0) {
        row_set_uncorrected(merged, histogram, slower);
    }
}
