/* After the client threads have ended: what they have seen together. */
#include <stdlib.h>
#include <string.h>

#include "load/load_state.h"
#include "stats/statistics.h"

/* The thread that failed, else the one whose note is the oldest. */
static const struct load *first_to_note(const struct load_team *team)
{
    const struct load *first = &team->loads[0];
    for (unsigned i = 1; i < team->threads; i++) {
        const struct load *load = &team->loads[i];
        bool failed = load->result->error != 0, has_failed = first->result->error != 0;
        bool earlier =
            load->noted_ns != 0 && (first->noted_ns == 0 || load->noted_ns < first->noted_ns);
        if (failed != has_failed ? failed : earlier)
            first = load;
    }
    return first;
}

static void results_add(struct load_team *team)
{
    struct load_result *result = team->loads[0].result;
    const struct load *first = first_to_note(team);
    for (unsigned i = 1; i < team->threads; i++)
        load_result_add(result, team->loads[i].result);
    if (first->result != result) {
        result->error = first->result->error;
        memcpy(result->error_text, first->result->error_text, sizeof result->error_text);
    }
    /* Connecting came to its end, and that was all. */
    if (result->error == 0 && team->connected == team->threads && team->established == 0)
        result->error = first->first_error != 0 ? first->first_error : -NET_REFUSED;
}

static double fairness_of(const struct load *load, const struct load_connection *connection)
{
    if (load->kind->fairness == FAIRNESS_OF_BYTES)
        return (double)connection->window_bytes;
    if (load->kind->fairness == FAIRNESS_OF_ROUND_TRIPS)
        return (double)connection->window_rtt_ns / (double)connection->window_messages;
    return (double)connection->window_messages;
}

static double fairness(const struct load_team *team)
{
    unsigned shares = 0;
    for (unsigned thread = 0; thread < team->threads; thread++) {
        const struct load *load = &team->loads[thread];
        for (unsigned i = 0; i < load->begun; i++) {
            const struct load_connection *connection = connection_at(load, i);
            if (connection->established && load_is_active(load, connection) &&
                (load->kind->fairness != FAIRNESS_OF_ROUND_TRIPS ||
                 connection->window_messages > 0))
                team->shares[shares++] = fairness_of(load, connection);
        }
    }
    return statistics_jain(team->shares, shares);
}

static int shares_order(const void *a, const void *b)
{
    unsigned first = ((const struct load_share *)a)->connection;
    unsigned second = ((const struct load_share *)b)->connection;
    return (first > second) - (first < second);
}

/* Of the connections that Jain's index compares, or could. */
static void shares_take(const struct load_team *team, struct load_result *result)
{
    for (unsigned thread = 0; thread < team->threads; thread++) {
        const struct load *load = &team->loads[thread];
        for (unsigned i = 0; i < load->begun; i++) {
            const struct load_connection *connection = connection_at(load, i);
            if (connection->established && load_is_active(load, connection))
                result->shares[result->share_count++] =
                    (struct load_share){.connection = connection->engine.id,
                                        .messages = connection->window_messages,
                                        .bytes = connection->window_bytes,
                                        .rtt_ns = connection->window_rtt_ns,
                                        .rtt_max_ns = connection->window_rtt_max_ns,
                                        .oldest_unanswered_ns = connection->owed_ns};
        }
    }
    if (result->share_count > 0)
        qsort(result->shares, result->share_count, sizeof result->shares[0], shares_order);
}

void team_settle(struct load_team *team)
{
    struct load *load = &team->loads[0];
    struct load_result *result = load->result;
    results_add(team);
    if (load->window_end_ns == UINT64_MAX)
        return;
    if (load->kind->is_open) {
        uint64_t meant = open_loop_between(load, load->window_begin_ns, load->window_end_ns);
        /* Where it was cancelled the threads have not ended at one moment. */
        result->unanswered = meant > result->messages ? meant - result->messages : 0;
        intervals_settle(load);
    }
    if (load->kind->settle != NULL)
        load->kind->settle(load);
    result->fairness_jain = fairness(team);
    if (load->options->per_connection)
        shares_take(team, result);
}
