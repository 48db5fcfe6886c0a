/*
 * record: one run's row of runs.csv, and its lines of histogram.csv. results/README.md is the
 * dictionary of the columns.
 */
#ifndef IOMODELS_ROW_H
#define IOMODELS_ROW_H

#include <stdbool.h>

#include "base/number.h"
#include "rows/csv.h"
#include "stats/histogram.h"

#define ROW_SCHEMA_VERSION 3

/* Configurations that a run has at most. */
#define ROW_CONFIGURATIONS_MAX 512

/*
 * The columns in their order. TEXT(name, bytes); NUMBER(name, significant digits): a double, NaN
 * where it was not measured, which is written as an empty field. 17 digits keep a count exact.
 */
#define ROW_COLUMNS(TEXT, NUMBER)                                                                  \
    NUMBER(schema_version, 17)                                                                     \
    TEXT(run_id, 40)                                                                               \
    TEXT(started_at_utc, 24)                                                                       \
    TEXT(tool_version, 16)                                                                         \
    TEXT(generator, 12)                                                                            \
    TEXT(target, 64)                                                                               \
    TEXT(server_os, 16)                                                                            \
    TEXT(host_kind, 16)                                                                            \
    TEXT(cpu_model, 64)                                                                            \
    NUMBER(cpu_count, 17)                                                                          \
    TEXT(model, 48)                                                                                \
    TEXT(workload, 16)                                                                             \
    TEXT(loop, 8)                                                                                  \
    NUMBER(connections, 17)                                                                        \
    NUMBER(connections_active, 17)                                                                 \
    NUMBER(connections_misbehaving, 17)                                                            \
    NUMBER(message_bytes, 17)                                                                      \
    NUMBER(pipeline_depth, 17)                                                                     \
    NUMBER(target_rate_msgs_per_s, 17)                                                             \
    NUMBER(burst_interval_us, 17)                                                                  \
    TEXT(tcp_nodelay, 4)                                                                           \
    NUMBER(server_threads, 17)                                                                     \
    NUMBER(buffer_bytes, 17)                                                                       \
    TEXT(placement, 520)                                                                           \
    TEXT(server_cpus, 256)                                                                         \
    TEXT(client_cpus, 256)                                                                         \
    NUMBER(trial, 17)                                                                              \
    NUMBER(order_index, 17)                                                                        \
    NUMBER(warmup_s, 6)                                                                            \
    NUMBER(duration_s, 6)                                                                          \
    TEXT(status, 8)                                                                                \
    TEXT(status_reason, 240)                                                                       \
    TEXT(bound, 12)                                                                                \
    TEXT(warnings, 320)                                                                            \
    NUMBER(window_s, 6)                                                                            \
    NUMBER(connections_attempted, 17)                                                              \
    NUMBER(connections_established, 17)                                                            \
    NUMBER(connects, 17)                                                                           \
    NUMBER(connects_per_s, 6)                                                                      \
    NUMBER(messages, 17)                                                                           \
    NUMBER(messages_unanswered, 17)                                                                \
    NUMBER(errors, 17)                                                                             \
    NUMBER(verify_failures, 17)                                                                    \
    NUMBER(throughput_msgs_per_s, 6)                                                               \
    NUMBER(throughput_bytes_per_s, 6)                                                              \
    NUMBER(achieved_rate_msgs_per_s, 6)                                                            \
    NUMBER(fairness_jain, 6)                                                                       \
    NUMBER(connections_starved, 17)                                                                \
    NUMBER(oldest_unanswered_us, 6)                                                                \
    NUMBER(rtt_min_us, 6)                                                                          \
    NUMBER(rtt_mean_us, 6)                                                                         \
    NUMBER(rtt_p50_us, 6)                                                                          \
    NUMBER(rtt_p90_us, 6)                                                                          \
    NUMBER(rtt_p99_us, 6)                                                                          \
    NUMBER(rtt_p99_9_us, 6)                                                                        \
    NUMBER(rtt_max_us, 6)                                                                          \
    NUMBER(rtt_samples, 17)                                                                        \
    TEXT(latency_basis, 16)                                                                        \
    NUMBER(rtt_uncorrected_p50_us, 6)                                                              \
    NUMBER(rtt_uncorrected_p99_us, 6)                                                              \
    NUMBER(rtt_uncorrected_p99_9_us, 6)                                                            \
    NUMBER(connect_p50_us, 6)                                                                      \
    NUMBER(connect_p99_us, 6)                                                                      \
    NUMBER(connect_max_us, 6)                                                                      \
    NUMBER(bursts, 17)                                                                             \
    NUMBER(burst_last_p50_us, 6)                                                                   \
    NUMBER(burst_last_max_us, 6)                                                                   \
    NUMBER(send_late_p99_us, 6)                                                                    \
    NUMBER(server_cpu_user_s, 6)                                                                   \
    NUMBER(server_cpu_sys_s, 6)                                                                    \
    NUMBER(server_cpu_us_per_msg, 6)                                                               \
    NUMBER(wineserver_cpu_s, 6)                                                                    \
    NUMBER(client_cpu_s, 6)                                                                        \
    NUMBER(client_cpu_us_per_msg, 6)                                                               \
    NUMBER(cpu_resolution_us, 17)                                                                  \
    NUMBER(server_cpu_load, 4)                                                                     \
    NUMBER(client_cpu_load, 4)                                                                     \
    NUMBER(host_busy_before, 4)                                                                    \
    NUMBER(others_cpu_load, 4)                                                                     \
    NUMBER(server_rss_peak_bytes, 17)                                                              \
    NUMBER(kernel_memory_bytes, 17)                                                                \
    NUMBER(server_threads_peak, 17)                                                                \
    NUMBER(context_switches, 17)                                                                   \
    NUMBER(server_messages, 10)                                                                    \
    NUMBER(wait_calls, 17)                                                                         \
    NUMBER(events_per_wait, 6)                                                                     \
    NUMBER(recv_calls, 17)                                                                         \
    NUMBER(send_calls, 17)                                                                         \
    NUMBER(other_calls, 17)                                                                        \
    NUMBER(completions, 17)                                                                        \
    NUMBER(syscalls_per_msg, 6)                                                                    \
    NUMBER(would_block, 17)                                                                        \
    NUMBER(scanned_per_wait, 6)                                                                    \
    NUMBER(set_bytes_per_wait, 6)                                                                  \
    TEXT(clock_source, 32)                                                                         \
    NUMBER(clock_resolution_ns, 17)

