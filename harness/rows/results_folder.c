#include "rows/results_folder.h"

#include <errno.h>
#include <string.h>

#include "base/files.h"

int results_folder_fail(struct results_folder *folder, struct failure *failure, const char *path,
                        int error)
{
    if (folder->state == RESULTS_KEPT)
        folder->state = RESULTS_NOT_KEPT;
    return failure_set(failure, "%s: %s; %s", path, files_error_text(error), folder->remedy);
}

const char *results_folder_path(const struct results_folder *folder, const char *name,
                                char path[RESULTS_FILE_BYTES])
{
    snprintf(path, RESULTS_FILE_BYTES, "%s/%s", folder->path, name);
    return path;
}

int results_folder_end(struct results_folder *folder, FILE *file, const char *path, int error,
                       struct failure *failure)
{
    switch (files_replace_end(file, path, error)) {
    case FILES_REPLACED:
        return 0;
    case FILES_KEPT_APART:
        return failure_set(failure,
                           "%s could not be replaced: %s; what it should hold is in %s.part", path,
                           strerror(errno), path);
    default:
        return results_folder_fail(folder, failure, path, errno);
    }
}

int results_folder_write(struct results_folder *folder, const char *name,
                         const struct csv_writer *csv, struct failure *failure)
{
    char path[RESULTS_FILE_BYTES];
    int error = csv->failed ? csv->error : 0;
    FILE *file = files_replace_begin(results_folder_path(folder, name, path));
    if (file == NULL)
        return results_folder_fail(folder, failure, path, errno);
    errno = 0;
    if (error == 0 && fwrite(csv->text, 1, csv->bytes, file) != csv->bytes)
        error = errno == 0 ? ENOSPC : errno;
    return results_folder_end(folder, file, path, error, failure);
}
