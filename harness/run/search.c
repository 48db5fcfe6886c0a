#include "run/search.h"
#include "run/row_fill.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/failure.h"
#include "base/random.h"
#include "base/terminal.h"
#include "base/units.h"
#include "rows/warnings.h"

/* The least and the most that is tried, and how near the bracket's ends come. */
static const double LOWEST = 100, HIGHEST = 100e6, ACCURACY = 1.05;
/* No window is made longer than this, so that nobody waits for minutes for a few messages. */
static const double WINDOW_MOST_S = 10;
/* So many times what the percentile needs at least, since a window ends where it ends. */
static const double SAMPLES_AMPLY = 1.2;

enum { NS_PER_S = 1000000000 };

static const char missed_by_client[] = "client_late";

/*
 * Of the last row, rounded as the row's own figures: a run that goes on sees no other digits, and
 * has to decide as before.
 */
static double latency_us(const struct search *search, const struct bench *bench)
{
    enum { DIGITS = 6 };
    char text[400];
    double us = search->bound.percentile >= 100
                    ? bench_last(bench)->rtt_max_us
                    : bench_percentile_us(bench, search->bound.percentile);
    if (number_is_known(us))
        (void)units_parse_double(units_format_double(us, DIGITS, text, sizeof text), &us);
    return us;
}

/* Of the last row: "" where it met the bound; else what it missed by. */
static const char *miss_of(const struct search *search, const struct bench *bench)
{
    const struct row *row = bench_last(bench);
    double us = latency_us(search, bench);
    bool overload = warning_has(row, WARNING_OVERLOAD);
    if (!overload && number_is_known(us) && us * 1e3 <= (double)search->bound.limit_ns)
        return "";
    if (warning_has(row, WARNING_CLIENT_LATE))
        return missed_by_client;
    return overload ? "overload" : number_is_known(us) ? "latency" : "unanswered";
}

/* The window that carries the percentile at this rate. */
static uint64_t window_ns(const struct search *search, double rate, uint64_t least_ns)
{
    double ns = SAMPLES_AMPLY * rate_bound_samples(&search->bound) / rate * NS_PER_S;
    return ns > (double)least_ns ? (uint64_t)ns : least_ns;
}

/* One trial of a rate. *decided: +1 where it met the bound, -1 where not, 0 where there is no row. */
static int trial_run(const struct search *search, struct search_finding *finding,
                     struct bench *bench, double rate, unsigned trial, unsigned order_index,
                     int *decided, struct failure *failure)
{
    struct workload workload = *finding->workload;
    struct run_settings settings = *bench->settings;
    workload.rate_msgs_per_s = (uint64_t)rate;
    settings.duration_ns = window_ns(search, rate, settings.duration_ns);
    *decided = 0;
    if (bench_measure(bench, &settings, finding->contestant, &workload, trial, order_index,
                      failure) != 0)
        return -1;
    if (bench->cancelled)
        return 0;
    const struct row *row = bench_last(bench);
    if (row->status != ROW_OK) {
        finding->ended = row->status == ROW_SKIPPED ? "skipped" : "a run failed";
        return 0;
    }
    const char *miss = miss_of(search, bench);
    *decided = miss[0] == '\0' ? 1 : -1;
    if (*decided < 0) {
        finding->missed_by = miss;
        row_set_text(finding->missed_bound, sizeof finding->missed_bound,
                     row_word(row, COLUMN_bound));
    }
    return 0;
}

/* What of a workload is the server's part. */
static const enum column_id of_server[] = {COLUMN_work_cpu_us, COLUMN_work_wait_us,
                                           COLUMN_work_exponential, COLUMN_threads};

static bool row_has_server(const struct row *row, const struct workload *workload)
{
    struct row wanted;
    row_clear(&wanted);
    row_fill_server(&wanted, workload);
    for (size_t i = 0; i < sizeof of_server / sizeof of_server[0]; i++)
        if (!column_is_equal(&row_columns[of_server[i]], row, &wanted))
            return false;
    return true;
}

/* How many trials of this rate there are already: those to come count on, since a row's trial tells
 * it from the others of its rate. */
static unsigned trials_before(const struct bench *bench, const struct search_finding *finding,
                              double rate)
{
    unsigned before = 0;
    for (size_t i = 0; i < bench->row_count; i++) {
        const struct row *row = &bench->rows[i];
        before += strcmp(row->model, finding->contestant->model) == 0 &&
                  strcmp(row->target, finding->contestant->target->name) == 0 &&
                  strcmp(row->workload, finding->workload->kind->name) == 0 &&
                  row->connections == finding->workload->connections &&
                  row->message_bytes == (double)finding->workload->message_bytes &&
                  row_has_server(row, finding->workload) && row->target_rate_msgs_per_s == rate;
    }
    return before;
}

