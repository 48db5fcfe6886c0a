/*
 * columns: what a row of runs.csv has. A column is one line of COLUMNS: struct row, the header, what
 * makes a configuration, the metrics and how merge makes one row of several all follow from it.
 * results/README.md is the dictionary of the columns.
 */
#ifndef IOMODELS_COLUMNS_H
#define IOMODELS_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/failure.h"
#include "base/number.h"
#include "rows/csv_writer.h"

/*
 * The values of the columns that hold one of a few words. A file of another version or program may
 * have another word there: it is kept as it is in the row, beside the value ..._OTHER.
 */
enum row_host_kind { HOST_KIND_EMPTY, HOST_KIND_OTHER, HOST_NATIVE, HOST_WINE, HOST_REMOTE };
enum row_loop { LOOP_EMPTY, LOOP_OTHER, LOOP_CLOSED, LOOP_OPEN };
enum row_tcp_nodelay { NODELAY_EMPTY, NODELAY_OTHER, NODELAY_NO, NODELAY_YES };
enum row_status { ROW_STATUS_EMPTY, ROW_STATUS_OTHER, ROW_OK, ROW_SKIPPED, ROW_FAILED };
enum row_bound {
    BOUND_EMPTY,
    BOUND_OTHER,
    BOUND_SERVER,
    BOUND_CLIENT,
    BOUND_LATENCY,
    BOUND_RATE,
    BOUND_UNDECIDED
};

/* What a column holds, which is also how a file's text is read. */
enum column_kind {
    COLUMN_TEXT, /* char[size] */
    COLUMN_WORD, /* enum row_NAME, and char NAME_other[size] for a word that is none of them */
    /* A double, NaN where it was not measured. Its size is the significant digits that are written; 17
     * keep a count exact. */
    COLUMN_NUMBER
};

enum column_use {
    COLUMN_PLAIN,
    COLUMN_FACTOR,   /* of the configuration: rows are compared only where all of these are equal */
    COLUMN_CONDITION /* runs that differ in it differ by more than what was changed */
};

/* Which of two values of a metric is better. */
enum column_better { COLUMN_NO_METRIC, COLUMN_LESS, COLUMN_MORE, COLUMN_NEITHER };

/* The histogram of a row that a metric is taken from. */
enum column_basis {
    COLUMN_NO_BASIS,
    COLUMN_OWN,         /* the row's latency_basis */
    COLUMN_UNCORRECTED, /* "sent" beside a row's own "intended" */
    COLUMN_CONNECT      /* "connect" */
};

/* In place of a percentile: the mean of that histogram. */
#define COLUMN_MEAN (-1.0)

/* How the rows that several load generators have of one measurement become one (see merge.h). */
enum column_merging {
    COLUMN_FIRST, /* the first one's: the server's figures, and what is the same in all */
    COLUMN_SUM,
    COLUMN_LARGEST,
    COLUMN_SMALLEST,
    COLUMN_EQUAL,   /* what all have; empty where they differ */
    COLUMN_EMPTY,   /* empty, until the samples of all tell it */
    COLUMN_COMPUTED /* by a function of merge.c */
};

/* Up to which a double keeps each whole number; a thousand times that still is a 64-bit integer. */
#define COLUMN_MOST 9007199254740992.0

/*
 * All columns in their order. The metric: NONE, LESS, MORE or NEITHER (is better), THROUGHPUT (more
 * is better, but it says little of the server where the client was the limit), or LATENCY with its
 * histogram and the percentile within it. The range, of numbers: FROM_0 and FROM_1 to COLUMN_MOST, or
 * SIGNED, which is from -COLUMN_MOST on.
 */
