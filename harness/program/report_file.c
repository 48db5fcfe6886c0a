#include "program/report_file.h"

#include <errno.h>
#include <string.h>

#include "base/exit_status.h"
#include "base/files.h"
#include "report/page.h"
#include "report/report_reader.h"

/* Whether nothing is lost by a page at that path: no file is there, or an older page. */
static bool is_free(const char *path, struct failure *failure)
{
    FILE *file = files_open_read(path);
    if (file == NULL && (errno == ENOENT || errno == ENOTDIR))
        return true;
    const char *cause = file == NULL ? files_error_text(errno) : "it is there and is not a page";
    bool is_page = file != NULL && page_is_begun(file);
    if (file != NULL)
        fclose(file);
    if (!is_page)
        failure_set(failure, "%s: %s, and is kept as it is; name another place by --out", path,
                    cause);
    return is_page;
}

static int page_put(const struct report *report, const char *path, struct failure *failure)
{
    FILE *file = files_replace_begin(path);
    if (file == NULL) {
        failure_set(failure, "%s: %s; name another place by --out", path, strerror(errno));
        return EXIT_FAILED;
    }
    int error = page_write(report, file);
    switch (files_replace_end(file, path, error)) {
    case FILES_REPLACED:
        return 0;
    case FILES_NOT_WRITTEN:
        failure_set(failure, "%s: %s", path, strerror(errno));
        break;
    case FILES_KEPT_APART:
        failure_set(failure, "%s could not be replaced: %s; the page is %s.part", path,
                    strerror(errno), path);
        break;
    }
    return EXIT_FAILED;
}

int report_file_make(const char *const *runs, size_t count, const char *baseline, const char *trace,
                     const char *out, char path[REPORT_PATH_BYTES], struct failure *failure)
{
    static struct report report;
    int status = EXIT_USAGE;
    if (out != NULL && strlen(out) >= REPORT_PATH_BYTES)
        failure_set(failure, "--out %.60s...: the path is too long", out);
    else if (report_open(&report, runs, count, baseline, failure) == 0 &&
             (trace == NULL || report_trace_read(&report, trace, failure) == 0)) {
        if (out != NULL)
            snprintf(path, REPORT_PATH_BYTES, "%s", out);
        else
            snprintf(path, REPORT_PATH_BYTES, "%s/report.html",
                     report.runs[report.has_baseline].folder);
        if (is_free(path, failure))
            status = page_put(&report, path, failure);
    }
    report_close(&report);
    return status;
}
