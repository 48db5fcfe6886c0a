/*
 * truth: whether the load generator tells the truth, checked against a server whose every delay is
 * known, in virtual time. What it must report is computed here a second time, from the log of what
 * was sent and answered when, and from the definitions in results/README.md.
 */
#include <stdlib.h>

#include "base/random.h"
#include "check.h"
#include "clock.h"
#include "engine_virtual.h"
#include "load/load.h"
#include "load/payload.h"
#include "stats/statistics.h"

enum { US = 1000, MS = 1000000, CONNECTIONS_MOST = 100 };

static const uint64_t s_ns = UINT64_C(1000000000);
static const double percentiles[] = {50, 90, 99, 99.9};
enum { PERCENTILES = sizeof percentiles / sizeof percentiles[0] };

struct run {
    struct load_options options;
    struct load_result result;
    uint64_t window_ns[2]; /* its begin and end */
};

static void at_window(void *context, bool at_end)
{
    struct run *run = context;
    run->window_ns[at_end] = clock_now_ns();
}

static bool never(void *context)
{
    (void)context;
    return false;
}

static struct load_options options_of(const struct workload_kind *kind, unsigned connections)
{
    return (struct load_options){.workload = {.kind = kind,
                                              .connections = connections,
                                              .active = connections,
                                              .message_bytes = 64,
                                              .pipeline_depth = 1},
                                 .warmup_ns = 100 * MS,
                                 .duration_ns = s_ns,
                                 .connect_timeout_ns = s_ns,
                                 .drain_timeout_ns = 10 * s_ns,
                                 .at_window = at_window,
                                 .cancelled = never};
}

/* ---- what must be reported ---- */

/* Of the messages that count. */
struct truth {
    uint64_t *rtt_ns; /* from when each was meant to be sent; sorted; VIRTUAL_NEVER: no answer */
    uint64_t *from_sent_ns;
    size_t meant;
    uint64_t answered;
    uint64_t echoes;
};