/* tally: trials that met the bound less those that missed it. */
static enum rate_outcome outcome_of(const struct search_finding *finding, int tally)
{
    if (tally > 0)
        return RATE_MET;
    return finding->missed_by == missed_by_client ? RATE_NOT_SENT : RATE_MISSED;
}

/* To who watches no terminal, where the line of progress shows more. */
static void step_print(const struct search_finding *finding, double rate, enum rate_outcome outcome)
{
    char text[24];
    if (terminal_is(stderr))
        return;
    fprintf(
        stderr, "%s on %s: %s/s %s%s\n", finding->contestant->model,
        finding->contestant->target->name, units_format_si(rate, text, sizeof text),
        outcome == RATE_MET ? "met" : "not met: ", outcome == RATE_MET ? "" : finding->missed_by);
}

/* The trials of one round: each finding that still searches tries its rate until it is decided. */
static int round_run(const struct search *search, struct search_finding *const *active,
                     const double *rates, size_t count, struct bench *bench,
                     struct random_state *random, struct failure *failure)
{
    int tallies[PLAN_CONTESTANTS_MAX] = {0};
    unsigned before[PLAN_CONTESTANTS_MAX];
    size_t order[PLAN_CONTESTANTS_MAX] = {0};
    for (size_t i = 0; i < count; i++)
        before[i] = trials_before(bench, active[i], rates[i]);
    for (unsigned trial = 1; trial <= search->trials; trial++) {
        bench_shuffle(order, count, random);
        for (size_t i = 0; i < count; i++) {
            struct search_finding *finding = active[order[i]];
            int *tally = &tallies[order[i]], decided;
            int left = (int)(search->trials - trial) + 1;
            /* What is left can't turn it round. */
            if (finding->ended[0] != '\0' || abs(*tally) > left)
                continue;
            if (trial_run(search, finding, bench, rates[order[i]], before[order[i]] + trial,
                          (unsigned)i, &decided, failure) != 0)
                return -1;
            if (bench->cancelled)
                return 0;
            *tally += decided;
        }
    }
    for (size_t i = 0; i < count; i++)
        if (active[i]->ended[0] == '\0') {
            enum rate_outcome outcome = outcome_of(active[i], tallies[i]);
            active[i]->tries += before[i] == 0;
            rate_search_tell(&active[i]->search, rates[i], outcome);
            if (active[i]->search.unsendable)
                active[i]->ended = "the client's limit";
            if (bench->row_count > bench->replayed)
                step_print(active[i], rates[i], outcome);
        }
    return 0;
}

/* All contestants under one workload. */
static int workload_search(const struct search *search, struct search_finding *findings,
                           size_t count, struct bench *bench, struct random_state *random,
                           struct failure *failure)
{
    struct search_finding *active[PLAN_CONTESTANTS_MAX];
    double rates[PLAN_CONTESTANTS_MAX];
    for (;;) {
        size_t searching = 0;
        for (size_t i = 0; i < count; i++) {
            double rate = findings[i].ended[0] == '\0' ? rate_search_next(&findings[i].search) : 0;
            if (rate == 0)
                continue;
            active[searching] = &findings[i];
            rates[searching++] = rate;
        }
        if (searching == 0)
            return 0;
        if (round_run(search, active, rates, searching, bench, random, failure) != 0)
            return -1;
        if (bench->cancelled)
            return 0;
    }
}

int search_run(struct search *search, struct bench *bench, struct failure *failure)
{
    const struct plan *plan = bench->plan;
    struct random_state random;
    search->count = plan->contestant_count * plan->workload_count;
    search->findings = calloc(search->count, sizeof *search->findings);
    if (search->findings == NULL) {
        search->count = 0;
        return failure_set(failure, "out of memory");
    }
    double samples = SAMPLES_AMPLY * rate_bound_samples(&search->bound);
    search->run_id = bench->results->run_id;
    random_seed(&random, bench->seed);
    for (size_t j = 0; j < plan->workload_count; j++)
        for (size_t i = 0; i < plan->contestant_count; i++)
            search->findings[j * plan->contestant_count + i] = (struct search_finding){
                .contestant = &plan->contestants[i],
                .workload = &plan->workloads[j],
                .search = {.first = (double)plan->workloads[j].rate_msgs_per_s,
                           .lowest = fmax(LOWEST, samples / WINDOW_MOST_S),
                           .highest = HIGHEST,
                           .accuracy = ACCURACY},
                .ended = "",
                .missed_by = ""};
    int error = 0;
    for (size_t j = 0; j < plan->workload_count && error == 0 && !bench->cancelled; j++)
        error = workload_search(search, &search->findings[j * plan->contestant_count],
                                plan->contestant_count, bench, &random, failure);
    for (size_t i = 0; i < search->count; i++)
        if (search->findings[i].ended[0] == '\0' &&
            rate_search_next(&search->findings[i].search) > 0)
            search->findings[i].ended = "interrupted";
    return error;
}

