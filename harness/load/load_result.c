#include "load/load_result.h"

#include <math.h>
#include <stdlib.h>

enum { HISTOGRAMS = 5 };

static void histograms_list(struct load_result *result, struct histogram *list[HISTOGRAMS])
{
    list[0] = &result->rtt;
    list[1] = &result->rtt_from_sent;
    list[2] = &result->burst_last;
    list[3] = &result->send_late;
    list[4] = &result->connect;
}

int load_result_init(struct load_result *result)
{
    struct histogram *list[HISTOGRAMS];
    *result = (struct load_result){0};
    histograms_list(result, list);
    for (size_t i = 0; i < HISTOGRAMS; i++)
        if (histogram_init(list[i]) != 0) {
            load_result_free(result);
            return -1;
        }
    return 0;
}

void load_result_free(struct load_result *result)
{
    struct histogram *list[HISTOGRAMS];
    histograms_list(result, list);
    for (size_t i = 0; i < HISTOGRAMS; i++)
        histogram_free(list[i]);
    free(result->intervals);
    free(result->shares);
    result->intervals = NULL;
    result->shares = NULL;
}

void load_result_clear(struct load_result *result, unsigned attempted)
{
    struct histogram *list[HISTOGRAMS];
    histograms_list(result, list);
    for (size_t i = 0; i < HISTOGRAMS; i++)
        histogram_clear(list[i]);
    *result = (struct load_result){.attempted = attempted,
                                   .fairness_jain = NAN,
                                   .rtt = result->rtt,
                                   .rtt_from_sent = result->rtt_from_sent,
                                   .burst_last = result->burst_last,
                                   .send_late = result->send_late,
                                   .connect = result->connect,
                                   .intervals = result->intervals,
                                   .interval_room = result->interval_room,
                                   .shares = result->shares,
                                   .share_room = result->share_room};
}

/* The old array stays the result's where there is no memory. */
static void *room_make(void *array, size_t item_size, size_t count, size_t *room)
{
    if (count <= *room)
        return array;
    void *larger = realloc(array, count * item_size);
    *room = larger == NULL ? *room : count;
    return larger;
}

int load_result_make_room(struct load_result *result, size_t intervals, size_t shares)
{
    struct load_interval *more_intervals =
        room_make(result->intervals, sizeof *result->intervals, intervals, &result->interval_room);
    if (intervals > 0 && more_intervals == NULL)
        return -1;
    result->intervals = more_intervals;
    struct load_share *more_shares =
        room_make(result->shares, sizeof *result->shares, shares, &result->share_room);
    if (shares > 0 && more_shares == NULL)
        return -1;
    result->shares = more_shares;
    result->interval_count = intervals;
    /* Written to, so that the system gives the memory now and not within the window. */
    for (size_t i = 0; i < intervals; i++) {
        result->intervals[i] = (struct load_interval){.length_ns = 0};
        compact_histogram_clear(&result->intervals[i].rtt);
    }
    return 0;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

void load_result_add(struct load_result *into, const struct load_result *from)
{
    struct histogram *sums[HISTOGRAMS], *parts[HISTOGRAMS];
    struct load_result part = *from;
    histograms_list(into, sums);
    histograms_list(&part, parts);
    for (size_t i = 0; i < HISTOGRAMS; i++)
        histogram_add(sums[i], parts[i]);
    into->attempted += from->attempted;
    into->established += from->established;
    into->messages += from->messages;
    into->unanswered += from->unanswered;
    into->echoes += from->echoes;
    into->bytes += from->bytes;
    into->sent_bytes += from->sent_bytes;
    into->paused_ns = larger(into->paused_ns, from->paused_ns);
    into->connects += from->connects;
    into->errors += from->errors;
    into->without_port += from->without_port;
    into->verify_failures += from->verify_failures;
    into->starved += from->starved;
    into->oldest_unanswered_ns = larger(into->oldest_unanswered_ns, from->oldest_unanswered_ns);
    for (size_t i = 0; i < into->interval_count; i++) {
        struct load_interval *sum = &into->intervals[i];
        const struct load_interval *add = &from->intervals[i];
        sum->outstanding += add->outstanding;
        sum->oldest_unanswered_ns = larger(sum->oldest_unanswered_ns, add->oldest_unanswered_ns);
        compact_histogram_add(&sum->rtt, &add->rtt);
    }
}
