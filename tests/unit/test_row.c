#include "base/failure.h"
#include "base/units.h"
#include "check.h"
#include "rows/histogram_lines.h"
#include "rows/row.h"

#include <math.h>
#include <stdlib.h>

#define TEMPORARY "test_record.tmp"

static struct csv_table table;
static struct row record;

/* What was written to the file, as a table. */
static void read_back(FILE *file)
{
    static char text[64 * 1024];
    struct failure failure = {""};
    rewind(file);
    size_t size = fread(text, 1, sizeof text, file);
    fclose(file);
    remove(TEMPORARY);
    CHECK(csv_parse(&table, text, size, false, &failure) == 0);
    CHECK_EQ_TEXT(failure.text, "");
}

/* The header and one row. */
static void write_and_read(void)
{
    struct csv_writer csv;
    FILE *file = fopen(TEMPORARY, "w+b");
    if (file == NULL)
        abort();
    csv_writer_init(&csv, file);
    CHECK(row_write_header(&csv) == 0);
    CHECK(row_write(&csv, &record) == 0);
    read_back(file);
}

static const char *field(const char *name)
{
    CHECK(csv_column(&table, name) >= 0);
    return csv_field(&table, 1, csv_column(&table, name));
}

static void test_cleared_is_empty(void)
{
    memset(&record, 1, sizeof record);
    row_clear(&record);
    CHECK(!number_is_known(record.messages) && !number_is_known(record.clock_resolution_ns));
    write_and_read();
    CHECK_EQ_U64(table.rows, 2);
    for (size_t i = 0; i < table.columns; i++)
        CHECK_EQ_TEXT(csv_field(&table, 1, (int)i), "");
    csv_table_free(&table);
}

static void test_each_column_has_its_own(void)
{
    row_clear(&record);
    row_set_text(record.model, sizeof record.model, "select");
    record.messages = 9007199254740991;
    record.rtt_p50_us = 12.3456789;
    record.rtt_p99_us = 1e-9;
    record.errors = 0;
    record.clock_resolution_ns = 100;
    write_and_read();
    CHECK_EQ_TEXT(field("model"), "select");
    CHECK_EQ_TEXT(field("messages"), "9007199254740991");
    CHECK_EQ_TEXT(field("rtt_p50_us"), "12.3457");
    CHECK_EQ_TEXT(field("rtt_p99_us"), "0.000000001");
    CHECK_EQ_TEXT(field("errors"), "0");
    CHECK_EQ_TEXT(field("clock_resolution_ns"), "100");
    CHECK_EQ_TEXT(field("schema_version"), "");
    CHECK_EQ_TEXT(csv_field(&table, 0, 0), "schema_version");
    CHECK_EQ_TEXT(csv_field(&table, 0, (int)table.columns - 1), "clock_resolution_ns");

    struct row again;
    CHECK(row_read(&again, &table, 1, NULL) == 0);
    CHECK_EQ_TEXT(again.model, "select");
    CHECK(again.messages == 9007199254740991 && again.errors == 0 && !number_is_known(again.trial));
    csv_table_free(&table);
}

/* What was decided by a row is decided again by the row that is read. */
static void test_rounded_is_read_back(void)
{
    struct row again;
    row_clear(&record);
    record.rtt_p50_us = 1000.0004;
    record.server_cpu_load = 0.123456789;
    record.messages = 123456789;
    row_round(&record);
    CHECK(record.rtt_p50_us == 1000 && record.server_cpu_load == 0.1235);
    CHECK(record.messages == 123456789 && !number_is_known(record.rtt_p99_us));
    write_and_read();
    CHECK(row_read(&again, &table, 1, NULL) == 0);
    CHECK(again.rtt_p50_us == record.rtt_p50_us && again.server_cpu_load == record.server_cpu_load);
    csv_table_free(&table);
}

static void test_reading_refuses_what_is_no_number(void)
{
    static const char text[] = "model,unknown,messages\nselect,x,1\nselect,x,many\n";
    struct failure failure = {""};
    CHECK(csv_parse(&table, text, sizeof text - 1, false, &failure) == 0);
    CHECK(row_read(&record, &table, 1, &failure) == 0 && record.messages == 1);
    CHECK(row_read(&record, &table, 2, &failure) < 0);
    CHECK_EQ_TEXT(failure.text, "messages: not a number");
    csv_table_free(&table);
}