/* clang-format off */
#define COLUMNS(COLUMN)                                                                                  \
    /*     kind    name                      size use        metric                      merging   range */\
    COLUMN(NUMBER, schema_version,           17,  PLAIN,     NONE,                       FIRST,  FROM_1) \
    COLUMN(TEXT,   run_id,                   40,  PLAIN,     NONE,                       FIRST,  NONE)   \
    COLUMN(TEXT,   started_at_utc,           24,  PLAIN,     NONE,                       FIRST,  NONE)   \
    COLUMN(TEXT,   tool_version,             16,  CONDITION, NONE,                       FIRST,  NONE)   \
    COLUMN(TEXT,   generator,                12,  PLAIN,     NONE,                       EMPTY,  NONE)   \
    COLUMN(TEXT,   target,                   64,  PLAIN,     NONE,                       FIRST,  NONE)   \
    COLUMN(TEXT,   server_os,                16,  CONDITION, NONE,                       FIRST,  NONE)   \
    COLUMN(WORD,   host_kind,                16,  CONDITION, NONE,                       FIRST,  NONE)   \
    COLUMN(TEXT,   cpu_model,                64,  CONDITION, NONE,                       EQUAL,  NONE)   \
    COLUMN(NUMBER, cpu_count,                17,  CONDITION, NONE,                       EQUAL,  FROM_1) \
    COLUMN(TEXT,   model,                    48,  PLAIN,     NONE,                       FIRST,  NONE)   \
    COLUMN(TEXT,   workload,                 16,  FACTOR,    NONE,                       FIRST,  NONE)   \
    COLUMN(WORD,   loop,                     8,   PLAIN,     NONE,                       FIRST,  NONE)   \
    COLUMN(NUMBER, connections,              17,  FACTOR,    NONE,                       FIRST,  FROM_1) \
    COLUMN(NUMBER, connections_active,       17,  FACTOR,    NONE,                       FIRST,  FROM_1) \
    COLUMN(NUMBER, connections_misbehaving,  17,  FACTOR,    NONE,                       FIRST,  FROM_0) \
    COLUMN(NUMBER, message_bytes,            17,  FACTOR,    NONE,                       FIRST,  FROM_1) \
    COLUMN(NUMBER, pipeline_depth,           17,  FACTOR,    NONE,                       FIRST,  FROM_1) \
    COLUMN(NUMBER, target_rate_msgs_per_s,   17,  FACTOR,    NONE,                       FIRST,  FROM_0) \
    COLUMN(NUMBER, burst_interval_us,        17,  FACTOR,    NONE,                       FIRST,  FROM_0) \
    COLUMN(NUMBER, work_cpu_us,              17,  FACTOR,    NONE,                       FIRST,  FROM_0) \
    COLUMN(NUMBER, work_wait_us,             17,  FACTOR,    NONE,                       FIRST,  FROM_0) \
    COLUMN(TEXT,   work_exponential,         12,  FACTOR,    NONE,                       FIRST,  NONE)   \
    COLUMN(NUMBER, threads,                  17,  FACTOR,    NONE,                       FIRST,  FROM_1) \
    COLUMN(NUMBER, client_threads,           17,  FACTOR,    NONE,                       FIRST,  FROM_1) \
    COLUMN(WORD,   tcp_nodelay,              4,   FACTOR,    NONE,                       FIRST,  NONE)   \
    COLUMN(NUMBER, server_threads,           17,  PLAIN,     NONE,                       FIRST,  FROM_1) \
    COLUMN(NUMBER, buffer_bytes,             17,  FACTOR,    NONE,                       FIRST,  FROM_1) \
    COLUMN(TEXT,   placement,                520, FACTOR,    NONE,                       FIRST,  NONE)   \
    COLUMN(TEXT,   server_cpus,              256, PLAIN,     NONE,                       FIRST,  NONE)   \
    COLUMN(TEXT,   client_cpus,              256, PLAIN,     NONE,                       EQUAL,  NONE)   \
    COLUMN(NUMBER, trial,                    17,  PLAIN,     NONE,                       FIRST,  FROM_1) \
    COLUMN(NUMBER, order_index,              17,  PLAIN,     NONE,                       FIRST,  FROM_0) \
    COLUMN(NUMBER, warmup_s,                 6,   CONDITION, NONE,                       FIRST,  FROM_0) \
    COLUMN(NUMBER, duration_s,               6,   CONDITION, NONE,                       FIRST,  FROM_0) \
    COLUMN(WORD,   status,                   8,   PLAIN,     NONE,                       COMPUTED, NONE) \
    COLUMN(TEXT,   status_reason,            240, PLAIN,     NONE,                       COMPUTED, NONE) \
    COLUMN(WORD,   bound,                    12,  PLAIN,     NONE,                       COMPUTED, NONE) \
    COLUMN(TEXT,   warnings,                 320, PLAIN,     NONE,                       COMPUTED, NONE) \
    COLUMN(NUMBER, window_s,                 6,   PLAIN,     NONE,                       LARGEST, FROM_0)\
    COLUMN(NUMBER, connections_attempted,    17,  PLAIN,     NONE,                       SUM,    FROM_0) \
    COLUMN(NUMBER, connections_established,  17,  PLAIN,     NONE,                       SUM,    FROM_0) \
    COLUMN(NUMBER, connects,                 17,  PLAIN,     NONE,                       SUM,    FROM_0) \
    COLUMN(NUMBER, connects_per_s,           6,   PLAIN,     THROUGHPUT,                 SUM,    FROM_0) \
    COLUMN(NUMBER, messages,                 17,  PLAIN,     NEITHER,                    SUM,    FROM_0) \
    COLUMN(NUMBER, messages_unanswered,      17,  PLAIN,     LESS,                       SUM,    FROM_0) \
    COLUMN(NUMBER, errors,                   17,  PLAIN,     LESS,                       SUM,    FROM_0) \
    COLUMN(NUMBER, verify_failures,          17,  PLAIN,     NONE,                       SUM,    FROM_0) \
    COLUMN(NUMBER, throughput_msgs_per_s,    6,   PLAIN,     THROUGHPUT,                 SUM,    FROM_0) \
    COLUMN(NUMBER, throughput_bytes_per_s,   6,   PLAIN,     THROUGHPUT,                 SUM,    FROM_0) \
    COLUMN(NUMBER, achieved_rate_msgs_per_s, 6,   PLAIN,     THROUGHPUT,                 SUM,    FROM_0) \
    COLUMN(NUMBER, fairness_jain,            6,   PLAIN,     MORE,                       COMPUTED, FROM_0)\
    COLUMN(NUMBER, connections_starved,      17,  PLAIN,     LESS,                       SUM,    FROM_0) \
    COLUMN(NUMBER, oldest_unanswered_us,     6,   PLAIN,     LESS,                       LARGEST, FROM_0)\
    COLUMN(NUMBER, rtt_min_us,               6,   PLAIN,     LATENCY(OWN, 0),            COMPUTED, FROM_0)\
    COLUMN(NUMBER, rtt_mean_us,              6,   PLAIN,     LATENCY(OWN, COLUMN_MEAN),  COMPUTED, FROM_0)\
    COLUMN(NUMBER, rtt_p50_us,               6,   PLAIN,     LATENCY(OWN, 50),           EMPTY,  FROM_0) \
    COLUMN(NUMBER, rtt_p90_us,               6,   PLAIN,     LATENCY(OWN, 90),           EMPTY,  FROM_0) \
    COLUMN(NUMBER, rtt_p99_us,               6,   PLAIN,     LATENCY(OWN, 99),           EMPTY,  FROM_0) \
    COLUMN(NUMBER, rtt_p99_9_us,             6,   PLAIN,     LATENCY(OWN, 99.9),         EMPTY,  FROM_0) \
    COLUMN(NUMBER, rtt_max_us,               6,   PLAIN,     LATENCY(OWN, 100),          COMPUTED, FROM_0)\
    COLUMN(NUMBER, rtt_samples,              17,  PLAIN,     NONE,                       SUM,    FROM_0) \
    COLUMN(TEXT,   latency_basis,            16,  PLAIN,     NONE,                       FIRST,  NONE)   \
    COLUMN(NUMBER, rtt_uncorrected_p50_us,   6,   PLAIN,     LATENCY(UNCORRECTED, 50),   EMPTY,  FROM_0) \
    COLUMN(NUMBER, rtt_uncorrected_p99_us,   6,   PLAIN,     LATENCY(UNCORRECTED, 99),   EMPTY,  FROM_0) \
    COLUMN(NUMBER, rtt_uncorrected_p99_9_us, 6,   PLAIN,     LATENCY(UNCORRECTED, 99.9), EMPTY,  FROM_0) \
    COLUMN(NUMBER, connect_p50_us,           6,   PLAIN,     LATENCY(CONNECT, 50),       EMPTY,  FROM_0) \
    COLUMN(NUMBER, connect_p99_us,           6,   PLAIN,     LATENCY(CONNECT, 99),       EMPTY,  FROM_0) \
    COLUMN(NUMBER, connect_max_us,           6,   PLAIN,     LATENCY(CONNECT, 100),      LARGEST, FROM_0)\
    COLUMN(NUMBER, bursts,                   17,  PLAIN,     NONE,                       SMALLEST, FROM_0)\
    COLUMN(NUMBER, burst_last_p50_us,        6,   PLAIN,     LESS,                       EMPTY,  FROM_0) \
    COLUMN(NUMBER, burst_last_max_us,        6,   PLAIN,     LESS,                       LARGEST, FROM_0)\
    COLUMN(NUMBER, send_late_p99_us,         6,   PLAIN,     NEITHER,                    LARGEST, FROM_0)\
    COLUMN(NUMBER, server_cpu_user_s,        6,   PLAIN,     NONE,                       FIRST,  FROM_0) \
    COLUMN(NUMBER, server_cpu_sys_s,         6,   PLAIN,     NONE,                       FIRST,  FROM_0) \
    COLUMN(NUMBER, server_cpu_us_per_msg,    6,   PLAIN,     LESS,                       FIRST,  FROM_0) \
    COLUMN(NUMBER, wineserver_cpu_s,         6,   PLAIN,     NONE,                       FIRST,  FROM_0) \
    COLUMN(NUMBER, client_cpu_s,             6,   PLAIN,     NONE,                       SUM,    FROM_0) \
    COLUMN(NUMBER, client_cpu_us_per_msg,    6,   PLAIN,     NEITHER,                    COMPUTED, FROM_0)\
    COLUMN(NUMBER, cpu_resolution_us,        17,  PLAIN,     NONE,                       FIRST,  FROM_0) \
    COLUMN(NUMBER, server_cpu_load,          4,   PLAIN,     NEITHER,                    FIRST,  FROM_0) \
    COLUMN(NUMBER, client_cpu_load,          4,   PLAIN,     NEITHER,                    COMPUTED, FROM_0)\
    COLUMN(NUMBER, host_busy_before,         4,   PLAIN,     NONE,                       LARGEST, FROM_0)\
    COLUMN(NUMBER, others_cpu_load,          4,   PLAIN,     NEITHER,                    LARGEST, FROM_0)\
    COLUMN(NUMBER, server_rss_peak_bytes,    17,  PLAIN,     LESS,                       FIRST,  FROM_0) \
    COLUMN(NUMBER, kernel_memory_bytes,      17,  PLAIN,     LESS,                       FIRST,  SIGNED) \
    COLUMN(NUMBER, server_threads_peak,      17,  PLAIN,     LESS,                       FIRST,  FROM_1) \
    COLUMN(NUMBER, threads_jain,             6,   PLAIN,     MORE,                       FIRST,  FROM_0) \
    COLUMN(NUMBER, accepts_jain,             6,   PLAIN,     MORE,                       FIRST,  FROM_0) \
    COLUMN(NUMBER, context_switches,         17,  PLAIN,     NEITHER,                    FIRST,  FROM_0) \
    COLUMN(NUMBER, server_messages,          10,  PLAIN,     NEITHER,                    FIRST,  FROM_0) \
    COLUMN(NUMBER, wait_calls,               17,  PLAIN,     NEITHER,                    FIRST,  FROM_0) \
    COLUMN(NUMBER, events_per_wait,          6,   PLAIN,     NEITHER,                    FIRST,  FROM_0) \
    COLUMN(NUMBER, recv_calls,               17,  PLAIN,     NEITHER,                    FIRST,  FROM_0) \
    COLUMN(NUMBER, send_calls,               17,  PLAIN,     NEITHER,                    FIRST,  FROM_0) \
    COLUMN(NUMBER, other_calls,              17,  PLAIN,     NEITHER,                    FIRST,  FROM_0) \
    COLUMN(NUMBER, completions,              17,  PLAIN,     NEITHER,                    FIRST,  FROM_0) \
    COLUMN(NUMBER, syscalls_per_msg,         6,   PLAIN,     LESS,                       FIRST,  FROM_0) \
    COLUMN(NUMBER, would_block,              17,  PLAIN,     NEITHER,                    FIRST,  FROM_0) \
    COLUMN(NUMBER, scanned_per_wait,         6,   PLAIN,     LESS,                       FIRST,  FROM_0) \
    COLUMN(NUMBER, set_bytes_per_wait,       6,   PLAIN,     LESS,                       FIRST,  FROM_0) \
    COLUMN(TEXT,   clock_source,             32,  PLAIN,     NONE,                       EQUAL,  NONE)   \
    COLUMN(NUMBER, clock_resolution_ns,      17,  PLAIN,     NONE,                       LARGEST, FROM_0)

