#include "rows/results.h"

#include <errno.h>
#include <string.h>

#include "base/failure.h"
#include "base/files.h"
#include "clock.h"

enum {
    ATTEMPTS = 100, /* at a name that is not taken: of two runs in one second */
    HEADER_BYTES = 1 << 14,
};

void results_can_resume(struct results *results)
{
    results->folder.remedy = "once that is mended, the run goes on with --resume";
}

static void begin(struct results *results, unsigned keeps)
{
    *results = (struct results){.keeps = keeps | RESULTS_KEEP(ROW_FILE_HISTOGRAM),
                                .folder.remedy = "choose another folder with --out"};
}

bool results_keeps(const struct results *results, enum row_file file)
{
    return (results->keeps & RESULTS_KEEP(file)) != 0;
}

struct csv_writer *results_lines(struct results *results, enum row_file file)
{
    return &results->lines[file];
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
    if (strlen(parent) + RUN_BYTES > sizeof results->folder.path)
        return results_folder_fail(&results->folder, failure, parent, ENAMETOOLONG);
    if (files_make_folders(parent) != 0)
        return results_folder_fail(&results->folder, failure, parent, errno);
    for (unsigned attempt = 0; attempt < ATTEMPTS; attempt++) {
        run_id_make(results, attempt);
        snprintf(results->folder.path, sizeof results->folder.path, "%s/%s", parent,
                 results->run_id);
        if (files_make_folder(results->folder.path) == 0)
            return 0;
        if (errno != EEXIST)
            break;
    }
    return results_folder_fail(&results->folder, failure, results->folder.path, errno);
}

static int log_open(struct results *results, struct files_log *log, const char *name,
                    struct failure *failure)
{
    char path[RESULTS_FILE_BYTES];
    if (files_log_open(log, results_folder_path(&results->folder, name, path)) == 0)
        return 0;
    return failure_set(failure, "%s: %s", path,
                       errno == EBUSY ? "another process is writing it" : files_error_text(errno));
}

/* Those below `files`, and the rows. 0, or the errno of the first that could not be closed well. */
static int logs_close(struct results *results, int files, bool and_runs)
{
    int error = and_runs && files_log_close(&results->runs) != 0 ? errno : 0;
    for (int i = 0; i < files; i++)
        if (results_keeps(results, (enum row_file)i) && files_log_close(&results->logs[i]) != 0 &&
            error == 0)
            error = errno;
    return error;
}

static int logs_open(struct results *results, struct failure *failure)
{
    int files = 0, error = 0;
    for (; files < ROW_FILES && error == 0; files += error == 0)
        if (results_keeps(results, (enum row_file)files))
            error = log_open(results, &results->logs[files], row_file_name((enum row_file)files),
                             failure);
    if (error == 0)
        error = log_open(results, &results->runs, "runs.csv", failure);
    if (error != 0)
        (void)logs_close(results, files, false);
    return error;
}

static void texts_init(struct results *results)
{
    csv_writer_init_text(&results->csv);
    for (int i = 0; i < ROW_FILES; i++)
        csv_writer_init_text(&results->lines[i]);
}

static void texts_free(struct results *results)
{
    csv_writer_free(&results->csv);
    for (int i = 0; i < ROW_FILES; i++)
        csv_writer_free(&results->lines[i]);
}

static bool is_there(const char *path)
{
    FILE *file = files_open_read(path);
    if (file != NULL)
        fclose(file);
    return file != NULL || (errno != ENOENT && errno != ENOTDIR);
}

/* The files in the folder, with their heads. */
static int files_begin(struct results *results, struct failure *failure)
{
    char path[RESULTS_FILE_BYTES];
    if (is_there(results_folder_path(&results->folder, "runs.csv", path)))
        return results_folder_fail(&results->folder, failure, path, EEXIST);
    texts_init(results);
    int error = 0;
    for (int i = 0; i < ROW_FILES && error == 0; i++) {
        if (!results_keeps(results, (enum row_file)i))
            continue;
        csv_writer_clear(&results->csv);
        row_file_write_header(&results->csv, (enum row_file)i);
        error = results_folder_write(&results->folder, row_file_name((enum row_file)i),
                                     &results->csv, failure);
    }
    csv_writer_clear(&results->csv);
    row_write_header(&results->csv);
    if (error == 0)
        error = results_folder_write(&results->folder, "runs.csv", &results->csv, failure);
    if (error == 0)
        error = logs_open(results, failure);
    if (error != 0)
        texts_free(results);
    return error;
}

int results_open(struct results *results, const char *parent, unsigned keeps,
                 struct failure *failure)
{
    begin(results, keeps);
    if (folder_make(results, parent, failure) != 0)
        return -1;
    return files_begin(results, failure);
}

int results_open_at(struct results *results, const char *folder, const char *run_id, unsigned keeps,
                    struct failure *failure)
{
    begin(results, keeps);
    if (strlen(folder) >= sizeof results->folder.path)
        return results_folder_fail(&results->folder, failure, folder, ENAMETOOLONG);
    snprintf(results->folder.path, sizeof results->folder.path, "%s", folder);
    snprintf(results->run_id, sizeof results->run_id, "%s", run_id);
    if (files_make_folders(folder) != 0)
        return results_folder_fail(&results->folder, failure, folder, errno);
    return files_begin(results, failure);
}