/* What a column may hold is its lowest and its highest value, and nothing beside them. */
static void test_each_number_has_its_range(void)
{
    const double beyond = 2 * COLUMN_MOST;
    char text[ROW_NUMBER_BYTES];
    struct failure failure;
    size_t from_1 = 0, is_signed = 0;
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        const struct column *column = &row_columns[i];
        if (column->kind != COLUMN_NUMBER)
            continue;
        double low = column->low, below = low < 0 ? -beyond : low - 1;
        from_1 += low == 1;
        is_signed += low < 0;
        CHECK(column->high == COLUMN_MOST && (low == 0 || low == 1 || low == -COLUMN_MOST));
        const double values[] = {low, COLUMN_MOST, below, beyond};
        for (size_t j = 0; j < 4; j++) {
            row_clear(&record);
            units_format_double(values[j], 17, text, sizeof text);
            CHECK(column_set(&record, column, text) == (j < 2));
            CHECK(number_is_known(column_number(&record, column)) == (j < 2));
        }
        CHECK(column_set(&record, column, "") && !number_is_known(column_number(&record, column)));
    }
    CHECK_EQ_U64(from_1, 12);
    CHECK_EQ_U64(is_signed, 1);
    CHECK(column_fault(&row_columns[COLUMN_message_bytes], "1e20", &failure) < 0);
    CHECK_EQ_TEXT(failure.text,
                  "message_bytes: 1e20 is not within its range, 1 to 9007199254740992");
}

/* So that the file can be read again. */
static void test_rounding_clears_what_no_file_holds(void)
{
    row_clear(&record);
    record.wait_calls = -5;
    record.server_cpu_load = INFINITY;
    record.errors = 1e17;
    record.kernel_memory_bytes = -4096;
    row_round(&record);
    CHECK(!number_is_known(record.wait_calls) && !number_is_known(record.server_cpu_load) &&
          !number_is_known(record.errors));
    CHECK(record.kernel_memory_bytes == -4096);
}

static void test_messages_that_are_slower(void)
{
    row_clear(&record);
    record.loop = LOOP_OPEN;
    CHECK_EQ_U64(row_slower(&record), 0);
    record.messages_unanswered = 7;
    CHECK_EQ_U64(row_slower(&record), 7);
    record.loop = LOOP_CLOSED;
    CHECK_EQ_U64(row_slower(&record), 0);
}

static void test_cells(void)
{
    struct row other;
    char text[80];
    row_clear(&record);
    row_set_text(record.workload, sizeof record.workload, "rate");
    row_set_text(record.model, sizeof record.model, "select");
    record.connections = record.connections_active = 32;
    record.message_bytes = 64;
    record.target_rate_msgs_per_s = 10000;
    other = record;
    other.trial = 2;
    CHECK(row_same_cell(&record, &other));
    row_set_text(other.model, sizeof other.model, "poll");
    CHECK(!row_same_cell(&record, &other) && row_same_configuration(&record, &other));
    other.target_rate_msgs_per_s = NAN;
    CHECK(!row_same_configuration(&record, &other));
    CHECK_EQ_TEXT(row_workload_text(&record, text, sizeof text), "rate 10k/s 64 B x 32");
    record.target_rate_msgs_per_s = NAN;
    record.connections_active = 1;
    CHECK_EQ_TEXT(row_workload_text(&record, text, sizeof text), "rate 64 B x 1 of 32");
    record.burst_interval_us = 2500;
    CHECK_EQ_TEXT(row_workload_text(&record, text, sizeof text), "rate 2.5 ms 64 B x 1 of 32");
    record.connections_misbehaving = 6;
    CHECK_EQ_TEXT(row_workload_text(&record, text, sizeof text), "rate 2.5 ms 64 B x 1 of 32+6");
    record.message_bytes = record.connections = record.connections_active = NAN;
    CHECK_EQ_TEXT(row_workload_text(&record, text, sizeof text), "rate 2.5 ms ? x ?+6");
}

/* A word that this version does not know is none of the others, and is written as it was read. */
static void test_words(void)
{
    static const char text[] = "model,status,loop,host_kind,tcp_nodelay,bound\n"
                               "select,ok,open,wine,no,latency\n"
                               "select,paused,,bsd,NO,\"the network's\"\n";
    static const char *const unknown[] = {"paused", "", "bsd", "NO", "the network"}; /* cut to 11 */
    static const enum column_id words[] = {COLUMN_status, COLUMN_loop, COLUMN_host_kind,
                                           COLUMN_tcp_nodelay, COLUMN_bound};
    struct failure failure = {""};
    struct row other;
    CHECK(csv_parse(&table, text, sizeof text - 1, false, &failure) == 0);
    CHECK(row_read(&record, &table, 1, NULL) == 0);
    CHECK(record.status == ROW_OK && record.loop == LOOP_OPEN && record.host_kind == HOST_WINE);
    CHECK(record.tcp_nodelay == NODELAY_NO && record.bound == BOUND_LATENCY);
    CHECK_EQ_TEXT(row_word(&record, COLUMN_host_kind), "wine");
    CHECK(row_read(&other, &table, 2, NULL) == 0);
    CHECK(other.status == ROW_STATUS_OTHER && other.loop == LOOP_EMPTY);
    CHECK(!row_same_cell(&record, &other));
    csv_table_free(&table);
    record = other;
    write_and_read();
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        CHECK_EQ_TEXT(field(row_columns[words[i]].name), unknown[i]);
    csv_table_free(&table);
    /* Set by the program, the word of a file is forgotten. */
    record.status = ROW_FAILED;
    CHECK_EQ_TEXT(row_word(&record, COLUMN_status), "failed");
}

