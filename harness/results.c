#include "results.h"

#include <errno.h>
#include <string.h>

#include "clock.h"
#include "files.h"
#include "summary.h"
#include "units.h"

/* At a name that is not taken: two runs in one second, two targets whose names differ in a '/'. */
enum { ATTEMPTS = 100 };

/* -1, with the message: what failed, why, and what to do. */
static int fail(char *message, size_t size, const char *path, int error)
{
    snprintf(message, size, "%s: %s; choose another folder with --out", path, strerror(error));
    return -1;
}

static FILE *file_open(const struct results *results, const char *name, char *message,
                       size_t message_size)
{
    char path[RESULTS_PATH_BYTES + 300];
    snprintf(path, sizeof path, "%s/%s", results->folder, name);
    FILE *file = files_open_new(path);
    if (file == NULL)
        fail(message, message_size, path, errno);
    return file;
}

/* The moment, in characters that every file system takes. */
const char *results_run_id(uint64_t utc_ns, char *text, size_t size)
{
    clock_utc_format(utc_ns, text, size);
    for (char *c = text; *c != '\0'; c++)
        if (*c == ':')
            *c = '-';
    return text;
}

static void run_id_make(struct results *results, unsigned attempt)
{
    char now[24];
    results_run_id(clock_utc_ns(), now, sizeof now);
    if (attempt == 0)
        snprintf(results->run_id, sizeof results->run_id, "%s", now);
    else
        snprintf(results->run_id, sizeof results->run_id, "%s-%u", now, attempt + 1);
}

static int folder_make(struct results *results, const char *parent, char *message,
                       size_t message_size)
{
    enum { NAME_BYTES = 48 };
    if (strlen(parent) + NAME_BYTES > sizeof results->folder)
        return fail(message, message_size, parent, ENAMETOOLONG);
    if (files_make_folders(parent) != 0)
        return fail(message, message_size, parent, errno);
    for (unsigned attempt = 0; attempt < ATTEMPTS; attempt++) {
        run_id_make(results, attempt);
        snprintf(results->folder, sizeof results->folder, "%s/%s", parent, results->run_id);
        if (files_make_folder(results->folder) == 0)
            return 0;
        if (errno != EEXIST)
            break;
    }
    return fail(message, message_size, results->folder, errno);
}

/* The files in the folder, with their heads. */
static int files_begin(struct results *results, char *message, size_t message_size)
{
    results->runs_file = file_open(results, "runs.csv", message, message_size);
    if (results->runs_file != NULL)
        results->histograms_file = file_open(results, "histogram.csv", message, message_size);
    if (results->histograms_file == NULL) {
        if (results->runs_file != NULL)
            fclose(results->runs_file);
        return -1;
    }
    csv_writer_init(&results->runs, results->runs_file);
    csv_writer_init(&results->histograms, results->histograms_file);
    if (record_write_header(&results->runs) == 0 &&
        record_write_histogram_header(&results->histograms) == 0)
        return 0;
    fail(message, message_size, results->folder,
         results->runs.failed ? results->runs.error : results->histograms.error);
    fclose(results->runs_file);
    fclose(results->histograms_file);
    return -1;
}

int results_open(struct results *results, const char *parent, char *message, size_t message_size)
{
    memset(results, 0, sizeof *results);
    if (folder_make(results, parent, message, message_size) != 0)
        return -1;
    return files_begin(results, message, message_size);
}

int results_open_at(struct results *results, const char *folder, const char *run_id, char *message,
                    size_t message_size)
{
    memset(results, 0, sizeof *results);
    if (strlen(folder) >= sizeof results->folder)
        return fail(message, message_size, folder, ENAMETOOLONG);
    snprintf(results->folder, sizeof results->folder, "%s", folder);
    snprintf(results->run_id, sizeof results->run_id, "%s", run_id);
    if (files_make_folders(folder) != 0)
        return fail(message, message_size, folder, errno);
    return files_begin(results, message, message_size);
}

int results_add(struct results *results, const struct record *record,
                const struct record_histogram *histograms, size_t count, char *message,
                size_t message_size)
{
    char path[RESULTS_PATH_BYTES + 32];
    /* The histograms first: a row in runs.csv means that the rest of it is there. */
    for (size_t i = 0; i < count; i++)
        if (record_write_histogram(&results->histograms, record, &histograms[i]) != 0) {
            snprintf(path, sizeof path, "%s/histogram.csv", results->folder);
            return fail(message, message_size, path, results->histograms.error);
        }
    if (record_write(&results->runs, record) != 0) {
        snprintf(path, sizeof path, "%s/runs.csv", results->folder);
        return fail(message, message_size, path, results->runs.error);
    }
    return 0;
}

