#include "rows/warnings.h"

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
    [WARNING_SERVER_KILLED] = {"server_killed", "the server did not stop and was killed: under "
                                                "Wine that can disturb what follows"},
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
    return warnings_have(row->warnings, warning);
}

bool warnings_have(const char *words, enum warning warning)
{
    return row_text_has(words, warnings[warning].word);
}