static int header_read(struct results *results, const char *name, struct csv_table *header,
                       struct failure *failure)
{
    char path[RESULTS_FILE_BYTES], line[HEADER_BYTES] = "";
    FILE *file = files_open_read(results_folder_path(&results->folder, name, path));
    if (file == NULL)
        return failure_set(failure, "%s: %s", path, files_error_text(errno));
    bool read = fgets(line, sizeof line, file) != NULL && strchr(line, '\n') != NULL;
    fclose(file);
    if (read)
        (void)csv_parse(header, line, strlen(line), false, NULL);
    return 0;
}

/*
 * An older version's rows and lines have fewer columns: its files keep their own. What may be wrong
 * with a header is left to the reader of the file, which says more of it.
 */
static int headers_read(struct results *results, struct failure *failure)
{
    struct csv_table header = {0};
    if (header_read(results, "runs.csv", &results->header, failure) != 0)
        return -1;
    int error = header_read(results, "histogram.csv", &header, failure);
    for (size_t i = 0; i < ROW_LINE_KEYS; i++)
        results->histograms_lack[i] =
            header.columns > 0 && row_line_is_optional(i) &&
            csv_column(&header, row_file_column(ROW_FILE_HISTOGRAM, i)) < 0;
    csv_table_free(&header);
    return error;
}

int results_open_again(struct results *results, const char *folder, const char *run_id,
                       unsigned keeps, struct failure *failure)
{
    begin(results, keeps);
    if (strlen(folder) >= sizeof results->folder.path)
        return failure_set(failure, "%s: %s", folder, strerror(ENAMETOOLONG));
    snprintf(results->folder.path, sizeof results->folder.path, "%s", folder);
    snprintf(results->run_id, sizeof results->run_id, "%s", run_id);
    results_can_resume(results);
    if (headers_read(results, failure) != 0) {
        csv_table_free(&results->header);
        return -1;
    }
    texts_init(results);
    if (logs_open(results, failure) == 0)
        return 0;
    texts_free(results);
    csv_table_free(&results->header);
    return -1;
}

int results_go_on(struct results *results, uint64_t runs_bytes, const uint64_t bytes[ROW_FILES],
                  struct failure *failure)
{
    /* The rows first: never one without its lines. */
    bool cut = files_log_cut(&results->runs, runs_bytes) == 0;
    for (int i = 0; i < ROW_FILES && cut; i++)
        cut = !results_keeps(results, (enum row_file)i) ||
              files_log_cut(&results->logs[i], bytes[i]) == 0;
    if (cut)
        return 0;
    return failure_set(failure, "%s: %s", results->folder.path, strerror(errno));
}

/* Nothing more could be read of what is written to a file that has no name any more. */
static int fail_gone(struct results *results, struct failure *failure, const char *path)
{
    results->folder.state = RESULTS_GONE;
    return failure_set(failure,
                       "%s was deleted or moved while the run went on; where it was moved to, "
                       "--resume goes on",
                       path);
}

/* The text goes to one of the files, as one piece, or not at all. */
static int piece_add(struct results *results, struct files_log *log, const char *name,
                     const struct csv_writer *csv, bool wait, struct failure *failure)
{
    char path[RESULTS_FILE_BYTES];
    int error = csv->failed ? csv->error : 0;
    uint64_t before = log->size;
    if (!is_there(results_folder_path(&results->folder, name, path)))
        return fail_gone(results, failure, path);
    if (error == 0 && files_log_append(log, csv->text, csv->bytes) != 0)
        error = errno;
    if (error == 0 && wait && files_log_sync(log) != 0) {
        error = errno;
        (void)files_log_cut(log, before);
    }
    return error == 0 ? 0 : results_folder_fail(&results->folder, failure, path, error);
}

int results_add(struct results *results, const struct row *row,
                const struct row_histogram *histograms, size_t count, struct failure *failure)
{
    /* What took no time to measure is not worth the wait for the disk. */
    bool wait = row->status != ROW_SKIPPED;
    int error = 0;
    for (size_t i = 0; i < count; i++)
        histogram_lines_write(&results->lines[ROW_FILE_HISTOGRAM], row, &histograms[i],
                              results->histograms_lack);
    /* The lines first: a row in runs.csv means that the rest of it is there. */
    for (int i = 0; i < ROW_FILES && error == 0; i++)
        if (results_keeps(results, (enum row_file)i))
            error = piece_add(results, &results->logs[i], row_file_name((enum row_file)i),
                              &results->lines[i], wait, failure);
    for (int i = 0; i < ROW_FILES; i++)
        csv_writer_clear(&results->lines[i]);
    if (error != 0)
        return error;
    csv_writer_clear(&results->csv);
    if (results->header.columns > 0)
        row_write_as(&results->csv, row, &results->header);
    else
        row_write(&results->csv, row);
    return piece_add(results, &results->runs, "runs.csv", &results->csv, wait, failure);
}

int results_close(struct results *results, struct failure *failure)
{
    int error = logs_close(results, ROW_FILES, true);
    texts_free(results);
    csv_table_free(&results->header);
    key_table_free(&results->curves);
    return error == 0 ? 0
                      : results_folder_fail(&results->folder, failure, results->folder.path, error);
}