enum column_id {
#define COLUMN_ID(kind, name, ...) COLUMN_##name,
    COLUMNS(COLUMN_ID)
#undef COLUMN_ID
    COLUMN_COUNT
};

struct row {
#define FIELD_TEXT(name, bytes)      char name[bytes];
#define FIELD_WORD(name, bytes)      enum row_##name name; char name##_other[bytes];
#define FIELD_NUMBER(name, digits)   double name;
#define FIELD(kind, name, size, ...) FIELD_##kind(name, size)
    COLUMNS(FIELD)
#undef FIELD_TEXT
#undef FIELD_WORD
#undef FIELD_NUMBER
#undef FIELD
};
/* clang-format on */

struct column {
    const char *name;
    enum column_kind kind;
    size_t size;              /* bytes of a text, significant digits of a number */
    size_t offset;            /* of its field in struct row */
    size_t offset_other;      /* of a word: where the row keeps another one */
    const char *const *words; /* of a word: by the enum's values */
    size_t word_count;
    enum column_use use;
    enum column_better better;
    bool of_throughput; /* says little of the server where the client was the limit */
    enum column_basis basis;
    double percentile; /* within that histogram: 0 the minimum, 100 the maximum; or COLUMN_MEAN */
    enum column_merging merging;
    double low, high; /* of a number: what a file may have there */
};

