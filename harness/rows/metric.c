#include "rows/metric.h"

#include <stddef.h>

#include "names.h"

#define LESS(name)                                                                                 \
    {                                                                                              \
        name, METRIC_LESS, false, METRIC_NO_BASIS, 0                                               \
    }
#define NEITHER(name)                                                                              \
    {                                                                                              \
        name, METRIC_NEITHER, false, METRIC_NO_BASIS, 0                                            \
    }
#define THROUGHPUT(name)                                                                           \
    {                                                                                              \
        name, METRIC_MORE, true, METRIC_NO_BASIS, 0                                                \
    }
#define LATENCY(name, basis, percentile)                                                           \
    {                                                                                              \
        name, METRIC_LESS, false, basis, percentile                                                \
    }

const struct metric metrics[] = {
    THROUGHPUT("connects_per_s"),
    NEITHER("messages"),
    LESS("messages_unanswered"),
    LESS("errors"),
    THROUGHPUT("throughput_msgs_per_s"),
    THROUGHPUT("throughput_bytes_per_s"),
    THROUGHPUT("achieved_rate_msgs_per_s"),
    {"fairness_jain", METRIC_MORE, false, METRIC_NO_BASIS, 0},
    LESS("connections_starved"),
    LESS("oldest_unanswered_us"),
    LATENCY("rtt_min_us", METRIC_OWN, 0),
    LATENCY("rtt_mean_us", METRIC_OWN, METRIC_MEAN),
    LATENCY("rtt_p50_us", METRIC_OWN, 50),
    LATENCY("rtt_p90_us", METRIC_OWN, 90),
    LATENCY("rtt_p99_us", METRIC_OWN, 99),
    LATENCY("rtt_p99_9_us", METRIC_OWN, 99.9),
    LATENCY("rtt_max_us", METRIC_OWN, 100),
    LATENCY("rtt_uncorrected_p50_us", METRIC_UNCORRECTED, 50),
    LATENCY("rtt_uncorrected_p99_us", METRIC_UNCORRECTED, 99),
    LATENCY("rtt_uncorrected_p99_9_us", METRIC_UNCORRECTED, 99.9),
    LATENCY("connect_p50_us", METRIC_CONNECT, 50),
    LATENCY("connect_p99_us", METRIC_CONNECT, 99),
    LATENCY("connect_max_us", METRIC_CONNECT, 100),
    LESS("burst_last_p50_us"),
    LESS("burst_last_max_us"),
    NEITHER("send_late_p99_us"),
    LESS("server_cpu_us_per_msg"),
    NEITHER("client_cpu_us_per_msg"),
    NEITHER("server_cpu_load"),
    NEITHER("client_cpu_load"),
    NEITHER("others_cpu_load"),
    LESS("server_rss_peak_bytes"),
    LESS("kernel_memory_bytes"),
    LESS("server_threads_peak"),
    NEITHER("context_switches"),
    NEITHER("server_messages"),
    NEITHER("wait_calls"),
    NEITHER("events_per_wait"),
    NEITHER("recv_calls"),
    NEITHER("send_calls"),
    NEITHER("other_calls"),
    NEITHER("completions"),
    LESS("syscalls_per_msg"),
    NEITHER("would_block"),
    LESS("scanned_per_wait"),
    LESS("set_bytes_per_wait"),
    {NULL, METRIC_NEITHER, false, METRIC_NO_BASIS, 0},
};

const struct metric *metric_find(const char *name)
{
    for (const struct metric *metric = metrics; metric->name != NULL; metric++)
        if (name_equals(metric->name, name))
            return metric;
    return NULL;
}
