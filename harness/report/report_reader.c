#include "report/report_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "report/panels.h"
#include "rows/histogram_lines.h"
#include "rows/results_reader.h"
#include "rows/row_reader.h"

/* ---- one run's files ---- */

/* The folder of a run that was given as a folder or as its runs.csv. */
static void folder_set(struct report_run *run, bool is_folder)
{
    size_t length = strlen(run->name);
    while (!is_folder && length > 0 && run->name[length - 1] != '/' &&
           run->name[length - 1] != '\\')
        length--;
    while (length > 1 && (run->name[length - 1] == '/' || run->name[length - 1] == '\\'))
        length--;
    snprintf(run->folder, sizeof run->folder, "%.*s", (int)length, length == 0 ? "." : run->name);
    if (length == 0)
        snprintf(run->folder, sizeof run->folder, ".");
}

static FILE *rows_open(struct report_run *run, struct failure *failure)
{
    char path[RESULTS_PATH_BYTES + 16];
    FILE *file = files_open_read(run->name);
    bool is_folder = file == NULL && errno == EISDIR;
    folder_set(run, is_folder);
    if (is_folder) {
        snprintf(path, sizeof path, "%s/runs.csv", run->folder);
        file = files_open_read(path);
    }
    if (file == NULL)
        failure_set(failure, "%s%s: %s; name a run's folder or its runs.csv", run->name,
                    is_folder ? "/runs.csv" : "", strerror(errno));
    return file;
}

/* A file that a run may have. 0 where it has none too. */
static int table_read(const struct report_run *run, const char *name, struct csv_table *table,
                      struct failure *failure)
{
    char path[RESULTS_PATH_BYTES + 40];
    snprintf(path, sizeof path, "%s/%s", run->folder, name);
    FILE *file = files_open_read(path);
    if (file == NULL)
        return 0;
    fclose(file);
    return results_read_table(run->folder, name, table, failure);
}

static bool is_same_reason(const struct row *a, const struct row *b)
{
    return strcmp(a->target, b->target) == 0 && a->status == b->status &&
           strcmp(a->status_reason, b->status_reason) == 0;
}

/* Adds a model's name to a list, once. */
static void model_note(char *models, size_t size, const char *model)
{
    size_t length = strlen(model), used = strlen(models);
    for (const char *at = models; (at = strstr(at, model)) != NULL; at += length)
        if ((at == models || at[-1] == ' ') && (at[length] == ',' || at[length] == '\0'))
            return;
    snprintf(models + used, size - used, "%s%s", used == 0 ? "" : ", ", model);
}

/* Of a row without figures. 0, or -1 without memory. */
static int reason_note(struct report_run *run, const struct row *row)
{
    size_t i = 0;
    while (i < run->reason_count && !is_same_reason(&run->reasons[i].row, row))
        i++;
    if (i == REPORT_REASONS_MAX)
        return 0;
    if (run->reasons == NULL)
        run->reasons = calloc(REPORT_REASONS_MAX, sizeof *run->reasons);
    if (run->reasons == NULL)
        return -1;
    if (i == run->reason_count) {
        run->reasons[i].row = *row;
        run->reason_count++;
    }
    run->reasons[i].rows++;
    model_note(run->reasons[i].models, sizeof run->reasons[i].models, row->model);
    return 0;
}

static int row_take(struct report *report, struct report_run *run, const struct row *row)
{
    if (run->rows++ == 0) {
        snprintf(run->run_id, sizeof run->run_id, "%s", row->run_id);
        snprintf(run->tool_version, sizeof run->tool_version, "%s", row->tool_version);
    }
    run->ok += row->status == ROW_OK;
    for (int warning = 0; warning < WARNINGS; warning++)
        run->warned[warning] += warning_has(row, (enum warning)warning);
    if (row->status != ROW_OK && reason_note(run, row) != 0)
        return -1;
    return trials_add(&report->trials, row);
}

static int rows_read(struct report *report, struct report_run *run, FILE *file,
                     struct failure *failure)
{
    static struct row_reader reader; /* not on the stack: a row is large */
    struct failure cause = {""};
    int found = row_reader_open(&reader, file, &cause);
    if (found == 0)
        while ((found = row_reader_next(&reader, &cause)) > 0)
            if (row_take(report, run, &reader.row) != 0) {
                failure_set(&cause, "out of memory");
                found = -1;
                break;
            }
    run->cut_line = reader.cut_line;
    row_reader_close(&reader);
    return found == 0 ? 0 : failure_set(failure, "%s: %s", run->name, cause.text);
}

static int run_read(struct report *report, const char *name, struct failure *failure)
{
    struct report_run *run = &report->runs[report->run_count++];
    run->name = name;
    if (strlen(name) >= sizeof run->folder)
        return failure_set(failure, "%.60s...: the path is too long", name);
    FILE *file = rows_open(run, failure);
    if (file == NULL)
        return -1;
    int error = rows_read(report, run, file, failure);
    fclose(file);
    trials_next_file(&report->trials);
    if (error == 0)
        error = table_read(run, "environment.csv", &run->environment, failure);
    if (error == 0)
        error = table_read(run, "rate_search.csv", &run->search, failure);
    return error;
}