extern const struct column row_columns[COLUMN_COUNT]; /* by their ids */

#define IS_FACTOR(kind, name, size, use, ...)    +(COLUMN_##use == COLUMN_FACTOR)
#define IS_CONDITION(kind, name, size, use, ...) +(COLUMN_##use == COLUMN_CONDITION)
enum { COLUMN_FACTORS = COLUMNS(IS_FACTOR), COLUMN_CONDITIONS = COLUMNS(IS_CONDITION) };
#undef IS_FACTOR
#undef IS_CONDITION
/* Those of that use, in their order. */
extern const struct column *const column_factors[COLUMN_FACTORS];
extern const struct column *const column_conditions[COLUMN_CONDITIONS];

/* Writes text into a row's field, cut to whole UTF-8 characters where it is too long. */
void row_set_text(char *field, size_t size, const char *text);

/* By its exact name, or NULL. */
const struct column *column_find(const char *name);
/* The metric of that name, without regard to case, or NULL. */
const struct column *column_find_metric(const char *name);
/* Whether less or more of it is better: only such a metric can be compared. */
bool column_has_better_side(const struct column *column);

/* Makes it an empty text, or a number that was not measured. */
void column_clear(struct row *row, const struct column *column);
/*
 * Reads the text of a number, which is not empty. False, and *number is untouched: it is none, or
 * outside of the column's range.
 */
bool column_parse(const struct column *column, const char *text, double *number);
/* Sets the row's field from a file's text. False: it is a number's, and column_parse refuses the text. */
bool column_set(struct row *row, const struct column *column, const char *text);
/* Of a text that column_set refuses, "COLUMN: " and what is wrong with it. Returns -1. */
int column_fault(const struct column *column, const char *text, struct failure *failure);
/* The text of a column that is no number; it points into the row or is static. */
const char *column_word(const struct row *row, const struct column *column);
/* What column_write writes, into text, before it is quoted; returns text. */
const char *column_text(const struct row *row, const struct column *column, char *text,
                        size_t size);
/* NaN of a column that is no number. */
double column_number(const struct row *row, const struct column *column);
void column_set_number(struct row *row, const struct column *column, double number);
void column_write(struct csv_writer *csv, const struct row *row, const struct column *column);
/* The same of a text that column_text has made. */
void column_write_text(struct csv_writer *csv, const struct column *column, const char *text);
/* Numbers that are both not measured are equal. */
bool column_is_equal(const struct column *column, const struct row *a, const struct row *b);

#endif
