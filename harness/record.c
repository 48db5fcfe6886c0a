#include "record.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

static const struct column {
    const char *name;
    size_t offset;
    size_t bytes; /* of a text; 0: a number */
    int digits;
} columns[] = {
#define RECORD_TEXT(name, bytes)    {#name, offsetof(struct record, name), (bytes), 0},
#define RECORD_NUMBER(name, digits) {#name, offsetof(struct record, name), 0, (digits)},
    RECORD_COLUMNS(RECORD_TEXT, RECORD_NUMBER)
#undef RECORD_TEXT
#undef RECORD_NUMBER
};

enum { COLUMNS = sizeof columns / sizeof columns[0] };

void record_clear(struct record *record)
{
    memset(record, 0, sizeof *record);
    for (size_t i = 0; i < COLUMNS; i++)
        if (columns[i].bytes == 0)
            *(double *)(void *)((char *)record + columns[i].offset) = NAN;
}

void record_set_text(char *field, size_t size, const char *text)
{
    size_t length = strlen(text);
    if (length >= size) {
        length = size - 1;
        while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80)
            length--;
    }
    memcpy(field, text, length);
    field[length] = '\0';
}

void record_warn(struct record *record, const char *warning)
{
    char *warnings = record->warnings;
    size_t used = strlen(warnings);
    if (strstr(warnings, warning) != NULL)
        return;
    snprintf(warnings + used, sizeof record->warnings - used, "%s%s", used == 0 ? "" : ";",
             warning);
}

int record_write_header(struct csv_writer *runs)
{
    for (size_t i = 0; i < COLUMNS; i++)
        csv_write_text(runs, columns[i].name);
    return csv_end_row(runs);
}

int record_write(struct csv_writer *runs, const struct record *record)
{
    for (size_t i = 0; i < COLUMNS; i++) {
        const char *at = (const char *)record + columns[i].offset;
        if (columns[i].bytes != 0)
            csv_write_text(runs, at);
        else
            csv_write_double(runs, *(const double *)(const void *)at, columns[i].digits);
    }
    return csv_end_row(runs);
}

int record_write_histogram_header(struct csv_writer *histograms)
{
    static const char *const names[] = {"run_id",      "target",        "model", "workload",
                                        "connections", "message_bytes", "trial", "latency_basis",
                                        "low_ns",      "high_ns",       "count"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        csv_write_text(histograms, names[i]);
    return csv_end_row(histograms);
}

int record_write_histogram(struct csv_writer *histograms, const struct record *record,
                           const struct histogram *histogram)
{
    for (size_t i = 0; i < histogram->buckets && !histograms->failed; i++) {
        uint64_t low, high;
        if (histogram->counts[i] == 0)
            continue;
        histogram_bucket_range(i, &low, &high);
        csv_write_text(histograms, record->run_id);
        csv_write_text(histograms, record->target);
        csv_write_text(histograms, record->model);
        csv_write_text(histograms, record->workload);
        csv_write_double(histograms, record->connections, 17);
        csv_write_double(histograms, record->message_bytes, 17);
        csv_write_double(histograms, record->trial, 17);
        csv_write_text(histograms, record->latency_basis);
        csv_write_u64(histograms, low);
        csv_write_u64(histograms, high);
        csv_write_u64(histograms, histogram->counts[i]);
        csv_end_row(histograms);
    }
    return histograms->failed ? -1 : 0;
}
