#include "rows/warnings.h"

/* Either end of a window may be off by a step, so this many tell CPU time to 4 %. */
static const double CPU_STEPS_LEAST = 50;

/* A client that is late by more of a round trip than this measures itself. */
static const double CLIENT_LATE_SHARE = 0.5;

/* Round trips that pile up where a delayed acknowledgement ends, and their neighbourhood. */
enum { PLATEAU_FROM_NS = 38000000, PLATEAU_TO_NS = 48000000, PLATEAU_WIDTH_NS = 10000000 };
static const double PLATEAU_SHARE = 0.001;
static const uint64_t PLATEAU_LEAST = 5;
static const uint64_t PLATEAU_BY_NEIGHBOURS = 4;

static const struct {
    const char *word;
    const char *advice;
} warnings[WARNINGS] = {
    [WARNING_HOST_BUSY] = {"host_busy", "the machine was not idle before the run: stop other "
                                        "programs, or raise --idle-wait"},
    [WARNING_HOST_NOISY] = {"host_noisy",
                            "others used the processors while it was measured: stop other "
                            "programs, and do not trust small differences"},
    [WARNING_CPU_STOLEN] = {"cpu_stolen",
                            "this virtual machine had to wait for its host: measure when the host "
                            "is quiet, and take more trials"},
    [WARNING_CPU_THROTTLED] = {"cpu_throttled",
                               "a processor was slowed down for its heat: cool it, or pause "
                               "between runs"},
    [WARNING_CPU_QUOTA] = {"cpu_quota",
                           "a control group's CPU quota was used up, and all waited for its next "
                           "period: raise or remove it, `iomodels doctor` names it"},
    [WARNING_CPU_GOVERNOR] = {"cpu_governor",
                              "the processor's frequency follows the load: `cpupower "
                              "frequency-set -g performance` makes runs steadier"},
    [WARNING_NOT_PINNED] = {"not_pinned", "a side ran on other processors than it was told to: "
                                          "see server_cpus and client_cpus"},
    [WARNING_WINESERVER_NOT_PINNED] = {"wineserver_not_pinned",
                                       "wineserver could not be put beside the server: run as "
                                       "the user that it belongs to"},
    [WARNING_WINESERVER_RESTARTED] = {"wineserver_restarted",
                                      "wineserver was spinning and was started afresh: nothing "
                                      "to do, the run began after that"},
    [WARNING_SNAPSHOTS_LATE] = {"snapshots_late",
                                "the server did not get to run in time to tell its figures: give "
                                "it a processor of its own, or measure longer (--duration)"},
    [WARNING_IMPOSSIBLE_STATISTICS] = {"impossible_statistics",
                                       "the server told figures that cannot be, and they were not "
                                       "taken: look at its target, whose line `stats` is wrong"},
    [WARNING_SERVER_KILLED] = {"server_killed", "the server did not stop and was killed: under "
                                                "Wine that can disturb what follows"},
    [WARNING_STDERR_FLOOD] = {"stderr_flood",
                              "the server wrote more than 64 KiB to standard error, and its "
                              "figures have the cost of it: let it write less"},
    [WARNING_CLIENT_PAUSED] = {"client_paused",
                               "the client did not get to run for a while, and sent nothing: stop "
                               "other programs, or give it a processor of its own"},
    [WARNING_CLOCK_STEPPED] = {"clock_stepped",
                               "the system's clock was set meanwhile: what was measured stands, by "
                               "another clock; started_at_utc may be off"},
    [WARNING_WINDOW_LATE] = {"window_late", "this generator began late: raise --allowance"},
    [WARNING_OVERLOAD] = {"overload", "the server did not keep up with the rate: its latencies "
                                      "grow with the time; lower --rate, or see --rate-search"},
    [WARNING_CLIENT_LATE] = {"client_late", "the client itself could not send in time: give it a "
                                            "processor of its own, or lower --rate"},
    [WARNING_UNANSWERED] = {"unanswered", "messages got no answer: percentiles among them are "
                                          "empty, and those that are told leave them out"},
    [WARNING_STARVED] = {"starved", "clients got no answer at all: the percentiles are of the "
                                    "others, see connections_starved and fairness_jain"},
    [WARNING_FEW_SAMPLES] = {"few_samples",
                             "too few messages for a 99th percentile, which takes 1,000: measure "
                             "longer (--duration)"},
    [WARNING_FEW_CPU_STEPS] = {"few_cpu_steps",
                               "the server's CPU time is a few steps of its clock, see "
                               "cpu_resolution_us: measure longer (--duration)"},
    [WARNING_PLATEAU_40MS] =
        {"plateau_40ms", "round trips pile up near 40 ms, as Nagle's algorithm and Linux' delayed "
                         "acknowledgements make them together: leave TCP_NODELAY on"},
    [WARNING_CONNECTIONS_MISSING] = {"connections_missing",
                                     "not all connections could be made: `iomodels doctor "
                                     "--connections N` names the limit"},
    [WARNING_DRIFT] = {"drift", "the machine became steadily faster or slower during the run: its "
                                "trials were taken in turn, so compare within the run only"},
};

const char *warning_word(enum warning warning)
{
    return warnings[warning].word;
}

const char *warning_advice(enum warning warning)
{
    return warnings[warning].advice;
}

void warning_add(struct row *row, enum warning warning)
{
    row_warn(row, warnings[warning].word);
}

bool warning_has(const struct row *row, enum warning warning)
{
    return row_text_has(row->warnings, warnings[warning].word);
}

void warnings_take_cpu(struct row *row, double server_cpu_s)
{
    /* A step of a microsecond stands for all that are finer. */
    if (row->cpu_resolution_us > 1 && server_cpu_s * 1e6 < CPU_STEPS_LEAST * row->cpu_resolution_us)
        warning_add(row, WARNING_FEW_CPU_STEPS);
}

void warnings_take_load(struct row *row, const struct histogram *rtt)
{
    uint64_t plateau = histogram_between(rtt, PLATEAU_FROM_NS, PLATEAU_TO_NS);
    uint64_t below = histogram_between(rtt, PLATEAU_FROM_NS - PLATEAU_WIDTH_NS, PLATEAU_FROM_NS);
    uint64_t above = histogram_between(rtt, PLATEAU_TO_NS, PLATEAU_TO_NS + PLATEAU_WIDTH_NS);
    if (row->messages_unanswered > 0)
        warning_add(row, WARNING_UNANSWERED);
    if (row->connections_starved > 0)
        warning_add(row, WARNING_STARVED);
    if (row->send_late_p99_us > CLIENT_LATE_SHARE * row->rtt_p99_us)
        warning_add(row, WARNING_CLIENT_LATE);
    /* Where answers are missing it can be empty for that. */
    if (rtt->total > 0 && !number_is_known(row->rtt_p99_us) && !histogram_carries(rtt, 99))
        warning_add(row, WARNING_FEW_SAMPLES);
    /* A quota's pauses are as long. */
    if (!warning_has(row, WARNING_CPU_QUOTA) && plateau >= PLATEAU_LEAST &&
        (double)plateau >= PLATEAU_SHARE * (double)rtt->total &&
        plateau > PLATEAU_BY_NEIGHBOURS * (below + above))
        warning_add(row, WARNING_PLATEAU_40MS);
}