/* Some doublings, some halvings and the last miss again; two of three trials often decide. */
enum { RATES_ABOUT = 11 };

size_t search_runs(const struct search *search, const struct plan *plan)
{
    size_t contestants = 0;
    for (size_t i = 0; i < plan->contestant_count; i++)
        contestants += plan->contestants[i].skipped[0] == '\0';
    return contestants * plan->workload_count * RATES_ABOUT * (search->trials / 2 + 1);
}

uint64_t search_duration_ns(const struct search *search, const struct plan *plan,
                            const struct run_settings *settings)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < plan->workload_count; i++) {
        struct run_settings as_begun = *settings;
        as_begun.duration_ns =
            window_ns(search, (double)plan->workloads[i].rate_msgs_per_s, settings->duration_ns);
        sum += plan_round_ns(plan, &as_begun) * RATES_ABOUT * (search->trials / 2 + 1);
    }
    return sum;
}

static double or_empty(double rate)
{
    return rate > 0 ? rate : NAN;
}

int search_write(const struct search *search, struct csv_writer *csv)
{
    struct row row;
    static const char *const names[] = {"run_id",
                                        "target",
                                        "model",
                                        "workload",
                                        "connections",
                                        "message_bytes",
                                        "pipeline_depth",
                                        "work_cpu_us",
                                        "work_wait_us",
                                        "work_exponential",
                                        "threads",
                                        "searched_bound",
                                        "rate_met_msgs_per_s",
                                        "rate_missed_msgs_per_s",
                                        "rates_tried",
                                        "missed_by",
                                        "missed_bound",
                                        "ended"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        csv_write_text(csv, names[i]);
    csv_end_row(csv);
    for (size_t i = 0; i < search->count; i++) {
        const struct search_finding *finding = &search->findings[i];
        csv_write_text(csv, search->run_id);
        csv_write_text(csv, finding->contestant->target->name);
        csv_write_text(csv, finding->contestant->model);
        csv_write_text(csv, finding->workload->kind->name);
        csv_write_u64(csv, finding->workload->connections);
        csv_write_u64(csv, finding->workload->message_bytes);
        csv_write_u64(csv, finding->workload->pipeline_depth);
        row_clear(&row);
        row_fill_server(&row, finding->workload);
        for (size_t j = 0; j < sizeof of_server / sizeof of_server[0]; j++)
            column_write(csv, &row, &row_columns[of_server[j]]);
        csv_write_text(csv, search->bound.text);
        csv_write_double(csv, or_empty(finding->search.met), 6);
        csv_write_double(csv, or_empty(finding->search.missed), 6);
        csv_write_u64(csv, finding->tries);
        csv_write_text(csv, finding->missed_by);
        csv_write_text(csv, finding->missed_bound);
        csv_write_text(csv, finding->ended);
        csv_end_row(csv);
    }
    return csv->failed ? -1 : 0;
}

static void finding_print(const struct search_finding *finding, FILE *file)
{
    char met[24] = "-", missed[24] = "-";
    const struct rate_search *search = &finding->search;
    if (search->met > 0)
        units_format_si(search->met, met, sizeof met);
    if (search->missed > 0)
        units_format_si(search->missed, missed, sizeof missed);
    fprintf(file, "  %-16s%-22s%10s%10s   %-12s%s\n", finding->contestant->target->name,
            finding->contestant->model, met, missed, finding->missed_by,
            finding->ended[0] != '\0' ? finding->ended : finding->missed_bound);
}

void search_print(const struct search *search, FILE *file)
{
    const struct workload *shown = NULL;
    char text[200];
    struct row row;
    for (size_t i = 0; i < search->count; i++) {
        const struct search_finding *finding = &search->findings[i];
        if (strcmp(finding->ended, "skipped") == 0)
            continue;
        if (finding->workload != shown) {
            shown = finding->workload;
            row_clear(&row);
            row_fill_workload(&row, shown);
            row.target_rate_msgs_per_s = NAN; /* it is what was searched for */
            fprintf(file,
                    "\nhighest rate with %s, messages per second; %s\n"
                    "  %-16s%-22s%10s%10s   %-12s%s\n",
                    search->bound.text, row_workload_text(&row, text, sizeof text), "target",
                    "model", "met", "not met", "by", "then bound by");
        }
        finding_print(finding, file);
    }
}

void search_free(struct search *search)
{
    free(search->findings);
    search->findings = NULL;
    search->count = 0;
}