/* Two lists of processors that differ at their ends only. */
static void test_keys_hold_the_longest_texts(void)
{
    char key[ROW_KEY_BYTES], other_key[ROW_KEY_BYTES];
    struct row other;
    row_clear(&record);
    memset(record.placement, '1', sizeof record.placement - 1);
    other = record;
    other.placement[sizeof other.placement - 2] = '2';
    size_t length = row_cell_key(&record, key);
    CHECK(length == row_cell_key(&other, other_key) && memcmp(key, other_key, length) != 0);
}

static void test_text_is_cut_to_whole_characters(void)
{
    char text[8];
    row_set_text(text, sizeof text, "1234567");
    CHECK_EQ_TEXT(text, "1234567");
    row_set_text(text, sizeof text, "12345678");
    CHECK_EQ_TEXT(text, "1234567");
    row_set_text(text, sizeof text, "123456\xc3\xbc");
    CHECK_EQ_TEXT(text, "123456");
    row_set_text(text, sizeof text, "12345\xc3\xbc");
    CHECK_EQ_TEXT(text, "12345\xc3\xbc");
    row_set_text(text, sizeof text, "1234\xf0\x9f\x98\x80");
    CHECK_EQ_TEXT(text, "1234");
    row_set_text(text, sizeof text, "\x80\x80\x80\x80\x80\x80\x80\x80\x80");
    CHECK_EQ_TEXT(text, "");
    row_set_text(text, sizeof text, "");
    CHECK_EQ_TEXT(text, "");
}

static void test_warnings(void)
{
    row_clear(&record);
    row_warn(&record, "host_busy");
    CHECK_EQ_TEXT(record.warnings, "host_busy");
    row_warn(&record, "server_killed");
    row_warn(&record, "host_busy");
    CHECK_EQ_TEXT(record.warnings, "host_busy;server_killed");
    for (int i = 0; i < 100; i++) {
        char warning[24];
        snprintf(warning, sizeof warning, "warning_%d", i);
        row_warn(&record, warning);
    }
    CHECK(strlen(record.warnings) < sizeof record.warnings);
}

static void test_histogram_lines(void)
{
    static const uint64_t values[] = {5, 5, 5, 4096, 4097, 123456789};
    struct csv_writer csv;
    struct histogram histogram;
    uint64_t total = 0;
    FILE *file = fopen(TEMPORARY, "w+b");
    if (file == NULL || histogram_init(&histogram) != 0)
        abort();
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        histogram_record(&histogram, values[i]);
    row_clear(&record);
    row_set_text(record.target, sizeof record.target, "a,b");
    record.connections = 250;
    record.trial = 3;
    csv_writer_init(&csv, file);
    CHECK(row_file_write_header(&csv, ROW_FILE_HISTOGRAM) == 0);
    const struct row_histogram kept = {"sent", &histogram};
    CHECK(histogram_lines_write(&csv, &record, &kept, false) == 0);
    read_back(file);
    CHECK_EQ_U64(table.rows, 4); /* 4096 and 4097 share a bucket */
    for (size_t row = 1; row < table.rows; row++) {
        CHECK_EQ_TEXT(csv_field(&table, row, csv_column(&table, "target")), "a,b");
        CHECK_EQ_TEXT(csv_field(&table, row, csv_column(&table, "connections")), "250");
        CHECK_EQ_TEXT(csv_field(&table, row, csv_column(&table, "trial")), "3");
        total += strtoull(csv_field(&table, row, csv_column(&table, "count")), NULL, 10);
    }
    CHECK_EQ_U64(total, histogram.total);
    CHECK_EQ_TEXT(csv_field(&table, 1, csv_column(&table, "low_ns")), "5");
    CHECK_EQ_TEXT(csv_field(&table, 1, csv_column(&table, "high_ns")), "5");
    CHECK_EQ_TEXT(csv_field(&table, 2, csv_column(&table, "low_ns")), "4096");
    CHECK_EQ_TEXT(csv_field(&table, 2, csv_column(&table, "count")), "2");
    csv_table_free(&table);
    histogram_free(&histogram);
}

int main(void)
{
    test_cleared_is_empty();
    test_each_column_has_its_own();
    test_rounded_is_read_back();
    test_reading_refuses_what_is_no_number();
    test_each_number_has_its_range();
    test_rounding_clears_what_no_file_holds();
    test_messages_that_are_slower();
    test_cells();
    test_words();
    test_keys_hold_the_longest_texts();
    test_text_is_cut_to_whole_characters();
    test_warnings();
    test_histogram_lines();
    return check_report();
}