static int u64_compare(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

static bool in_window(const struct run *run, uint64_t at_ns)
{
    return at_ns >= run->window_ns[0] && at_ns < run->window_ns[1];
}

/* Where each connection's messages are in the log: they are numbered from 0 there. */
static uint64_t *log_places;
static uint64_t log_first[CONNECTIONS_MOST + 1];

static void log_index(void)
{
    uint64_t filled[CONNECTIONS_MOST] = {0};
    size_t count;
    const struct virtual_message *log = virtual_log(&count);
    free(log_places);
    log_places = malloc((count + 1) * sizeof *log_places);
    if (log_places == NULL)
        abort();
    memset(log_first, 0, sizeof log_first);
    for (size_t i = 0; i < count; i++)
        log_first[log[i].connection + 1]++;
    for (unsigned i = 0; i < CONNECTIONS_MOST; i++)
        log_first[i + 1] += log_first[i];
    for (size_t i = 0; i < count; i++) {
        CHECK_EQ_U64(log[i].nth, filled[log[i].connection]);
        log_places[log_first[log[i].connection] + filled[log[i].connection]++] = i;
    }
}

/* One of the log, or NULL where it was never sent. */
static const struct virtual_message *message_find(uint64_t connection, uint64_t nth)
{
    size_t count;
    const struct virtual_message *log = virtual_log(&count);
    if (nth >= log_first[connection + 1] - log_first[connection])
        return NULL;
    return &log[log_places[log_first[connection] + nth]];
}

/* When the nth message of a connection is meant to be sent; its first one is number 1. */
static uint64_t meant_ns(const struct run *run, uint64_t connection, uint64_t nth)
{
    const struct load_options *options = &run->options;
    uint64_t begin = message_find(0, 1)->sent_ns; /* the first one has nothing to wait for */
    if (options->workload.kind == &workload_burst)
        return begin + (nth - 1) * options->workload.burst_interval_ns;
    return begin + ((nth - 1) * options->workload.connections + connection) * s_ns /
                       options->workload.rate_msgs_per_s;
}

static struct truth truth_make(const struct run *run)
{
    struct truth truth = {0};
    size_t count, room = 16;
    const struct virtual_message *log = virtual_log(&count);
    truth.rtt_ns = malloc(room * sizeof *truth.rtt_ns);
    truth.from_sent_ns = malloc(room * sizeof *truth.from_sent_ns);
    for (size_t i = 0; i < count; i++)
        truth.echoes += log[i].nth > 0 && in_window(run, log[i].answered_ns);
    for (uint64_t connection = 0; connection < run->options.workload.connections; connection++)
        for (uint64_t nth = 1; meant_ns(run, connection, nth) < run->window_ns[1]; nth++) {
            uint64_t meant = meant_ns(run, connection, nth);
            if (!in_window(run, meant))
                continue;
            if (truth.meant == room) {
                room *= 2;
                truth.rtt_ns = realloc(truth.rtt_ns, room * sizeof *truth.rtt_ns);
                truth.from_sent_ns = realloc(truth.from_sent_ns, room * sizeof *truth.rtt_ns);
            }
            if (truth.rtt_ns == NULL || truth.from_sent_ns == NULL)
                abort();
            const struct virtual_message *message = message_find(connection, nth);
            bool answered = message != NULL && message->answered_ns != VIRTUAL_NEVER;
            truth.answered += answered;
            truth.rtt_ns[truth.meant] = answered ? message->answered_ns - meant : VIRTUAL_NEVER;
            truth.from_sent_ns[truth.meant++] =
                answered ? message->answered_ns - message->sent_ns : VIRTUAL_NEVER;
        }
    qsort(truth.rtt_ns, truth.meant, sizeof *truth.rtt_ns, u64_compare);
    qsort(truth.from_sent_ns, truth.meant, sizeof *truth.rtt_ns, u64_compare);
    return truth;
}

static void truth_free(struct truth *truth)
{
    free(truth->rtt_ns);
    free(truth->from_sent_ns);
}

/* The percentile of sorted values is within a bucket of this one; ten answered ones beyond it. */
static void check_percentiles(const struct histogram *histogram, uint64_t unanswered,
                              const uint64_t *sorted, uint64_t count)
{
    for (size_t i = 0; i < PERCENTILES; i++) {
        uint64_t value = 0;
        /* In tenths of a percent, so that nothing is rounded. */
        uint64_t tenths = (uint64_t)(percentiles[i] * 10 + 0.5);
        uint64_t rank = (count * tenths + 999) / 1000;
        bool carries = rank + 10 <= count - unanswered;
        CHECK(histogram_percentile_of(histogram, unanswered, percentiles[i], &value) == carries);
        if (carries)
            CHECK_NEAR((double)value, (double)sorted[rank - 1], 0.001 * (double)sorted[rank - 1]);
    }
}

static void check_histogram(const struct histogram *histogram, uint64_t unanswered,
                            const uint64_t *sorted, uint64_t count)
{
    double sum = 0;
    CHECK_EQ_U64(histogram->total, count - unanswered);
    check_percentiles(histogram, unanswered, sorted, count);
    if (histogram->total == 0)
        return;
    for (uint64_t i = 0; i < histogram->total; i++)
        sum += (double)sorted[i];
    CHECK_EQ_U64(histogram->min, sorted[0]);
    CHECK_EQ_U64(histogram->max, sorted[histogram->total - 1]);
    CHECK_NEAR(histogram_mean(histogram), sum / (double)histogram->total, 1);
}

static void check_bursts(const struct run *run)
{
    uint64_t lasts[4096];
    size_t bursts = 0;
    for (uint64_t nth = 1; meant_ns(run, 0, nth) < run->window_ns[1]; nth++) {
        uint64_t last = 0, meant = meant_ns(run, 0, nth);
        for (unsigned connection = 0; connection < run->options.workload.connections;
             connection++) {
            const struct virtual_message *message = message_find(connection, nth);
            uint64_t answered = message == NULL ? VIRTUAL_NEVER : message->answered_ns;
            last = answered > last ? answered : last;
        }
        if (in_window(run, meant) && last != VIRTUAL_NEVER)
            lasts[bursts++] = last - meant;
    }
    qsort(lasts, bursts, sizeof *lasts, u64_compare);
    CHECK_EQ_U64(run->result.bursts, bursts);
    check_histogram(&run->result.burst_last, 0, lasts, bursts);
}

/* Of the messages, or in bursts of the mean round trips. */
static void check_fairness(const struct run *run)
{
    double shares[CONNECTIONS_MOST];
    size_t count = 0;
    for (unsigned connection = 0; connection < run->options.workload.connections; connection++) {
        double messages = 0, sum = 0;
        for (uint64_t nth = 1; meant_ns(run, connection, nth) < run->window_ns[1]; nth++) {
            uint64_t meant = meant_ns(run, connection, nth);
            const struct virtual_message *message = message_find(connection, nth);
            if (!in_window(run, meant) || message == NULL || message->answered_ns == VIRTUAL_NEVER)
                continue;
            messages++;
            sum += (double)(message->answered_ns - meant);
        }
        if (run->options.workload.kind != &workload_burst)
            shares[count++] = messages;
        else if (messages > 0)
            shares[count++] = sum / messages;
    }
    double jain = statistics_jain(shares, count);
    if (jain == jain)
        CHECK_NEAR(run->result.fairness_jain, jain, 1e-9);
    else
        CHECK_NAN(run->result.fairness_jain);
}

/*
 * Each message was sent as soon as it was due and its connection was free, but for what the client
 * overslept; and none that was meant for the time after the window.
 */
static void check_sends(const struct run *run, const struct virtual_server *server)
{
    size_t count;
    const struct virtual_message *log = virtual_log(&count);
    unsigned depth = run->options.workload.pipeline_depth, early = 0, late = 0, after = 0;
    for (size_t i = 0; i < count; i++) {
        if (log[i].nth == 0)
            continue;
        uint64_t due = meant_ns(run, log[i].connection, log[i].nth);
        after += due >= run->window_ns[1];
        if (log[i].nth > depth) {
            uint64_t freed = message_find(log[i].connection, log[i].nth - depth)->answered_ns;
            due = freed > due ? freed : due;
        }
        early += log[i].sent_ns < due;
        late += server->send_cost_ns == 0 && log[i].sent_ns > due + server->wake_late_ns;
    }
    CHECK_EQ_U64(early, 0);
    CHECK_EQ_U64(late, 0);
    CHECK_EQ_U64(after, 0);
}

/* ---- what each interval and each connection had ---- */

/* A message of the load, but for the first echoes: when it counts from, when its answer came. */
struct sample {
    uint64_t from_ns;
    uint64_t sent_ns;     /* VIRTUAL_NEVER, as below */
    uint64_t answered_ns; /* VIRTUAL_NEVER: it did not */
    uint64_t connection;
};

/* All that were meant, or in a closed loop sent, before the window's end; *count of them. */
static struct sample *samples_make(const struct run *run, size_t *count)
{
    bool is_open = run->options.workload.kind->is_open;
    size_t sent;
    const struct virtual_message *log = virtual_log(&sent);
    size_t room = sent + 1;
    for (uint64_t i = 0; is_open && i < run->options.workload.connections; i++)
        for (uint64_t nth = 1; meant_ns(run, i, nth) < run->window_ns[1]; nth++)
            room++;
    struct sample *samples = malloc(room * sizeof *samples);
    if (samples == NULL)
        abort();
    *count = 0;
    for (size_t i = 0; !is_open && i < sent; i++)
        if (log[i].nth > 0 && log[i].sent_ns < run->window_ns[1])
            samples[(*count)++] = (struct sample){log[i].sent_ns, log[i].sent_ns,
                                                  log[i].answered_ns, log[i].connection};
    for (uint64_t i = 0; is_open && i < run->options.workload.connections; i++)
        for (uint64_t nth = 1; meant_ns(run, i, nth) < run->window_ns[1]; nth++) {
            const struct virtual_message *message = message_find(i, nth);
            bool was_sent = message != NULL;
            samples[(*count)++] =
                (struct sample){meant_ns(run, i, nth), was_sent ? message->sent_ns : VIRTUAL_NEVER,
                                was_sent ? message->answered_ns : VIRTUAL_NEVER, i};
        }
    return samples;
}

/* The moment by which it counts: in an open loop when it was meant to be sent. */
static uint64_t counts_at(const struct run *run, const struct sample *sample)
{
    return run->options.workload.kind->is_open ? sample->from_ns : sample->answered_ns;
}

static void check_interval_percentiles(const struct load_interval *interval, uint64_t *sorted,
                                       size_t count)
{
    struct histogram histogram;
    if (histogram_init(&histogram) != 0)
        abort();
    compact_histogram_expand(&interval->rtt, &histogram);
    CHECK_EQ_U64(histogram.total, count);
    for (size_t i = 0; i < PERCENTILES; i++) {
        uint64_t value;
        if (!histogram_percentile_of(&histogram, 0, percentiles[i], &value))
            continue;
        uint64_t tenths = (uint64_t)(percentiles[i] * 10 + 0.5);
        size_t place = (size_t)((count * tenths + 999) / 1000 - 1);
        double exact = (double)sorted[place];
        CHECK_NEAR((double)value, exact, exact / 64 + 16);
    }
    histogram_free(&histogram);
}

static void check_interval(const struct run *run, const struct load_interval *interval,
                           uint64_t begin, const struct sample *samples, size_t count)
{
    uint64_t end = begin + interval->length_ns, oldest = 0, unanswered = 0, outstanding = 0;
    uint64_t *rtt = malloc((count + 1) * sizeof *rtt);
    size_t messages = 0;
    bool waits[CONNECTIONS_MOST] = {false}; /* for an answer, at the interval's end */
    if (rtt == NULL)
        abort();
    for (size_t i = 0; i < count; i++)
        waits[samples[i].connection] |= samples[i].sent_ns < end && samples[i].answered_ns >= end;
    for (size_t i = 0; i < count; i++) {
        uint64_t at = counts_at(run, &samples[i]);
        if (at >= begin && at < end && samples[i].answered_ns != VIRTUAL_NEVER)
            rtt[messages++] = samples[i].answered_ns - samples[i].from_ns;
        else if (at >= begin && at < end)
            unanswered++;
        if (samples[i].from_ns >= end || samples[i].answered_ns < end ||
            !waits[samples[i].connection])
            continue;
        outstanding++;
        oldest = end - samples[i].from_ns > oldest ? end - samples[i].from_ns : oldest;
    }
    qsort(rtt, messages, sizeof *rtt, u64_compare);
    CHECK_EQ_U64(interval->rtt.total, messages);
    CHECK_EQ_U64(interval->unanswered, unanswered);
    CHECK_EQ_U64(interval->outstanding, outstanding);
    CHECK_EQ_U64(interval->oldest_unanswered_ns, oldest);
    if (messages > 0) {
        CHECK_EQ_U64(interval->rtt.max, rtt[messages - 1]);
        check_interval_percentiles(interval, rtt, messages);
    }
    free(rtt);
}

static void check_shares(const struct run *run, const struct sample *samples, size_t count)
{
    const struct load_result *result = &run->result;
    double shares[CONNECTIONS_MOST];
    size_t compared = 0;
    uint64_t messages = 0, oldest = 0;
    CHECK_EQ_U64(result->share_count, run->options.workload.connections);
    for (size_t i = 0; i < result->share_count; i++) {
        const struct load_share *share = &result->shares[i];
        uint64_t own = 0, sum = 0, longest = 0;
        CHECK_EQ_U64(share->connection, i);
        for (size_t j = 0; j < count; j++) {
            if (samples[j].connection != i || samples[j].answered_ns == VIRTUAL_NEVER ||
                !in_window(run, counts_at(run, &samples[j])))
                continue;
            uint64_t rtt = samples[j].answered_ns - samples[j].from_ns;
            own++;
            sum += rtt;
            longest = rtt > longest ? rtt : longest;
        }
        CHECK_EQ_U64(share->messages, own);
        CHECK_EQ_U64(share->rtt_ns, sum);
        CHECK_EQ_U64(share->rtt_max_ns, longest);
        messages += share->messages;
        oldest = share->oldest_unanswered_ns > oldest ? share->oldest_unanswered_ns : oldest;
        if (run->options.workload.kind->fairness == FAIRNESS_OF_MESSAGES)
            shares[compared++] = (double)own;
        else if (own > 0)
            shares[compared++] = (double)sum / (double)own;
    }
    CHECK_EQ_U64(messages, result->messages);
    CHECK_EQ_U64(oldest, result->oldest_unanswered_ns);
    if (result->fairness_jain == result->fairness_jain)
        CHECK_NEAR(statistics_jain(shares, compared), result->fairness_jain, 1e-9);
}

/* Together they are the window, one begins where the other ends, and none has a message too many. */
static void check_parts(const struct run *run)
{
    const struct load_result *result = &run->result;
    uint64_t begin = run->window_ns[0], messages = 0;
    size_t count;
    struct sample *samples = samples_make(run, &count);
    CHECK_EQ_U64(result->interval_count, (run->options.duration_ns + run->options.interval_ns - 1) /
                                             run->options.interval_ns);
    for (size_t i = 0; i < result->interval_count; i++) {
        const struct load_interval *interval = &result->intervals[i];
        if (i + 1 < result->interval_count)
            CHECK_EQ_U64(interval->length_ns, run->options.interval_ns);
        check_interval(run, interval, begin, samples, count);
        begin += interval->length_ns;
        messages += interval->rtt.total;
    }
    CHECK_EQ_U64(begin, run->window_ns[1]);
    CHECK_EQ_U64(messages, result->messages);
    if (run->options.per_connection)
        check_shares(run, samples, count);
    free(samples);
}

/* A run of an open loop, and everything that it reports. */
static void run_open(struct run *run, const struct virtual_server *server)
{
    struct load_result *result = &run->result;
    if (load_result_init(result) != 0)
        abort();
    run->options.context = run;
    virtual_begin(server);
    CHECK(load_run(&run->options, result) == 0);
    log_index();
    struct truth truth = truth_make(run);
    CHECK_EQ_U64(result->window_ns, run->window_ns[1] - run->window_ns[0]);
    CHECK_EQ_U64(result->established, run->options.workload.connections);
    CHECK_EQ_U64(result->errors + result->verify_failures, 0);
    CHECK_EQ_U64(result->messages, truth.answered);
    CHECK_EQ_U64(result->unanswered, truth.meant - truth.answered);
    CHECK_EQ_U64(result->echoes, truth.echoes);
    CHECK_EQ_U64(result->bytes, truth.echoes * run->options.workload.message_bytes);
    check_histogram(&result->rtt, result->unanswered, truth.rtt_ns, truth.meant);
    check_histogram(&result->rtt_from_sent, result->unanswered, truth.from_sent_ns, truth.meant);
    if (run->options.workload.kind == &workload_burst)
        check_bursts(run);
    check_fairness(run);
    check_sends(run, server);
    if (run->options.interval_ns != 0)
        check_parts(run);
    truth_free(&truth);
}

/* ---- a known distribution ---- */

struct exponential {
    double mean_ns;
    uint64_t count; /* of messages, each of which has its own place in the distribution */
    unsigned connections;
};

static double exponential_quantile(const struct exponential *distribution, uint64_t place)
{
    double q = ((double)place + 0.5) / (double)distribution->count;
    return -distribution->mean_ns * log1p(-q);
}

static uint64_t exponential_answer(void *context, uint32_t connection, uint64_t nth,
                                   uint64_t now_ns)
{
    const struct exponential *distribution = context;
    /* Any `count` messages in a row have each place once: the step is prime to 100,000. */
    uint64_t number = nth == 0 ? 0 : (nth - 1) * distribution->connections + connection;
    uint64_t place = number * 61803 % distribution->count;
    return now_ns + (uint64_t)(exponential_quantile(distribution, place) + 0.5);
}

/*
 * The percentiles that the mathematics gives, not only those of the log. No answer takes as long as
 * a connection's turn, so that none waits for another.
 */
static void test_distribution(void)
{
    struct exponential distribution = {.mean_ns = 200 * US, .count = 100000, .connections = 64};
    struct virtual_server server = {.answer_ns = exponential_answer, .context = &distribution};
    struct run run = {.options = options_of(&workload_rate, distribution.connections)};
    run.options.workload.rate_msgs_per_s = 20000;
    run.options.duration_ns = 5 * s_ns;
    run_open(&run, &server);
    CHECK_EQ_U64(run.result.messages, distribution.count);
    for (size_t i = 0; i < PERCENTILES; i++) {
        uint64_t rank = (uint64_t)ceil(percentiles[i] / 100 * 100000 - 1e-6);
        double expected = exponential_quantile(&distribution, rank - 1);
        double found = (double)histogram_percentile(&run.result.rtt, percentiles[i]);
        double uncorrected =
            (double)histogram_percentile(&run.result.rtt_from_sent, percentiles[i]);
        CHECK_NEAR(found, expected, 0.001 * expected);
        CHECK_NEAR(uncorrected, expected, 0.001 * expected);
    }
    CHECK_NEAR(histogram_mean(&run.result.rtt), distribution.mean_ns, 0.001 * distribution.mean_ns);
    CHECK_EQ_U64(run.result.send_late.total, distribution.count);
    CHECK_EQ_U64(run.result.send_late.max, 0);
    load_result_free(&run.result);
}

/* ---- a server that stalls ---- */

/* 100 ms of each second nothing is answered; else each after 100 us. */
static uint64_t stalling_answer(void *context, uint32_t connection, uint64_t nth, uint64_t now_ns)
{
    uint64_t in_second = now_ns % s_ns;
    (void)context;
    (void)connection;
    (void)nth;
    if (in_second >= 500 * MS && in_second < 600 * MS)
        return now_ns - in_second + 600 * MS + 100 * US;
    return now_ns + 100 * US;
}

/* Two messages wait in each stall; but 500 were meant to be sent meanwhile. */
static void test_stall(void)
{
    struct virtual_server server = {.answer_ns = stalling_answer};
    struct run run = {.options = options_of(&workload_rate, 2)};
    run.options.workload.rate_msgs_per_s = 5000;
    run.options.duration_ns = 10 * s_ns;
    run_open(&run, &server);
    CHECK_EQ_U64(run.result.messages, 50000);
    CHECK(histogram_percentile(&run.result.rtt, 50) < 200 * US);
    CHECK(histogram_percentile(&run.result.rtt, 99.9) > 95 * MS);
    CHECK(histogram_percentile(&run.result.rtt, 99) > 50 * MS);
    CHECK(histogram_percentile(&run.result.rtt_from_sent, 99.9) < 200 * US);
    CHECK(run.result.rtt_from_sent.max > 95 * MS);
    load_result_free(&run.result);
}

/* ---- a stall, interval by interval ---- */

/* The stall that begins inside the window; each ends 100 ms later. */
static uint64_t stall_of(const struct run *run)
{
    uint64_t begin = run->window_ns[0] - run->window_ns[0] % s_ns + 500 * MS;
    return begin < run->window_ns[0] ? begin + s_ns : begin;
}

/* An open loop's messages are late where they were meant for the stall, and nowhere else. */
static void test_stall_in_its_intervals_open(void)
{
    struct virtual_server server = {.answer_ns = stalling_answer};
    struct run run = {.options = options_of(&workload_rate, 10)};
    unsigned stalled = 0;
    run.options.workload.rate_msgs_per_s = 5000;
    run.options.workload.pipeline_depth = 60; /* all that the stall holds up can be sent */
    run.options.interval_ns = 10 * MS;
    run.options.per_connection = true;
    run_open(&run, &server);
    uint64_t from = stall_of(&run), to = from + 100 * MS, begin = run.window_ns[0];
    for (size_t i = 0; i < run.result.interval_count; i++) {
        const struct load_interval *interval = &run.result.intervals[i];
        uint64_t end = begin + interval->length_ns;
        bool meets = begin < to && end > from;
        CHECK_EQ_U64(interval->rtt.total, 50);
        CHECK((interval->rtt.max > 100 * US) == meets);
        CHECK((interval->oldest_unanswered_ns > MS) == (end > from + MS && end < to));
        stalled += meets;
        begin = end;
    }
    CHECK(stalled == 10 || stalled == 11);
    load_result_free(&run.result);
}

/* A closed loop sends nothing more meanwhile: no messages, and each connection waits. */
static void test_stall_in_its_intervals_closed(void)
{
    struct virtual_server server = {.answer_ns = stalling_answer};
    struct run run = {.options = options_of(&workload_pingpong, 4)};
    unsigned empty = 0;
    run.options.interval_ns = 10 * MS;
    run.options.per_connection = true;
    if (load_result_init(&run.result) != 0)
        abort();
    run.options.context = &run;
    virtual_begin(&server);
    CHECK(load_run(&run.options, &run.result) == 0);
    log_index();
    check_parts(&run);
    uint64_t from = stall_of(&run), to = from + 100 * MS, begin = run.window_ns[0];
    for (size_t i = 0; i < run.result.interval_count; i++) {
        const struct load_interval *interval = &run.result.intervals[i];
        uint64_t end = begin + interval->length_ns;
        bool within = begin > from + 100 * US && end < to;
        CHECK((interval->rtt.total == 0) == within);
        CHECK_EQ_U64(interval->outstanding, 4);
        if (within)
            CHECK_NEAR((double)interval->oldest_unanswered_ns, (double)(end - from), 100 * US);
        empty += within;
        begin = end;
    }
    CHECK(empty == 8 || empty == 9);
    load_result_free(&run.result);
}

/* Where a window has more of them than are kept, the last one has the rest. */
static void test_too_many_intervals(void)
{
    struct virtual_server server = {.answer_ns = stalling_answer};
    struct run run = {.options = options_of(&workload_pingpong, 1)};
    run.options.interval_ns = 50 * US;
    if (load_result_init(&run.result) != 0)
        abort();
    run.options.context = &run;
    virtual_begin(&server);
    CHECK(load_run(&run.options, &run.result) == 0);
    CHECK_EQ_U64(run.result.interval_count, LOAD_INTERVALS_MOST);
    CHECK_EQ_U64(run.result.intervals[LOAD_INTERVALS_MOST - 1].length_ns,
                 run.options.duration_ns - (LOAD_INTERVALS_MOST - 1) * 50 * US);
    CHECK(run.result.intervals[LOAD_INTERVALS_MOST - 1].rtt.total > 1000);
    load_result_free(&run.result);
}

/* ---- a server that is too slow ---- */

/* One message after the other, each of which takes so long. */
struct queue {
    uint64_t each_ns;
    uint64_t free_ns;
};

static uint64_t queue_answer(void *context, uint32_t connection, uint64_t nth, uint64_t now_ns)
{
    struct queue *queue = context;
    (void)connection;
    if (nth == 0)
        return now_ns;
    queue->free_ns = (queue->free_ns > now_ns ? queue->free_ns : now_ns) + queue->each_ns;
    return queue->free_ns;
}

/* Half of what is asked for. Of each drain another part is answered: none, some, all. */
static void test_overload(void)
{
    static const uint64_t drains_ns[] = {1, 400 * MS, 1000 * MS, UINT64_C(10000000000)};
    for (size_t i = 0; i < sizeof drains_ns / sizeof drains_ns[0]; i++) {
        struct queue queue = {.each_ns = MS};
        struct virtual_server server = {.answer_ns = queue_answer, .context = &queue};
        struct run run = {.options = options_of(&workload_rate, 4)};
        uint64_t value;
        run.options.workload.rate_msgs_per_s = 2000;
        run.options.duration_ns = 2 * s_ns;
        run.options.drain_timeout_ns = drains_ns[i];
        run_open(&run, &server);
        CHECK_EQ_U64(run.result.messages + run.result.unanswered, 4000);
        CHECK_NEAR((double)run.result.echoes, 2000, 1);
        CHECK((run.result.unanswered == 0) == (i == 3));
        CHECK(run.result.oldest_unanswered_ns > s_ns);
        /* The slowest of the answered ones are no 99th percentile where others got no answer. */
        CHECK(histogram_percentile_of(&run.result.rtt, run.result.unanswered, 99, &value) ==
              (i == 3));
        CHECK(histogram_percentile(&run.result.rtt, 50) > 500 * MS);
        CHECK(run.result.rtt_from_sent.max <= 5 * MS);
        load_result_free(&run.result);
    }
}

/* A connection that gets no answer at all: the others' don't hide it. */
static uint64_t silent_answer(void *context, uint32_t connection, uint64_t nth, uint64_t now_ns)
{
    (void)context;
    return connection == 1 && nth > 0 ? VIRTUAL_NEVER : now_ns + 10 * US;
}

static uint64_t first_answer_only(void *context, uint32_t connection, uint64_t nth, uint64_t now_ns)
{
    (void)context;
    (void)connection;
    return nth > 0 ? VIRTUAL_NEVER : now_ns + 10 * US;
}

static void test_silence(void)
{
    struct virtual_server server = {.answer_ns = silent_answer};
    struct run run = {.options = options_of(&workload_rate, 4)};
    uint64_t value;
    run.options.workload.rate_msgs_per_s = 4000;
    run_open(&run, &server);
    CHECK_EQ_U64(run.result.messages, 3000);
    CHECK_EQ_U64(run.result.unanswered, 1000);
    CHECK_EQ_U64(run.result.starved, 1);
    CHECK_NEAR(run.result.fairness_jain, 0.75, 1e-9);
    /* Meant 250 us after the warm-up's begin. */
    CHECK_EQ_U64(run.result.oldest_unanswered_ns, s_ns + 100 * MS - 250 * US);
    CHECK(histogram_percentile_of(&run.result.rtt, 1000, 50, &value));
    CHECK(!histogram_percentile_of(&run.result.rtt, 1000, 90, &value));
    load_result_free(&run.result);
}

/* ---- the ends of the window ---- */

static uint64_t constant_answer(void *context, uint32_t connection, uint64_t nth, uint64_t now_ns)
{
    (void)connection;
    (void)nth;
    return now_ns + *(const uint64_t *)context;
}

/* What is meant for its first moment is in it, what is meant for its last is not. */
static void test_edges(void)
{
    static const uint64_t delays_ns[] = {0, 1, 999999, 1000000, 1000001, 30 * MS, 150 * MS};
    for (size_t i = 0; i < sizeof delays_ns / sizeof delays_ns[0]; i++)
        for (uint64_t shift = 0; shift < 3; shift++) {
            uint64_t delay_ns = delays_ns[i];
            struct virtual_server server = {.answer_ns = constant_answer, .context = &delay_ns};
            struct run run = {.options = options_of(&workload_rate, 50)};
            run.options.workload.rate_msgs_per_s = 1000;
            run.options.warmup_ns = 10 * MS + shift - 1;
            run.options.duration_ns = 100 * MS;
            run_open(&run, &server);
            CHECK_EQ_U64(run.result.window_ns, 100 * MS);
            CHECK_EQ_U64(run.result.messages, 100);
            CHECK_EQ_U64(run.result.unanswered, 0);
            load_result_free(&run.result);
        }
}

/* ---- bursts ---- */

/* Each connection has its own delay; one answer takes longer than it is to the burst after next. */
static uint64_t uneven_answer(void *context, uint32_t connection, uint64_t nth, uint64_t now_ns)
{
    (void)context;
    if (connection == 3 && nth == 60)
        return now_ns + 25 * MS;
    return now_ns + (connection + 1) * 100 * US + nth % 7 * US;
}

static void test_burst(void)
{
    struct virtual_server server = {.answer_ns = uneven_answer, .send_cost_ns = 10 * US};
    struct run run = {.options = options_of(&workload_burst, 10)};
    run.options.workload.burst_interval_ns = 10 * MS;
    run_open(&run, &server);
    CHECK_EQ_U64(run.result.bursts, 100);
    CHECK_EQ_U64(run.result.messages, 1000);
    CHECK_EQ_U64(run.result.burst_last.max, 25 * MS + 3 * 10 * US);
    /* The last one is sent behind nine others, where nothing held it up. */
    CHECK_EQ_U64(run.result.send_late.max, 9 * 10 * US);
    CHECK_EQ_U64(run.result.send_late.total, 1000 - 2);
    load_result_free(&run.result);
}

/* Whose every echo came back: no burst is complete once one echo is missing. */
static uint64_t lost_answer(void *context, uint32_t connection, uint64_t nth, uint64_t now_ns)
{
    (void)context;
    return connection == 2 && nth >= 50 ? VIRTUAL_NEVER : now_ns + 50 * US;
}

static void test_lost_bursts(void)
{
    struct virtual_server server = {.answer_ns = lost_answer};
    struct run run = {.options = options_of(&workload_burst, 5)};
    run.options.workload.burst_interval_ns = 10 * MS;
    run_open(&run, &server);
    /* The warm-up had ten. */
    CHECK_EQ_U64(run.result.bursts, 39);
    CHECK_EQ_U64(run.result.unanswered, 61);
    load_result_free(&run.result);
}

/* ---- anything ---- */

struct any {
    struct random_state random;
    uint64_t most_ns;
    unsigned one_in_silent; /* 0: none */
};

static uint64_t any_answer(void *context, uint32_t connection, uint64_t nth, uint64_t now_ns)
{
    struct any *any = context;
    (void)connection;
    if (any->one_in_silent != 0 && nth > 0 && random_below(&any->random, any->one_in_silent) == 0)
        return VIRTUAL_NEVER;
    return stalling_answer(NULL, 0, 0, now_ns) + random_below(&any->random, any->most_ns);
}

static void test_anything(void)
{
    struct random_state random;
    random_seed(&random, 1);
    for (unsigned i = 0; i < 200; i++) {
        struct any any = {.most_ns = 1 + random_below(&random, 20 * MS)};
        struct virtual_server server = {.answer_ns = any_answer,
                                        .context = &any,
                                        .send_cost_ns = random_below(&random, 2) * 3 * US};
        struct run run = {.options = options_of(i % 2 == 0 ? &workload_rate : &workload_burst,
                                                (unsigned)random_below(&random, 30) + 1)};
        random_seed(&any.random, i);
        server.wake_late_ns = random_below(&random, 2) * random_below(&random, 30 * MS);
        any.one_in_silent = random_below(&random, 4) == 0 ? 500 : 0;
        run.options.workload.rate_msgs_per_s = 1 + random_below(&random, 4000);
        run.options.workload.burst_interval_ns = 3 * MS + random_below(&random, 40 * MS);
        run.options.workload.pipeline_depth = (unsigned)random_below(&random, 4) + 1;
        run.options.warmup_ns = random_below(&random, 2) * random_below(&random, 200 * MS);
        run.options.duration_ns = 300 * MS + random_below(&random, 700 * MS);
        run.options.drain_timeout_ns = random_below(&random, 3) * 200 * MS + 1;
        run.options.interval_ns = i % 3 == 0 ? 0 : 10 * MS + random_below(&random, 200 * MS);
        run.options.per_connection = i % 3 == 2;
        run_open(&run, &server);
        load_result_free(&run.result);
    }
}

/*
 * Each connection sends one message a second, and the server answers nothing. The first message of
 * connection 0 is due when the warm-up begins, that of connection 1 half a second later. A connection is
 * starved if it waited through the whole window for a message that was due when the window began.
 */
static void test_due_within_the_window(void)
{
    static const struct {
        uint64_t warmup_ns;
        unsigned starved;
    } cases[] = {{100 * MS, 1}, {499 * MS, 1}, {500 * MS, 2}, {600 * MS, 2}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct virtual_server server = {.answer_ns = first_answer_only};
        struct run run = {.options = options_of(&workload_rate, 2)};
        run.options.workload.rate_msgs_per_s = 2;
        run.options.warmup_ns = cases[i].warmup_ns;
        run_open(&run, &server);
        CHECK_EQ_U64(run.result.messages, 0);
        CHECK_EQ_U64(run.result.starved, cases[i].starved);
        CHECK_EQ_U64(run.result.oldest_unanswered_ns, s_ns + cases[i].warmup_ns);
        load_result_free(&run.result);
    }
}

/* ---- closed loops ---- */

static void test_pingpong(void)
{
    uint64_t delay_ns = 250 * US;
    struct virtual_server server = {.answer_ns = constant_answer, .context = &delay_ns};
    struct run run = {.options = options_of(&workload_pingpong, 3)};
    if (load_result_init(&run.result) != 0)
        abort();
    run.options.context = &run;
    virtual_begin(&server);
    CHECK(load_run(&run.options, &run.result) == 0);
    /* One that ends with the window's first moment is in it, one that ends with its last is not. */
    CHECK_EQ_U64(run.result.messages, 3 * 4000);
    CHECK_EQ_U64(run.result.echoes, run.result.messages);
    CHECK_EQ_U64(run.result.rtt.total, run.result.messages);
    CHECK_EQ_U64(run.result.rtt.min, delay_ns);
    CHECK_EQ_U64(run.result.rtt.max, delay_ns);
    CHECK_EQ_U64(run.result.rtt_from_sent.total, 0);
    load_result_free(&run.result);
}

/* Each connection takes its connect, its echo and its end, and then comes the next at once. */
static void test_churn(void)
{
    uint64_t delay_ns = 130 * US;
    struct virtual_server server = {.answer_ns = constant_answer,
                                    .context = &delay_ns,
                                    .connect_ns = 70 * US,
                                    .end_ns = 50 * US};
    struct run run = {.options = options_of(&workload_churn, 3)};
    if (load_result_init(&run.result) != 0)
        abort();
    run.options.context = &run;
    virtual_begin(&server);
    CHECK(load_run(&run.options, &run.result) == 0);
    CHECK_EQ_TEXT(run.result.error_text, "");
    CHECK_EQ_U64(run.result.established, 3);
    CHECK_EQ_U64(run.result.errors + run.result.unanswered, 0);
    CHECK_EQ_U64(run.result.messages, 3 * 4000);
    CHECK_EQ_U64(run.result.connects, 3 * 4000);
    CHECK_EQ_U64(run.result.rtt.total, run.result.messages);
    CHECK_EQ_U64(run.result.connect.total, run.result.connects);
    CHECK_EQ_U64(run.result.rtt.min, delay_ns);
    CHECK_EQ_U64(run.result.rtt.max, delay_ns);
    CHECK_EQ_U64(run.result.connect.min, server.connect_ns);
    CHECK_EQ_U64(run.result.connect.max, server.connect_ns);
    CHECK_NEAR(run.result.fairness_jain, 1, 1e-9);
    load_result_free(&run.result);
}

/*
 * A server that ends no connection any more, from before the warm-up or a moment of the window on:
 * in churn each connection soon waits for that, else it shows at the end.
 */
static void test_endless(void)
{
    const struct workload_kind *const kinds[] = {&workload_churn, &workload_pingpong};
    static const uint64_t moments_ns[] = {1, 300 * MS};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        for (size_t j = 0; j < sizeof moments_ns / sizeof moments_ns[0]; j++) {
            uint64_t delay_ns = 100 * US, since_ns = clock_now_ns() + moments_ns[j];
            struct virtual_server server = {
                .answer_ns = constant_answer, .context = &delay_ns, .endless_ns = since_ns};
            struct run run = {.options = options_of(kinds[i], 3)};
            bool churns = kinds[i] == &workload_churn, whole_window = churns && j == 0;
            if (load_result_init(&run.result) != 0)
                abort();
            run.options.context = &run;
            virtual_begin(&server);
            CHECK(load_run(&run.options, &run.result) == 0);
            CHECK_EQ_U64(run.result.established, 3);
            CHECK_EQ_U64(run.result.errors, 3);
            CHECK_EQ_U64(run.result.unanswered, 0);
            CHECK_EQ_U64(run.result.starved, whole_window ? 3 : 0);
            CHECK((run.result.messages == 0) == whole_window);
            CHECK_EQ_TEXT(run.result.error_text,
                          "the server did not end a connection after its client");
            if (whole_window)
                CHECK_EQ_U64(run.result.oldest_unanswered_ns,
                             run.options.warmup_ns + run.options.duration_ns);
            else if (churns)
                CHECK_NEAR((double)run.result.oldest_unanswered_ns,
                           (double)(run.window_ns[1] - since_ns), (double)delay_ns);
            else
                CHECK(run.result.oldest_unanswered_ns <= delay_ns);
            load_result_free(&run.result);
        }
}

/* The first echoes come one after the other, the last one *late_ns after its turn. */
static uint64_t slow_first_answer(void *context, uint32_t connection, uint64_t nth, uint64_t now_ns)
{
    const uint64_t *late_ns = context;
    if (nth > 0)
        return now_ns + MS;
    return now_ns + (uint64_t)connection * 900 * MS + (connection == 9 ? *late_ns : 0);
}

/* As long as one after the other is established, all are waited for; whoever is not is left out. */
static void test_ramp(void)
{
    for (uint64_t late_ns = 0; late_ns <= 200 * MS; late_ns += 200 * MS) {
        struct virtual_server server = {.answer_ns = slow_first_answer, .context = &late_ns};
        struct run run = {.options = options_of(&workload_ramp, 10)};
        unsigned established = late_ns == 0 ? 10 : 9;
        if (load_result_init(&run.result) != 0)
            abort();
        run.options.context = &run;
        run.options.connect_timeout_ns = 1;
        run.options.connect_pause_ns = s_ns;
        virtual_begin(&server);
        CHECK(load_run(&run.options, &run.result) == 0);
        CHECK_EQ_U64(run.result.established, established);
        CHECK_EQ_U64(run.result.errors, 0);
        CHECK_EQ_U64(run.result.messages, (uint64_t)established * 1000);
        CHECK_NEAR(run.result.fairness_jain, 1, 1e-9);
        load_result_free(&run.result);
    }
}

/* As many send as are active, as far apart as can be, and none else. */
static void test_idle(void)
{
    static const unsigned actives[] = {1, 2, 3, 7, 50, 99, 100};
    for (size_t i = 0; i < sizeof actives / sizeof actives[0]; i++) {
        uint64_t delay_ns = MS;
        unsigned found = 0, last = 0;
        struct virtual_server server = {.answer_ns = constant_answer, .context = &delay_ns};
        struct run run = {.options = options_of(&workload_idle, CONNECTIONS_MOST)};
        if (load_result_init(&run.result) != 0)
            abort();
        run.options.context = &run;
        run.options.workload.active = actives[i];
        virtual_begin(&server);
        CHECK(load_run(&run.options, &run.result) == 0);
        log_index();
        for (unsigned connection = 0; connection < CONNECTIONS_MOST; connection++) {
            CHECK(message_find(connection, 0) != NULL);
            if (message_find(connection, 1) == NULL)
                continue;
            if (found > 0)
                CHECK(connection - last >= CONNECTIONS_MOST / actives[i]);
            last = connection;
            found++;
        }
        CHECK_EQ_U64(found, actives[i]);
        CHECK(actives[i] > 1 || (last > 40 && last < 60));
        CHECK_EQ_U64(run.result.messages, (uint64_t)actives[i] * 1000);
        CHECK_EQ_U64(run.result.established, CONNECTIONS_MOST);
        CHECK_NEAR(run.result.fairness_jain, 1, 1e-9);
        load_result_free(&run.result);
    }
}

int main(void)
{
    payload_init();
    test_distribution();
    test_stall();
    test_stall_in_its_intervals_open();
    test_stall_in_its_intervals_closed();
    test_too_many_intervals();
    test_overload();
    test_silence();
    test_due_within_the_window();
    test_edges();
    test_burst();
    test_lost_bursts();
    test_anything();
    test_pingpong();
    test_churn();
    test_endless();
    test_idle();
    test_ramp();
    free(log_places);
    return check_report();
}