/* A row that was cut off by a full disk would make the whole file unreadable. */
static void rows_cut(const struct results *results, const char *name, const struct csv_writer *csv)
{
    char path[RESULTS_PATH_BYTES + 32];
    snprintf(path, sizeof path, "%s/%s", results->folder, name);
    if (csv->failed)
        (void)files_cut(path, csv->rows_bytes);
}

int results_close(struct results *results, char *message, size_t message_size)
{
    int first = fclose(results->runs_file) == 0 ? 0 : errno;
    int second = fclose(results->histograms_file) == 0 ? 0 : errno;
    rows_cut(results, "runs.csv", &results->runs);
    rows_cut(results, "histogram.csv", &results->histograms);
    if (first != 0 || second != 0)
        return fail(message, message_size, results->folder, first != 0 ? first : second);
    return 0;
}

int results_write_environment(const struct results *results, const struct results_fact *facts,
                              size_t count, char *message, size_t message_size)
{
    struct csv_writer csv;
    FILE *file = file_open(results, "environment.csv", message, message_size);
    if (file == NULL)
        return -1;
    csv_writer_init(&csv, file);
    csv_write_text(&csv, "name");
    csv_write_text(&csv, "value");
    csv_end_row(&csv);
    for (size_t i = 0; i < count; i++) {
        csv_write_text(&csv, facts[i].name);
        csv_write_text(&csv, facts[i].value);
        csv_end_row(&csv);
    }
    if (fclose(file) == 0 && !csv.failed)
        return 0;
    return fail(message, message_size, results->folder, csv.failed ? csv.error : errno);
}

int results_write_csv(const struct results *results, const char *name,
                      int (*write)(struct csv_writer *csv, const void *context),
                      const void *context, char *message, size_t message_size)
{
    char path[RESULTS_PATH_BYTES + 32];
    struct csv_writer csv;
    snprintf(path, sizeof path, "%s/%s", results->folder, name);
    FILE *file = files_open_anew(path);
    if (file == NULL)
        return fail(message, message_size, path, errno);
    csv_writer_init(&csv, file);
    int error = write(&csv, context);
    if (fclose(file) == 0 && error == 0)
        return 0;
    return fail(message, message_size, path, csv.failed ? csv.error : error == 0 ? errno : ENOMEM);
}

struct summarized {
    const char *run_id;
    const struct record *records;
    size_t count;
    const struct merged *merged;
};

static int summarized_write(struct csv_writer *csv, const void *context)
{
    const struct summarized *all = context;
    return summary_write(csv, all->run_id, all->records, all->count, all->merged);
}

int results_write_summary(const struct results *results, const struct record *records, size_t count,
                          const struct merged *merged, char *message, size_t message_size)
{
    const struct summarized all = {results->run_id, records, count, merged};
    return results_write_csv(results, "summary.csv", summarized_write, &all, message, message_size);
}

/* NAME.hgrm */
static int curve_write(const struct results *results, const char *name,
                       const struct histogram *histogram, char *message, size_t message_size)
{
    char path[RESULTS_PATH_BYTES + 300];
    FILE *file = NULL;
    for (unsigned attempt = 0; file == NULL && attempt < ATTEMPTS; attempt++) {
        if (attempt == 0)
            snprintf(path, sizeof path, "%s/%s.hgrm", results->folder, name);
        else
            snprintf(path, sizeof path, "%s/%s-%u.hgrm", results->folder, name, attempt + 1);
        file = files_open_new(path);
        if (file == NULL && errno != EEXIST)
            break;
    }
    if (file == NULL)
        return fail(message, message_size, path, errno);
    int error = histogram_write_hgrm(histogram, file) == 0 ? 0 : errno;
    if (fclose(file) != 0 && error == 0)
        error = errno;
    return error == 0 ? 0 : fail(message, message_size, path, error);
}

static void curve_name(const struct record *cell, char *name, size_t size)
{
    char rate[32] = "", number[24];
    if (record_has(cell->target_rate_msgs_per_s))
        snprintf(rate, sizeof rate, "-%s",
                 units_format_fixed(cell->target_rate_msgs_per_s, 0, number, sizeof number));
    snprintf(name, size, "%s-%s-%s-%.0fb-%.0f-%.0f%s", cell->target, cell->model, cell->workload,
             cell->message_bytes, cell->connections, cell->pipeline_depth, rate);
    /* A target may be called anything, a file may not. */
    for (char *c = name; *c != '\0'; c++)
        if ((unsigned char)*c < ' ' || strchr("/\\:*?\"<>|", *c) != NULL)
            *c = '_';
}

int results_write_curves(const struct results *results, const struct merged *merged, char *message,
                         size_t message_size)
{
    char name[200];
    for (size_t i = 0; i < merged->count; i++) {
        const struct record *cell = &merged->cells[i].row;
        curve_name(cell, name, sizeof name);
        if (curve_write(results, name, merged_histogram(&merged->cells[i], cell->latency_basis),
                        message, message_size) != 0)
            return -1;
    }
    return 0;
}
