#include "rows/results.h"

#include <errno.h>
#include <string.h>

#include "base/failure.h"
#include "base/files.h"
#include "base/units.h"
#include "clock.h"
#include "rows/summary.h"

/* At a name that is not taken: two runs in one second, two targets whose names differ in a '/'. */
enum {
    ATTEMPTS = 100,
    NAME_BYTES = 300,
    PATH_BYTES = RESULTS_PATH_BYTES + NAME_BYTES,
    HEADER_BYTES = 1 << 14
};

/* -1, with the message: what failed, why, and what to do. */
static int fail(struct failure *failure, const char *path, int error)
{
    return failure_set(failure, "%s: %s; choose another folder with --out", path, strerror(error));
}

static const char *path_of(const struct results *results, const char *name, char path[PATH_BYTES])
{
    snprintf(path, PATH_BYTES, "%s/%s", results->folder, name);
    return path;
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

static int folder_make(struct results *results, const char *parent, struct failure *failure)
{
    enum { RUN_BYTES = 48 };
    if (strlen(parent) + RUN_BYTES > sizeof results->folder)
        return fail(failure, parent, ENAMETOOLONG);
    if (files_make_folders(parent) != 0)
        return fail(failure, parent, errno);
    for (unsigned attempt = 0; attempt < ATTEMPTS; attempt++) {
        run_id_make(results, attempt);
        snprintf(results->folder, sizeof results->folder, "%s/%s", parent, results->run_id);
        if (files_make_folder(results->folder) == 0)
            return 0;
        if (errno != EEXIST)
            break;
    }
    return fail(failure, results->folder, errno);
}

/* Ends a file. -1, with the message, where it could not take its place. */
static int file_end(FILE *file, const char *path, int error, struct failure *failure)
{
    switch (files_replace_end(file, path, error)) {
    case FILES_REPLACED:
        return 0;
    case FILES_KEPT_APART:
        return failure_set(failure,
                           "%s could not be replaced: %s; what it should hold is in %s.part", path,
                           strerror(errno), path);
    default:
        return fail(failure, path, errno);
    }
}

/* A whole file: it is there with all that it holds, or not at all. */
static int file_write(const struct results *results, const char *name, const struct csv_writer *csv,
                      struct failure *failure)
{
    char path[PATH_BYTES];
    int error = csv->failed ? csv->error : 0;
    FILE *file = files_replace_begin(path_of(results, name, path));
    if (file == NULL)
        return fail(failure, path, errno);
    errno = 0;
    if (error == 0 && fwrite(csv->text, 1, csv->bytes, file) != csv->bytes)
        error = errno == 0 ? ENOSPC : errno;
    return file_end(file, path, error, failure);
}

static int log_open(struct results *results, struct files_log *log, const char *name,
                    struct failure *failure)
{
    char path[PATH_BYTES];
    if (files_log_open(log, path_of(results, name, path)) == 0)
        return 0;
    return failure_set(failure, "%s: %s", path,
                       errno == EBUSY ? "another process is writing it" : strerror(errno));
}

static int logs_open(struct results *results, struct failure *failure)
{
    if (log_open(results, &results->histograms, "histogram.csv", failure) != 0)
        return -1;
    if (log_open(results, &results->runs, "runs.csv", failure) == 0)
        return 0;
    files_log_close(&results->histograms);
    return -1;
}

static bool is_there(const char *path)
{
    FILE *file = files_open_read(path);
    if (file != NULL)
        fclose(file);
    return file != NULL;
}

/* The files in the folder, with their heads. */
static int files_begin(struct results *results, struct failure *failure)
{
    char path[PATH_BYTES];
    if (is_there(path_of(results, "runs.csv", path)))
        return fail(failure, path, EEXIST);
    csv_writer_init_text(&results->csv);
    histogram_lines_write_header(&results->csv);
    int error = file_write(results, "histogram.csv", &results->csv, failure);
    csv_writer_clear(&results->csv);
    row_write_header(&results->csv);
    if (error == 0)
        error = file_write(results, "runs.csv", &results->csv, failure);
    if (error == 0)
        error = logs_open(results, failure);
    if (error != 0)
        csv_writer_free(&results->csv);
    return error;
}

int results_open(struct results *results, const char *parent, struct failure *failure)
{
    memset(results, 0, sizeof *results);
    if (folder_make(results, parent, failure) != 0)
        return -1;
    return files_begin(results, failure);
}

int results_open_at(struct results *results, const char *folder, const char *run_id,
                    struct failure *failure)
{
    memset(results, 0, sizeof *results);
    if (strlen(folder) >= sizeof results->folder)
        return fail(failure, folder, ENAMETOOLONG);
    snprintf(results->folder, sizeof results->folder, "%s", folder);
    snprintf(results->run_id, sizeof results->run_id, "%s", run_id);
    if (files_make_folders(folder) != 0)
        return fail(failure, folder, errno);
    return files_begin(results, failure);
}

/*
 * An older version's rows have fewer columns: its file keeps its own. What may be wrong with the
 * header is left to the reader of the rows, which says more of it.
 */
static int header_read(struct results *results, struct failure *failure)
{
    char path[PATH_BYTES], line[HEADER_BYTES] = "";
    FILE *file = files_open_read(path_of(results, "runs.csv", path));
    if (file == NULL)
        return failure_set(failure, "%s: %s", path, strerror(errno));
    bool read = fgets(line, sizeof line, file) != NULL && strchr(line, '\n') != NULL;
    fclose(file);
    if (read)
        (void)csv_parse(&results->header, line, strlen(line), false, NULL);
    return 0;
}

int results_open_again(struct results *results, const char *folder, const char *run_id,
                       struct failure *failure)
{
    memset(results, 0, sizeof *results);
    if (strlen(folder) >= sizeof results->folder)
        return failure_set(failure, "%s: %s", folder, strerror(ENAMETOOLONG));
    snprintf(results->folder, sizeof results->folder, "%s", folder);
    snprintf(results->run_id, sizeof results->run_id, "%s", run_id);
    if (header_read(results, failure) != 0)
        return -1;
    csv_writer_init_text(&results->csv);
    if (logs_open(results, failure) == 0)
        return 0;
    csv_writer_free(&results->csv);
    csv_table_free(&results->header);
    return -1;
}

int results_go_on(struct results *results, uint64_t runs_bytes, uint64_t histogram_bytes,
                  struct failure *failure)
{
    /* The rows first: never one without its lines. */
    if (files_log_cut(&results->runs, runs_bytes) == 0 &&
        files_log_cut(&results->histograms, histogram_bytes) == 0)
        return 0;
    return failure_set(failure, "%s: %s", results->folder, strerror(errno));
}

/* What is in hand goes to one of the two files, as one piece. */
static int piece_add(struct results *results, struct files_log *log, const char *name, bool wait,
                     struct failure *failure)
{
    char path[PATH_BYTES];
    const struct csv_writer *csv = &results->csv;
    int error = csv->failed ? csv->error : 0;
    if (error == 0 &&
        (files_log_append(log, csv->text, csv->bytes) != 0 || (wait && files_log_sync(log) != 0)))
        error = errno;
    return error == 0 ? 0 : fail(failure, path_of(results, name, path), error);
}

int results_add(struct results *results, const struct row *row,
                const struct row_histogram *histograms, size_t count, struct failure *failure)
{
    /* What took no time to measure is not worth the wait for the disk. */
    bool wait = row->status != ROW_SKIPPED;
    csv_writer_clear(&results->csv);
    for (size_t i = 0; i < count; i++)
        histogram_lines_write(&results->csv, row, &histograms[i]);
    /* The histograms first: a row in runs.csv means that the rest of it is there. */
    if (piece_add(results, &results->histograms, "histogram.csv", wait, failure) != 0)
        return -1;
    csv_writer_clear(&results->csv);
    if (results->header.columns > 0)
        row_write_as(&results->csv, row, &results->header);
    else
        row_write(&results->csv, row);
    return piece_add(results, &results->runs, "runs.csv", wait, failure);
}

int results_close(struct results *results, struct failure *failure)
{
    int first = files_log_close(&results->runs) == 0 ? 0 : errno;
    int second = files_log_close(&results->histograms) == 0 ? 0 : errno;
    csv_writer_free(&results->csv);
    csv_table_free(&results->header);
    key_table_free(&results->curves);
    if (first != 0 || second != 0)
        return fail(failure, results->folder, first != 0 ? first : second);
    return 0;
}

int results_write_environment(struct results *results, const struct results_fact *facts,
                              size_t count, struct failure *failure)
{
    struct csv_writer *csv = &results->csv;
    csv_writer_clear(csv);
    csv_write_text(csv, "name");
    csv_write_text(csv, "value");
    csv_end_row(csv);
    for (size_t i = 0; i < count; i++) {
        csv_write_text(csv, facts[i].name);
        csv_write_text(csv, facts[i].value);
        csv_end_row(csv);
    }
    return file_write(results, "environment.csv", csv, failure);
}

int results_write_csv(struct results *results, const char *name,
                      int (*write)(struct csv_writer *csv, const void *context),
                      const void *context, struct failure *failure)
{
    csv_writer_clear(&results->csv);
    if (write(&results->csv, context) != 0 && !results->csv.failed)
        return fail(failure, results->folder, ENOMEM);
    return file_write(results, name, &results->csv, failure);
}

struct summarized {
    const char *run_id;
    const struct row *rows;
    size_t count;
    const struct cell_histograms *histograms;
};

static int summarized_write(struct csv_writer *csv, const void *context)
{
    const struct summarized *all = context;
    return summary_write(csv, all->run_id, all->rows, all->count, all->histograms);
}

static int summary_write_file(struct results *results, const struct row *rows, size_t count,
                              const struct cell_histograms *histograms, struct failure *failure)
{
    const struct summarized all = {results->run_id, rows, count, histograms};
    return results_write_csv(results, "summary.csv", summarized_write, &all, failure);
}

/* A name that no other file of this run has, also where upper and lower case are alike. */
static int curve_take(struct results *results, const char *name, char unique[NAME_BYTES])
{
    char folded[NAME_BYTES];
    size_t length = 0;
    for (unsigned attempt = 1; attempt <= ATTEMPTS; attempt++) {
        if (attempt == 1)
            snprintf(unique, NAME_BYTES, "%s.hgrm", name);
        else
            snprintf(unique, NAME_BYTES, "%s-%u.hgrm", name, attempt);
        for (length = 0; unique[length] != '\0'; length++)
            folded[length] = unique[length] >= 'A' && unique[length] <= 'Z'
                                 ? (char)(unique[length] - 'A' + 'a')
                                 : unique[length];
        if (key_table_find(&results->curves, folded, length) == KEY_TABLE_NONE)
            break;
    }
    return key_table_add(&results->curves, folded, length, 0);
}

/* NAME.hgrm */
static int curve_write(struct results *results, const char *name, const struct histogram *histogram,
                       struct failure *failure)
{
    char path[PATH_BYTES], unique[NAME_BYTES];
    if (curve_take(results, name, unique) != 0)
        return fail(failure, results->folder, ENOMEM);
    FILE *file = files_replace_begin(path_of(results, unique, path));
    if (file == NULL)
        return fail(failure, path, errno);
    int error = histogram_write_hgrm(histogram, file) == 0 ? 0 : errno;
    return file_end(file, path, error, failure);
}

static void curve_name(const struct row *cell, char *name, size_t size)
{
    char rate[32] = "", number[24];
    if (number_is_known(cell->target_rate_msgs_per_s))
        snprintf(rate, sizeof rate, "-%s",
                 units_format_fixed(cell->target_rate_msgs_per_s, 0, number, sizeof number));
    snprintf(name, size, "%s-%s-%s-%.0fb-%.0f-%.0f%s", cell->target, cell->model, cell->workload,
             cell->message_bytes, cell->connections, cell->pipeline_depth, rate);
    /* A target may be called anything, a file may not. */
    for (char *c = name; *c != '\0'; c++)
        if ((unsigned char)*c < ' ' || strchr("/\\:*?\"<>|", *c) != NULL)
            *c = '_';
}

int results_write_derived(struct results *results, const struct row *rows, size_t count,
                          const struct cell_histograms *histograms, struct failure *failure)
{
    char name[200];
    int error = summary_write_file(results, rows, count, histograms, failure);
    for (size_t i = 0; i < histograms->cells.count; i++) {
        const struct cell_histogram *cell = &histograms->histograms[i];
        curve_name(&cell->row, name, sizeof name);
        if (curve_write(results, name, cell_histogram_of(cell, cell->row.latency_basis),
                        error == 0 ? failure : NULL) != 0)
            error = -1;
    }
    return error;
}