/* Those of them that make a configuration: rows are compared only where all of these are equal. */
#define ROW_FACTORS(TEXT, NUMBER)                                                                  \
    TEXT(workload)                                                                                 \
    NUMBER(connections)                                                                            \
    NUMBER(connections_active)                                                                     \
    NUMBER(connections_misbehaving)                                                                \
    NUMBER(message_bytes)                                                                          \
    NUMBER(pipeline_depth)                                                                         \
    NUMBER(target_rate_msgs_per_s)                                                                 \
    NUMBER(burst_interval_us)                                                                      \
    TEXT(tcp_nodelay)                                                                              \
    NUMBER(buffer_bytes)                                                                           \
    TEXT(placement)

struct row_factors_counted {
#define ROW_COUNT(name) char name;
    ROW_FACTORS(ROW_COUNT, ROW_COUNT)
#undef ROW_COUNT
};
enum { ROW_FACTOR_COUNT = sizeof(struct row_factors_counted) };

struct row {
#define ROW_TEXT(name, bytes)    char name[bytes];
#define ROW_NUMBER(name, digits) double name;
    ROW_COLUMNS(ROW_TEXT, ROW_NUMBER)
#undef ROW_TEXT
#undef ROW_NUMBER
};

/* Every text empty, every number not measured. */
void row_clear(struct row *record);
/* Writes text into a record's field, cut to whole UTF-8 characters where it is too long. */
void row_set_text(char *field, size_t size, const char *text);
/* Rounds its numbers to what the file will hold, so that all decisions use the same numbers. */
void row_round(struct row *record);
/* Adds a word to the warnings, once; by warning_add. */
void row_warn(struct row *record, const char *warning);
/* Whether words, separated by ";", have that one. */
bool row_text_has(const char *words, const char *warning);