/* ---- the lines of the rows ---- */

static int histograms_add(struct report *report, struct row_lines_reader *histograms,
                          const struct row *row, struct histogram *into, struct failure *failure)
{
    char basis[16];
    int found = histograms->file == NULL                               ? 0
                : row_lines_reader_seek(histograms, row, failure) != 0 ? -1
                                                                       : 1;
    while (found > 0) {
        histogram_clear(into);
        found = histogram_lines_read(histograms, row, basis, sizeof basis, into, failure);
        const struct row_histogram one = {basis, into};
        if (found > 0 && cell_histograms_add(&report->histograms, row, &one, 1) != 0)
            found = failure_set(failure, "out of memory");
    }
    return found;
}

/* The files of row_lines.h that the run has; how many, or -1 with a failure. */
static int lines_open(const struct report_run *run, struct row_lines_reader lines[ROW_FILES],
                      struct failure *failure)
{
    char path[RESULTS_PATH_BYTES + 40];
    int count = 0;
    for (int i = 0; i < ROW_FILES; i++) {
        snprintf(path, sizeof path, "%s/%s", run->folder, row_file_name((enum row_file)i));
        FILE *file = files_open_read(path);
        if (file == NULL)
            continue;
        count++;
        if (row_lines_reader_open(&lines[i], (enum row_file)i, run->folder, file, failure) != 0)
            return -1;
    }
    return count;
}

/* Those of the rows whose cells are shown. */
static int rows_lines_read(struct report *report, FILE *runs,
                           struct row_lines_reader lines[ROW_FILES], struct histogram *into,
                           struct failure *failure)
{
    static struct row_reader rows;
    int found = row_reader_open(&rows, runs, failure);
    if (found == 0)
        while ((found = row_reader_next(&rows, failure)) > 0)
            if (rows.row.status == ROW_OK && rows.row.rtt_samples > 0 &&
                panels_show(report, &rows.row) &&
                (histograms_add(report, &lines[ROW_FILE_HISTOGRAM], &rows.row, into, failure) < 0 ||
                 window_parts_take(&report->parts, &rows.row, lines, failure) != 0)) {
                found = -1;
                break;
            }
    row_reader_close(&rows);
    return found;
}

static int run_lines_read(struct report *report, size_t number, struct histogram *into,
                          struct failure *failure)
{
    struct report_run again = report->runs[number];
    struct row_lines_reader lines[ROW_FILES] = {{.file = NULL}};
    int found = lines_open(&again, lines, failure);
    FILE *runs = found > 0 ? rows_open(&again, failure) : NULL;
    report->histograms.cells.file = report->parts.cells.file = report->trials.cells.file = number;
    if (found > 0)
        found = runs == NULL ? -1 : rows_lines_read(report, runs, lines, into, failure);
    if (runs != NULL)
        fclose(runs);
    for (int i = 0; i < ROW_FILES; i++)
        row_lines_reader_close(&lines[i]);
    return found;
}

static int all_lines_read(struct report *report, struct failure *failure)
{
    struct histogram into;
    size_t cells = 0;
    if (histogram_init(&into) != 0)
        return failure_set(failure, "out of memory");
    int error = 0;
    report->histograms.cells.by_threads = true;
    for (size_t i = 0; i < report->panels_shown; i++)
        cells += report->panels[i].count;
    window_parts_limit(&report->parts, cells);
    for (size_t i = report->has_baseline; i < report->run_count && error == 0; i++)
        error = run_lines_read(report, i, &into, failure);
    histogram_free(&into);
    return error;
}

/* ---- all of it ---- */

int report_open(struct report *report, const char *const *names, size_t count, const char *baseline,
                struct failure *failure)
{
    int error = 0;
    *report = (struct report){.has_baseline = baseline != NULL};
    if (baseline != NULL)
        error = run_read(report, baseline, failure);
    for (size_t i = 0; i < count && error == 0; i++)
        error = run_read(report, names[i], failure);
    if (error != 0)
        return -1;
    if (trials_gather(&report->trials) != 0 || panels_make(report) != 0)
        return failure_set(failure, "out of memory");
    error = all_lines_read(report, failure);
    panels_take_lines(report);
    return error;
}

int report_trace_read(struct report *report, const char *path, struct failure *failure)
{
    static const char *const columns[] = {"target", "model", "step_index", "step", "call"};
    struct report_run place = {.name = path};
    if (strlen(path) >= sizeof place.folder)
        return failure_set(failure, "%.60s...: the path is too long", path);
    folder_set(&place, false);
    const char *name = path + strlen(path);
    while (name > path && name[-1] != '/' && name[-1] != '\\')
        name--;
    if (results_read_table(place.folder, name, &report->trace, failure) != 0)
        return -1;
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
        if (csv_column(&report->trace, columns[i]) < 0)
            return failure_set(
                failure, "%s: no column %s; is it what 'iomodels trace --format csv' printed?",
                path, columns[i]);
    return 0;
}