/* The header and the rows of runs.csv. 0, or -1 once a write has failed (writer->error). */
int row_write_header(struct csv_writer *runs);
/*
 * True if the rows have only columns that row_write writes, in its order. An older version of
 * the program had fewer of them.
 */
bool row_has_columns(const struct csv_table *runs);
int row_write(struct csv_writer *runs, const struct row *record);
/* Writes a row with the columns of `header`, those of an older version, say. */
int row_write_as(struct csv_writer *runs, const struct row *record, const struct csv_table *header);

/*
 * Reads a row of such a table by the columns' names. Columns that the table lacks stay empty,
 * unknown ones are passed over. False: a number's column holds no number, and *column names it.
 */
bool row_read(struct row *record, const struct csv_table *runs, size_t row, const char **column);

/* Sets a column by its name, which must be known. False: it is a number's, and text is not one. */
bool row_set(struct row *record, const char *column, const char *text);
/* Its field's text, as row_write writes it, into text; the number, NaN of a text's column. */
const char *row_text(const struct row *record, const char *column, char *text, size_t size);
double row_number(const struct row *record, const char *column);
/* Columns that rows are judged by in several places: server_cpu_us_per_msg, throughput_msgs_per_s. */
double row_cost_us(const struct row *record);
double row_throughput(const struct row *record);
/* Fills in what rows of an older schema lack but is known. row_read calls it. */
void row_complete(struct row *record);

/*
 * Writes the key of a row's cell, which no other cell has: the texts of target, model and the
 * factors, each with its final 0. Returns its bytes.
 */
#define ROW_KEY_BYTES 4096
size_t row_cell_key(const struct row *record, char key[ROW_KEY_BYTES]);

/* The columns of ROW_FACTORS. */
extern const char *const row_factors[ROW_FACTOR_COUNT];
/* True: the rows are trials of one cell, so target, model and all factors are equal. */
bool row_same_cell(const struct row *a, const struct row *b);
/* True: all factors are equal; target and model may differ. */
bool row_same_configuration(const struct row *a, const struct row *b);
/* "pingpong 64 B x 250", "rate 10k/s 64 B x 32" into text; returns text. */
const char *row_workload_text(const struct row *record, char *text, size_t size);

/*
 * The percentile, in us, of the samples and `slower` more that are larger than all of them. NaN
 * where it lies among those, or too few samples carry it.
 */
double row_percentile_us(const struct histogram *samples, uint64_t slower, double percentile);
/*
 * Sets the columns of the round trips. slower: how many more there were of unknown length, longer
 * than all of these. A percentile that too few samples carry stays empty.
 */
void row_set_round_trips(struct row *record, const struct histogram *rtt, uint64_t slower);
/* The same for the columns of the uncorrected round trips. */
void row_set_uncorrected(struct row *record, const struct histogram *rtt, uint64_t slower);
/* The same for the columns of the connects. */
void row_set_connects(struct row *record, const struct histogram *connects);

/* One of a row's histograms: basis is what it counts, as latency_basis. */
struct row_histogram {
    const char *basis;
    const struct histogram *histogram;
};
/* The columns of histogram.csv, in their order. */
enum row_histogram_column {
    ROW_HISTOGRAM_RUN_ID,
    ROW_HISTOGRAM_TARGET,
    ROW_HISTOGRAM_MODEL,
    ROW_HISTOGRAM_WORKLOAD,
    ROW_HISTOGRAM_CONNECTIONS,
    ROW_HISTOGRAM_ACTIVE,
    ROW_HISTOGRAM_MESSAGE_BYTES,
    ROW_HISTOGRAM_RATE,
    ROW_HISTOGRAM_TRIAL,
    ROW_HISTOGRAM_BASIS,
    ROW_HISTOGRAM_LOW,
    ROW_HISTOGRAM_HIGH,
    ROW_HISTOGRAM_COUNT,
    ROW_HISTOGRAM_COLUMNS
};
extern const char *const row_histogram_columns[ROW_HISTOGRAM_COLUMNS];
/* The header and the lines of histogram.csv: one for each bucket that holds anything. */
int row_write_histogram_header(struct csv_writer *histograms);
int row_write_histogram(struct csv_writer *histograms, const struct row *record,
                        const struct row_histogram *kept);

#endif
